"""The writer's own page: what it shows, and what can be done there."""

import json
import threading
import time
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import OperationalError, connections
from django.test import Client
from django.utils import timezone

from comments import moderation, privacy, tokens
from comments.mail import notifications
from comments.models import Address, Comment, Discussion, Edit, Mail, StatusChange, Submission
from comments.status import VERBS, HeldFor, Status, Verdict
from comments.writer.editing import EDITS_MOST

AWAITING = "Your comment is awaiting moderation."

pytestmark = pytest.mark.usefixtures("mail_enabled")


def page_of(comment, kind=tokens.MANAGE):
    return f"/comments/manage/{kind.make(comment.pk)}/"


def edit(client, comment, text="Second thoughts.", **fields):
    """Send the edit form as it was shown before."""
    version = comment.edited_at.isoformat() if comment.edited_at else ""
    return client.post(page_of(comment), {"do": "edit", "text": text, "version": version, **fields})


def decide(verb, comment):
    moderator, _created = User.objects.get_or_create(username="max", is_staff=True)
    moderation.decide(VERBS[verb], comment, by=moderator, seen=Comment.objects.get().status)


def said(response):
    return response.content.decode()


# --- who may see it, and what it looks like from outside --------------------------------------


def test_after_posting_the_link_leads_there(client, post_comment):
    post_comment(text="A thought about margins.")
    comment = Comment.objects.get()
    response = client.get(page_of(comment))
    assert response.status_code == 200
    assert "A thought about margins." in said(response)
    assert "r•••@example.com" in said(response)
    assert "rosa.reader@example.com" not in said(response)


def test_nobody_keeps_or_finds_it(client, make_comment):
    response = client.get(page_of(make_comment()))
    assert "no-store" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex"
    assert response["Referrer-Policy"] == "strict-origin"
    assert response.cookies == {}


@pytest.mark.parametrize("kind", [tokens.PREVIEW, tokens.ADDRESS, tokens.PROOF])
def test_a_token_of_another_kind_opens_nothing(client, make_comment, kind):
    assert client.get(page_of(make_comment(), kind)).status_code == 404
    assert client.get("/comments/manage/nonsense/").status_code == 404


def test_an_expired_link_says_so(client, make_comment):
    address = page_of(make_comment())
    with patch("django.core.signing.time.time", return_value=timezone.now().timestamp() + 4e7):
        response = client.get(address)
        posted = client.post(address, {"do": "remove"})
    assert (response.status_code, posted.status_code) == (410, 410)
    assert "expired" in said(response)
    assert "no-store" in response["Cache-Control"]
    assert Comment.objects.public().exists()


def test_a_comment_that_is_gone_says_so(client, make_comment):
    comment = make_comment()
    address = page_of(comment)
    comment.delete()
    response = client.get(address)
    assert response.status_code == 410
    assert "gone" in said(response)
    assert client.post(address, {"do": "remove"}).status_code == 410


# --- its status in words ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"status": Status.SUBMITTED},
        {"status": Status.PENDING},
        {"status": Status.SPAM, "verdict": Verdict.SPAM},
        {"status": Status.TRASH, "verdict": Verdict.UNCHECKED, "held_for": HeldFor.WORDS},
    ],
    ids=lambda fields: fields["status"],
)
def test_a_spammer_learns_nothing(client, make_comment, fields):
    """Whatever the filter thinks, the page is the same to the last byte."""
    comment = make_comment("See https://example.org/", **fields)
    shown = said(client.get(page_of(comment)))
    assert AWAITING in shown
    assert '<a href="https://example.org/"' not in shown
    address = page_of(comment)
    same = said(client.get(address))
    Comment.objects.update(status=Status.PENDING, verdict=Verdict.HAM, held_for="", check_due=None)
    assert said(client.get(address)) == same


def test_a_published_comment_is_linked_to(client, make_comment):
    comment = make_comment("See https://example.org/")
    shown = said(client.get(page_of(comment)))
    assert "Your comment is published." in shown
    assert f'href="/comments/{comment.pk}/"' in shown
    assert 'href="https://example.org/"' in shown


def test_what_a_person_removed_is_said(client, make_comment):
    comment = make_comment()
    decide("trash", comment)
    assert "A moderator has removed this comment." in said(client.get(page_of(comment)))


def test_an_unpublished_article_is_not_named(client, make_comment, article):
    comment = make_comment()
    article.published_at = None
    article.save()
    shown = said(client.get(page_of(comment)))
    assert article.title not in shown
    assert f"/comments/{comment.pk}/" not in shown


def test_the_page_takes_few_queries(client, make_comment, count_queries):
    comment = make_comment()
    one = len(count_queries(client.get, page_of(comment)))
    for _ in range(20):
        make_comment(parent=comment, status=Status.PENDING)
    assert len(count_queries(client.get, page_of(comment))) == one <= 5


# --- edit -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [Status.SUBMITTED, Status.PENDING, Status.APPROVED])
def test_an_edit_is_judged_again_and_the_old_text_kept(client, make_comment, status):
    comment = make_comment("First thoughts.", status=status)
    response = edit(client, comment, "Second\r\nthoughts.")
    assert response.status_code == 302
    assert "done=edited" in response["Location"]
    comment.refresh_from_db()
    assert (comment.status, comment.text) == (Status.SUBMITTED, "Second\nthoughts.")
    assert comment.html == "<p>Second<br>thoughts.</p>"
    assert comment.edited_at is not None
    assert [each.text for each in Edit.objects.all()] == ["First thoughts."]
    comment.article.refresh_from_db()
    assert comment.article.comment_count == 0
    shown = said(client.get(response["Location"]))
    assert "Your changes are saved." in shown
    assert AWAITING in shown


def test_an_edit_is_asked_about_as_an_edit(client, post_comment, akismet):
    post_comment(text="First thoughts.")
    call_command("work", "--once")
    comment = Comment.objects.get()
    edit(client, comment)
    call_command("work", "--once")
    comment.refresh_from_db()
    assert comment.status == Status.PENDING
    _first, second = akismet.calls("comment-check")
    assert second.params["recheck_reason"] == "edit"
    assert second.params["comment_content"] == "Second thoughts."


def test_what_the_filter_took_for_spam_may_be_edited_too(client, make_comment):
    comment = make_comment(status=Status.SPAM, verdict=Verdict.SPAM)
    assert edit(client, comment).status_code == 302
    comment.refresh_from_db()
    assert comment.status == Status.SUBMITTED


def test_what_a_person_took_for_spam_stays(client, make_comment):
    comment = make_comment()
    decide("spam", comment)
    response = edit(client, comment)
    # As for a comment that waits: who is called a spammer is not told so.
    assert response.status_code == 302
    changed = Comment.objects.get()
    assert (changed.text, changed.status) == ("Second thoughts.", Status.SPAM)
    assert changed.check_due is None
    assert Edit.objects.get().text == comment.text


def test_disallowed_words_send_an_edit_to_the_trash_in_silence(client, make_comment):
    Discussion(disallowed_words="casino").save()
    comment = make_comment()
    response = edit(client, comment, "Visit my casino.")
    assert response.status_code == 302
    comment.refresh_from_db()
    assert (comment.status, comment.held_detail) == (Status.TRASH, "casino")
    shown = said(client.get(response["Location"]))
    assert AWAITING in shown
    assert edit(client, comment, "Visit nobody.").status_code == 302
    assert Comment.objects.get().status == Status.SUBMITTED


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "Please write a comment."),
        ("\u3164 \u200b", "Please write a comment."),
        ("x" * 5001, "Please shorten the comment to 5000 characters; it has 5001."),
    ],
)
def test_a_wrong_text_is_told_beside_the_field_and_kept(client, make_comment, text, error):
    comment = make_comment("First thoughts.")
    response = edit(client, comment, text)
    assert response.status_code == 422
    assert f'id="edit-text_error">{error}' in said(response)
    assert f">\n{text}</textarea>" in said(response)
    comment.refresh_from_db()
    assert comment.text == "First thoughts."


def test_the_same_text_is_no_edit(client, make_comment):
    comment = make_comment("First thoughts.")
    assert "done=unchanged" in edit(client, comment, " First thoughts. ")["Location"]
    assert Comment.objects.get().status == Status.APPROVED
    assert Edit.objects.count() == 0


def minutes_are_over(comment):
    Comment.objects.update(created_at=timezone.now() - timedelta(minutes=5, seconds=1))


def nobody_may(comment):
    Discussion(edit_minutes=0).save()


def closed(comment):
    comment.article.comments_open = False
    comment.article.save()


def closed_by_its_age(comment):
    comment.article.published_at = timezone.now() - timedelta(days=8)
    comment.article.save()
    Discussion(close_after_days=7).save()


def often_enough(comment):
    Edit.objects.bulk_create(Edit(comment=comment, text="x") for _ in range(EDITS_MOST))


def staff(comment):
    comment.user = User.objects.create_user("sam", is_staff=True)
    comment.save()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (minutes_are_over, "The time to edit this comment is over."),
        (nobody_may, "The time to edit this comment is over."),
        (closed, "Comments are closed"),
        (closed_by_its_age, "Comments are closed"),
        (often_enough, "edited too often"),
        (staff, "cannot be edited"),
    ],
)
def test_what_ends_editing(client, make_comment, change, why):
    comment = make_comment("First thoughts.")
    assert 'name="version"' in said(client.get(page_of(comment)))
    change(comment)
    shown = client.get(page_of(comment))
    assert why in said(shown)
    assert 'name="version"' not in said(shown)
    response = edit(client, comment)
    assert response.status_code == 409
    assert why in said(response)
    assert "Second thoughts.</textarea>" in said(response)
    assert Comment.objects.get().text == "First thoughts."


def test_a_public_reply_ends_editing_and_a_held_one_does_not(client, make_comment):
    comment = make_comment("First thoughts.")
    reply = make_comment(parent=comment, status=Status.PENDING)
    assert edit(client, comment).status_code == 302
    Comment.objects.filter(pk__in=[comment.pk, reply.pk]).update(
        status=Status.APPROVED, verdict=Verdict.HAM
    )
    comment.refresh_from_db()
    response = edit(client, comment, "Third thoughts.")
    assert response.status_code == 409
    assert "Somebody has replied" in said(response)
    assert "Third thoughts.</textarea>" in said(response)


def test_a_second_window_does_not_overwrite_the_first(client, make_comment):
    comment = make_comment("First thoughts.")
    edit(client, comment, "From the first window.")
    response = edit(client, comment, "From the second window.")
    assert response.status_code == 409
    assert "From the second window." in said(response)
    assert Comment.objects.get().text == "From the first window."


def test_a_change_at_the_same_moment_is_not_overwritten(client, make_comment):
    comment = make_comment("First thoughts.")

    def meanwhile(*args, **kwargs):
        Comment.objects.update(status=Status.SPAM)

    with patch("comments.intake.rules_for_edit", side_effect=meanwhile):
        response = edit(client, comment)
    assert response.status_code == 409
    assert "changed at the same moment" in said(response)
    assert "Spam" not in said(response)
    assert "Second thoughts." in said(response)
    assert Comment.objects.get().text == "First thoughts."


@pytest.mark.django_db(transaction=True)
def test_a_reply_and_an_edit_at_once_never_both_happen(make_comment):
    """Either the reply is there first, or the comment is not public any more when it comes."""
    moderator = User.objects.create_user("max", is_staff=True)
    for _ in range(4):
        comment = make_comment("First thoughts.")
        reply = make_comment(parent=comment, status=Status.PENDING)
        barrier = threading.Barrier(2)

        def approve(reply=reply, barrier=barrier):
            barrier.wait(10)
            moderation.approve(reply, by=moderator, seen=Status.PENDING)
            connections.close_all()

        thread = threading.Thread(target=approve)
        thread.start()
        barrier.wait(10)
        response = edit(Client(), comment)
        thread.join()
        edited_at = Comment.objects.get(pk=comment.pk).edited_at
        approved = StatusChange.objects.get(comment=reply, new=Status.APPROVED)
        assert (response.status_code == 302) == (edited_at is not None)
        assert edited_at is None or edited_at <= approved.at


# --- remove -----------------------------------------------------------------------------------


def test_removing_asks_first(client, make_comment):
    comment = make_comment()
    response = client.get(page_of(comment) + "?ask=remove")
    assert "Yes, remove it" in said(response)
    assert Comment.objects.public().exists()
    client.get(page_of(comment) + "?do=remove")
    assert Comment.objects.public().exists()


@pytest.mark.parametrize("status", list(Status))
def test_removing_works_whatever_its_status(client, make_comment, status):
    comment = make_comment(status=status)
    response = client.post(page_of(comment), {"do": "remove"})
    assert response.status_code == 302
    shown = said(client.get(response["Location"]))
    assert "You removed this comment." in shown
    assert "Your comment is removed." in shown
    comment.refresh_from_db()
    assert comment.status == Status.TRASH
    assert comment.withdrawn_at is not None
    comment.article.refresh_from_db()
    assert comment.article.comment_count == 0
    assert client.post(page_of(comment), {"do": "remove"}).status_code == 302
    assert edit(client, comment).status_code == 409


def test_a_removed_comment_leaves_its_place_to_its_replies(client, make_comment, article):
    comment = make_comment("Unwise.")
    make_comment("An answer.", parent=comment)
    client.post(page_of(comment), {"do": "remove"})
    shown = said(client.get(article.get_absolute_url()))
    assert "Comment removed by its author" in shown
    assert "Unwise." not in shown
    assert "An answer." in shown


def test_a_decision_at_the_same_moment_wins(client, make_comment):
    comment = make_comment(status=Status.PENDING)
    with patch("comments.moderation.moves.move", return_value=False):
        response = client.post(page_of(comment), {"do": "remove"})
    assert response.status_code == 409
    assert "changed at the same moment" in said(response)
    assert Comment.objects.get().withdrawn_at is None


# --- replies by mail, the link by mail --------------------------------------------------------


def test_following_and_not(client, make_comment):
    comment = make_comment()
    response = client.post(page_of(comment), {"do": "follow"})
    assert Submission.objects.get().notify
    assert Mail.objects.get().kind == Mail.Kind.CONFIRM
    assert "Stop mails about replies" in said(client.get(response["Location"]))
    client.post(page_of(comment), {"do": "unfollow"})
    assert not Submission.objects.get().notify
    client.post(page_of(comment), {"do": "follow"})
    assert Mail.objects.count() == 1


def test_the_page_does_not_tell_whether_an_address_is_known_here(client, make_comment):
    """Whoever typed somebody's address would learn that they read this site."""
    comment = make_comment()
    client.post(page_of(comment), {"do": "follow"})
    address = page_of(comment)
    unknown = said(client.get(address))
    Address.objects.update(confirmed_at=timezone.now())
    assert said(client.get(address)) == unknown
    Address.objects.update(muted_at=timezone.now())
    assert said(client.get(address)) == unknown


def test_the_link_is_mailed_on_request(client, make_comment):
    comment = make_comment()
    response = client.post(page_of(comment), {"do": "mail"})
    assert Mail.objects.get().kind == Mail.Kind.LINK
    assert "The link is on its way" in said(client.get(response["Location"]))
    client.post(page_of(comment), {"do": "mail"})
    assert Mail.objects.count() == 1


@pytest.mark.parametrize("what", ["follow", "mail"])
def test_without_a_mail_server_nothing_is_offered(client, make_comment, settings, what):
    settings.MAIL_ENABLED = False
    comment = make_comment()
    assert "by mail" not in said(client.get(page_of(comment)))
    assert client.post(page_of(comment), {"do": what}).status_code == 409
    assert Mail.objects.count() == 0
    assert not Submission.objects.get().notify


# --- data -------------------------------------------------------------------------------------


def test_the_data_of_this_comment_and_of_no_other(client, make_comment):
    comment = make_comment("Mine.", ip="192.0.2.7")
    make_comment("Also by this address.")
    response = client.post(page_of(comment), {"do": "export"})
    assert response["Content-Type"] == "application/json"
    assert response["Content-Disposition"] == f'attachment; filename="comment-{comment.pk}.json"'
    assert "no-store" in response["Cache-Control"]
    data = json.loads(response.content)
    assert "Mine." in str(data)
    assert "192.0.2.7" in str(data)
    assert "Also by this address." not in str(data)


def test_the_data_do_not_tell_what_the_filter_thinks(client, make_comment):
    comment = make_comment(status=Status.SPAM, verdict=Verdict.SPAM)
    data = said(client.post(page_of(comment), {"do": "export"}))
    Comment.objects.update(status=Status.PENDING, verdict=Verdict.HAM)
    assert said(client.post(page_of(comment), {"do": "export"})) == data
    # Mail leaves only when a comment is clean, so its rows would tell.
    notifications.owe_link(comment)
    assert said(client.post(page_of(comment), {"do": "export"})) == data


def test_erasing_a_public_comment_keeps_its_text(client, make_comment):
    comment = make_comment("Worth keeping.")
    assert "Yes, erase it" in said(client.get(page_of(comment) + "?ask=erase"))
    assert Submission.objects.get().email
    response = client.post(page_of(comment), {"do": "erase"})
    comment.refresh_from_db()
    assert (comment.name, comment.text) == ("Anonymous", "Worth keeping.")
    assert Submission.objects.get().email == ""
    shown = said(client.get(response["Location"]))
    assert "is erased" in shown
    assert "by mail" not in shown
    assert client.post(page_of(comment), {"do": "follow"}).status_code == 409
    assert client.post(page_of(comment), {"do": "remove"}).status_code == 302


def test_erasing_any_other_deletes_it(client, make_comment):
    comment = make_comment(status=Status.PENDING)
    response = client.post(page_of(comment), {"do": "erase"})
    assert not Comment.objects.exists()
    shown = client.get(response["Location"])
    assert shown.status_code == 410
    assert "is deleted" in said(shown)


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}],
)
@pytest.mark.parametrize("do", ["edit", "remove", "follow", "mail", "export", "erase"])
def test_a_form_of_another_site_does_nothing(client, make_comment, headers, do):
    comment = make_comment("First thoughts.")
    data = {"do": do, "text": "Second thoughts.", "version": ""}
    response = client.post(page_of(comment), data, headers=headers)
    assert response.status_code == 403
    assert "sent from another site" in said(response)
    assert "Second thoughts.</textarea>" in said(response)
    comment.refresh_from_db()
    assert (comment.text, comment.status) == ("First thoughts.", Status.APPROVED)
    assert Mail.objects.count() == 0


@pytest.mark.parametrize("do", ["", "publish", "edit\0"])
def test_what_no_button_says_is_refused(client, make_comment, do):
    assert client.post(page_of(make_comment()), {"do": do}).status_code == 422
    assert client.put(page_of(make_comment())).status_code == 405


@pytest.mark.parametrize("address", ["?do=remove", "?ask=erase", "?done=edited", "?done=nonsense"])
def test_a_get_changes_nothing(client, make_comment, address):
    comment = make_comment()
    before = Comment.objects.values().get()
    assert client.get(page_of(comment) + address).status_code == 200
    assert Comment.objects.values().get() == before
    assert Submission.objects.get().email


def test_a_database_that_fails_keeps_the_text_on_screen(client, make_comment, caplog):
    comment = make_comment()
    with patch("comments.moderation.edit", side_effect=OperationalError("Second thoughts.")):
        response = edit(client, comment)
    assert response.status_code == 503
    assert response["Retry-After"] == "30"
    assert "Second thoughts.</textarea>" in said(response)
    assert "Second thoughts." not in caplog.text


# --- what reviews found -------------------------------------------------------------------------


def test_an_edit_takes_the_proof_away_unless_it_brings_one(client, make_comment):
    comment = make_comment()
    Submission.objects.update(confirmed_at=timezone.now())
    proof = tokens.PROOF.make(privacy.address_hash(comment.submission.email))
    fields = {"do": "edit", "text": "With proof.", "version": "", "proof": proof}
    assert client.post(page_of(comment), fields).status_code == 302
    assert Submission.objects.get().confirmed_at
    version = Comment.objects.get().edited_at.isoformat()
    fields = {"do": "edit", "text": "Without.", "version": version, "proof": "x"}
    assert client.post(page_of(comment), fields).status_code == 302
    assert Submission.objects.get().confirmed_at is None


def test_erasing_between_earns_an_address_no_further_mails(client, make_comment):
    for number in range(6):
        comment = make_comment(f"Number {number}.", email="victim@example.com", status="pending")
        client.post(page_of(comment), {"do": "mail"})
        client.post(page_of(comment), {"do": "erase"})
    assert Address.objects.get().links_sent == notifications.LINKS_MOST


def test_an_expired_preview_gives_no_new_link(client, make_comment, monkeypatch):
    comment = make_comment(status=Status.PENDING)
    preview = f"/comments/preview/{tokens.PREVIEW.make(comment.pk)}/"
    assert "/comments/manage/" in client.get(preview).content.decode()
    now = time.time()
    monkeypatch.setattr("django.core.signing.time.time", lambda: now + 601)
    response = client.get(preview)
    assert response.status_code == 410
    assert "/comments/manage/" not in response.content.decode()
