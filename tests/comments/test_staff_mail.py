"""Mail to the staff: what became of a writer's draft, and what happened to a member's sign-in."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail as outbox
from django.test import Client
from django.utils import timezone

from articles.publishing import workflow
from comments import privacy
from comments.mail.postman import Postman
from comments.mail.signing_in import SAID
from comments.models import Address, Mail
from staff.notices import Event
from tests.conftest import _staff

PASSWORD = "pass-word-1"
AGENT = "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"


pytestmark = pytest.mark.usefixtures("mail_enabled")


@pytest.fixture
def writer(author):
    """The author of all articles, who does not publish."""
    author.user = _staff("wanda", "Writers")
    author.save()
    return author.user


@pytest.fixture
def draft(make_article, writer):
    return make_article("A draft", days_ago=None)


def post():
    Postman().run(once=True)
    return outbox.outbox


# --- drafts -----------------------------------------------------------------------------------


def test_a_writer_is_told_that_a_draft_was_sent_back_with_the_note(draft, writer, editor):
    workflow.take("submit", draft.pk, by=writer)
    workflow.take("send_back", draft.pk, by=editor, note="The table <still> lacks 2025.")
    assert outbox.outbox == []
    (letter,) = post()
    assert letter.to == [writer.email]
    assert letter.subject == "Marginalia: “A draft” was sent back to you"
    assert "eddie sent it back with this note:" in letter.body
    assert "The table <still> lacks 2025." in letter.body
    assert "&lt;still&gt;" in letter.alternatives[0][0]
    assert f"/admin/articles/article/{draft.pk}/publication/" in letter.body
    assert len(post()) == 1


def test_and_that_it_is_published_now_or_by_the_clock(draft, writer, editor, make_article):
    workflow.take("publish", draft.pk, by=editor)
    plan = make_article("A plan", days_ago=-1)
    (letter,) = post()
    assert letter.subject == "Marginalia: “A draft” is published"
    assert f"http://testserver{draft.get_absolute_url()}" in letter.body
    type(plan).objects.filter(pk=plan.pk).update(published_at=timezone.now())
    assert [each.subject for each in post()[1:]] == ["Marginalia: “A plan” is published"]
    assert len(post()) == 2


def test_each_round_is_told(draft, writer, editor):
    for note in ("First.", "Second."):
        workflow.take("submit", draft.pk, by=writer)
        workflow.take("send_back", draft.pk, by=editor, note=note)
    letters = post()
    assert sorted("First." in each.body for each in letters) == [False, True]


def test_no_mail_to_who_publishes_has_no_address_or_of_what_is_old(
    make_article, author, editor, settings
):
    make_article("Without a login")
    author.user = editor
    author.save()
    assert post() == []
    author.user = User.objects.create_user("nomail", is_staff=True)
    author.save()
    assert post() == []
    author.user = User.objects.create_user("left", "left@example.org", is_active=False)
    author.save()
    assert post() == []
    author.user = _staff("wanda", "Writers")
    author.save()
    type(author).articles.rel.related_model.objects.update(
        published_at=timezone.now() - timedelta(hours=25)
    )
    assert post() == []
    type(author).articles.rel.related_model.objects.update(published_at=timezone.now())
    settings.MAIL_ENABLED = False
    assert post() == []
    settings.MAIL_ENABLED = True
    assert len(post()) == 1


def test_what_was_decided_otherwise_meanwhile_is_not_told(draft, writer, editor):
    from comments.mail import drafts

    workflow.take("publish", draft.pk, by=editor)
    drafts.owe_drafts()
    workflow.take("withdraw", draft.pk, by=editor)
    assert post() == []
    assert Mail.objects.get().error == "dropped: nothing to tell this writer any more"


def test_looking_for_news_costs_the_same_with_twenty(writer, make_article, count_queries):
    from comments.mail import drafts

    make_article("One")
    drafts.owe_drafts()
    one = len(count_queries(drafts.owe_drafts))
    for number in range(19):
        make_article(f"Article {number}")
    drafts.owe_drafts()
    assert Mail.objects.count() == 20
    assert len(count_queries(drafts.owe_drafts)) == one <= 3


# --- signing in -------------------------------------------------------------------------------


def sign_in(user, address="203.0.113.77"):
    client = Client(REMOTE_ADDR=address, HTTP_USER_AGENT=AGENT)
    data = {"username": user.username, "password": PASSWORD}
    assert client.post("/admin/login/", data).status_code == 302
    return client


def test_a_new_browser_is_told_by_mail_without_the_whole_address(editor):
    sign_in(editor)
    assert outbox.outbox == []  # not in the request
    (letter,) = post()
    assert letter.to == [editor.email]
    assert letter.subject == "Marginalia: Somebody signed in with your name from a new browser"
    for body in (letter.body, letter.alternatives[0][0]):
        for words in ("eddie", "In Firefox on Windows, from the network 203.0.113.0/24.", "UTC"):
            assert words in body
        assert "http://testserver/admin/sign-in/" in body
        for private in ("203.0.113.77", PASSWORD):
            assert private not in body


def test_what_another_member_or_the_command_line_did_is_said(editor):
    from comments.mail.signing_in import owe_notice

    owe_notice(editor, "factor_removed", browser="Firefox on Windows", network="", by="root")
    owe_notice(editor, "password_changed", browser="", network="", by="")
    bodies = [letter.body for letter in post()]
    assert any("In Firefox on Windows.\nIt was done by root." in body for body in bodies)
    assert any("On the command line of the server." in body for body in bodies)


def test_every_event_of_the_staff_has_its_words(editor):
    assert set(SAID) == set(Event)


def test_one_a_minute_of_each_kind(editor):
    from comments.mail.signing_in import owe_notice

    for what in ("new_browser", "new_browser", "code_used"):
        owe_notice(editor, what, browser="ü" * 90, network="2001:db8:1::/48", by="x" * 150)
    assert Mail.objects.count() == 2
    assert len(post()) == 2


def test_who_gets_none(editor, settings):
    User.objects.filter(pk=editor.pk).update(email="")
    sign_in(editor)
    settings.MAIL_ENABLED = False
    User.objects.filter(pk=editor.pk).update(email="eddie@example.org")
    sign_in(editor)
    assert not Mail.objects.exists()
    settings.MAIL_ENABLED = True
    sign_in(editor)
    User.objects.filter(pk=editor.pk).update(is_active=False)
    assert post() == []
    assert Mail.objects.get().error == "dropped: no such login any more"


def test_whoever_changes_the_address_keeps_nothing_from_its_owner(editor, admin_client):
    sign_in(editor)
    form = admin_client.get(f"/admin/auth/user/{editor.pk}/change/").context["adminform"].form
    data = {bound.name: bound.value() for bound in form if bound.value() not in (None, False)}
    joined = data.pop("date_joined")
    data |= {"date_joined_0": f"{joined:%Y-%m-%d}", "date_joined_1": f"{joined:%H:%M:%S}"}
    address, data["email"] = editor.email, "thief@example.org"
    data |= {"last_login_0": "", "last_login_1": ""}
    data.pop("last_login", None)
    response = admin_client.post(f"/admin/auth/user/{editor.pk}/change/", data)
    assert response.status_code == 302
    letters = {letter.subject.partition(": ")[2]: letter for letter in post()}
    assert set(letters) == {str(SAID["new_browser"]), str(SAID["address_changed"])}
    for letter in letters.values():
        assert letter.to == [address]
        assert "thief@example.org" not in letter.body
    assert "It was done by admin." in letters[str(SAID["address_changed"])].body


def test_a_reader_who_wants_no_mail_is_told_of_the_own_login_all_the_same(editor):
    hashed = privacy.address_hash(editor.email)
    Address.objects.create(email=editor.email, email_hash=hashed, muted_at=timezone.now())
    sign_in(editor)
    assert len(post()) == 1
