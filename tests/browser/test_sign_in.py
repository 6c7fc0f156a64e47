"""Getting in, in a browser: a phone is set up, used, lost and replaced by a recovery code."""

import time
from base64 import b32decode

import pytest
from django_otp.oath import TOTP

from staff.models import Authenticator
from tests.browser.axe import on_phone_and_laptop
from tests.browser.steps import PASSWORD, click, sign_in

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True}
LAPTOP = {"viewport": {"width": 1280, "height": 800}}


def shown_by_phone(secret):
    totp = TOTP(b32decode(secret.replace(" ", "")))
    totp.time = time.time()
    return f"{totp.token():06d}"


def start_set_up(page):
    """Come to the page with the QR code; return the secret that stands there to be typed."""
    page.goto("/admin/sign-in/")
    click(page, page.get_by_role("button", name="Set up a second factor"))
    assert page.get_by_role("img", name="QR code").is_visible()
    page.get_by_text("It cannot be scanned?").click()
    return page.locator(".staff-secret").inner_text()


def give_code(page, code, button="Continue"):
    page.get_by_label("Code from your app").fill(code)
    return click(page, page.get_by_role("button", name=button))


def sign_in_again(page, user, address):
    page.context.clear_cookies()
    page.goto(address)
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    click(page, page.get_by_role("button", name="Log in"))
    assert page.get_by_role("heading", name="Your second factor").is_visible()


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_a_phone_is_set_up_used_and_lost(open_window, moderator, size):
    page = open_window(staff=True, java_script_enabled=False, **size)
    sign_in(page, moderator, "/moderation/")
    secret = start_set_up(page)
    assert give_code(page, "000000", "Turn on").status == 422
    assert page.get_by_text("This code is not right").is_visible()
    Authenticator.objects.update(throttling_failure_timestamp=None)
    give_code(page, shown_by_phone(secret), "Turn on")
    codes = page.locator(".recovery-codes code").all_inner_texts()
    assert len(codes) == 10
    click(page, page.get_by_role("link", name="I have kept them"))
    assert page.get_by_text("10 recovery codes are left").is_visible()

    sign_in_again(page, moderator, "/moderation/")
    assert give_code(page, "000000").status == 422
    assert page.get_by_text("Wait 1 second").is_visible()
    # As if it were a while later: no code is taken twice. A code that was shown just before its
    # half minute ended has the site follow the clock of that phone, so what it learned goes too.
    Authenticator.objects.update(throttling_failure_timestamp=None, last_step=-1, drift=0)
    give_code(page, shown_by_phone(secret))
    assert page.url.endswith("/moderation/")

    for answer in (200, 422):  # once only
        sign_in_again(page, moderator, "/admin/")
        page.get_by_text("You have no phone at hand?").click()
        page.get_by_label("Recovery code").fill(codes[0])
        assert click(page, page.get_by_role("button", name="Use this recovery")).status == answer
        assert page.url.endswith("/admin/login/code/" if answer == 422 else "/admin/")
    assert page.get_by_text("This recovery code is not right").is_visible()


def test_nothing_to_complain_of(open_window, moderator, settings):
    settings.AXES_FAILURE_LIMIT = 2
    page, found = open_window(staff=True), []

    def look():
        found.extend(on_phone_and_laptop(page))

    page.goto("/admin/login/")
    look()
    for status in (422, 429):
        page.goto("/admin/login/")
        page.get_by_label("Username").fill("nobody")
        page.get_by_label("Password").fill("wrong")
        assert click(page, page.get_by_role("button", name="Log in")).status == status
        look()
    settings.AXES_FAILURE_LIMIT = 5  # wrong passwords on the member's own pages count too
    sign_in(page, moderator, "/moderation/")
    secret = start_set_up(page)
    look()
    give_code(page, "000000", "Turn on")
    look()
    Authenticator.objects.update(throttling_failure_timestamp=None)
    give_code(page, shown_by_phone(secret), "Turn on")
    assert page.get_by_role("button", name="Print").is_visible()
    look()
    for name in ("", "remove/", "recovery-codes/"):
        page.goto(f"/admin/sign-in/{name}")
        look()
    page.get_by_label("Your password").fill("wrong")
    assert click(page, page.get_by_role("button", name="Make new codes")).status == 422
    look()
    page.goto("/admin/password_change/")
    page.get_by_label("Old password").fill("wrong")
    page.get_by_label("New password", exact=True).fill("x")
    page.get_by_label("New password confirmation").fill("y")
    assert click(page, page.get_by_role("button", name="Change it")).status == 422
    look()
    sign_in_again(page, moderator, "/moderation/")
    page.get_by_text("You have no phone at hand?").click()
    look()
    give_code(page, "000000")
    look()
    assert found == []
