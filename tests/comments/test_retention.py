"""What is past its time goes: all of it, nothing else, counted, and without holding anybody up."""

import threading
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection, connections
from django.utils import timezone

from comments import moderation, privacy
from comments.models import (
    Address,
    Ban,
    Check,
    Comment,
    Discussion,
    Edit,
    Mail,
    PrivacyEvent,
    Report,
    StatusChange,
    Submission,
    Tally,
)
from comments.personal import retention, rights
from comments.status import Status


def ago(days):
    return timezone.now() - timedelta(days=days)


def tallies():
    return dict(Tally.objects.values_list("what", "count"))


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(retention, "PAUSE_SECONDS", 0)


# --- spam and trash -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "days", "what"), [("spam", 15, "spam_deleted"), ("trash", 30, "trash_deleted")]
)
def test_spam_and_trash_go_after_their_time(make_comment, status, days, what):
    old = make_comment("Old.", status=status, since=ago(days + 0.1), created_at=ago(200))
    young = make_comment("Young.", status=status, since=ago(days - 0.1), created_at=ago(200))
    gone = retention.run()
    assert gone[status] == 1
    assert not Comment.objects.filter(pk=old.pk).exists()
    assert Comment.objects.get() == young
    assert not StatusChange.objects.filter(comment_id=old.pk).exists()
    assert tallies()[what] == 1


@pytest.mark.parametrize("status", ["submitted", "pending", "approved"])
def test_what_waits_or_is_public_stays(make_comment, status):
    make_comment(status=status, since=ago(1000), created_at=ago(1000))
    assert retention.run()["spam"] == retention.run()["trash"] == 0
    assert Comment.objects.exists()


def test_the_days_are_what_moderators_set(make_comment):
    make_comment(status="spam", since=ago(5))
    make_comment(status="trash", since=ago(5))
    assert retention.run()["spam"] == 0
    Discussion(spam_days=4, trash_days=6).save()
    assert (retention.run()["spam"], retention.run()["trash"]) == (1, 0)
    Discussion(spam_days=4, trash_days=5).save()
    assert retention.run()["trash"] == 1


def test_a_thread_keeps_its_shape_when_its_middle_is_purged(client, make_comment, article):
    opener = make_comment("Opener.", name="Omar")
    middle = make_comment("Middle.", parent=opener, status="trash", since=ago(31), name="Mia")
    make_comment("Leaf.", parent=middle, name="Lea")
    make_comment("Later.", name="Zoe")
    before = client.get(article.get_absolute_url()).content.decode()
    assert retention.run()["trash"] == 1
    after = client.get(article.get_absolute_url()).content.decode()
    # What search engines are told of comments stands before them.
    before, after = (page[page.index('<ol class="thread') :] for page in (before, after))
    shape = [
        [page.index(words) for words in ("Opener.", "Comment removed", "Leaf.", "Later.")]
        for page in (before, after)
    ]
    assert [sorted(each) == each for each in shape] == [True, True]
    nesting = [page[: page.index("Leaf.")].count("<ol") for page in (before, after)]
    assert nesting[0] == nesting[1]
    article.refresh_from_db()
    assert article.comment_count == 3


def test_what_akismet_must_still_hear_of_is_not_purged(make_comment, moderator):
    comment = make_comment(status="approved")
    moderation.spam(comment, by=moderator, seen="approved")
    Comment.objects.update(since=ago(16))
    assert retention.run()["spam"] == 0
    StatusChange.objects.update(feedback_due=None)  # told, or given up
    assert retention.run()["spam"] == 1


# --- columns that are emptied -------------------------------------------------------------


def test_copies_of_what_akismet_got_go_after_15_days(make_comment):
    old, young = make_comment("Old."), make_comment("Young.")
    Submission.objects.filter(pk=old.pk).update(sent="{}", sent_at=ago(15.1))
    Submission.objects.filter(pk=young.pk).update(sent="{}", sent_at=ago(14.9))
    assert retention.run()["copies"] == 1
    assert Submission.objects.get(pk=old.pk).sent == ""
    assert Submission.objects.get(pk=old.pk).sent_at is None
    assert Submission.objects.get(pk=young.pk).sent == "{}"
    assert tallies() == {"copies_deleted": 1}


ORIGIN = {
    "ip": "203.0.113.77",
    "user_agent": "HiddenAgent",
    "referrer": "https://x.example/",
    "honeypot": "honey",
}


@pytest.mark.parametrize("left", [ORIGIN, *({name: ORIGIN[name]} for name in ORIGIN)])
def test_where_a_comment_came_from_is_forgotten_after_90_days(make_comment, left):
    """Each trace alone is enough to be found: not every server knows the IP address."""
    old = make_comment("Old.", created_at=ago(90.1), **left)
    young = make_comment("Young.", created_at=ago(89.9), **left)
    assert retention.run()["origins"] == 1
    row = Submission.objects.get(pk=old.pk)
    assert (row.ip, row.network, row.user_agent, row.referrer, row.honeypot) == (None, *[""] * 4)
    assert row.email == "reader@example.com"
    kept = Submission.objects.get(pk=young.pk)
    assert {name: getattr(kept, name) for name in left} == left
    assert tallies() == {"origins_deleted": 1}
    assert retention.run()["origins"] == 0


def test_who_reported_is_forgotten_and_that_it_was_reported_is_not(make_comment):
    comment = make_comment()
    for number, days in enumerate((90.1, 91, 89.9)):
        Report.objects.create(comment=comment, reason="spam", ip=f"192.0.2.{number}", at=ago(days))
    assert retention.run()["reports"] == 2
    assert set(Report.objects.values_list("ip", flat=True)) == {None, "192.0.2.2"}


# --- mail and addresses -------------------------------------------------------------------


def test_mails_go_when_they_are_done_with(make_comment):
    comment = make_comment()
    for key, fields in {
        "sent": {"send_due": None, "sent_at": ago(31), "at": ago(31)},
        "given up": {"send_due": None, "error": "refused", "at": ago(31)},
        "young": {"send_due": None, "sent_at": ago(29), "at": ago(29)},
        "owed": {"at": ago(31)},
    }.items():
        Mail.objects.create(
            kind="link", email="reader@example.com", comment=comment, key=key, **fields
        )
    assert retention.run()["mails"] == 2
    assert set(Mail.objects.values_list("key", flat=True)) == {"young", "owed"}
    assert tallies() == {"mails_deleted": 2}


def test_an_address_goes_with_its_last_comment(make_comment, settings):
    make_comment(email="used@example.com")
    old_key = settings.SECRET_KEY
    for name, fields in {
        "used": {"asked_at": ago(100)},
        "unused": {"asked_at": ago(100)},
        "fresh": {"asked_at": ago(1)},
        "mute": {"asked_at": ago(100), "muted_at": ago(100)},
        "newkey": {"asked_at": ago(100)},
    }.items():
        Address.objects.create(email=f"{name}@example.com", **fields)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "the-next-key-" + "n" * 40, [old_key]
    make_comment(email="newkey@example.com")
    assert retention.run()["addresses"] == 1
    left = {address.email.partition("@")[0] for address in Address.objects.all()}
    assert left == {"used", "fresh", "mute", "newkey"}


def test_an_address_that_nobody_can_read_stays(db, settings):
    Address.objects.create(email="lost@example.com")
    settings.SECRET_KEY = "a-stranger's-key-" + "s" * 40
    assert retention.run()["addresses"] == 0
    assert Address.objects.get().email == privacy.UNREADABLE


# --- how it is done -----------------------------------------------------------------------


def fill(make_comment, number):
    for each in range(number):
        make_comment(f"{each}", status="spam", since=ago(16), created_at=ago(100), **ORIGIN)


def test_it_is_done_in_batches(make_comment, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(retention, "BATCH", 3)
    fill(make_comment, 8)
    Submission.objects.update(sent="{}", sent_at=ago(16))
    taken = []
    purge = moderation.purge

    def noting(status, *, before, most):
        taken.append((status, most))
        return purge(status, before=before, most=most)

    monkeypatch.setattr(moderation, "purge", noting)
    assert retention.run()["spam"] == 8
    assert taken == [("spam", 3)] * 3
    assert tallies()["spam_deleted"] == 8


def test_a_dry_run_tells_what_would_go_and_changes_nothing(make_comment):
    fill(make_comment, 3)
    would = retention.run(dry_run=True)
    assert (would["spam"], would["origins"]) == (3, 3)
    assert Comment.objects.count() == 3
    assert not Tally.objects.exists()
    output = StringIO()
    call_command("run_retention", dry_run=True, stdout=output)
    lines = output.getvalue().splitlines()
    assert lines[0].split() == ["days", "would", "go"]
    assert lines[1].split() == ["Spam", "15", "3"]
    assert len(lines) == 1 + len(retention.CHORES)


def test_the_command_says_what_went(make_comment):
    fill(make_comment, 2)
    output = StringIO()
    call_command("run_retention", stdout=output)
    assert output.getvalue().splitlines()[1].split() == ["Spam", "15", "2"]
    assert not Comment.objects.exists()


def test_twice_is_once_and_nothing_due_is_only_looked_at(make_comment, count_queries):
    make_comment()
    retention.run()
    statements = count_queries(retention.run)
    assert all(each.startswith("SELECT") for each in statements), statements
    assert len(statements) <= len(retention.CHORES) + 2


def test_a_kill_loses_no_count(make_comment, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    fill(make_comment, 5)
    purge, calls = moderation.purge, []

    def dies(status, *, before, most):
        gone = purge(status, before=before, most=most)
        calls.append(gone)
        if len(calls) == 2:
            raise KeyboardInterrupt  # within the transaction: as good as a SIGKILL
        return gone

    monkeypatch.setattr(moderation, "purge", dies)
    with pytest.raises(KeyboardInterrupt):
        retention.run()
    assert Comment.objects.count() == 3
    assert tallies()["spam_deleted"] == 2
    monkeypatch.setattr(moderation, "purge", purge)
    assert retention.run()["spam"] == 3
    assert tallies()["spam_deleted"] == 5


def test_it_ends_between_batches_when_told_to(make_comment, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    fill(make_comment, 5)
    answers = iter([False, True])
    retention.run(stopping=lambda: next(answers, True))
    assert Comment.objects.count() == 3


def test_any_number_may_run_at_once(transactional_db, make_comment, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 5)
    fill(make_comment, 40)
    Submission.objects.update(sent="{}", sent_at=ago(16))
    barrier, gone = threading.Barrier(3, timeout=30), []

    def work():
        try:
            barrier.wait()
            for _ in range(20):
                gone.append(retention.run())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not Comment.objects.exists()
    assert sum(each["spam"] for each in gone) == 40 == tallies()["spam_deleted"]
    for chore, what in (("copies", "copies_deleted"), ("origins", "origins_deleted")):
        assert sum(each[chore] for each in gone) == tallies().get(what, 0) <= 40


def test_what_is_erased_meanwhile_is_no_trouble(make_comment):
    make_comment(status="approved", created_at=ago(100), **ORIGIN)
    rights.erase_address(privacy.address_hashes("reader@example.com"), actor="staff")
    assert retention.run()["origins"] == 0
    assert Comment.objects.exists()
    assert PrivacyEvent.objects.exists()


def test_a_process_runs_it_once_an_hour(make_comment, monkeypatch):
    monkeypatch.setattr(retention, "_next_run", 0.0)
    clock = [1000.0]
    monkeypatch.setattr(retention.time, "monotonic", lambda: clock[0])
    fill(make_comment, 1)
    retention.run_when_due()
    assert not Comment.objects.exists()
    fill(make_comment, 1)
    clock[0] += 3599
    retention.run_when_due()
    assert Comment.objects.exists()
    clock[0] += 2
    retention.run_when_due()
    assert not Comment.objects.exists()


def test_a_database_that_is_away_ends_no_worker(db, monkeypatch, caplog):
    monkeypatch.setattr(retention, "_next_run", 0.0)

    def fail(**kwargs):
        raise OperationalError("row: rosa@private.example")

    monkeypatch.setattr(retention, "run", fail)
    retention.run_when_due()
    assert "OperationalError" in caplog.text
    assert "rosa" not in caplog.text


def plan(rows):
    """How the database would find `rows`, told not to read a small table whole."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    return rows.explain()


@pytest.mark.parametrize(
    ("chore", "index"),
    [
        ("spam", "comment_kept_until"),
        ("trash", "comment_kept_until"),
        ("copies", "submission_sent"),
        ("origins", "submission_origin"),
        ("reports", "report_origin"),
    ],
)
def test_what_is_due_is_found_by_an_index(db, chore, index):
    due = next(each.due for each in retention.CHORES if each.name == chore)
    assert index in plan(due(ago(1)))


def test_what_the_desks_statistics_need_stays(make_comment):
    comment = make_comment(created_at=ago(400))
    Check.objects.create(comment=comment, verdict="ham", at=ago(400))
    Edit.objects.create(comment=comment, text="Before.", at=ago(400))
    retention.run()
    assert Check.objects.exists()
    assert Edit.objects.exists()


def test_every_status_is_decided_about():
    """Two of them end by themselves; the others wait for a person or stay."""
    assert {"spam", "trash"} <= set(Status.values)
    assert [chore.name for chore in retention.CHORES if chore.name in Status.values] == [
        "spam",
        "trash",
    ]


def test_bans_are_forgotten_long_after_they_have_ended(db):
    now = timezone.now()
    for days, network in ((91, "192.0.2.1/32"), (89, "192.0.2.2/32"), (-1, "192.0.2.3/32")):
        Ban.objects.create(network=network, until=now - timedelta(days=days))
    Ban.objects.create(network="192.0.2.4/32")
    assert retention.run()["bans"] == 1
    assert sorted(Ban.objects.values_list("network", flat=True)) == [
        "192.0.2.2/32", "192.0.2.3/32", "192.0.2.4/32",
    ]  # fmt: skip
