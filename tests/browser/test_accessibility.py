"""axe finds nothing to complain of in what becomes of a page: the rest is in test_looks.py."""

import pytest
from django.utils import timezone

from comments import moderation
from comments.models import Discussion
from tests.browser.axe import by_day_and_night
from tests.browser.steps import send, write
from tests.comments.test_thread import fill

pytestmark = pytest.mark.browser


def test_the_form_with_errors(open_window, article, make_comment):
    above = make_comment()
    page = open_window()
    page.goto(f"{article.get_absolute_url()}?replytocom={above.pk}")
    write(page, "A thought.", name="\u200b", url="javascript:x")
    assert send(page).status == 422
    assert by_day_and_night(page) == []


def test_the_preview(open_window, article):
    page = open_window()
    page.goto(article.get_absolute_url())
    write(page, "A thought with https://example.com/ in it.")
    send(page)
    assert by_day_and_night(page) == []


def test_a_long_thread_on_all_its_pages(
    open_window, article, make_comment, moderator, settings, monkeypatch
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
    page, found = open_window(), []
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
        found += by_day_and_night(page)
    assert found == []


def test_the_form_where_it_was_brought_and_the_comment_before_it_is_posted(
    open_window, deep_thread, settings
):
    settings.MAIL_ENABLED = True
    page = open_window()
    page.goto(deep_thread.get_absolute_url())
    page.locator(".reply-link").nth(4).click()
    write(page, "x" * 5001)
    found = by_day_and_night(page)
    write(page, "See <b>this</b>: https://example.org/x")
    page.get_by_role("button", name="Preview").click()
    page.locator("#draft").wait_for()
    found += by_day_and_night(page)
    assert found == []


def test_slow_and_closed_articles(open_window, article, make_comment):
    make_comment()
    page, found = open_window(), []
    for fields in ({"comments_slow_minutes": 10}, {"comments_open": False}):
        type(article).objects.update(**fields)
        page.goto(article.get_absolute_url())
        found += by_day_and_night(page)
    assert found == []


def test_an_article_closed_while_somebody_writes(open_window, article):
    page = open_window()
    page.goto(article.get_absolute_url())
    write(page, "Too late.")
    type(article).objects.update(comments_open=False)
    assert send(page).status == 403
    assert by_day_and_night(page) == []
