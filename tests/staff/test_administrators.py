"""The last administrator cannot lock everybody out, in the admin or without noticing."""

from io import StringIO

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Group, Permission, User
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


def set_password(client, user, **fields):
    return client.post(f"{LIST}{user.pk}/password/", fields)


def test_the_last_one_keeps_a_password(desk, root):
    others()
    User.objects.create_superuser("never came")  # without a password
    off = {"usable_password": "false", "unset-password": "x"}
    page = set_password(desk, root, **off)
    assert page.status_code == 200
    assert page.content.decode().count("This is the last administrator") == 1
    root.refresh_from_db()
    assert root.check_password(PASSWORD)
    new = {"password1": "another-long-one-2", "password2": "another-long-one-2"}
    assert set_password(desk, root, usable_password="true", **new).status_code == 302
    User.objects.create_superuser("second", password=PASSWORD)
    assert set_password(desk, root, **off).status_code == 302
    root.refresh_from_db()
    assert not root.has_usable_password()


def test_who_cannot_come_in_does_not_stand_in_for_the_last_one(desk, root):
    User.objects.create_superuser("never came")
    assert save(desk, root, is_superuser="").status_code == 200
    assert "This is the last administrator" in delete(desk, root).content.decode()
    root.refresh_from_db()
    assert root.is_superuser


# --- members who may change users, and are no administrators ------------------------------


@pytest.fixture
def helper(client, kim):
    """A browser of a member who has every right over users and groups."""
    kim.user_permissions.add(*Permission.objects.filter(content_type__app_label="auth"))
    client.force_login(kim)
    return client


def rights(user):
    user = User.objects.get(pk=user.pk)
    own = user.user_permissions.values_list("pk", flat=True)
    return user.is_staff, user.is_superuser, set(user.groups.all()), set(own)


def test_nobody_makes_themselves_an_administrator(helper, kim):
    other = User.objects.create_user("other")
    group = Group.objects.create(name="Everything")
    right = Permission.objects.latest("pk")
    for member, staff in ((kim, ""), (other, "on")):
        before = rights(member)
        page = helper.get(f"{LIST}{member.pk}/change/").content.decode()
        for field in ("is_staff", "is_superuser", "groups", "user_permissions"):
            assert f'name="{field}"' not in page
        changes = {"is_superuser": "on", "is_staff": staff, "first_name": "Kim"}
        changes |= {"groups": [group.pk], "user_permissions": [right.pk]}
        assert save(helper, member, **changes).status_code == 302
        assert rights(member) == before
        member.refresh_from_db()
        assert member.first_name == "Kim", "the rest is changed"


def test_an_administrator_gives_rights(desk, kim):
    group = Group.objects.create(name="Everything")
    assert save(desk, kim, is_superuser="on", groups=[group.pk]).status_code == 302
    assert rights(kim)[:3] == (True, True, {group})


def test_nobody_else_changes_an_administrator(helper, kim, root):
    User.objects.create_superuser("second", password=PASSWORD)
    before = User.objects.values().get(pk=root.pk)
    new = {"password1": "another-long-one-2", "password2": "another-long-one-2"}
    assert helper.get(f"{LIST}{root.pk}/change/").status_code == 200, "they may look"
    assert helper.get(f"{LIST}{root.pk}/password/").status_code == 403
    assert set_password(helper, root, usable_password="true", **new).status_code == 403
    assert save(helper, root, email="kim@example.org").status_code == 403
    assert helper.post(f"{LIST}{root.pk}/delete/", {"post": "yes"}).status_code == 403
    assert delete(helper, root).status_code == 403
    assert User.objects.values().get(pk=root.pk) == before


def test_other_members_they_may(helper, kim):
    other = User.objects.create_user("other", password=PASSWORD)
    new = {"password1": "another-long-one-2", "password2": "another-long-one-2"}
    assert set_password(helper, other, usable_password="true", **new).status_code == 302
    other.refresh_from_db()
    assert other.check_password("another-long-one-2")
    assert "Successfully deleted 1 user" in delete(helper, other).content.decode()


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
