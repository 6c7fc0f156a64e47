"""The front door: a name, a password, and what happens to wrong ones."""

import logging
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core.management import call_command

from tests.staff.conftest import PASSWORD, give_password, is_in


def fail(client, times=1, name="kim"):
    return [give_password(client, name, "wrong") for _n in range(times)][-1]


def minutes_pass(minutes):
    for row in AccessAttempt.objects.all():
        earlier = row.attempt_time - timedelta(minutes=minutes)
        AccessAttempt.objects.filter(pk=row.pk).update(attempt_time=earlier)


# --- one page -------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/admin/", "/moderation/", "/admin/sign-in/"])
def test_every_page_for_staff_leads_there_and_back(client, root, address):
    answer = client.get(address)
    assert answer["Location"] == f"/admin/login/?next={address}"
    page = client.get(answer["Location"])
    assert page.status_code == 200
    assert 'class="site-header"' in page.content.decode()
    assert "<title>Sign in – Marginalia</title>" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert give_password(client, "root", then=address)["Location"] == address
    assert client.get(address).status_code == 200
    assert client.get("/admin/login/")["Location"] == "/admin/"


@pytest.mark.parametrize("then", ["https://evil.example/", "//evil.example/", "javascript:x", ""])
def test_it_leads_nowhere_else(client, kim, then):
    assert give_password(client, then=then)["Location"] == "/admin/"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"username": "kim", "password": "wrong"}, "Please enter the correct username"),
        ({"username": "kim", "password": ""}, 'id="id_password_error"'),
        ({"username": "kim"}, 'id="id_password_error"'),
    ],
)
def test_what_is_wrong_is_said_and_the_name_kept(client, kim, fields, said):
    page = client.post("/admin/login/", fields)
    assert page.status_code == 422
    assert said in page.content.decode()
    assert 'value="kim"' in page.content.decode()
    assert 'value="wrong"' not in page.content.decode()
    assert not is_in(client)


def test_a_name_longer_than_any_is_refused_and_not_kept(client, kim):
    answer = give_password(client, "k" * 70_000)
    assert answer.status_code == 422
    assert "at most 150 characters" in answer.content.decode()
    assert not AccessAttempt.objects.exists()


def test_only_active_members_of_the_staff_come_in(client, kim):
    User.objects.update(is_staff=False)
    assert give_password(client).status_code == 422
    User.objects.update(is_staff=True, is_active=False)
    assert give_password(client).status_code == 422
    User.objects.update(is_active=True)
    assert give_password(client).status_code == 302
    assert is_in(client)


def test_a_reader_who_has_a_login_may_sign_in_under_another_name(client, kim):
    client.force_login(User.objects.create_user("reader"))
    page = client.get("/admin/login/?next=/admin/")
    assert page.status_code == 200
    assert "not a member of the staff" in page.content.decode()
    assert give_password(client).status_code == 302
    assert is_in(client)


def test_the_form_wants_its_token(kim, client):
    client.handler.enforce_csrf_checks = True
    assert give_password(client).status_code == 403


# --- guessing -------------------------------------------------------------------------------


def test_the_fifth_wrong_password_locks_the_name_from_there(browser, kim, root):
    here, elsewhere = browser(), browser("198.51.100.9")
    assert fail(here, 4).status_code == 422
    page = fail(here)
    assert page.status_code == 429
    assert 0 < int(page["Retry-After"]) <= 900
    assert "in 15 minutes" in page.content.decode()
    assert give_password(here).status_code == 429, "also with the right one"
    assert not is_in(here)
    assert give_password(elsewhere).status_code == 302, "its owner, elsewhere"
    assert give_password(here, "root").status_code == 302, "somebody else, here"


def test_the_lock_ends_when_it_said_whatever_is_tried_meanwhile(browser, kim):
    here = browser()
    fail(here, 5)
    minutes_pass(10)
    page = fail(here, 3)
    assert "in 5 minutes" in page.content.decode()
    minutes_pass(5)
    assert give_password(here).status_code == 302
    assert not AccessAttempt.objects.exists()


def test_four_wrong_ones_and_the_right_one_begin_anew(browser, kim):
    here = browser()
    for _n in range(3):
        assert fail(here, 4).status_code == 422
        assert give_password(here).status_code == 302
        here.logout()


def test_one_address_has_a_limit_over_all_names(browser, kim, settings):
    settings.STAFF_ADDRESS_FAILURE_LIMIT = 8
    here = browser()
    for number in range(7):
        assert fail(here, name=f"name{number}").status_code == 422
    assert fail(here, name="name8").status_code == 429
    assert give_password(here).status_code == 429
    assert give_password(browser("198.51.100.9")).status_code == 302


def test_names_that_nobody_has_are_locked_alike(browser, kim):
    here = browser()
    assert fail(here, 4, "nobody").status_code == 422
    page = fail(here, 1, "nobody").content
    assert page == fail(browser("198.51.100.9"), 5, "kim").content


def test_an_ipv6_network_is_one_address(browser, kim):
    for number in range(4):
        assert fail(browser(f"2001:db8::{number}")).status_code == 422
    assert fail(browser("2001:db8::ffff:1")).status_code == 429
    assert fail(browser("2001:db8:0:1::1")).status_code == 422


def test_a_name_has_a_limit_over_an_ipv6_block(browser, kim, root):
    def at(number):
        return browser(f"2001:db8:0:{number:x}::1")

    for number in range(19):
        assert fail(at(number)).status_code == 422
    page = fail(at(19))
    assert page.status_code == 429
    assert "in 15 minutes" in page.content.decode()
    assert give_password(at(20)).status_code == 429, "also with the right one"
    assert give_password(at(20), "root").status_code == 302, "somebody else, there"
    assert give_password(browser("2001:db8:1::1")).status_code == 302, "its owner, elsewhere"
    assert give_password(browser()).status_code == 302
    minutes_pass(15)
    assert give_password(at(20)).status_code == 302
    assert not AccessAttempt.objects.filter(ip_address="2001:db8::", user_agent="/48").exists()
    assert fail(at(21)).status_code == 422, "begun anew"


def test_names_in_an_ipv6_block_are_counted_apart(browser, kim):
    for number in range(25):
        assert fail(browser(f"2001:db8:0:{number:x}::1"), name=f"n{number}").status_code == 422
    assert fail(browser("2001:db8::1"), 4).status_code == 422
    assert fail(browser("2001:db8::1")).status_code == 429


def test_the_address_is_the_one_that_a_trusted_proxy_names(browser, kim, settings):
    def through_proxy(address):
        proxy = browser("192.0.2.1")
        proxy.defaults["HTTP_X_FORWARDED_FOR"] = address
        return proxy

    assert fail(through_proxy("198.51.100.1"), 4).status_code == 422
    assert fail(through_proxy("198.51.100.2")).status_code == 429, "anybody can write that"
    AccessAttempt.objects.all().delete()
    settings.TRUSTED_PROXIES = ["192.0.2.1"]
    assert fail(through_proxy("198.51.100.1"), 5).status_code == 429
    assert fail(through_proxy("198.51.100.2")).status_code == 422


@pytest.mark.parametrize(
    "command", [["axes_reset"], ["axes_reset_username", "kim"], ["axes_reset_ip", "203.0.113.7"]]
)
def test_the_operator_unlocks(browser, kim, command, capsys):
    here = browser()
    assert fail(here, 5).status_code == 429
    call_command(*command)
    assert give_password(here).status_code == 302


def test_little_is_kept_and_not_for_long(browser, kim):
    here = browser()
    fail(here, 2)
    row = AccessAttempt.objects.get()
    assert (row.username, row.ip_address, row.failures_since_start) == ("kim", "203.0.113.7", 2)
    rest = (row.user_agent, row.get_data, row.post_data, row.http_accept, row.path_info)
    assert set(rest) == {""}
    minutes_pass(16)
    fail(browser("198.51.100.9"), name="other")
    assert AccessAttempt.objects.get().username == "other"


def test_nothing_of_it_is_logged(browser, kim, caplog):
    caplog.set_level(logging.DEBUG)
    here = browser()
    fail(here, 6)
    give_password(browser("198.51.100.9"))
    assert "locked for a while" in caplog.text
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith("django.db")]
    for private in ("kim", "203.0.113", "198.51.100", PASSWORD, "Firefox"):
        assert not [line for line in ours if private in line]


def test_readers_pages_ask_nothing_more(client, article, count_queries, kim):
    article_page = article.get_absolute_url()
    client.get(article_page)
    before = count_queries(client.get, article_page)
    tables = ("axes_", "staff_", "django_session", "auth_user")
    assert not [sql for sql in before if any(table in sql for table in tables)]
    assert not client.cookies


def test_passwords_have_twelve_characters(client, kim):
    client.force_login(kim)
    fields = {
        "old_password": PASSWORD,
        "new_password1": "elevenchars",
        "new_password2": "elevenchars",
    }
    page = client.post("/admin/password_change/", fields)
    assert page.status_code == 422
    assert "at least 12 characters" in page.content.decode()
    fields |= {"new_password1": "twelve-chars", "new_password2": "twelve-chars"}
    assert client.post("/admin/password_change/", fields)["Location"] == "/admin/sign-in/"
    kim.refresh_from_db()
    assert kim.check_password("twelve-chars")
