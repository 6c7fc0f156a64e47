"""Mail to moderators about the queue: who gets one, when, about what, and how it is stopped."""

import re
import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail as outbox
from django.db import connections
from django.utils import timezone

from articles.models import Author
from comments import moderation, tokens
from comments.mail import digest
from comments.mail.postman import Postman
from comments.models import Comment, Discussion, Mail, ModeratorPreference
from comments.status import HeldFor, Status

PAGE = "/moderation/preferences/"


pytestmark = pytest.mark.usefixtures("mail_enabled")


@pytest.fixture
def reader(moderator):
    """A moderator who has asked for mail an hour ago."""
    return wants_mail(moderator)


def wants_mail(user):
    ModeratorPreference.choose(user, digest=True)
    an_hour_ago = timezone.now() - timedelta(hours=1)
    ModeratorPreference.objects.filter(pk=user.pk).update(last_digest_at=an_hour_ago)
    return user


@pytest.fixture
def waiting(make_comment):
    """Store a comment that came into the queue some minutes ago."""

    def make(text="A thought.", *, minutes=5, **fields):
        since = timezone.now() - timedelta(minutes=minutes)
        fields.setdefault("held_for", HeldFor.FIRST_COMMENT)
        return make_comment(text, status=Status.PENDING, since=since, **fields)

    return make


def deliver():
    """Look who is owed a mail, and send what is owed; return what went out."""
    outbox.outbox.clear()
    Postman(poll_seconds=0.01).run(once=True)
    return list(outbox.outbox)


def html_of(message):
    return message.alternatives[0][0]


# --- who gets one, and when ---------------------------------------------------------------------


def test_who_asked_is_told_of_what_came_into_the_queue(reader, waiting):
    waiting("Margins fall.", name="Rosa Reader")
    waiting("They rise.", name="Omar")
    (message,) = deliver()
    assert message.to == ["kim@example.org"]
    assert message.subject == "Marginalia: 2 comments wait for you"
    for body in (message.body, html_of(message)):
        for said in (
            "Rosa Reader",
            "Omar",
            "Margins fall.",
            "They rise.",
            "Inference and training",
        ):
            assert said in body, said
        assert "First comment from this address" in body
        assert "/moderation/" in body
        assert "example.com" not in body, "the address of its writer"
    assert message.body.index("Rosa") < message.body.index("Omar"), "the longest waiting first"
    assert "<p " in html_of(message)
    assert deliver() == []


def test_nobody_is_told_who_did_not_ask(moderator, waiting):
    waiting()
    assert deliver() == []
    ModeratorPreference.choose(moderator, digest=True)
    assert deliver() == [], "only of what comes from then on"


@pytest.mark.parametrize("status", [each for each in Status if each != Status.PENDING])
def test_of_nothing_else_anybody_is_told(reader, make_comment, status):
    since = timezone.now() - timedelta(minutes=5)
    make_comment(status=status, since=since)
    assert deliver() == []
    assert not Mail.objects.exists()


def test_nobody_is_told_of_what_they_held_themselves(reader, make_comment, waiting):
    by_me, by_other = make_comment("By me."), make_comment("By another.")
    other = User.objects.create_user("max", is_staff=True)
    moderation.hold(by_me, by=reader, seen=Status.APPROVED)
    moderation.hold(by_other, by=other, seen=Status.APPROVED)
    earlier = timezone.now() - timedelta(minutes=1)
    Comment.objects.update(since=earlier)
    (message,) = deliver()
    assert "By another." in message.body
    assert "By me." not in message.body


@pytest.mark.parametrize("minutes", [15, 90])
def test_there_is_one_mail_in_so_many_minutes(reader, waiting, minutes):
    Discussion(digest_minutes=minutes).save()
    ModeratorPreference.objects.update(
        last_digest_at=timezone.now() - timedelta(minutes=minutes, seconds=-30)
    )
    waiting(minutes=1)
    assert deliver() == [], "not yet"
    ModeratorPreference.objects.update(
        last_digest_at=timezone.now() - timedelta(minutes=minutes, seconds=1)
    )
    assert len(deliver()) == 1
    waiting("Another.", minutes=0.5)
    assert deliver() == []


def test_the_next_mail_tells_only_what_is_new(reader, waiting):
    waiting("Old news.")
    assert len(deliver()) == 1
    long_ago = timezone.now() - timedelta(minutes=20)
    ModeratorPreference.objects.update(last_digest_at=long_ago)
    Comment.objects.update(since=long_ago - timedelta(minutes=1))
    assert deliver() == []
    waiting("Fresh news.", minutes=1)
    (message,) = deliver()
    assert "Fresh news." in message.body
    assert "Old news." not in message.body
    assert message.subject.endswith("1 comment waits for you")


def test_what_is_decided_meanwhile_is_not_told(reader, waiting):
    first, second = waiting("First."), waiting("Second.")
    digest.owe_digests()
    moderation.approve(first, by=reader, seen=Status.PENDING)
    (message,) = deliver()
    assert "Second." in message.body
    assert "First." not in message.body
    Mail.objects.all().delete()
    ModeratorPreference.objects.update(last_digest_at=timezone.now() - timedelta(hours=1))
    digest.owe_digests()
    moderation.approve(second, by=reader, seen=Status.PENDING)
    assert deliver() == []
    assert Mail.objects.get().error == "dropped: nothing waits any more"


@pytest.mark.parametrize("when", ["before it is owed", "before it is sent"])
@pytest.mark.parametrize("lost", ["right", "login", "address", "wish"])
def test_who_may_or_can_have_no_mail_gets_none(reader, waiting, when, lost):
    waiting()
    if when == "before it is sent":
        digest.owe_digests()
        assert Mail.objects.exists()
    if lost == "right":
        reader.groups.clear()
    elif lost == "login":
        User.objects.filter(pk=reader.pk).update(is_active=False)
    elif lost == "address":
        User.objects.filter(pk=reader.pk).update(email="")
    else:
        ModeratorPreference.choose(reader, digest=False)
    assert deliver() == []


@pytest.mark.parametrize("off", ["settings", "server"])
def test_it_can_be_switched_off_for_all(reader, waiting, settings, off):
    waiting()
    if off == "settings":
        Discussion(digest_minutes=0).save()
    else:
        settings.MAIL_ENABLED = False
    deliver()
    assert not Mail.objects.exists()


def test_while_a_mail_cannot_leave_no_other_is_added(reader, waiting):
    waiting()
    digest.owe_digests()
    Mail.objects.update(send_due=timezone.now() + timedelta(hours=1))
    ModeratorPreference.objects.update(last_digest_at=timezone.now() - timedelta(minutes=20))
    waiting(minutes=1)
    digest.owe_digests()
    assert Mail.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_several_workers_owe_one_mail(make_comment):
    # Without a group: tests with transactions of their own leave none behind.
    user = User.objects.create_superuser("max", "max@example.org")
    wants_mail(user)
    make_comment(status=Status.PENDING, since=timezone.now() - timedelta(minutes=5))
    ready = threading.Barrier(4)

    def work():
        ready.wait()
        try:
            digest.owe_digests()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Mail.objects.count() == 1


def test_an_author_is_told_of_their_own_articles(article, make_article, waiting):
    user = User.objects.create_user("ines", "ines@example.org", is_staff=True)
    Author.objects.update(user=user)
    wants_mail(user)
    other = Author.objects.create(name="Otto Other", slug="otto-other")
    elsewhere = make_article("Elsewhere")
    type(elsewhere).objects.filter(pk=elsewhere.pk).update(author=other)
    # Long enough ago that their appearance is no news.
    type(article).objects.update(published_at=timezone.now() - timedelta(days=2))
    waiting("Mine.", article=article)
    waiting("Not mine.", article=elsewhere)
    assert deliver() == [], "authors do not moderate"
    Discussion(authors_moderate=True).save()
    (message,) = deliver()
    assert "Mine." in message.body
    assert "Not mine." not in message.body
    assert message.subject.endswith("1 comment waits for you")


# --- what it says -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "hidden", "shown"),
    [
        ("Write to jane.doe@scam.example now", ["jane", "scam.example"], "Write to ••• now"),
        ("WhatsApp me +1 555 010 9999 today", ["555", "9999"], "•••"),
        ("See https://scam.example/x?y=1 here", ["scam.example"], "See [link] here"),
        ("See www.scam.example/x here", ["scam.example"], "See [link] here"),
        (
            'A <a href="https://scam.example/">fine fund</a>.',
            ["scam.example", "<a"],
            "A fine fund [link].",
        ),
        ("On t.me/jane_trades we talk", ["jane_trades"], "•••"),
        ("1 < 2 & 3 > 2", ["&lt;", "&amp;"], "1 < 2 & 3 > 2"),
    ],
)
def test_nobody_can_be_reached_by_what_it_quotes(reader, waiting, text, hidden, shown):
    waiting(text, name=text[:60], held_detail=text)
    (message,) = deliver()
    assert shown in message.body
    for word in hidden:
        assert word not in message.body
    assert message.body.count("[link]") == html_of(message).count("[link]")
    assert "scam.example" not in html_of(message)


def test_a_text_is_quoted_to_300_characters(reader, waiting):
    waiting("word " * 900)
    (message,) = deliver()
    quoted = " ".join(line[2:] for line in message.body.splitlines() if line.startswith("> "))
    assert 280 <= len(quoted) <= 300
    assert quoted.endswith("…")
    assert all(len(line) <= 76 for line in message.body.splitlines() if "http" not in line)


def test_markup_stays_words(reader, waiting):
    waiting("<script>x</script>", name="<b>Ann</b>", held_detail="<i>words</i>")
    (message,) = deliver()
    for tag in ("<script>", "<b>Ann", "<i>words"):
        assert tag not in html_of(message)


def test_twenty_are_told_and_the_rest_counted(reader, waiting):
    for number in range(23):
        waiting(f"Number {number}.", minutes=30 - number)
    (message,) = deliver()
    assert "Number 19." in message.body
    assert "Number 20." not in message.body
    assert "And 3 more." in message.body
    assert "And 3 more." in html_of(message)
    assert message.subject.endswith("23 comments wait for you")


def test_twenty_cost_as_few_queries_as_one(reader, waiting, count_queries):
    waiting()
    digest.owe_digests()

    def compose():
        mail = Mail.objects.get()
        assert digest.contents(mail, digest.reader_of(mail))

    one = len(count_queries(compose))
    for number in range(19):
        waiting(f"{number}", minutes=2)
    assert len(count_queries(compose)) == one <= 7


# --- how it is chosen and stopped ---------------------------------------------------------------


def test_the_switch(desk, moderator):
    page = desk.get(PAGE).content.decode()
    assert "kim@example.org" in page
    assert 'name="digest"' in page
    assert 'id="digest" aria-describedby="digest-notes">' in page
    assert "At most one mail in 15 minutes" in page
    assert desk.post(PAGE, {"digest": "on"}).status_code == 302
    assert ModeratorPreference.objects.get().digest
    since = ModeratorPreference.objects.get().last_digest_at
    page = desk.get(PAGE).content.decode()
    assert "Saved." in page
    assert 'aria-describedby="digest-notes" checked>' in page
    desk.post(PAGE, {"digest": "on"})
    assert ModeratorPreference.objects.get().last_digest_at == since, "nothing is told twice"
    desk.post(PAGE)
    assert not ModeratorPreference.objects.get().digest


def test_a_get_switches_nothing(desk):
    desk.get(PAGE, {"digest": "on"})
    assert not ModeratorPreference.objects.exists()


def test_what_stands_in_the_way_of_mail_is_said(desk, moderator, settings):
    User.objects.update(email="")
    assert "Your login has no email address" in desk.get(PAGE).content.decode()
    Discussion(digest_minutes=0).save()
    assert "switch these mails off for everybody" in desk.get(PAGE).content.decode()
    settings.MAIL_ENABLED = False
    assert "no mail server" in desk.get(PAGE).content.decode()


def test_a_mail_program_stops_it_with_one_click(client, reader, waiting, settings):
    waiting()
    (message,) = deliver()
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = message.extra_headers["List-Unsubscribe"].strip("<>")
    path = address.removeprefix(settings.SITE_URL)
    assert path.startswith("/moderation/no-mail/")
    assert address in message.body
    assert address in html_of(message)

    shown = client.get(path)
    assert shown.status_code == 200
    assert ModeratorPreference.objects.get().digest, "a GET changes nothing"
    response = client.post(path, {"List-Unsubscribe": "One-Click"})
    assert response.status_code == 200
    assert not ModeratorPreference.objects.get().digest
    assert response.cookies == shown.cookies == {}
    assert "You get no mail about the queue." in response.content.decode()


def test_a_person_stops_it_with_a_button(client, reader):
    path = f"/moderation/no-mail/{tokens.DIGEST_OFF.make(reader.pk)}/"
    foreign = client.post(path, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    assert ModeratorPreference.objects.get().digest
    response = client.post(path, headers={"Sec-Fetch-Site": "same-origin"})
    assert response["Location"] == path
    assert not ModeratorPreference.objects.get().digest
    assert "You get no mail" in client.get(path).content.decode()


def test_a_wrong_link_stops_nothing(client, reader):
    for token in ("x", tokens.MANAGE.make(reader.pk)):
        assert client.post(f"/moderation/no-mail/{token}/").status_code == 404
    token = tokens.DIGEST_OFF.make(reader.pk)
    User.objects.all().delete()
    assert client.post(f"/moderation/no-mail/{token}/").status_code == 410


def test_the_links_of_a_mail_are_of_its_reader_alone(reader, waiting):
    comment = waiting()
    (message,) = deliver()
    found = re.findall(r"/moderation/mailed/([^/\s\"]+)/", message.body)
    read = [tokens.MAILED_DECISION.read(token) for token in found]
    since = Comment.objects.get().since.isoformat()
    assert read == [[comment.pk, reader.pk, verb, since] for verb in ("approve", "spam", "trash")]
