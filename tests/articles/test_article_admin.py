"""Editors at work in the Django admin: write, publish, take back; and who may not."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from articles.models import Article, Author, Tag

ADD = "/admin/articles/article/add/"
LIST = "/admin/articles/article/"


@pytest.fixture
def fill_in(author):
    """What an editor types into the form of an article."""

    def fields(**others):
        return {
            "title": "Written here",
            "slug": "written-here",
            "summary": "In short.",
            "body": "<p>Body.</p>",
            "author": author.pk,
            "comments_open": "on",
            "comments_slow_minutes": "0",
            "disclosures-TOTAL_FORMS": "0",
            "disclosures-INITIAL_FORMS": "0",
            "corrections-TOTAL_FORMS": "0",
            "corrections-INITIAL_FORMS": "0",
            "picks-TOTAL_FORMS": "0",
            "picks-INITIAL_FORMS": "0",
            **others,
        }

    return fields


def moment(when):
    return {"published_at_0": f"{when:%Y-%m-%d}", "published_at_1": f"{when:%H:%M:%S}"}


def change(article):
    return reverse("admin:articles_article_change", args=[article.pk])


def act(client, action, *articles):
    data = {"action": action, "_selected_action": [article.pk for article in articles]}
    return client.post(LIST, data, follow=True)


# --- writing --------------------------------------------------------------------------------


def test_what_an_editor_creates_is_a_draft(desk, fill_in):
    assert desk.post(ADD, fill_in()).status_code == 302
    article = Article.objects.get()
    assert article.published_at is None
    assert article.comments_open
    assert desk.get(article.get_absolute_url()).status_code == 404


@pytest.mark.parametrize(("days_ahead", "status"), [(-1, 200), (1, 404)])
def test_a_date_publishes_or_schedules(desk, fill_in, days_ahead, status):
    when = timezone.now() + timedelta(days=days_ahead)
    assert desk.post(ADD, fill_in(**moment(when))).status_code == 302
    assert desk.get("/articles/written-here/").status_code == status


def test_an_editor_changes_what_is_published(desk, fill_in, article):
    data = fill_in(title="Better", slug=article.slug, **moment(article.published_at))
    assert desk.post(change(article), data).status_code == 302
    article.refresh_from_db()
    assert (article.title, article.slug) == ("Better", "inference-and-training")
    assert "Better" in desk.get(article.get_absolute_url()).content.decode()


def test_an_empty_date_makes_a_draft_again(desk, fill_in, article):
    data = fill_in(slug=article.slug, published_at_0="", published_at_1="")
    assert desk.post(change(article), data).status_code == 302
    assert desk.get(article.get_absolute_url()).status_code == 404


def test_comments_are_closed_in_the_form(desk, fill_in, article):
    data = fill_in(slug=article.slug, **moment(article.published_at))
    del data["comments_open"]
    desk.post(change(article), data)
    page = desk.get(article.get_absolute_url()).content.decode()
    assert "Comments are closed." in page
    assert 'id="commentform"' not in page


def test_the_count_of_comments_is_not_for_editing(desk, fill_in, article, make_comment):
    make_comment()
    data = fill_in(slug=article.slug, comment_count=99, **moment(article.published_at))
    assert desk.post(change(article), data).status_code == 302
    article.refresh_from_db()
    assert article.comment_count == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": ""}, "title"),
        ({"slug": ""}, "slug"),
        ({"slug": "two words"}, "slug"),
        ({"slug": "inference-and-training"}, "slug"),  # taken
        ({"summary": "x" * 401}, "summary"),
        ({"body": ""}, "body"),
        ({"author": ""}, "author"),
        ({"published_at_0": "soon", "published_at_1": "12:00"}, "published_at"),
    ],
)
def test_errors_stand_beside_their_field(desk, fill_in, article, fields, field):
    response = desk.post(ADD, fill_in(**fields))
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == [field]
    assert Article.objects.count() == 1


def test_the_editor_is_told_what_was_taken_out(desk, fill_in):
    body = (
        '<h1>Loud</h1><p>Kept</p><script>x</script><img src="https://other.example/a.png" alt="">'
    )
    page = desk.post(ADD, fill_in(body=body), follow=True).content.decode()
    assert (
        "Taken out of the body, because articles may not hold it: &lt;h1&gt;, &lt;script&gt;."
        in page
    )
    assert "Readers will not see the pictures that other sites hold." in page
    clean = fill_in(title="Clean", slug="clean", body="<p>Kept &amp; sound</p>")
    page = desk.post(ADD, clean, follow=True).content.decode()
    assert "Taken out" not in page
    assert "Readers will not see" not in page


@pytest.mark.parametrize("alt", ["", "   "])
def test_a_picture_needs_a_text_and_the_field_says_so(desk, fill_in, make_picture, media, alt):
    response = desk.post(ADD, fill_in(picture=make_picture(), picture_alt=alt))
    assert response.status_code == 200
    errors = response.context["adminform"].form.errors
    assert errors == {"picture_alt": ["A picture needs an alternative text."]}
    assert not Article.objects.exists()
    assert not list(media.rglob("*.*"))


def test_a_picture_may_be_taken_away_with_its_text(desk, fill_in, make_picture):
    desk.post(ADD, fill_in(picture=make_picture(), picture_alt="A chart"))
    article = Article.objects.get()
    assert article.picture
    data = fill_in(**{"picture-clear": "on", "picture_alt": ""})
    assert desk.post(change(article), data).status_code == 302
    article.refresh_from_db()
    assert (bool(article.picture), article.picture_width) == (False, None)


def test_a_picture_gone_from_the_disk_does_not_keep_the_text_from_being_saved(
    desk, fill_in, make_picture, media
):
    desk.post("/admin/articles/article/add/", fill_in(picture=make_picture(), picture_alt="A"))
    article = Article.objects.get()
    (media / article.picture.name).unlink()
    fields = fill_in(picture_alt="A", body="<p>Mended.</p>")
    assert desk.post(change(article), fields).status_code == 302
    article.refresh_from_db()
    assert article.body == "<p>Mended.</p>"
    assert (article.picture_width, article.picture_height) == (40, 30)


@pytest.mark.parametrize("page", ["article", "author", "tag"])
def test_the_slug_is_written_from_the_title(desk, page):
    page = desk.get(f"/admin/articles/{page}/add/").content.decode()
    assert "data-prepopulated-fields" in page
    assert "admin/js/prepopulate_init.js" in page
    assert re.search(r"#id_slug[^]]*#id_(title|name)", page)


# --- publishing from the list ---------------------------------------------------------------


@pytest.mark.parametrize("days_ago", [None, -3])
def test_publish_now(desk, make_article, days_ago):
    article = make_article(days_ago=days_ago)
    assert "1 article changed." in act(desk, "publish_now", article).content.decode()
    assert desk.get(article.get_absolute_url()).status_code == 200


def test_publishing_again_keeps_the_date(desk, article):
    before = article.published_at
    assert "0 articles changed." in act(desk, "publish_now", article).content.decode()
    article.refresh_from_db()
    assert article.published_at == before


def test_back_to_draft(desk, make_article):
    articles = [make_article("One"), make_article("Two", days_ago=-1)]
    page = act(desk, "back_to_draft", *articles).content.decode()
    assert "2 articles changed." in page
    for article in articles:
        article.refresh_from_db()
        assert article.published_at is None
        assert desk.get(article.get_absolute_url()).status_code == 404


@pytest.mark.parametrize(
    ("action", "before", "after"), [("close_comments", True, False), ("open_comments", False, True)]
)
def test_comments_are_opened_and_closed_from_the_list(desk, make_article, action, before, after):
    article = make_article(comments_open=before)
    assert "1 article changed." in act(desk, action, article).content.decode()
    assert "0 articles changed." in act(desk, action, article).content.decode()
    article.refresh_from_db()
    assert article.comments_open is after


@pytest.mark.parametrize(
    ("days_ago", "state"), [(1, "Published"), (-1, "Scheduled"), (None, "Draft")]
)
def test_the_list_says_where_an_article_stands(desk, make_article, days_ago, state):
    article = make_article(days_ago=days_ago)
    page = desk.get(LIST).content.decode()
    assert re.findall(r'<td class="field-state">([^<]*)</td>', page) == [state]
    form = desk.get(change(article)).content.decode()
    assert ("View on site" in form) is (state == "Published")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Draft", "Tomorrow", "Out"]),
        ("state=published", ["Out"]),
        ("state=scheduled", ["Tomorrow"]),
        ("state=draft", ["Draft"]),
        ("comments_open__exact=0", []),
        ("tags__id__exact=TAG", ["Out"]),
        ("author__id__exact=AUTHOR", ["Draft", "Tomorrow", "Out"]),
        ("q=tomor", ["Tomorrow"]),
        ("q=summary+of+tomorrow", ["Tomorrow"]),
        ("q=nothing+like+it", []),
        ("q=%27%22%25_%5C", []),
        ("o=-1", ["Tomorrow", "Out", "Draft"]),
    ],
)
def test_the_list_is_searched_filtered_and_sorted(desk, make_article, author, query, found):
    make_article("Out", tags=["chips"])
    make_article("Tomorrow", days_ago=-1)
    make_article("Draft", days_ago=None)
    query = query.replace("TAG", str(Tag.objects.get().pk)).replace("AUTHOR", str(author.pk))
    response = desk.get(f"{LIST}?{query}")
    assert response.status_code == 200
    assert sorted(article.title for article in response.context["cl"].result_list) == sorted(found)


def test_the_list_costs_the_same_however_long_it_is(desk, make_article, count_queries):
    counts = []
    for number in range(20):
        make_article(f"Number {number}", tags=["chips", f"tag-{number}"], days_ago=1 + number / 99)
        if number in (0, 19):
            counts.append(len(count_queries(desk.get, LIST)))
    assert counts[0] == counts[1]


# --- tags and authors -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "ticker", "symbol": "NVDA"}, "exchange"),
        ({"kind": "ticker", "symbol": " ", "exchange": "NYSE"}, "symbol"),
        ({"kind": "ticker", "exchange": "NASDAQ"}, "symbol"),
        ({"kind": "ticker", "symbol": "A/B", "exchange": "NYSE"}, "symbol"),
        ({"kind": "ticker", "symbol": "..", "exchange": "NYSE"}, "symbol"),
        ({"kind": "ticker", "symbol": "A B", "exchange": "NYSE"}, "symbol"),
        ({"kind": "topic", "symbol": "NVDA"}, "symbol"),
        ({"kind": "topic", "exchange": "NYSE"}, "exchange"),
        ({"kind": "sector"}, "kind"),
        ({"kind": "topic", "slug": "a/b"}, "slug"),
    ],
)
def test_a_wrong_tag_is_told_beside_its_field(desk, fields, field):
    data = {"name": "NVIDIA", "slug": "nvidia", "symbol": "", "exchange": "", **fields}
    response = desk.post("/admin/articles/tag/add/", data)
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == [field]
    assert not Tag.objects.exists()


@pytest.mark.parametrize(
    ("symbol", "stored"), [(" nvda ", "NVDA"), ("BRK.B", "BRK.B"), ("0700-hk", "0700-HK")]
)
def test_a_ticker_is_written_in_capitals(desk, make_article, symbol, stored):
    data = {"name": "X", "slug": "x", "kind": "ticker", "symbol": symbol, "exchange": "nasdaq"}
    assert desk.post("/admin/articles/tag/add/", data).status_code == 302
    tag = Tag.objects.get()
    assert (tag.symbol, tag.exchange) == (stored, "NASDAQ")
    make_article().tags.add(tag)
    assert desk.get(tag.get_absolute_url()).status_code == 200


def test_a_symbol_is_given_once(desk, db):
    Tag.objects.create(name="A", slug="a", kind="ticker", symbol="NVDA", exchange="NASDAQ")
    data = {"name": "B", "slug": "b", "kind": "ticker", "symbol": "nvda", "exchange": "NYSE"}
    response = desk.post("/admin/articles/tag/add/", data)
    assert response.status_code == 200
    assert response.context["adminform"].form.errors
    assert Tag.objects.count() == 1


def test_an_author_with_articles_stays(desk, article, author):
    address = reverse("admin:articles_author_delete", args=[author.pk])
    desk.post(address, {"post": "yes"})
    assert Author.objects.exists()


# --- who may --------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["article", "author", "tag"])
@pytest.mark.parametrize("page", ["", "add/"])
def test_editors_may_and_moderators_and_strangers_may_not(client, editor, moderator, model, page):
    address = f"/admin/articles/{model}/{page}"
    assert client.get(address)["Location"].startswith("/admin/login/")
    client.force_login(moderator)
    assert client.get(address).status_code == 403
    client.force_login(editor)
    assert client.get(address).status_code == 200


def test_a_moderator_changes_no_article(client, moderator, article, fill_in):
    client.force_login(moderator)
    assert client.post(ADD, fill_in()).status_code == 403
    assert client.post(change(article), fill_in()).status_code == 403
    assert act(client, "back_to_draft", article).status_code == 403
    assert [each.title for each in Article.objects.published()] == [article.title]


@pytest.mark.parametrize("address", ["/admin/comments/comment/", "/admin/auth/user/"])
def test_an_editor_is_neither_moderator_nor_administrator(desk, address):
    assert desk.get(address).status_code == 403
