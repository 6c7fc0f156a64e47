"""The last administrator cannot lock everybody out, in the admin or without noticing."""

from io import StringIO

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from staff.management.commands import way_back
from staff.models import Authenticator
from tests.staff.conftest import PASSWORD, give_password, is_in

LIST = "/admin/auth/user/"


@pytest.fixture
def desk(client, root):
    client.force_login(root)
    return client


def form_of(user, **changes):
    fields = {
        "username": user.username,
        "is_active": "on",
        "is_staff": "on",
        "is_superuser": "on" if user.is_superuser else "",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00",
        **changes,
    }
    return {name: value for name, value in fields.items() if value}


def save(client, user, **changes):
    return client.post(f"{LIST}{user.pk}/change/", form_of(user, **changes))


def others():
    """Three who are no administrators, though each has something of one."""
    User.objects.create_user("left", is_superuser=True, is_staff=True, is_active=False)
    User.objects.create_user("outside", is_superuser=True, is_staff=False)
    User.objects.create_user("member", is_staff=True)


@pytest.mark.parametrize("field", ["is_active", "is_staff", "is_superuser"])
def test_the_last_one_stays(desk, root, field):
    others()
    page = save(desk, root, **{field: ""})
    assert page.status_code == 200
    text = page.content.decode()
    assert text.count("This is the last administrator") == 1
    assert f'id="id_{field}_error"' in text
    root.refresh_from_db()
    assert getattr(root, field)


@pytest.mark.parametrize("field", ["is_active", "is_staff", "is_superuser"])
def test_one_of_two_may_go(desk, root, field):
    second = User.objects.create_superuser("second")
    assert save(desk, second, **{field: ""}).status_code == 302
    second.refresh_from_db()
    assert not getattr(second, field)


def test_the_last_one_may_change_the_rest(desk, root):
    assert save(desk, root, first_name="Ruth").status_code == 302
    root.refresh_from_db()
    assert root.first_name == "Ruth"


def test_the_last_one_is_not_deleted(desk, root):
    others()
    page = f"{LIST}{root.pk}/delete/"
    for answer in (desk.get(page), desk.post(page, {"post": "yes"})):
        assert answer["Location"] == f"{LIST}{root.pk}/change/"
    assert "This is the last administrator" in desk.get(LIST).content.decode()
    assert desk.post(f"{LIST}x/delete/", {"post": "yes"}).status_code == 302, "there is none"
    second = User.objects.create_superuser("second")
    assert desk.post(f"{LIST}{second.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not User.objects.filter(username="second").exists()


def test_who_may_not_delete_is_told_only_that(client, kim, root):
    client.force_login(kim)
    assert client.post(f"{LIST}{root.pk}/delete/", {"post": "yes"}).status_code == 403


def delete(client, *users):
    data = {"action": "delete_selected", "_selected_action": [user.pk for user in users]}
    return client.post(LIST, {**data, "post": "yes"}, follow=True)


def test_nor_among_many(desk, root):
    second = User.objects.create_superuser("second")
    member = User.objects.create_user("member")
    text = delete(desk, root, second, member).content.decode()
    assert "This is the last administrator" in text
    assert User.objects.count() == 3
    assert "Successfully deleted 2 users" in delete(desk, second, member).content.decode()
    assert list(User.objects.all()) == [root]


# --- manage.py way_back ---------------------------------------------------------------------


def run(*arguments, answer="", monkeypatch=None):
    output = StringIO()
    if monkeypatch:
        monkeypatch.setattr("builtins.input", lambda question: answer)
    call_command("way_back", *arguments, stdout=output)
    return output.getvalue()


def test_the_way_back(browser, kim, give_phone, monkeypatch):
    here, old = browser(), browser("198.51.100.9")
    give_password(old)
    give_phone(kim)
    for _n in range(5):
        give_password(here, password="wrong")
    User.objects.update(is_active=False)
    said = run("kim", answer="y", monkeypatch=monkeypatch)
    for line in (
        "Made active.",
        "Made an administrator.",
        "Took the second factor away",
        "after failures: 5.",
        "Ended sessions: 1.",
        "kim can sign in.",
    ):
        assert line in said
    assert "a member of the staff" not in said
    assert not Authenticator.objects.exists()
    assert not AccessAttempt.objects.exists()
    assert not is_in(old)
    assert give_password(here)["Location"] == "/admin/"
    assert here.get(LIST).status_code == 200
    assert "Ended sessions: 1." in run("kim", "--yes")
    assert run("kim", "--yes") == "Nothing kept this user out.\nkim can sign in.\n"


@pytest.mark.parametrize("answer", ["", "n", "no", "x"])
def test_it_asks_first(kim, monkeypatch, answer):
    with pytest.raises(CommandError, match="Nothing was changed"):
        run("kim", answer=answer, monkeypatch=monkeypatch)
    kim.refresh_from_db()
    assert not kim.is_superuser


def test_it_makes_nobody(db):
    with pytest.raises(CommandError, match="createsuperuser"):
        run("nobody", "--yes")
    assert not User.objects.exists()


def typed(monkeypatch, *texts):
    left = list(texts)
    monkeypatch.setattr(way_back, "getpass", lambda question: left.pop(0))


def test_it_sets_a_password_that_keeps_the_rules(browser, kim, monkeypatch):
    for texts, why in (
        (("twelve-letters", "thirteen-letters"), "not the same"),
        (("short", "short"), "at least 12"),
    ):
        typed(monkeypatch, *texts)
        with pytest.raises(CommandError, match=f"{why}.*Nothing was changed"):
            run("kim", "--yes", "--password")
        kim.refresh_from_db()
        assert kim.check_password(PASSWORD)
        assert not kim.is_superuser
    typed(monkeypatch, "a-new-pass-word", "a-new-pass-word")
    assert "Set the new password." in run("kim", "--yes", "--password")
    assert give_password(browser(), password="a-new-pass-word").status_code == 302
