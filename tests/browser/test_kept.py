"""What a moderator types outlives a login that ran out; the desk's small pages by themselves."""

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page

from comments import tokens
from comments.models import Ban, Discussion, ModeratorPreference
from tests.browser.axe import on_phone_and_laptop
from tests.browser.steps import PASSWORD, click, session_of

pytestmark = pytest.mark.browser

BANS = "/moderation/bans/"


@pytest.fixture
def someone(transactional_db: None) -> User:
    # Without a group: tests with transactions of their own leave none behind.
    return User.objects.create_superuser("kim", "kim@example.org", PASSWORD)


@pytest.fixture
def window(open_window, someone) -> Page:
    page = open_window(staff=True)
    page.context.add_cookies([session_of(someone)])
    return page


def lose_login(page: Page) -> None:
    page.context.clear_cookies(name="sessionid")


def sign_in_again(page: Page) -> None:
    assert "/admin/login/" in page.url
    page.get_by_label("Username").fill("kim")
    page.get_by_label("Password").fill(PASSWORD)
    click(page, page.get_by_role("button", name="Log in"))


def ban(page: Page) -> None:
    click(page, page.get_by_role("button", name="Ban", exact=True))


def test_a_ban_that_was_typed_outlives_the_login(window):
    window.goto(BANS)
    window.fill("#who", "203.0.113.7")
    window.fill("#note", "The same text all day")
    lose_login(window)
    ban(window)
    sign_in_again(window)
    assert window.url.endswith(BANS)
    assert (window.input_value("#who"), window.input_value("#note")) == (
        "203.0.113.7",
        "The same text all day",
    )
    assert window.get_by_text("What you had typed is back.").is_visible()
    assert not Ban.objects.exists()

    ban(window)
    assert Ban.objects.get().note == "The same text all day"
    assert window.input_value("#who") == window.input_value("#note") == ""
    window.reload()
    assert window.input_value("#who") == ""
    assert not window.get_by_text("What you had typed is back.").is_visible()


def test_what_was_refused_is_kept_whole(window):
    window.goto(BANS)
    window.fill("#who", "nonsense")
    window.fill("#note", "A note")
    ban(window)
    assert window.get_by_text("Nobody was banned yet.").is_visible()
    window.fill("#who", "203.0.113.8")
    lose_login(window)
    ban(window)
    sign_in_again(window)
    assert (window.input_value("#who"), window.input_value("#note")) == ("203.0.113.8", "A note")


def test_the_writer_that_a_ban_is_for_is_still_ticked(window, make_comment):
    comment = make_comment(status="pending", ip="203.0.113.9")
    window.goto(f"{BANS}?comment={comment.pk}")
    window.uncheck("#target-email")
    window.check("#target-machine")
    lose_login(window)
    ban(window)
    sign_in_again(window)
    assert not window.is_checked("#target-email")
    assert window.is_checked("#target-machine")
    ban(window)
    assert Ban.objects.get().network == "203.0.113.9/32"


def test_discussion_settings_outlive_the_login(window):
    Discussion().save()
    window.goto("/admin/comments/discussion/1/change/")
    window.fill("#id_hold_words", "moonshot")
    window.check("#id_authors_moderate")
    lose_login(window)
    click(window, window.locator("input[name=_save]"))
    sign_in_again(window)
    assert window.input_value("#id_hold_words") == "moonshot"
    click(window, window.locator("input[name=_save]"))
    kept = Discussion.load()
    assert (kept.hold_words, kept.authors_moderate) == ("moonshot", True)


def test_the_small_pages_are_accessible(window, someone, make_comment):
    comment = make_comment("w" * 200 + " https://example.org/" + "x" * 200, status="pending")
    value = [comment.pk, someone.pk, "approve", comment.since.isoformat()]
    mailed = f"/moderation/mailed/{tokens.MAILED_DECISION.make(value)}/"
    off = f"/moderation/no-mail/{tokens.DIGEST_OFF.make(someone.pk)}/"
    ModeratorPreference.choose(someone, digest=True)
    found = []
    for address in ("/moderation/preferences/", BANS, off, mailed):
        window.goto(address)
        found += on_phone_and_laptop(window, phone=320)
    click(window, window.get_by_role("button", name="Approve"))
    assert window.get_by_text(re.compile("Done: it is")).is_visible()
    found += on_phone_and_laptop(window, phone=320)
    assert found == []
