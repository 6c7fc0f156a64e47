"""The worker against the stand-in: what each answer does to a comment, and what becomes of faults.

Time is moved in the database: a comment grows old, or is due, because its row says so.
"""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from articles.models import Article
from comments import moderation
from comments.leases import LEASE, back_off
from comments.models import Check, Comment, Discussion, StatusChange, Submission, Tally
from tests.comments.working import (
    ACROSS_THREADS,
    FAULT,
    Meanwhile,
    hours_ago,
    make_due,
    pass_the_undo_window,
    reported,
    run_while,
    state,
    steps,
    stopped_after,
    waits,
    work,
    worker_for,
)

pytestmark = pytest.mark.usefixtures("signal_handlers")


# --- what each answer does ------------------------------------------------------------------

PENDING = ("pending", "ham", "first_comment")
SPAM, DISCARD = ("spam", "spam", ""), ("spam", "discard", "")
WAITS = ("submitted", "unchecked", "")


@pytest.mark.parametrize(
    ("name", "expected", "check", "due_in"),
    [
        ("Rosa Reader", PENDING, ("ham", ""), None),
        ("akismet-guaranteed-spam", SPAM, ("spam", ""), None),
        ("standin-whitespace", SPAM, ("spam", ""), None),
        ("standin-discard", DISCARD, ("discard", ""), None),
        ("standin-recheck-120", WAITS, ("ham", ""), (110, 120)),
        ("standin-invalid", WAITS, ("", "invalid"), (50, 66)),
        ("standin-error-header", WAITS, ("", "refused"), (50, 66)),
        ("standin-500", WAITS, ("", "http"), (50, 66)),
        ("standin-503", WAITS, ("", "http"), (50, 66)),
        ("standin-429", WAITS, ("", "throttled"), (20, 30)),
        ("standin-429-noheader", WAITS, ("", "throttled"), (50, 60)),
        ("standin-timeout", WAITS, ("", "timeout"), (50, 66)),
        ("standin-garbage", WAITS, ("", "unreadable"), (50, 66)),
        ("standin-empty", WAITS, ("", "unreadable"), (50, 66)),
    ],
)
def test_each_answer_moves_the_comment_to_its_place(
    akismet, monkeypatch, post_comment, name, expected, check, due_in
):
    if name == "standin-timeout":
        monkeypatch.setattr("comments.spam.line.TOTAL_SECONDS", 0.3)
    post_comment(name=name)
    work()

    comment = Comment.objects.get()
    assert state(comment) == expected
    assert [(row.verdict, row.error) for row in Check.objects.all()] == [check]
    moved = [("submitted", expected[0], "akismet")] if expected[0] != "submitted" else []
    assert steps(comment) == [("", "submitted", "reader"), *moved]
    if due_in is None:
        assert comment.check_due is None
    else:
        assert due_in[0] <= waits(comment) <= due_in[1]
    assert len(akismet.calls("comment-check")) == 1
    assert bool(comment.submission.sent) is bool(check[0])


@pytest.mark.parametrize("key", ["suspended-key", "throttled-key", "wrong-key"])
def test_a_bad_key_judges_nothing(akismet, settings, post_comment, key):
    settings.AKISMET_API_KEY = key
    post_comment()
    work()
    assert state(Comment.objects.get()) == WAITS
    assert Check.objects.get().error in ("refused", "throttled", "invalid")


def test_the_check_keeps_what_akismet_said(akismet, settings, post_comment):
    settings.AKISMET_API_KEY = "limit-key-01"
    post_comment()
    work()
    check = Check.objects.get()
    assert check.guid == akismet.log[0].answer.headers["x-akismet-guid"]
    assert check.detail.startswith("10508: ")


@pytest.mark.parametrize(
    ("fields", "discussion", "held_for", "detail"),
    [
        ({"text": "https://a.example https://b.example"}, {}, "links", "2 links"),
        ({"text": "https://a.example"}, {"links_to_hold": 1}, "links", "1 link"),
        ({"text": "https://a.example"}, {}, "first_comment", ""),
        ({"text": "To the moon"}, {"hold_words": "moon"}, "words", "moon"),
        ({"second_thoughts": "x"}, {}, "honeypot", "x"),
    ],
)
def test_the_queue_says_why_a_clean_comment_waits(
    akismet, post_comment, fields, discussion, held_for, detail
):
    Discussion(**discussion).save()
    akismet.script([{"body": "false"}])
    post_comment(**fields)
    work()
    comment = Comment.objects.get()
    assert state(comment) == ("pending", "ham", held_for)
    assert comment.held_detail == detail


def test_what_is_decided_or_trashed_is_never_asked_about(akismet, make_comment, post_comment):
    Discussion(disallowed_words="casino").save()
    make_comment("pending", status="pending")
    for status in ("approved", "spam", "trash"):
        make_comment(status, status=status, check_due=timezone.now())
    post_comment(text="casino")
    work()
    assert akismet.log == []


def test_what_is_not_due_is_left_alone(akismet, make_comment):
    comment = make_comment(
        status="submitted", check_due=timezone.now() + timedelta(seconds=60), check_attempts=1
    )
    work()
    assert akismet.log == []
    assert state(comment) == WAITS


def test_the_first_question_is_plain_and_the_second_says_that_it_is_a_retry(akismet, post_comment):
    akismet.script([FAULT])
    post_comment()
    work()
    make_due(Comment.objects.get())
    work()
    reasons = [call.params.get("recheck_reason") for call in akismet.calls("comment-check")]
    assert reasons == [None, "retry"]
    assert state(Comment.objects.get()) == PENDING


def test_more_than_there_are_slots_are_judged_in_one_go(akismet, make_comment):
    for number in range(10):
        make_comment(f"Number {number}", status="submitted")
    work()
    assert Comment.objects.filter(status="pending", verdict="ham").count() == 10
    assert len(akismet.calls("comment-check")) == 10


# --- back-off -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [
        (1, 60),
        (2, 120),
        (3, 240),
        (4, 480),
        (5, 960),
        (6, 1920),
        (7, 3600),
        (8, 3600),
        (32767, 3600),
    ],
)
def test_the_back_off_doubles_up_to_an_hour(attempts, seconds):
    waited = [back_off(attempts).total_seconds() for _ in range(200)]
    assert min(waited) >= 0.9 * seconds
    assert max(waited) <= 1.1 * seconds
    assert len(set(waited)) > 100  # never all at the same moment


@pytest.mark.parametrize(
    ("attempts", "step", "least", "most"),
    [
        (0, FAULT, 54, 66),
        (3, FAULT, 432, 528),
        (50, FAULT, 3240, 3960),
        (50, {"status": 429, "headers": {"Retry-After": "7"}}, 7, 7),
        (0, {"status": 429, "headers": {"Retry-After": "86400"}}, 3600, 3600),
    ],
)
def test_each_failure_waits_longer_unless_akismet_says_how_long(
    akismet, make_comment, attempts, step, least, most
):
    comment = make_comment(status="submitted", check_attempts=attempts)
    akismet.script([step])
    before = timezone.now()
    work()
    after = timezone.now()
    comment.refresh_from_db()
    assert comment.check_attempts == attempts + 1
    assert before + timedelta(seconds=least) <= comment.check_due
    assert comment.check_due <= after + timedelta(seconds=most)


# --- no answer for long ---------------------------------------------------------------------

UNAVAILABLE = ("pending", "unavailable", "unavailable")


@pytest.mark.parametrize(
    ("hours", "expected", "asked_on"),
    [
        (0, WAITS, True),
        (23.9, WAITS, True),
        (24.1, UNAVAILABLE, True),
        (15 * 24 - 1, UNAVAILABLE, True),
        (15 * 24 + 1, UNAVAILABLE, False),
    ],
)
def test_after_a_day_without_an_answer_people_decide(
    akismet, make_comment, hours, expected, asked_on
):
    comment = make_comment(status="submitted", created_at=hours_ago(hours))
    akismet.script([FAULT])
    work()
    assert state(comment) == expected
    assert (comment.check_due is not None) is asked_on
    moved = [("submitted", "pending", "rules")] if expected == UNAVAILABLE else []
    assert steps(comment)[1:] == moved
    if moved:
        assert comment.held_detail == "http: 503"


@pytest.mark.parametrize(
    ("body", "expected", "moved"),
    [
        ("false", PENDING, []),
        ("true", ("spam", "spam", "unavailable"), [("pending", "spam", "akismet")]),
    ],
)
def test_a_late_answer_is_news_to_the_queue(akismet, make_comment, body, expected, moved):
    comment = make_comment(status="submitted", created_at=hours_ago(25))
    akismet.script([FAULT, FAULT, {"body": body}])
    for _ in range(3):
        work()
        make_due(comment)
    assert state(comment) == expected
    assert comment.check_due is None
    assert steps(comment)[1:] == [("submitted", "pending", "rules"), *moved]
    assert [row.verdict or row.error for row in comment.checks.all()] == [
        *("http", "http"),
        "ham" if body == "false" else "spam",
    ]


def test_handed_over_it_is_asked_about_until_it_is_too_old(akismet, make_comment):
    comment = make_comment(
        status="pending", verdict="unavailable", check_due=timezone.now(), created_at=hours_ago(361)
    )
    akismet.script([FAULT])
    work()
    assert state(comment)[:2] == ("pending", "unavailable")
    assert comment.check_due is None
    assert steps(comment)[1:] == []


def test_without_a_key_people_decide_at_once_and_nothing_counts_as_ham(
    akismet, settings, post_comment
):
    settings.AKISMET_API_KEY = ""
    post_comment()
    work()
    comment = Comment.objects.get()
    assert state(comment) == UNAVAILABLE
    assert Check.objects.get().error == "no_key"
    assert akismet.log == []

    # Readers were told that nobody else receives their data; a key that comes later changes
    # nothing about that.
    settings.AKISMET_API_KEY = "valid-key-01"
    work()
    assert state(comment) == UNAVAILABLE
    assert comment.check_due is None
    assert akismet.log == []


def test_what_was_taken_in_without_a_key_is_not_reported_later(
    akismet, settings, post_comment, kim
):
    settings.AKISMET_API_KEY = ""
    post_comment()
    work()
    settings.AKISMET_API_KEY = "valid-key-01"
    comment = Comment.objects.get()
    moderation.spam(comment, by=kim, seen="pending")
    pass_the_undo_window()
    work()
    assert akismet.log == []


def test_without_a_key_nothing_is_called_an_outage(akismet, settings, make_comment):
    settings.AKISMET_API_KEY = ""
    for number in range(12):
        make_comment(f"Number {number}", status="submitted")
    work()
    assert Comment.objects.filter(status="pending", verdict="unavailable").count() == 12


# --- provisional ----------------------------------------------------------------------------


PROVISIONAL = {"headers": {"X-akismet-recheck-after": "120"}}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("standin-recheck-120", PENDING), ("standin-provisional-then-spam", SPAM)],
)
def test_a_provisional_ham_is_asked_about_once_more(akismet, post_comment, name, expected):
    post_comment(name=name)
    work()
    comment = Comment.objects.get()
    assert state(comment) == WAITS
    assert 100 <= waits(comment) <= 120

    make_due(comment)
    work()
    assert state(comment) == expected
    assert comment.check_due is None
    assert len(akismet.calls("comment-check")) == 2


def minutes_later(comment: Comment, minutes: float) -> None:
    """Let so much time pass for what was said of `comment`."""
    earlier = timedelta(minutes=minutes)
    for row in Check.objects.filter(comment=comment):
        Check.objects.filter(pk=row.pk).update(at=row.at - earlier)
    make_due(comment)


def test_silence_after_a_provisional_ham_means_ham_after_twice_the_time(akismet, post_comment):
    akismet.script([PROVISIONAL, FAULT, FAULT])
    post_comment()
    work()
    comment = Comment.objects.get()
    minutes_later(comment, 2.1)
    work()
    assert state(comment) == WAITS
    assert waits(comment) <= 2 * 120 - 2.1 * 60  # not the ordinary back-off

    minutes_later(comment, 2)
    work()
    assert state(comment) == PENDING
    assert comment.check_due is None
    assert [row.verdict or row.error for row in comment.checks.all()] == ["ham", "http", "http"]
    assert comment.checks.order_by("pk")[0].detail == "provisional for 120 s"


def test_a_changed_text_may_be_judged_provisionally_again(akismet, post_comment):
    akismet.script([PROVISIONAL, {}, PROVISIONAL, {"body": "true"}])
    post_comment()
    work()
    comment = Comment.objects.get()
    make_due(comment)
    work()
    comment.refresh_from_db()
    moderation.edit(comment, "Changed.", seen="pending")
    work()
    assert state(comment) == WAITS
    make_due(comment)
    work()
    assert state(comment) == SPAM


def test_changed_before_the_second_question_it_begins_anew(akismet, post_comment):
    akismet.script([PROVISIONAL, PROVISIONAL, {"body": "true"}])
    post_comment()
    work()
    comment = Comment.objects.get()
    moderation.edit(comment, "Changed.", seen="submitted")
    work()
    assert state(comment) == WAITS
    make_due(comment)
    work()
    assert state(comment) == SPAM


# --- edited ---------------------------------------------------------------------------------


def test_a_changed_comment_is_asked_about_for_its_edit_and_then_as_a_retry(akismet, judged):
    comment = judged()
    moderation.edit(comment, "Something else.", seen="pending")
    akismet.script([FAULT, {"body": "false"}])
    work()
    make_due(comment)
    work()
    asked = [call.params for call in akismet.calls("comment-check")]
    assert [each.get("recheck_reason") for each in asked] == [None, "edit", "retry"]
    assert [each["comment_content"] for each in asked[1:]] == ["Something else."] * 2
    assert len({each["comment_date_gmt"] for each in asked}) == 1
    assert state(comment) == ("pending", "ham", "edited")


def test_changed_before_it_was_first_checked_it_is_simply_checked(akismet, post_comment):
    post_comment()
    moderation.edit(Comment.objects.get(), "Something else.", seen="submitted")
    work()
    (call,) = akismet.calls("comment-check")
    assert "recheck_reason" not in call.params
    assert call.params["comment_content"] == "Something else."


# --- what is set in the discussion ----------------------------------------------------------


@pytest.mark.parametrize(
    ("discard", "log_only", "name", "kept"),
    [
        (False, False, "standin-discard", ("spam", "discard", "")),
        (True, False, "standin-discard", None),
        (True, False, "akismet-guaranteed-spam", ("spam", "spam", "")),
        (True, True, "standin-discard", ("pending", "discard", "log_only")),
        (False, True, "standin-discard", ("pending", "discard", "log_only")),
        (False, True, "akismet-guaranteed-spam", ("pending", "spam", "log_only")),
        (False, True, "Rosa Reader", ("pending", "ham", "log_only")),
    ],
)
def test_blatant_spam_is_thrown_away_only_if_asked_for(
    akismet, post_comment, caplog, discard, log_only, name, kept
):
    caplog.set_level(logging.INFO)
    Discussion(discard_blatant_spam=discard, akismet_log_only=log_only).save()
    post_comment(name=name)
    work()
    if kept:
        assert state(Comment.objects.get()) == kept
        assert not Tally.objects.exists()
        return
    assert not Comment.objects.exists()
    assert not Submission.objects.exists()
    assert Tally.objects.get(what="discarded").count == 1
    assert caplog.text.count("a comment was discarded") == 1
    assert "rosa.reader" not in caplog.text


def test_while_verdicts_are_only_noted_the_reason_of_a_rule_comes_first(akismet, post_comment):
    Discussion(akismet_log_only=True, hold_words="moon").save()
    akismet.script([{"body": "false"}])
    post_comment(text="To the moon")
    work()
    assert state(Comment.objects.get()) == ("pending", "ham", "words")


def test_what_readers_have_seen_is_not_thrown_away(akismet, judged, kim):
    Discussion(discard_blatant_spam=True).save()
    comment = judged()
    moderation.approve(comment, by=kim, seen="pending")
    moderation.edit(comment, "Something else.", seen="approved")
    akismet.script([{"body": "true", "headers": {"X-akismet-pro-tip": "discard"}}])
    work()
    assert state(comment)[:2] == ("spam", "discard")


@pytest.mark.parametrize(("gets_email", "sent"), [(True, "rosa.reader@example.com"), (False, "")])
def test_akismet_gets_the_address_only_if_it_is_set_so(
    akismet, post_comment, kim, gets_email, sent
):
    Discussion(akismet_gets_email=gets_email).save()
    post_comment()
    moderation.spam(Comment.objects.get(), by=kim, seen="submitted")  # described afresh
    pass_the_undo_window()
    work()
    Discussion(akismet_gets_email=gets_email, flood_seconds=0).save()
    post_comment(text="Another.")
    work()
    assert [call.params["comment_author_email"] for call in akismet.log] == [sent, sent]


def test_what_was_sent_is_kept_with_its_time(akismet, post_comment):
    before = timezone.now()
    post_comment()
    assert Submission.objects.get().sent_at is None
    work()
    submission = Submission.objects.get()
    assert '"comment_content": "What would change your mind?"' in submission.sent
    assert before <= submission.sent_at <= timezone.now()


# --- an outage ------------------------------------------------------------------------------


def test_in_an_outage_one_comment_a_minute_is_tried(akismet, make_comment):
    for number in range(8):
        make_comment(f"Number {number}", status="submitted")
    akismet.script([FAULT] * 20)
    with worker_for(slots=1) as worker:
        for _ in range(3):
            worker.run(once=True)
    assert len(akismet.calls("comment-check")) == 5
    assert Comment.objects.filter(status="submitted", check_attempts=0).count() == 3


def test_a_minute_later_one_is_tried_and_with_its_answer_all_are_due(
    akismet, make_comment, monkeypatch
):
    comments = [make_comment(f"Number {n}", status="submitted") for n in range(8)]
    far = timezone.now() + timedelta(minutes=30)
    waiting = make_comment("Waiting long", status="submitted", check_due=far)
    akismet.script([FAULT] * 7)
    with worker_for(slots=1) as worker:
        worker.run(once=True)
        assert len(akismet.calls("comment-check")) == 5
        monkeypatch.setattr("comments.worker.PROBE_EVERY", timedelta(0))
        worker._next_probe = timezone.now()  # a minute has passed
        while len(akismet.calls("comment-check")) < 7:
            before = len(akismet.calls("comment-check"))
            worker.run(once=True)
            assert len(akismet.calls("comment-check")) == before + 1
            assert Comment.objects.filter(status="submitted").count() == 9
        # What failed often waits for long: here, each of them.
        Comment.objects.filter(check_due__gt=timezone.now()).update(check_due=far)
        worker.run(once=True)
    assert {state(comment) for comment in [*comments, waiting]} == {PENDING}


@pytest.mark.parametrize("fault", [FAULT, {"body": "garbage"}, {"drop": True}])
def test_an_answer_between_failures_ends_the_row(akismet, make_comment, fault):
    for number in range(12):
        make_comment(f"Number {number}", status="submitted")
    akismet.script([*[fault] * 4, {}, *[fault] * 4, {}])
    with worker_for(slots=1) as worker:
        worker.run(once=True)
    assert len(akismet.calls("comment-check")) == 12
    assert Comment.objects.filter(status="pending").count() == 4


# --- somebody is faster ---------------------------------------------------------------------


def lease_of_another(comment: Comment) -> Any:
    """Let another worker claim `comment`, and return until when."""
    until = timezone.now() + 2 * LEASE
    Comment.objects.filter(pk=comment.pk).update(check_due=until)
    return until


ANSWERS = [
    {"body": "false"},
    {"body": "true"},
    FAULT,
    {"headers": {"X-akismet-recheck-after": "5"}},
]


@ACROSS_THREADS
@pytest.mark.parametrize("step", ANSWERS)
@pytest.mark.parametrize("verb", ["approve", "spam", "trash"])
@pytest.mark.parametrize("hours", [0, 25])
def test_a_moderators_decision_stands(akismet, make_comment, kim, step, verb, hours):
    comment = make_comment(status="submitted", created_at=hours_ago(hours))
    akismet.script([step])
    decide = getattr(moderation, verb)
    run_while(lambda: decide(comment, by=kim, seen="submitted"))

    new = {"approve": "approved"}.get(verb, verb)
    verdict = "unavailable" if verb == "approve" else "unchecked"
    assert state(comment) == (new, verdict, "")
    assert comment.check_due is None
    assert steps(comment)[1:] == [("submitted", new, "moderator")]
    assert comment.checks.count() == 1
    article = Article.objects.get()
    assert article.comment_count == (verb == "approve")


@ACROSS_THREADS
@pytest.mark.parametrize("step", ANSWERS)
@pytest.mark.parametrize("hours", [0, 25])
def test_a_claim_that_another_worker_took_over_does_not_count(akismet, make_comment, step, hours):
    comment = make_comment(status="submitted", created_at=hours_ago(hours))
    akismet.script([step])
    leases = []
    run_while(lambda: leases.append(lease_of_another(comment)))
    assert state(comment) == WAITS
    assert comment.check_due == leases[0]
    assert steps(comment)[1:] == []


@ACROSS_THREADS
def test_without_a_key_a_claim_taken_over_does_not_count_either(akismet, settings, make_comment):
    settings.AKISMET_API_KEY = ""
    comment = make_comment(status="submitted")
    leases = []
    run_while(lambda: leases.append(lease_of_another(comment)))
    assert state(comment) == WAITS
    assert comment.check_due == leases[0]


@ACROSS_THREADS
@pytest.mark.parametrize("step", [{"body": "false"}, FAULT])
@pytest.mark.parametrize("hours", [0, 25])
def test_a_comment_erased_under_the_question_troubles_nobody(
    akismet, make_comment, step, hours, caplog
):
    comment = make_comment(status="submitted", created_at=hours_ago(hours))
    other = make_comment("Another", status="submitted")
    akismet.script([step])
    run_while(lambda: Comment.objects.get(pk=comment.pk).delete())
    assert not Comment.objects.filter(pk=comment.pk).exists()
    assert state(other) == PENDING
    assert "the database failed" not in caplog.text


# --- faults of our own ----------------------------------------------------------------------


def test_a_row_that_cannot_be_read_fails_alone(akismet, make_comment, caplog):
    broken = make_comment("Broken", status="submitted")
    with connection.cursor() as cursor:  # as after a change of SECRET_KEY without a fallback
        cursor.execute(
            "UPDATE comments_submission SET email = 'nonsense' WHERE comment_id = %s", [broken.pk]
        )
    torn = make_comment("Torn", status="submitted", created_at=hours_ago(25))
    Submission.objects.filter(pk=torn.pk).delete()
    sound = make_comment("Sound", status="submitted")
    work()
    assert state(sound) == PENDING
    assert state(torn) == UNAVAILABLE
    assert Check.objects.get(comment=torn).error == "internal"
    assert f"check of comment {torn.pk} failed: RelatedObjectDoesNotExist" in caplog.text
    assert state(broken) == PENDING
    asked = [call.params for call in akismet.calls("comment-check")]
    assert [
        each["comment_author_email"] for each in asked if each["comment_content"] == "Broken"
    ] == [""]


def test_a_report_that_cannot_be_put_together_fails_alone(akismet, make_comment, kim):
    broken, sound = (make_comment(text, status="pending") for text in ("Broken", "Sound"))
    for comment in (broken, sound):
        moderation.spam(comment, by=kim, seen="pending")
    Submission.objects.filter(pk=broken.pk).delete()
    pass_the_undo_window()
    work()
    assert len(reported(akismet)) == 1
    assert StatusChange.objects.get(comment=broken, new="spam").feedback_due > timezone.now()


class Failing:
    """A database that fails at the statements that contain `part`, `times` times."""

    def __init__(self, part: str, times: int) -> None:
        self.part, self.left = part, times

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.part in sql and self.left:
            self.left -= 1
            raise OperationalError("the connection is gone")
        return execute(sql, params, many, context)


@ACROSS_THREADS
@pytest.mark.parametrize(
    "part", ['FROM "comments_comment"', 'FROM "comments_submission"', 'UPDATE "comments_comment"']
)
def test_a_database_that_fails_does_not_end_the_worker(akismet, make_comment, part, caplog):
    """Where the claim was lost, its lease has to run out; until then it waits like any other."""
    comments = [make_comment(text, status="submitted") for text in ("First", "Second", "Third")]
    failing = Failing(part, times=2)

    def after_the_failure() -> None:
        assert failing.left == 0
        worker.stop()

    with (
        worker_for(lambda line: Meanwhile(line, after_the_failure), slots=1) as worker,
        connection.execute_wrapper(failing),
        stopped_after(30, worker),
    ):
        worker.run()
    assert failing.left == 0
    assert caplog.text.count("the database failed; trying again") >= 1
    for comment in comments:
        make_due(comment)
    work()
    assert {state(comment) for comment in comments} == {PENDING}


@ACROSS_THREADS
def test_an_answer_that_cannot_be_kept_is_asked_for_again(akismet, make_comment):
    comment = make_comment(status="submitted")
    failing = Failing('INSERT INTO "comments_check"', times=1)
    with (
        worker_for(slots=1) as worker,
        connection.execute_wrapper(failing),
        pytest.raises(OperationalError),
    ):
        worker.run(once=True)
    assert state(comment) == WAITS
    assert 0 < waits(comment) <= LEASE.total_seconds()
    assert not comment.checks.exists()

    make_due(comment)
    work()
    assert state(comment) == PENDING


# --- what the log tells ---------------------------------------------------------------------


def test_the_log_says_what_happened_and_nothing_about_whom(
    akismet, make_comment, kim, caplog, settings
):
    caplog.set_level(logging.INFO)
    private = {
        "name": "Zacharias Zyx",
        "email": "zyx@private.example",
        "ip": "198.51.100.77",
        "user_agent": "SecretBrowser/9",
        "referrer": "https://private.example/from",
        "url": "https://zyx.example.org",
        "honeypot": "sweet",
    }
    for step in ({"body": "false"}, {}, FAULT, {"body": "garbage"}, {"drop": True}):
        comment = make_comment("Something intimate", status="submitted", **private)
        akismet.script([step])
        work()
    broken = make_comment("Something intimate", status="submitted", **private)
    Submission.objects.filter(pk=broken.pk).delete()
    work()
    comment = make_comment("Something intimate", status="pending", **private)
    moderation.spam(comment, by=kim, seen="pending")
    for step in (FAULT, {}):
        pass_the_undo_window()
        akismet.script([step])
        work()

    for line in ("ham after", "spam after", "no answer (http: 503)", "reported as spam"):
        assert line in caplog.text
    for line in ("feedback not taken (http: 503)", "failed: "):
        assert line in caplog.text
    for value in (*private.values(), "intimate", settings.AKISMET_API_KEY):
        assert value not in caplog.text
