"""axe finds nothing to complain of, by day and by night."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.steps import send, sign_in, write

pytestmark = pytest.mark.browser


@pytest.fixture(params=["light", "dark"])
def window(request, open_window):
    """Open a window in light or dark colors."""
    return lambda **options: open_window(color_scheme=request.param, **options)


def complaints(page):
    return [
        f"{page.url}: {violation['id']}: {node['html'][:120]} {node['failureSummary']}"
        for violation in Axe().run(page).response["violations"]
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
