"""Mail: who is owed one, what it says, and whether it is still wanted when it leaves."""

import re
import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail as outbox
from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from comments import moderation, privacy, tokens
from comments.mail import notifications
from comments.mail.postman import Postman
from comments.models import Address, Comment, Mail, Submission
from comments.spam.rules import Effect, Hit
from comments.status import HeldFor, Status, Verdict

pytestmark = pytest.mark.usefixtures("mail_enabled")


def deliver(**options):
    postman = Postman(poll_seconds=0.01, **options)
    postman.run(once=True)
    return postman


def make_due():
    """Let the back-off of all that waits be over."""
    Mail.objects.exclude(send_due=None).update(send_due=timezone.now())


def links(message, name):
    return re.findall(rf"/comments/{name}/([^/\s\"]+)/", message.body)


# --- who is owed a mail -----------------------------------------------------------------------


def test_a_follower_is_owed_each_approved_reply_once(follow, reply_to, moderator):
    comment = follow()
    first = reply_to(comment)
    reply_to(first, "And fall again.", email="ina@example.com")
    assert Mail.objects.count() == 2
    moderation.hold(first, by=moderator, seen=Status.APPROVED)
    moderation.approve(first, by=moderator, seen=Status.PENDING)
    assert Mail.objects.count() == 2


def test_who_is_not_owed_a_reply(follow, reply_to, make_comment, settings):
    reply_to(make_comment("Does not follow.", email="nobody@example.com"))
    reply_to(follow("unconfirmed@example.com", confirmed=False))
    reply_to(follow("self@example.com"), email="self@example.com")
    muted = follow("muted@example.com")
    Address.objects.filter(email_hash=muted.submission.email_hash).update(muted_at=timezone.now())
    reply_to(muted)
    settings.MAIL_ENABLED = False
    reply_to(follow("switched-off@example.com"))
    assert Mail.objects.count() == 0


def test_a_held_reply_owes_nothing(follow, make_comment):
    make_comment("Not yet.", parent=follow(), status=Status.PENDING, email="ray@example.com")
    assert Mail.objects.count() == 0


def waiting(post_comment, **fields):
    """Post a comment through the front door, by somebody who follows replies."""
    assert post_comment(**fields).status_code == 302
    comment = Comment.objects.latest("pk")
    Submission.objects.filter(pk=comment.pk).update(notify=True)
    return Comment.objects.get(pk=comment.pk)


def test_a_comment_that_is_found_clean_asks_its_writer_to_confirm(post_comment, akismet):
    comment = waiting(post_comment)
    assert Mail.objects.count() == 0
    call_command("work", "--once")
    mail = Mail.objects.get()
    assert (mail.kind, mail.comment_id) == (Mail.Kind.CONFIRM, comment.pk)
    assert len(outbox.outbox) == 1


def test_spam_causes_no_mail_at_all(post_comment, akismet, client):
    comment = waiting(post_comment, name="akismet-guaranteed-spam")
    manage = f"/comments/manage/{tokens.MANAGE.make(comment.pk)}/"
    assert client.post(manage, {"do": "mail"}).status_code == 302
    assert client.post(manage, {"do": "follow"}).status_code == 302
    call_command("work", "--once")
    call_command("work", "--once")
    assert Comment.objects.get().status == Status.SPAM
    assert client.post(manage, {"do": "mail"}).status_code == 302
    assert client.post(manage, {"do": "follow"}).status_code == 302
    make_due()
    call_command("work", "--once")
    assert outbox.outbox == []
    assert not Mail.objects.exclude(send_due=None).exists()
    assert not Mail.objects.filter(kind=Mail.Kind.CONFIRM).exists()


def test_what_nobody_has_judged_sends_no_mail_until_a_person_approves_it(make_comment, moderator):
    comment = make_comment(status=Status.SUBMITTED)
    Submission.objects.filter(pk=comment.pk).update(notify=True)
    moderation.hand_over(comment, reason="no key")
    assert Mail.objects.count() == 0
    moderation.approve(comment, by=moderator, seen=Status.PENDING)
    assert Mail.objects.get().kind == Mail.Kind.CONFIRM


def test_spam_that_is_only_noted_asks_nobody(make_comment):
    comment = make_comment(status=Status.SUBMITTED)
    Submission.objects.filter(pk=comment.pk).update(notify=True)
    hit = Hit(Effect.HOLD, held_for=HeldFor.LOG_ONLY)
    moderation.judge(comment, Verdict.SPAM, hit=hit, log_only=True)
    assert Comment.objects.get().status == Status.PENDING
    assert Mail.objects.count() == 0


def test_one_address_is_asked_once_a_day(make_comment):
    def judged():
        comment = make_comment(status=Status.SUBMITTED, email="fay@example.com")
        Submission.objects.filter(pk=comment.pk).update(notify=True)
        moderation.judge(comment, Verdict.HAM, hit=None)

    judged()
    judged()
    assert Mail.objects.count() == 1
    Address.objects.update(asked_at=timezone.now() - timedelta(hours=25))
    judged()
    assert Mail.objects.count() == 2
    Address.objects.update(
        asked_at=timezone.now() - timedelta(hours=25), confirmed_at=timezone.now()
    )
    judged()
    Address.objects.update(confirmed_at=None, muted_at=timezone.now())
    judged()
    assert Mail.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_many_comments_judged_at_once_ask_once(make_comment):
    comments = [make_comment(status=Status.PENDING) for _ in range(6)]
    Submission.objects.update(notify=True)
    Address.objects.all().delete()
    together(lambda comment: notifications.owe_confirmation(comment), comments)
    assert Mail.objects.count() == 1
    assert Address.objects.count() == 1


def together(function, values):
    """Call `function` with each value in a thread of its own, all at once."""
    barrier, failures = threading.Barrier(len(values)), []

    def run(value):
        try:
            barrier.wait(10)
            function(value)
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[value]) for value in values]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_link_is_mailed_once_a_day_a_comment(make_comment):
    comment = make_comment()
    notifications.owe_link(comment)
    notifications.owe_link(comment)
    assert Mail.objects.count() == 1
    Mail.objects.update(at=timezone.now() - timedelta(hours=25), key="yesterday")
    notifications.owe_link(comment)
    assert Mail.objects.count() == 2


def test_one_address_gets_three_links_a_day(make_comment):
    for _ in range(5):
        notifications.owe_link(make_comment(email="fay@example.com"))
    assert Mail.objects.count() == 3
    notifications.owe_link(make_comment(email="ray@example.com"))
    assert Mail.objects.count() == 4


# --- key trouble ------------------------------------------------------------------------------


@pytest.fixture
def admins(db):
    for name, email, fields in (
        ("ada", "ada@example.org", {}),
        ("mute", "", {}),
        ("gone", "gone@example.org", {"is_active": False}),
    ):
        User.objects.create_superuser(name, email, "pass-word-1", **fields)


def test_key_trouble_is_mailed_to_active_administrators(admins, moderator, settings):
    notifications.owe_key_trouble(f"invalid {settings.AKISMET_API_KEY}")
    mail = Mail.objects.get()
    assert mail.email == "ada@example.org"
    deliver()
    (message,) = outbox.outbox
    assert message.to == ["ada@example.org"]
    assert settings.AKISMET_API_KEY not in message.message().as_string()
    assert "List-Unsubscribe" not in message.extra_headers


def test_key_trouble_is_mailed_once_in_six_hours(admins):
    notifications.owe_key_trouble("invalid")
    notifications.owe_key_trouble("invalid")
    assert Mail.objects.count() == 1
    Mail.objects.update(at=timezone.now() - timedelta(hours=5, minutes=59))
    notifications.owe_key_trouble("invalid")
    assert Mail.objects.count() == 1
    Mail.objects.update(at=timezone.now() - timedelta(hours=6, minutes=1), key="earlier")
    notifications.owe_key_trouble("invalid")
    assert Mail.objects.count() == 2


def test_key_trouble_without_a_mail_server_owes_nothing(admins, settings):
    settings.MAIL_ENABLED = False
    notifications.owe_key_trouble("invalid")
    assert Mail.objects.count() == 0


def test_who_is_no_administrator_any_more_is_not_told(admins):
    notifications.owe_key_trouble("invalid")
    User.objects.update(is_active=False)
    deliver()
    assert outbox.outbox == []
    assert Mail.objects.get().error == "dropped: no administrator any more"


@pytest.mark.django_db(transaction=True)
def test_workers_that_meet_key_trouble_at_once_owe_one_mail(admins):
    together(notifications.owe_key_trouble, ["invalid"] * 5)
    assert Mail.objects.count() == 1


# --- what it says -----------------------------------------------------------------------------


def test_a_reply_is_quoted_as_plain_text(follow, reply_to, settings):
    text = 'First <b>line</b>\n\nhttps://example.org/?a=1&b=2 "quoted" <script>x</script>'
    comment = follow()
    reply = reply_to(comment, text, name="Ray O’Neill & <Sons>")
    deliver()
    (message,) = outbox.outbox
    plain, html = message.body, message.alternatives[0].content
    assert message.to == ["fay@example.com"]
    assert message.subject == "A reply to your comment on “Inference and training”"
    assert '> First line\n>\n> https://example.org/?a=1&b=2 "quoted" <script>x</script>' in plain
    assert "<p>First <b>line</b></p>" in html
    assert "Ray O’Neill & <Sons> wrote on “Inference and training”:" in plain
    assert "&lt;script&gt;" in html
    assert "<script>" not in html
    assert f"http://testserver/comments/{reply.pk}/" in plain
    assert f"http://testserver/comments/{reply.pk}/" in html
    assert settings.SITE_NAME in plain
    assert "&amp;" not in plain
    assert '<a href="https://example.org' not in html, "a reply carries no link into a mailbox"
    assert tokens.MANAGE.read(links(message, "manage")[0]) == comment.pk


def test_plain_text_is_broken_into_lines_and_addresses_are_not(make_article, follow, reply_to):
    article = make_article("A long title about margins " * 6, slug="long")
    text = f"{'word ' * 40}\n{'x' * 200}\n\n-- \n.\nFrom here"
    reply_to(follow(article=article), text, name="Ray " * 40)
    deliver()
    body = outbox.outbox[0].body
    long = [line for line in body.splitlines() if len(line) > 76]
    assert all("/comments/" in line or "xxx" in line for line in long)
    assert len(long) == 3
    assert "> " + "x" * 200 in body
    quoted = [line for line in body.splitlines() if line.startswith(">")]
    assert quoted[0] == "> " + ("word " * 15).strip()
    assert quoted[-4:] == [">", "> --", "> .", "> From here"]
    assert "\n-- \nMarginalia, http://testserver\n" in body


def test_a_contact_is_masked_in_mails_as_in_pages(follow, reply_to):
    reply_to(follow(), "Ask Mrs Adams on WhatsApp +1 (202) 555-0143 today.")
    deliver()
    (message,) = outbox.outbox
    for shown in (message.body, message.alternatives[0].content):
        assert "555-0143" not in shown
        assert "•••" in shown


def test_headers_for_machines(follow, reply_to):
    comment = follow()
    reply_to(comment)
    mail = Mail.objects.get()
    deliver()
    headers = outbox.outbox[0].message()
    found = re.fullmatch(
        r"<http://testserver/comments/unsubscribe/([^/]+)/>", headers["List-Unsubscribe"]
    )
    hashed = comment.submission.email_hash
    assert tokens.UNSUBSCRIBE.read(found[1]) == [comment.pk, hashed]
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Message-ID"] == f"<reply.{mail.pk}.{int(mail.at.timestamp())}@testserver>"
    assert headers["From"] == "Marginalia <noreply@testserver>"


def test_a_mail_to_an_unproven_address_carries_nothing_its_writer_chose(make_comment):
    comment = make_comment(
        "BUY CHEAP COINS now", name="CHEAP COINS at coins.example", url="https://coins.example/",
        status=Status.SUBMITTED,
    )  # fmt: skip
    Submission.objects.filter(pk=comment.pk).update(notify=True)
    moderation.judge(comment, Verdict.HAM, hit=None)
    notifications.owe_link(comment)
    deliver()
    assert sorted(Mail.objects.values_list("kind", flat=True)) == ["confirm", "link"]
    assert len(outbox.outbox) == 2
    for message in outbox.outbox:
        assert "coins" not in message.message().as_string().lower()
        assert "coins" not in message.alternatives[0].content.lower()


def test_the_link_mail_leads_to_the_comment_and_to_all_under_the_address(make_comment):
    comment = make_comment()
    notifications.owe_link(comment)
    deliver()
    (message,) = outbox.outbox
    hashed = comment.submission.email_hash
    assert tokens.MANAGE.read(links(message, "manage")[0]) == comment.pk
    encrypted = tokens.ADDRESS.read(links(message, "address")[0])
    assert privacy.decrypt(encrypted) == comment.submission.email
    assert tokens.CONFIRM.read(links(message, "confirm")[0]) == [comment.pk, hashed]
    assert tokens.UNSUBSCRIBE.read(links(message, "unsubscribe")[0]) == [comment.pk, hashed]
    assert "List-Unsubscribe" not in message.extra_headers  # it was asked for
    Submission.objects.update(confirmed_at=timezone.now())
    Mail.objects.update(at=timezone.now() - timedelta(days=2), key="before")
    notifications.owe_link(comment)
    deliver()
    assert links(outbox.outbox[1], "confirm") == []


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Plain\r\nBcc: victim@example.com", "Plain Bcc: victim@example.com"),
        ("Ünïcödé “quotes”", "Ünïcödé “quotes”"),
        ("x" * 200, "x" * 200),
    ],
)
def test_no_title_can_add_a_header(make_article, follow, reply_to, smtp, title, shown):
    article = make_article(title, slug="odd")
    reply_to(follow(article=article))
    deliver()
    (message,) = smtp.mails
    assert message["Subject"].strip() == f"A reply to your comment on “{shown}”"
    assert message["Bcc"] is None
    assert smtp.heard[0][1] == ["fay@example.com"]


# --- whether it is still wanted when it is sent -------------------------------------------------


def nothing_changes(comment, reply):
    pass


def reply_is_gone(comment, reply):
    Comment.objects.filter(pk=reply.pk).update(status=Status.SPAM)


def writer_withdrew(comment, reply):
    moderation.withdraw(comment, seen=comment.status)


def unfollowed(comment, reply):
    Submission.objects.filter(pk=comment.pk).update(notify=False)


def muted(comment, reply):
    Address.objects.update(muted_at=timezone.now())


def no_longer_confirmed(comment, reply):
    Address.objects.all().delete()


def erased(comment, reply):
    Submission.objects.filter(pk=comment.pk).update(email="", email_hash="")


def article_unpublished(comment, reply):
    comment.article.published_at = None
    comment.article.save()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (nothing_changes, ""),
        (reply_is_gone, "dropped: reply not public"),
        (writer_withdrew, "dropped: comment not clean"),
        (unfollowed, "dropped: not wanted any more"),
        (muted, "dropped: muted"),
        (no_longer_confirmed, "dropped: not confirmed"),
        (erased, "dropped: address erased"),
        (article_unpublished, "dropped: article unpublished"),
    ],
)
def test_what_changed_since_it_was_owed_counts(follow, reply_to, change, error):
    comment = follow()
    change(comment, reply_to(comment))
    deliver()
    mail = Mail.objects.get()
    assert mail.error == error
    assert len(outbox.outbox) == (0 if error else 1)
    assert (mail.email, mail.send_due) == ("", None)
    assert mail.email_hash == privacy.address_hash("fay@example.com")


def test_a_link_waits_until_the_comment_is_judged(make_comment):
    comment = make_comment(status=Status.SUBMITTED)
    notifications.owe_link(comment)
    deliver()
    assert Mail.objects.get().send_due > timezone.now()
    assert outbox.outbox == []
    moderation.judge(comment, Verdict.HAM, hit=None)
    make_due()
    deliver()
    assert len(outbox.outbox) == 1


@pytest.mark.parametrize(
    "email",
    ["", "no-address", "two@at@example.com", "späti@example.com", "a@b.example\nBcc: x@y.example"],
)
def test_an_impossible_address_is_dropped_and_keeps_up_no_other(
    follow, reply_to, owed, smtp, email
):
    Mail.objects.filter(pk=owed.pk).update(email=email)
    reply_to(follow("good@example.com"))
    deliver()
    owed.refresh_from_db()
    assert owed.error.startswith("dropped: ")
    assert [mail["To"] for mail in smtp.mails] == ["good@example.com"]


@pytest.mark.parametrize(
    ("email", "heard"),
    [
        ("o'neil+tag@example.com", "o'neil+tag@example.com"),
        ("fay@bücher.example", "fay@xn--bcher-kva.example"),
        ('"a,b"@example.com', '"a,b"@example.com'),
    ],
)
def test_odd_addresses_are_delivered(follow, reply_to, smtp, email, heard):
    reply_to(follow(email))
    deliver()
    assert smtp.heard == [("noreply@testserver", [heard])]
