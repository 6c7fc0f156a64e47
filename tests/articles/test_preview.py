"""An article as readers would see it, before they may: for editors, and by link for others."""

import re
from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from articles.editing import preview
from articles.editing.models import PreviewLink
from articles.models import Article, Disclosure, Tag
from articles.publishing import workflow
from config.wsgi import application
from tests.articles.editors import ADD, address, disclose, opened


@pytest.fixture
def draft(make_article):
    return make_article("A draft", days_ago=None, body="<p>Stored.</p>")


@pytest.fixture
def link(draft, editor):
    return PreviewLink.objects.create(article=draft, by=editor)


def path(link):
    return re.sub(r"^https?://[^/]+", "", preview.address(link))


def discreet(response):
    return (
        response["X-Robots-Tag"] == "noindex"
        and "no-store" in response["Cache-Control"]
        and "private" in response["Cache-Control"]
    )


# --- of the form ----------------------------------------------------------------------------


def test_what_is_typed_is_shown_on_the_real_page_and_not_stored(desk, draft):
    ticker = Tag.objects.create(
        name="NVIDIA", slug="nvda", kind="ticker", symbol="NVDA", exchange="NASDAQ"
    )
    row = {"ticker": ticker.pk, "position": "short", "as_of": "2026-01-02", "note": "A note."}
    data = disclose(opened(desk, draft), row) | {
        "title": "Typed",
        "body": "<p>Also typed.</p><script>no</script>",
        "tags": [ticker.pk],
        "seo_title": "Found",
        "seo_description": "Listed",
    }
    response = desk.post(address("preview", draft), data)
    page = response.content.decode()
    assert response.status_code == 200
    assert discreet(response)
    assert "<h1>Typed</h1>" in page
    assert "<p>Also typed.</p>" in page
    assert "<script>no" not in page
    assert "<title>Found – " in page
    assert '<meta name="description" content="Listed">' in page
    assert '<meta name="robots" content="noindex">' in page
    assert "A note." in page
    assert 'href="/tickers/NVDA/"' in page
    assert "A preview of what stands in the form." in page
    assert "Comments are closed." in page
    assert 'id="commentform"' not in page
    draft.refresh_from_db()
    assert (draft.title, draft.published_at, draft.comments_open) == ("A draft", None, True)
    assert not draft.tags.exists()
    assert not Disclosure.objects.exists()
    assert not draft.revisions.exists()


@pytest.mark.parametrize(
    "broken",
    [
        {"title": "", "slug": "", "summary": "", "body": "", "author": ""},
        {"slug": "two words", "published_at_0": "soon"},
        {"title": "T" * 300, "author": "x", "tags": ["x"]},
        {"published_at_0": "", "published_at_1": ""},
        {
            "disclosures-TOTAL_FORMS": "1",
            "disclosures-0-ticker": "1",
            "disclosures-0-as_of": "2026-02-30",
        },
    ],
)
def test_a_form_with_mistakes_can_be_looked_at_too(desk, article, broken):
    Tag.objects.create(
        pk=1, name="NVIDIA", slug="nvda", kind="ticker", symbol="NVDA", exchange="NASDAQ"
    )
    for where, data in ((address("preview", article), opened(desk, article)),
                        ("/admin/articles/article/preview/", opened(desk))):  # fmt: skip
        assert desk.post(where, {**data, **broken}).status_code == 200
    assert desk.post("/admin/articles/article/preview/", {}).status_code == 200
    assert Article.objects.count() == 1


def test_a_public_article_is_previewed_beside_its_page(desk, article, make_comment):
    make_comment("A public thought.")
    data = opened(desk, article) | {"title": "Typed"}
    page = desk.post(address("preview", article), data).content.decode()
    assert "<h1>Typed</h1>" in page
    assert 'id="commentform"' not in page
    page = Client().get(article.get_absolute_url()).content.decode()
    assert f"<h1>{article.title}</h1>" in page
    assert 'id="commentform"' in page


def test_a_public_article_is_not_its_own_neighbor(desk, article, make_article):
    # A form knows moments to the second, so what is typed appeared a little earlier.
    make_article("Older", days_ago=3)
    page = desk.post(address("preview", article), opened(desk, article)).content.decode()
    assert 'rel="prev"' in page
    assert 'rel="next"' not in page


def test_a_chosen_picture_that_is_not_stored_is_not_linked(desk, draft, make_picture, media):
    data = opened(desk, draft) | {"picture": make_picture("new.jpg"), "picture_alt": "New"}
    page = desk.post(address("preview", draft), data).content.decode()
    assert "new" not in re.findall(r'src="([^"]+)"', page)
    assert 'class="hero"' not in page
    assert not media.exists() or not list(media.rglob("*.jpg"))


# --- by link --------------------------------------------------------------------------------


def test_an_editor_makes_a_link_that_anybody_can_open(desk, draft, editor):
    page = address("links", draft)
    assert "There is no link to this article yet." in desk.get(page).content.decode()
    assert desk.post(page).status_code == 302
    link = PreviewLink.objects.get()
    assert (link.article, link.by) == (draft, editor)
    assert timedelta(days=6.9) < link.until - timezone.now() <= timedelta(days=7)
    said = desk.get(page).content.decode()
    # The signature tells the second in which it was made.
    assert preview.address(link).rsplit(":", 2)[0] in said
    assert 'type="url"' in said
    assert "eddie" in said

    stranger = Client()
    response = stranger.get(path(link))
    shown = response.content.decode()
    assert response.status_code == 200
    assert discreet(response)
    assert "<p>Stored.</p>" in shown
    assert '<meta name="robots" content="noindex">' in shown
    assert "please do not pass it on" in shown
    assert "Comments are closed." in shown
    assert "eddie" not in shown
    assert not stranger.cookies
    assert not response.cookies


def test_a_link_that_was_taken_back_shows_nothing(desk, draft, link):
    where = address("revoke", draft, link.pk)
    assert desk.get(where).status_code == 405
    assert desk.post(where).status_code == 302
    link.refresh_from_db()
    first = link.revoked_at
    desk.post(where)
    link.refresh_from_db()
    assert link.revoked_at == first
    response = Client().get(path(link))
    assert response.status_code == 410
    assert discreet(response)
    assert "This preview is over" in response.content.decode()
    assert "A draft" not in response.content.decode()
    said = desk.get(address("links", draft)).content.decode()
    assert "Taken back on" in said
    assert 'type="url"' not in said


def test_a_link_ends_by_itself(desk, draft, link):
    PreviewLink.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert Client().get(path(link)).status_code == 410
    assert "It was good until" in desk.get(address("links", draft)).content.decode()


def test_made_up_links_are_none(link):
    value, _, rest = signing.dumps(link.pk, salt=preview.SALT).partition(":")
    for token in (
        "x",
        str(link.pk),
        signing.dumps(link.pk),
        signing.dumps(link.pk, salt="comments.preview"),
        signing.dumps(link.pk + 1, salt=preview.SALT),
        f"{value}x:{rest}",
        signing.dumps("x" * 30, salt="other"),
    ):
        assert Client().get(f"/preview/{token}/").status_code == 404
    assert Client().post(path(link)).status_code == 405


def test_a_link_of_another_article_is_not_taken_back(desk, draft, link, make_article):
    other = make_article("Other")
    assert desk.post(address("revoke", other, link.pk)).status_code == 404
    assert Client().get(path(link)).status_code == 200


def test_once_the_article_is_public_its_link_leads_there(draft, link):
    Article.objects.update(published_at=timezone.now())
    response = Client().get(path(link))
    assert (response.status_code, response["Location"]) == (302, draft.get_absolute_url())
    assert discreet(response)


def test_a_withdrawn_article_is_no_longer_shown_by_its_links(desk, article, editor):
    link = PreviewLink.objects.create(article=article, by=editor)
    workflow.take("withdraw", article.pk, by=editor)
    response = Client().get(path(link))
    assert response.status_code == 410
    assert discreet(response)
    assert article.title not in response.content.decode()
    page = desk.get(address("links", article)).content.decode()
    assert 'type="url"' not in page
    assert "withdrawn" in page
    workflow.take("bring_back", article.pk, by=editor)
    assert Client().get(path(link)).status_code == 302


def test_a_deleted_article_takes_its_links_along(draft, link):
    where = path(link)
    draft.delete()
    assert Client().get(where).status_code == 404


def test_nothing_else_knows_of_the_draft(draft, link, transactional_db):
    """The page is not kept in front of Django, and no feed, list or sitemap holds it."""
    where = path(link)

    def ask(address):
        said = {}
        environ = Client()._base_environ(PATH_INFO=address, HTTP_HOST="testserver")

        def start(status, headers, exc_info=None):
            said["status"] = status
            said["headers"] = dict(headers)

        body = b"".join(application(environ, start))
        return said["status"], body

    assert ask(where)[0].startswith("200")
    Article.objects.filter(pk=draft.pk).update(body="<p>Newer.</p>")
    assert b"Newer." in ask(where)[1]
    PreviewLink.objects.update(revoked_at=timezone.now())
    assert ask(where)[0].startswith("410")
    for public in (
        "/",
        "/feed/",
        "/feed/atom/",
        "/sitemap.xml",
        "/sitemap-articles.xml",
        "/archive/",
    ):
        response = Client().get(public)
        assert b"a-draft" not in response.content
        assert b"/preview/" not in response.content


def test_a_link_costs_what_a_page_costs(make_article, editor, count_queries):
    small, large = make_article("Small", days_ago=None), make_article("Large", days_ago=None)
    for number in range(20):
        large.tags.add(Tag.objects.create(name=f"Tag {number}", slug=f"tag-{number}"))
    one, other = (
        path(PreviewLink.objects.create(article=each, by=editor)) for each in (small, large)
    )
    Client().get(one)
    counts = [len(count_queries(Client().get, each)) for each in (one, other)]
    assert counts[0] == counts[1] <= 12


# --- how an article is listed ---------------------------------------------------------------


def test_title_and_description_for_search_engines(article):
    page = Client().get(article.get_absolute_url()).content.decode()
    assert f"<title>{article.title} – " in page
    assert f'<meta name="description" content="{article.summary}">' in page
    Article.objects.update(seo_title="Found", seo_description="Listed")
    page = Client().get(article.get_absolute_url()).content.decode()
    assert "<title>Found – " in page
    assert '<meta property="og:title" content="Found">' in page
    assert '<meta name="description" content="Listed">' in page
    assert '<meta property="og:description" content="Listed">' in page
    assert f"<h1>{article.title}</h1>" in page


def test_the_form_offers_what_it_should(desk, draft):
    page = desk.get(address("change", draft)).content.decode()
    for name in ("preview", "links", "history"):
        assert address(name, draft) in page
    page = desk.get(ADD).content.decode()
    assert 'formaction="/admin/articles/article/preview/"' in page
