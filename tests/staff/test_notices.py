"""Members are told what happens to their sign-in; how, the settings say."""

import pytest
from django.core.management import call_command

from staff import known_browsers
from tests.staff.conftest import PASSWORD, give_password, is_in

told: list[tuple[str, str, str]] = []


def note(user, what, *, browser, network, by):
    """What these tests let the settings name."""
    told.append((user.username, what, by))
    assert bool(browser) == bool(network)


@pytest.fixture(autouse=True)
def listen(settings):
    settings.STAFF_NOTICE_CALLABLE = f"{__name__}.note"
    told.clear()


def test_a_browser_is_new_once(kim, root, browser):
    first = browser()
    give_password(first)
    assert told == [("kim", "new_browser", "")]
    first.post("/admin/logout/")
    give_password(first)
    assert len(told) == 1
    first.post("/admin/logout/")
    give_password(first, "root")
    assert told[1:] == [("root", "new_browser", "")]
    first.post("/admin/logout/")
    give_password(first)
    assert len(told) == 2, "both are known now"
    give_password(browser())
    assert told[2:] == [("kim", "new_browser", "")]


def test_what_makes_a_browser_known_is_signed_opens_nothing_and_goes_to_no_reader(
    kim, browser, settings
):
    settings.SESSION_COOKIE_SECURE = True
    client = browser()
    give_password(client)
    cookie = client.cookies[known_browsers.COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["secure"], cookie["samesite"]) == (
        "/admin/", True, True, "Lax",
    )  # fmt: skip
    assert cookie["max-age"] == known_browsers.SECONDS
    other = browser()
    other.cookies[known_browsers.COOKIE] = cookie.value
    assert not is_in(other)
    other.cookies[known_browsers.COOKIE] = cookie.value[:-1] + "x"
    give_password(other)
    assert told[1:] == [("kim", "new_browser", "")]


def test_nobody_is_told_before_the_second_factor_was_shown(kim, browser, give_phone):
    _phone, codes = give_phone(kim)
    client = browser()
    give_password(client)
    client.post("/admin/login/code/", {"code": "000000"})
    assert told == []
    assert known_browsers.COOKIE not in client.cookies
    client.post("/admin/login/code/", {"recovery": codes[0]})
    assert told == [("kim", "new_browser", ""), ("kim", "code_used", "")]


def test_setting_up_renewing_and_removing_are_told(kim, browser, clock):
    from staff import factor
    from tests.staff.conftest import Phone

    client = browser()
    give_password(client)
    client.post("/admin/sign-in/set-up/", {"do": "start"})
    phone = Phone(factor.unconfirmed(kim))
    phone.seconds = clock.now
    client.post("/admin/sign-in/set-up/", {"code": phone.code()})
    client.post("/admin/sign-in/recovery-codes/", {"password": "wrong"})
    client.post("/admin/sign-in/remove/", {"password": "wrong"})
    assert [what for _name, what, _by in told] == ["new_browser", "factor_added"]
    client.post("/admin/sign-in/recovery-codes/", {"password": PASSWORD})
    client.post("/admin/sign-in/remove/", {"password": PASSWORD})
    assert [what for _name, what, _by in told[2:]] == ["codes_renewed", "factor_removed"]


def test_a_new_password_is_told_and_a_refused_one_is_not(kim, browser):
    client = browser()
    give_password(client)
    for old, new in (("wrong", "another-long-one-2"), (PASSWORD, "short")):
        data = {"old_password": old, "new_password1": new, "new_password2": new}
        assert client.post("/admin/password_change/", data).status_code == 422
    data = {"old_password": PASSWORD}
    data |= dict.fromkeys(("new_password1", "new_password2"), "another-long-one-2")
    assert client.post("/admin/password_change/", data).status_code == 302
    assert told[1:] == [("kim", "password_changed", "")]


def test_what_an_administrator_does_is_told_with_their_name(kim, root, browser, give_phone):
    give_phone(kim)
    client = browser()
    give_password(client, "root")
    address = f"/admin/auth/user/{kim.pk}"
    passwords = dict.fromkeys(("password1", "password2"), "another-long-one-2")
    refused = {**passwords, "password2": "other", "usable_password": "true"}
    assert client.post(f"{address}/password/", refused).status_code == 200
    client.post(f"{address}/sign-in/", {"do": "reset"})
    client.post(f"{address}/sign-in/", {"do": "reset"})  # there is none any more
    client.post(f"{address}/password/", passwords | {"usable_password": "true"})
    assert told[1:] == [("kim", "factor_removed", "root"), ("kim", "password_changed", "root")]


def test_so_is_the_way_back(root, give_phone, monkeypatch):
    give_phone(root)
    command = "staff.management.commands.way_back.getpass"
    monkeypatch.setattr(command, lambda prompt: "another-long-one-2")
    call_command("way_back", "root", "--password", "--yes")
    assert told == [("root", "password_changed", ""), ("root", "factor_removed", "")]


def test_without_a_function_nobody_is_told(kim, browser, settings):
    settings.STAFF_NOTICE_CALLABLE = ""
    client = browser()
    give_password(client)
    assert is_in(client)
    assert told == []
