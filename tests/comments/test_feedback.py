"""Akismet is told where it was wrong: when, how often, and never of what was taken back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from comments import moderation
from comments.models import Comment, StatusChange
from tests.comments.working import (
    ACROSS_THREADS,
    FAULT,
    hours_ago,
    pass_the_undo_window,
    reported,
    run_while,
    work,
)

pytestmark = pytest.mark.usefixtures("signal_handlers")


def test_marked_as_spam_it_is_reported_after_the_undo_window(akismet, judged, kim, article):
    comment = judged(name="Zoë", text="Größe & more", url="https://zoe.example.org")
    moderation.spam(comment, by=kim, seen="pending")
    work()
    assert reported(akismet) == []
    change = StatusChange.objects.get(new="spam")
    window = change.feedback_due - change.at
    assert timedelta(seconds=9) <= window <= timedelta(seconds=11)

    article.body = "<p>Rewritten meanwhile.</p>"
    article.save()
    pass_the_undo_window()
    work()
    (call,) = akismet.calls("submit-spam")
    assert call.differs is False, call.differing
    assert call.check_guid == comment.checks.get().guid
    assert call.params["reporter"] == "kim"
    change.refresh_from_db()
    assert change.feedback_at is not None
    assert change.feedback_due is None
    work()
    assert reported(akismet) == ["submit-spam"]


Decisions = list[tuple[str, str]]


@pytest.mark.parametrize(
    ("verdict", "decisions", "calls"),
    [
        # verdict; the verb and the status it was clicked at; what is reported in the end
        ("ham", [("approve", "pending")], []),
        ("ham", [("approve", "pending"), ("hold", "approved")], []),
        ("ham", [("spam", "pending")], ["submit-spam"]),
        ("ham", [("approve", "pending"), ("spam", "approved")], ["submit-spam"]),
        ("ham", [("spam", "pending"), ("approve", "spam")], []),  # taken back in time
        ("ham", [("spam", "pending"), ("hold", "spam")], []),
        ("ham", [("trash", "pending")], []),
        ("ham", [("trash", "pending"), ("restore", "trash")], []),
        ("spam", [("approve", "spam")], ["submit-ham"]),
        ("spam", [("hold", "spam")], ["submit-ham"]),
        ("spam", [("approve", "spam"), ("spam", "approved")], []),
        ("spam", [("hold", "spam"), ("approve", "pending")], ["submit-ham"]),
        ("spam", [("trash", "spam")], []),
        ("spam", [("trash", "spam"), ("restore", "trash")], []),
    ],
)
def test_akismet_hears_only_where_it_was_wrong(akismet, judged, kim, verdict, decisions, calls):
    comment = judged(verdict)
    for verb, seen in decisions:
        getattr(moderation, verb)(comment, by=kim, seen=seen)
    pass_the_undo_window()
    work()
    assert reported(akismet) == calls
    assert not StatusChange.objects.filter(feedback_due__isnull=False).exists()


@pytest.mark.parametrize(
    ("verb", "calls"), [("approve", []), ("spam", ["submit-spam"]), ("trash", [])]
)
def test_what_was_never_checked_is_reported_only_as_spam(akismet, post_comment, kim, verb, calls):
    post_comment()
    getattr(moderation, verb)(Comment.objects.get(), by=kim, seen="submitted")
    pass_the_undo_window()
    work()
    assert [call.call for call in akismet.log] == calls


def test_a_report_that_was_delivered_is_corrected(akismet, judged, kim):
    comment = judged()
    for verb, seen in (("spam", "pending"), ("approve", "spam"), ("spam", "approved")):
        getattr(moderation, verb)(comment, by=kim, seen=seen)
        pass_the_undo_window()
        work()
    assert reported(akismet) == ["submit-spam", "submit-ham", "submit-spam"]
    assert not any(call.differs for call in akismet.log if call.call.startswith("submit-"))


@pytest.mark.parametrize(
    ("step", "least", "most"),
    [
        (FAULT, 54, 66),
        ({"body": "invalid"}, 54, 66),
        ({"drop": True}, 54, 66),
        ({"status": 429, "headers": {"Retry-After": "7"}}, 7, 7),
    ],
)
def test_a_report_that_fails_is_tried_again_later(akismet, judged, kim, step, least, most):
    comment = judged()
    moderation.spam(comment, by=kim, seen="pending")
    change = StatusChange.objects.get(new="spam")
    pass_the_undo_window()
    akismet.script([step])
    before = timezone.now()
    work()
    after = timezone.now()
    change.refresh_from_db()
    assert (change.feedback, change.feedback_at, change.feedback_attempts) == ("spam", None, 1)
    assert before + timedelta(seconds=least) <= change.feedback_due
    assert change.feedback_due <= after + timedelta(seconds=most)

    akismet.script([FAULT])
    pass_the_undo_window()
    work()
    change.refresh_from_db()
    assert 90 <= (change.feedback_due - timezone.now()).total_seconds() <= 132

    pass_the_undo_window()
    work()
    change.refresh_from_db()
    assert change.feedback_at is not None
    assert len(reported(akismet)) == 3


@pytest.mark.parametrize(("hours", "given_up"), [(15 * 24 - 1, False), (15 * 24 + 1, True)])
def test_a_report_is_given_up_after_fifteen_days(akismet, judged, kim, hours, given_up):
    moderation.spam(judged(), by=kim, seen="pending")
    StatusChange.objects.filter(new="spam").update(at=hours_ago(hours))
    pass_the_undo_window()
    akismet.script([FAULT])
    work()
    change = StatusChange.objects.get(new="spam")
    assert (change.feedback_due is None) is given_up
    assert change.feedback_at is None


@ACROSS_THREADS
@pytest.mark.parametrize("step", [{}, FAULT])
def test_taken_back_while_it_is_reported_it_is_put_right(akismet, judged, kim, step):
    comment = judged()
    moderation.spam(comment, by=kim, seen="pending")
    pass_the_undo_window()
    akismet.script([step])
    run_while(lambda: moderation.approve(comment, by=kim, seen="spam"))
    pass_the_undo_window()
    work()
    # What Akismet did not take needs no correction.
    assert reported(akismet) == (["submit-spam"] if step else ["submit-spam", "submit-ham"])


@ACROSS_THREADS
@pytest.mark.parametrize("step", [{}, FAULT])
def test_a_comment_erased_under_the_report_troubles_nobody(akismet, judged, kim, step, caplog):
    comment = judged()
    moderation.spam(comment, by=kim, seen="pending")
    pass_the_undo_window()
    akismet.script([step])
    run_while(lambda: Comment.objects.get(pk=comment.pk).delete())
    assert not StatusChange.objects.exists()
    assert "the database failed" not in caplog.text
