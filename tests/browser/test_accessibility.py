"""axe finds nothing to complain of, by day and by night."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from comments import moderation
from comments.models import Discussion
from tests.browser.steps import send, sign_in, write
from tests.comments.test_thread import fill

pytestmark = pytest.mark.browser


@pytest.fixture(params=["light", "dark"])
def window(request, open_window):
    """Open a window in light or dark colors."""
    return lambda **options: open_window(color_scheme=request.param, **options)


def complaints(page, within=None):
    """What axe finds, on the whole page or within a part of it."""
    return [
        f"{page.url}: {violation['id']}: {node['html'][:120]} {node['failureSummary']}"
        for violation in Axe().run(page, context=within).response["violations"]
        for node in violation["nodes"]
    ]


def test_readers_pages(window, deep_thread, author):
    page, found = window(), []
    for address in (
        "/",
        "/tags/",
        "/tags/semiconductors/",
        author.get_absolute_url(),
        deep_thread.get_absolute_url(),
        "/comment-data/",
        "/nowhere/",
    ):
        page.goto(address)
        found += complaints(page)
    assert found == []


def test_the_form_with_errors(window, article, make_comment):
    above = make_comment()
    page = window()
    page.goto(f"{article.get_absolute_url()}?replytocom={above.pk}")
    write(page, "A thought.", name="\u200b", url="javascript:x")
    assert send(page).status == 422
    assert complaints(page) == []


def test_the_preview(window, article):
    page = window()
    page.goto(article.get_absolute_url())
    write(page, "A thought with https://example.com/ in it.")
    send(page)
    assert complaints(page) == []


def test_a_long_thread_on_all_its_pages(
    window, article, make_comment, moderator, settings, monkeypatch
):
    settings.MAIL_ENABLED = True
    # The same kinds of pages with a tenth of the comments: each is looked at by itself.
    for module in ("thread", "places"):
        monkeypatch.setattr(f"comments.{module}.SHOWN", 10)
    Discussion(comments_per_page=5).save()
    opener = make_comment("Opens.", name="Olga", edited_at=timezone.now())
    gone = make_comment("Gone.", parent=opener)
    make_comment("Below.", parent=gone)
    fill(article, 11, above=opener)
    fill(article, 7)
    moderation.withdraw(gone, seen="approved")
    page, found = window(), []
    for query in (
        "",
        "?comments=2",
        "?order=newest",
        "?order=replies",
        f"?thread={opener.pk}&comments=2",
        f"?replytocom={opener.pk}",
        "?removed=1",
    ):
        assert page.goto(f"{article.get_absolute_url()}{query}").status == 200
        found += complaints(page)
    assert found == []


def test_the_form_where_it_was_brought_and_the_comment_before_it_is_posted(
    window, deep_thread, settings
):
    settings.MAIL_ENABLED = True
    page = window()
    page.goto(deep_thread.get_absolute_url())
    page.locator(".reply-link").nth(4).click()
    write(page, "x" * 5001)
    found = complaints(page)
    write(page, "See <b>this</b>: https://example.org/x")
    page.get_by_role("button", name="Preview").click()
    page.locator("#draft").wait_for()
    found += complaints(page)
    assert found == []


def test_slow_and_closed_articles(window, article, make_comment):
    make_comment()
    page, found = window(), []
    for fields in ({"comments_slow_minutes": 10}, {"comments_open": False}):
        type(article).objects.update(**fields)
        page.goto(article.get_absolute_url())
        found += complaints(page)
    assert found == []


def test_an_article_closed_while_somebody_writes(window, article):
    page = window()
    page.goto(article.get_absolute_url())
    write(page, "Too late.")
    type(article).objects.update(comments_open=False)
    assert send(page).status == 403
    assert complaints(page) == []


def test_the_desk(window, moderator, deep_thread, make_comment):
    make_comment(status="pending", held_for="links", held_detail="2 links", article=deep_thread)
    make_comment(status="pending", verdict="unavailable", held_for="unavailable")
    make_comment(status="spam", verdict="discard")
    make_comment(status="submitted")
    page = window(staff=True)
    sign_in(page, moderator, "/moderation/")
    for summary in page.locator("summary").all():
        summary.click()
    found = complaints(page)
    for tab in ("awaiting", "approved", "spam", "trash"):
        page.goto(f"/moderation/{tab}/")
        found += complaints(page)
    assert found == []
