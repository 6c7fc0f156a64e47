"""What is looked at before an article appears: found, linked to its field, and blocking as set."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from articles.editing import checklist, snapshot
from articles.editing.models import EditorialRules
from articles.models import Article, Disclosure, Tag
from tests.articles.editors import address, disclose, edit, errors, opened, save

pytestmark = pytest.mark.one_database

NOW = {"published_at_0": "2026-01-02", "published_at_1": "10:00:00"}


@pytest.fixture
def draft(make_article):
    return make_article("A draft", days_ago=None)


@pytest.fixture
def ticker(db):
    return Tag.objects.create(
        name="NVIDIA", slug="nvda", kind="ticker", symbol="NVDA", exchange="NASDAQ"
    )


def found(article):
    """What the checks find, by their names."""
    article.refresh_from_db()
    results = checklist.results(snapshot.take(article))
    return {
        each.check.name: [str(problem) for problem in each.problems]
        for each in results
        if each.problems
    }


# --- what is found --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "check", "problems"),
    [
        ({"title": "TK"}, "tk", ["Title: TK in “TK”"]),
        ({"body": "<p>Sales of TKTK units.</p>"}, "tk", ["Body: TK in “Sales of TKTK units.”"]),
        ({"body": "<p>TK-8 and <b>T</b>K</p>"}, "tk", ["Body: TK in “TK-8 and TK”"] * 2),
        ({"body": "<p>ATK, tk, TKs</p>"}, "tk", None),
        ({"body": '<img src="/x.png">'}, "alt",
         ['Body: /x.png has no alternative text; alt="" if it is decorative.']),
        ({"body": '<img src="/x.png" alt="">'}, "alt", None),
        ({"body": '<img src="/x.png" alt="A > B">'}, "alt", None),
        ({"body": "<h3>Deep</h3>"}, "headings", ["Body: “Deep” is an h3 and follows an h1."]),
        ({"body": "<h2>A</h2><h4>B &amp; <i>C</i></h4><h2>D</h2>"}, "headings",
         ["Body: “B & C” is an h4 and follows an h2."]),
        ({"body": "<h2>A</h2><h3>B</h3><h4>C</h4><h2>D</h2>"}, "headings", None),
        ({"title": "T" * 60}, "seo_title", None),
        ({"title": "T" * 61}, "seo_title",
         ["Title: 61 characters, of which about 60 are shown in search results."]),
        ({"title": "T" * 61, "seo_title": "Short"}, "seo_title", None),
        ({"summary": "S" * 161}, "seo_description",
         ["Summary: 161 characters, of which about 160 are shown in search results."]),
        ({"summary": "S" * 161, "seo_description": "Short"}, "seo_description", None),
    ],
)  # fmt: skip
def test_what_is_found(make_article, fields, check, problems):
    article = make_article(**{"title": "A", "slug": "a", "summary": "S.", **fields})
    assert found(article).get(check) == problems


@pytest.mark.parametrize(
    ("address", "broken"),
    [
        ("/", False),
        ("/articles/inference-and-training/", False),
        ("/articles/inference-and-training/?page=1#x", False),
        ("/articles/inference-and-training", False),
        ("http://testserver/articles/nowhere/", True),
        ("/articles/nowhere/", True),
        ("/articles/unfinished/", True),  # a draft: readers would meet a 404
        ("/articles/linking/", False),  # itself, still a draft
        ("../nowhere/", True),
        ("../inference-and-training/", False),
        ("/tags/cloud/", False),
        ("/tags/nothing/", True),
        ("/tickers/NVDA/", False),
        ("/tickers/nvda/", False),
        ("/tickers/NONE/", True),
        ("/authors/ines-halvorsen/", False),
        ("/authors/nobody/", True),
        ("/archive/2026/13x/", True),
        ("/nowhere/at-all/", True),
        ("#section-first", False),
        ("#comments", False),
        ("#section-second", True),
        ("/media/pictures/none.png", True),
        ("/media//2024/chart.png", True),
        ("/media/%2e%2e/x", True),
        (f"/media/{'x' * 300}", True),
        ("/tickers/%00/", True),
        ("/media/%00", True),
        ("https://example.com/articles/nowhere/", False),
        ("mailto:a@example.com", False),
        ("http://[broken", True),
    ],
)
def test_links_within_the_site(make_article, article, ticker, settings, address, broken):
    settings.SITE_URL = "http://testserver"
    Tag.objects.create(name="Cloud", slug="cloud")
    make_article("Unfinished", days_ago=None)
    body = f'<h2>First</h2><p><a href="{address}">x</a></p>'
    linking = make_article("Linking", days_ago=None, body="")
    now = snapshot.take(linking) | {"body": body}
    problems = [
        str(problem)
        for result in checklist.results(now)
        if result.check.name == "links"
        for problem in result.problems
    ]
    assert problems == ([f"Body: {address} leads nowhere."] if broken else [])


def test_no_address_locks_an_article_out_of_the_admin(desk, draft):
    body = """<p><img src="/media//2024/chart.png" alt="x"> <a href="/tickers/%00/">y</a></p>"""
    edit(desk, draft, body=body)
    page = desk.get(address("change", draft)).content.decode()
    assert "/media//2024/chart.png leads nowhere." in page
    assert "/tickers/%00/ leads nowhere." in page


def test_many_links_cost_no_more_than_few(article, make_article, ticker, count_queries):
    def body(count):
        return "".join(
            f'<a href="/articles/{n}/">x</a><a href="/tags/{n}/">x</a><a href="/tickers/{n}/">x</a>'
            for n in range(count)
        )

    now = snapshot.take(article)
    few = count_queries(checklist.results, now | {"body": body(1)})
    many = count_queries(checklist.results, now | {"body": body(20)})
    assert len(few) == len(many) == 4  # the rules, and one for each kind of row


def test_tagged_tickers_want_a_disclosure(draft, ticker):
    draft.tags.add(ticker)
    assert found(draft)["disclosure"] == ["Disclosures: $NVDA is tagged and not disclosed."]
    row = Disclosure.objects.create(
        article=draft, ticker=ticker, position="none", as_of=date(2026, 1, 2)
    )
    assert "disclosure" not in found(draft)
    row.delete()
    draft.tags.set([Tag.objects.create(name="Cloud", slug="cloud")])
    assert "disclosure" not in found(draft)
    assert "tags" not in found(draft)


def test_nothing_is_found_in_a_finished_article(make_article, make_picture):
    article = make_article(
        "Finished", tags=["cloud"], picture=make_picture(), picture_alt="A chart",
        body="<h2>Why</h2><p>Because.</p>",
    )  # fmt: skip
    assert found(article) == {}


# --- what blocks ----------------------------------------------------------------------------


@pytest.mark.parametrize("year", ["2026", "2099"])
def test_what_blocks_keeps_a_draft_from_appearing_now_or_later(desk, draft, year):
    data = opened(desk, draft) | {"title": "TK", "published_at_0": f"{year}-01-02"}
    data |= {"published_at_1": "10:00:00"}
    assert errors(save(desk, draft, data)) == {
        "title": ["Before the article can appear: TK in “TK”"]
    }
    draft.refresh_from_db()
    assert draft.published_at is None
    assert save(desk, draft, data, title="Ready").status_code == 302


def test_a_draft_is_saved_whatever_it_holds(desk, draft, ticker):
    edit(desk, draft, title="TK", body='<img src="/x.png">', tags=[ticker.pk])
    assert Article.objects.get().title == "TK"


def test_a_new_article_is_looked_at_too(desk, author):
    data = {"title": "TK", "slug": "new", "summary": "S.", "body": "<p>B.</p>",
            "author": author.pk, "comments_slow_minutes": "0", **NOW}  # fmt: skip
    assert set(errors(save(desk, None, opened(desk), **data))) == {"title"}
    assert not Article.objects.exists()
    assert save(desk, None, opened(desk), **{**data, "title": "New"}).status_code == 302


def test_a_disclosure_is_asked_for_and_may_come_with_the_same_save(desk, draft, ticker):
    data = opened(desk, draft) | NOW | {"tags": [ticker.pk]}
    said = "Before the article can appear: $NVDA is tagged and not disclosed."
    refused = save(desk, draft, data)
    assert errors(refused) == {"tags": [said]}
    told = {each.check.name: bool(each.problems) for each in refused.context["results"]}
    assert (told["disclosure"], told["tags"]) == (True, False)
    row = {"ticker": ticker.pk, "position": "none", "as_of": "2026-01-02", "note": ""}
    assert save(desk, draft, disclose(data, row)).status_code == 302

    data = opened(desk, draft) | {"disclosures-0-DELETE": "on"}
    assert errors(save(desk, draft, data)) == {"tags": [said]}


def test_a_public_article_is_corrected_in_spite_of_older_faults(desk, article):
    Article.objects.update(body="<p>TK</p>")
    edit(desk, article, title="Corrected")
    response = save(desk, article, opened(desk, article), summary="TK, a new one.")
    assert set(errors(response)) == {"summary"}
    # Back to draft and out again, it is looked at as a whole.
    edit(desk, article, published_at_0="", published_at_1="")
    response = save(desk, article, opened(desk, article), **NOW)
    assert set(errors(response)) == {"body"}


def test_publishing_from_the_list_is_looked_at_too(desk, make_article):
    wrong, right = make_article("TK", days_ago=None), make_article("Right", days_ago=None)
    data = {"action": "publish_now", "_selected_action": [wrong.pk, right.pk]}
    page = desk.post("/admin/articles/article/", data, follow=True).content.decode()
    assert "TK: Title: TK in “TK”" in page
    assert "1 article changed." in page
    assert list(Article.objects.published()) == [right]
    wrong.refresh_from_db()
    assert wrong.published_at is None


def test_which_checks_block_is_set_by_administrators(client, desk, draft, editor):
    rules = "/admin/articles/editorialrules/"
    assert desk.get(rules).status_code == 403
    root = User.objects.create_superuser("root")
    client.force_login(root)
    page = client.get(rules, follow=True)
    assert page.content.decode().count("checked") == 3
    where = page.redirect_chain[-1][0]
    assert client.post(where, {"blocking": ["picture"]}).status_code == 302
    assert client.post(where, {"blocking": ["nonsense"]}).status_code == 200
    assert EditorialRules.load().blocking == ["picture"]

    client.force_login(editor)
    data = opened(desk, draft) | NOW | {"title": "TK"}
    assert set(errors(save(desk, draft, data))) == {"picture"}
    EditorialRules(blocking=[]).save()
    assert save(desk, draft, data).status_code == 302


# --- the panel ------------------------------------------------------------------------------


def test_the_panel_stands_in_the_form_with_links_to_the_fields(desk, draft, ticker):
    draft.tags.add(ticker)
    page = desk.get(address("change", draft)).content.decode()
    assert 'href="#id_picture"' in page
    assert 'href="#disclosures-group"' in page
    assert 'id="id_picture"' in page
    assert 'id="disclosures-group"' in page
    add = desk.get("/admin/articles/article/add/").content.decode()
    assert 'href="#id_summary"' in add


def test_the_panel_follows_what_is_typed_and_stores_nothing(desk, draft):
    data = opened(desk, draft) | {"title": "<i>TK</i>", "summary": ""}
    page = desk.post(address("check", draft), data).content.decode()
    assert "“&lt;i&gt;TK&lt;/i&gt;”" in page
    assert "Missing." in page
    assert "plain card" in page
    assert "<html" not in page
    draft.refresh_from_db()
    assert draft.title == "A draft"
    assert not draft.revisions.exists()
    chosen = data | {"picture": "chart.jpg"}  # of a file its name
    page = desk.post(address("check", draft), chosen).content.decode()
    assert "The picture needs an alternative text." in page
    assert "plain card" not in page
    for broken in ({}, {"published_at_0": "soon"}, {"author": "x", "tags": ["x"]},
                   {"disclosures-TOTAL_FORMS": "x", "disclosures-0-ticker": "9" * 40},
                   {"disclosures-TOTAL_FORMS": "1", "disclosures-0-ticker": "٣"}):  # fmt: skip
        assert desk.post(address("check", draft), broken).status_code == 200
        assert desk.post("/admin/articles/article/check/", broken).status_code == 200


@pytest.mark.parametrize("number", ["9" * 40, "9" * 5000])
def test_a_number_that_no_row_can_have_is_a_wrong_one(desk, draft, ticker, number):
    data = opened(desk, draft)
    for field, value in (("tags", [ticker.pk, number]), ("author", number), ("follows", number)):
        wrong = data | {field: value}
        for where in (address("check", draft), address("preview", draft)):
            assert desk.post(where, wrong).status_code == 200
        assert list(errors(save(desk, draft, wrong))) == [field]
    page = f"/admin/articles/article/{number}/change/"
    assert desk.get(page).status_code == desk.post(page, data).status_code == 302
    assert save(desk, draft, data | {"tags": [ticker.pk]}).status_code == 302
    assert list(draft.tags.all()) == [ticker]


@pytest.mark.parametrize("number", ["x", "9" * 40])
def test_nor_can_an_author_have_such_a_login(client, db, number):
    client.force_login(User.objects.create_superuser("root"))
    data = {"name": "Ines", "slug": "ines", "user": number}
    page = client.post("/admin/articles/author/add/", data)
    assert page.status_code == 200
    assert list(page.context["adminform"].form.errors) == ["user"]


def test_the_panel_says_that_somebody_was_faster(desk, draft):
    data = opened(desk, draft)
    hidden = "<p data-stale hidden>"
    assert hidden in desk.post(address("check", draft), data).content.decode()
    Article.objects.update(title="Faster")
    assert hidden not in desk.post(address("check", draft), data).content.decode()


def test_who_may_only_read_articles_sees_no_panel(client, draft):
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_article"))
    client.force_login(reader)
    response = client.get(address("change", draft))
    assert response.status_code == 200
    assert "editor-checklist" not in response.content.decode().replace("js/editor-checklist", "")


def test_a_scheduled_article_is_one_that_appears(make_article):
    planned = make_article("TK", days_ago=None, published_at=timezone.now() + timedelta(days=1))
    now = snapshot.take(planned)
    assert checklist.hindrances(now, now) == []
    assert checklist.hindrances(now | {"published_at": None}, now)
    assert checklist.hindrances(None, now)
