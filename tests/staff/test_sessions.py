"""Where somebody is signed in: listed, ended one by one or all, and never for longer than said."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from staff import sessions
from staff.browsers import in_plain_words
from staff.models import StaffSession
from tests.staff.conftest import PASSWORD, give_password, is_in

OVERVIEW = "/admin/sign-in/"


@pytest.fixture(autouse=True)
def nothing_noted():
    sessions._noted.clear()


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("(Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        ("(Macintosh; Intel Mac OS X) AppleWebKit/605 Version/18.0 Safari/605", "Safari on Mac"),
        ("(iPhone; like Mac OS X) CriOS/130.0 Mobile/15E148 Safari/604", "Chrome on iPhone"),
        ("(Linux; Android 10) Chrome/130.0.0.0 Mobile Safari/537", "Chrome on Android"),
        ("(X11; Linux x86_64) Chrome/130.0.0.0 Safari/537 Edg/130.0", "Edge on Linux"),
        ("curl/8.0", "an unknown browser"),
        ("", "an unknown browser"),
    ],
)
def test_browsers_in_plain_words(agent, words):
    assert in_plain_words(agent) == words


@pytest.mark.parametrize(
    ("address", "network"),
    [("203.0.113.77", "203.0.113.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"), (None, "")],
)
def test_addresses_are_kept_as_networks(address, network):
    assert sessions.network_of(address) == network


def test_the_list_tells_one_from_another(browser, kim, root):
    here, elsewhere = browser(), browser("2001:db8:1:2::3", "Mozilla/5.0 (iPhone) Safari/604")
    give_password(here)
    give_password(elsewhere)
    give_password(browser("192.0.2.1", "Mozilla/5.0 (Macintosh) Chrome/1"), "root")
    text = here.get(OVERVIEW).content.decode()
    assert "Firefox on Windows</strong> · this one" in text
    assert "<strong>Safari on iPhone</strong>\n" in text
    assert "203.0.113.0/24" in text
    assert "2001:db8:1::/48" in text
    for other in ("203.0.113.7", "2001:db8:1:2", "Chrome on Mac", "192.0.2"):
        assert other not in text.replace("203.0.113.0", "")
    keys = Session.objects.values_list("session_key", flat=True)
    assert not [key for key in keys if key in text]


def test_one_is_ended(browser, kim, root):
    here, elsewhere, roots = browser(), browser(), browser()
    give_password(elsewhere)
    theirs = StaffSession.objects.get()
    give_password(here)
    give_password(roots, "root")
    page = f"{OVERVIEW}sessions/{theirs.pk}/end/"
    assert here.get(page).status_code == 405
    assert roots.post(page).status_code == 404, "somebody else’s"
    assert is_in(elsewhere)
    assert here.post(page)["Location"] == OVERVIEW
    assert not is_in(elsewhere)
    assert is_in(here)
    assert here.post(page).status_code == 404
    assert StaffSession.objects.filter(user=kim).count() == 1
    own = StaffSession.objects.get(user=kim)
    assert here.post(f"{OVERVIEW}sessions/{own.pk}/end/")["Location"] == "/admin/login/"
    assert not is_in(here)


def test_all_others_are_ended(browser, kim, root):
    here, others, roots = browser(), [browser(), browser(), Client()], browser()
    for each in (here, *others[:2]):
        give_password(each)
    others[2].force_login(kim)  # on no list
    give_password(roots, "root")
    page = f"{OVERVIEW}sessions/end-others/"
    assert here.get(page).status_code == 405
    assert Client().post(page)["Location"].startswith("/admin/login/")
    assert all(map(is_in, others))
    assert "Signed out in 3 places." in here.post(page, follow=True).content.decode()
    assert not any(map(is_in, others))
    assert is_in(here)
    assert is_in(roots)


def test_a_new_password_ends_all_others(browser, kim):
    here, elsewhere = browser(), browser()
    give_password(here)
    give_password(elsewhere)
    page, new = "/admin/password_change/", "another-long-one-2"
    fields = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post(page, {**fields, "old_password": "wrong"}).status_code == 422
    assert here.post(page, {**fields, "new_password2": "x"}).status_code == 422
    assert is_in(elsewhere)
    answer = here.post(page, fields, follow=True).content.decode()
    assert "Your password is changed." in answer
    assert answer.count("since") == 1, "one session is listed"
    assert "this one" in answer
    assert not is_in(elsewhere)
    assert is_in(here)


def test_an_administrator_who_sets_a_password_ends_them(client, browser, kim, root):
    theirs = browser()
    give_password(theirs)
    client.force_login(root)
    new = {"password1": "another-long-one-2", "password2": "another-long-one-2"}
    page = f"/admin/auth/user/{kim.pk}/password/"
    assert client.post(page, {**new, "usable_password": "true"}).status_code == 302
    text = client.get(f"/admin/auth/user/{kim.pk}/sign-in/").content.decode()
    assert "No session is listed." in text, "before it was tried"
    assert not is_in(theirs)


def test_an_administrator_ends_anybodys(client, browser, kim, root):
    theirs = browser()
    give_password(theirs)
    client.force_login(root)
    page = f"/admin/auth/user/{kim.pk}/sign-in/"
    assert "Firefox on Windows" in client.get(page).content.decode()
    assert is_in(theirs)
    assert "1 session ended." in client.post(page, {"do": "end"}, follow=True).content.decode()
    assert not is_in(theirs)
    assert is_in(client)
    assert LogEntry.objects.get().get_change_message() == "Ended all sessions."


def test_other_members_may_not(client, browser, kim, root):
    theirs = browser()
    give_password(theirs, "root")
    kim.user_permissions.add(*Permission.objects.filter(content_type__app_label="auth"))
    client.force_login(kim)
    page = f"/admin/auth/user/{root.pk}/sign-in/"
    assert client.post(page, {"do": "end"}).status_code == 403
    assert is_in(theirs)


def test_a_session_ends_two_weeks_after_its_beginning(browser, kim, settings):
    here = browser()
    answer = give_password(here)
    cookie = answer.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert bool(cookie["secure"]) is settings.SESSION_COOKIE_SECURE
    fortnight = timedelta(days=14)
    ends = Session.objects.get().expire_date
    assert abs(ends - timezone.now() - fortnight) < timedelta(minutes=1)
    session = here.session
    settings.SESSION_COOKIE_AGE = 60  # would be counted from each use
    session.save()
    assert abs(Session.objects.get().expire_date - ends) < timedelta(seconds=2), "use adds nothing"
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not is_in(here)
    settings.SESSION_COOKIE_AGE = fortnight.total_seconds()
    give_password(here)
    assert Session.objects.count() == StaffSession.objects.count() == 1, "what ended is cleared"


def test_last_seen_is_written_at_most_every_five_minutes(browser, kim, count_queries):
    here = browser()
    give_password(here)

    def writes():
        queries = count_queries(here.get, OVERVIEW)
        return [sql for sql in queries if not sql.startswith("SELECT")]

    def seen():
        return StaffSession.objects.get().seen_at

    writes()
    assert writes() == []
    StaffSession.objects.update(seen_at=timezone.now() - timedelta(minutes=9))
    assert writes() == [], "this process has just looked"
    sessions._noted.clear()  # another process, or minutes later
    (written,) = writes()
    assert "staff_staffsession" in written
    assert timezone.now() - seen() < timedelta(seconds=9)
    sessions._noted.clear()
    before = seen()
    writes()
    assert seen() == before


def test_a_session_that_is_on_no_list_is_no_error(client, kim, count_queries):
    client.force_login(kim)
    text = client.get(OVERVIEW).content.decode()
    assert "No session is listed yet." in text
    assert not StaffSession.objects.exists()


def test_twenty_sessions_cost_as_much_as_one(browser, kim, count_queries):
    here = browser()
    give_password(here)
    here.get(OVERVIEW)
    one = len(count_queries(here.get, OVERVIEW))
    for _n in range(19):
        give_password(browser())
    text = here.get(OVERVIEW).content.decode()
    assert text.count("since") == 20
    assert len(count_queries(here.get, OVERVIEW)) == one <= 7


def test_a_changed_secret_key_keeps_the_list(browser, kim, settings):
    here = browser()
    give_password(here)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the-key-of-next-year-" + "n" * 40
    assert is_in(here)
    text = here.get(OVERVIEW).content.decode()
    assert "this one" in text
    assert text.count("since") == 1


def test_leaving_takes_the_session_off_the_list(browser, kim):
    here = browser()
    give_password(here)
    assert here.post("/admin/logout/")["Location"] == "/admin/login/"
    assert not StaffSession.objects.exists()
    assert not Session.objects.exists()
    assert User.objects.exists()
