"""Every verb from every status, and what a decision leaves behind: history, counts, feedback."""

import ast
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from comments import moderation
from comments.feedback import UNDO_WINDOW
from comments.models import Comment, StatusChange
from comments.spam.rules import Hit
from comments.status import VERBS, HeldFor, Status, Verdict

#: verb: {status it fits: status it leads to}; whatever is not named here must be refused.
LEADS_TO = {
    "approve": {"submitted": "approved", "pending": "approved", "spam": "approved"},
    "hold": {"approved": "pending", "spam": "pending"},
    "spam": {"submitted": "spam", "pending": "spam", "approved": "spam"},
    "trash": dict.fromkeys(("submitted", "pending", "approved", "spam"), "trash"),
}
FITS = [(verb, old, new) for verb, moves in LEADS_TO.items() for old, new in moves.items()]
MISFITS = [
    (verb, status)
    for verb in (*LEADS_TO, "restore")
    for status in Status.values
    if status not in LEADS_TO.get(verb, {"trash": ""})
]
SOURCES = ("articles", "comments", "config", "wordpress")


def count_of(comment):
    comment.article.refresh_from_db()
    return comment.article.comment_count


def owed(comment):
    return list(
        comment.changes.filter(feedback_due__isnull=False).values_list("feedback", flat=True)
    )


def snapshot():
    """All that a decision may change."""
    return (
        list(Comment.objects.order_by("pk").values()),
        list(StatusChange.objects.order_by("pk").values()),
        list(Comment.objects.order_by("pk").values_list("article__comment_count", flat=True)),
    )


def decide(verb, comment, by, seen=None):
    comment.refresh_from_db()
    getattr(moderation, verb)(comment, by=by, seen=seen or comment.status)
    comment.refresh_from_db()


def test_the_table_of_this_file_knows_every_verb_and_status():
    assert set(VERBS) == {*LEADS_TO, "restore"}
    assert len(FITS) + len(MISFITS) + 1 == len(VERBS) * len(Status.values)


@pytest.mark.parametrize(("verb", "old", "new"), FITS)
def test_a_verb_moves_the_comment_and_leaves_a_step_of_history(
    make_comment, moderator, verb, old, new
):
    make_comment("Another, so that the count is not about this one alone.")
    comment = make_comment(status=old)
    decide(verb, comment, moderator)

    assert comment.status == new
    step = comment.changes.last()
    assert comment.changes.count() == 2
    assert (step.old, step.new, step.by, step.source) == (old, new, moderator, "moderator")
    assert timezone.now() - step.at < timedelta(seconds=10)
    assert count_of(comment) == 1 + (new == "approved")
    assert comment.check_due is None


@pytest.mark.parametrize(("verb", "status"), MISFITS)
def test_a_verb_that_does_not_fit_changes_nothing(make_comment, moderator, verb, status):
    comment = make_comment(status=status)
    before = snapshot()
    with pytest.raises(moderation.AlreadyDecided):
        decide(verb, comment, moderator)
    assert snapshot() == before


@pytest.mark.parametrize(("verb", "old"), [(verb, old) for verb, old, _new in FITS])
def test_twice_is_once(make_comment, moderator, verb, old):
    comment = make_comment(status=old)
    decide(verb, comment, moderator)
    before = snapshot()
    with pytest.raises(moderation.AlreadyDecided):
        decide(verb, comment, moderator, seen=old)
    assert snapshot() == before


@pytest.mark.parametrize(
    ("verb", "seen", "is_now"),
    [(verb, old, now) for verb, old, _new in FITS for now in Status.values if now != old],
)
def test_a_stale_click_is_told_who_was_faster_and_overwrites_nothing(
    make_comment, moderator, editor, verb, seen, is_now
):
    comment = make_comment(status=seen)
    verdict = "ham" if is_now in ("pending", "approved") else comment.verdict
    Comment.objects.filter(pk=comment.pk).update(status=is_now, verdict=verdict)
    ten_seconds_ago = timezone.now() - timedelta(seconds=10)
    comment.changes.update(at=ten_seconds_ago)
    StatusChange.objects.create(
        comment=comment, old=seen, new=is_now, by=editor, source="moderator", at=ten_seconds_ago
    )
    before = snapshot()
    with pytest.raises(moderation.AlreadyDecided) as refusal:
        decide(verb, comment, moderator, seen=seen)

    assert snapshot() == before
    label = str(Status(is_now).label)
    assert str(refusal.value) == f"Already “{label}”: decided by eddie 10 s ago."


@pytest.mark.parametrize("seen", ["", "nonsense", "APPROVED", "trash\x00"])
def test_a_status_that_does_not_exist_was_not_seen(make_comment, moderator, seen):
    comment = make_comment(status="pending")
    with pytest.raises(moderation.AlreadyDecided):
        moderation.approve(comment, by=moderator, seen=seen)
    comment.refresh_from_db()
    assert comment.status == "pending"


def test_a_refusal_names_akismet_and_minutes_too(make_comment, moderator):
    comment = make_comment(status="spam", verdict="spam")
    at = timezone.now() - timedelta(minutes=5)
    StatusChange.objects.create(
        comment=comment, old="submitted", new="spam", source="akismet", at=at
    )
    comment.changes.exclude(source="akismet").delete()
    with pytest.raises(moderation.AlreadyDecided, match=r"Spam.*Akismet 5\xa0minutes ago"):
        moderation.trash(comment, by=moderator, seen="pending")


def test_a_comment_that_is_gone_is_said_to_be_gone(make_comment, moderator):
    comment = make_comment(status="pending")
    Comment.objects.all().delete()
    with pytest.raises(moderation.AlreadyDecided, match="gone"):
        moderation.approve(comment, by=moderator, seen="pending")


# --- restore ------------------------------------------------------------------------------


@pytest.mark.parametrize("was", ["submitted", "pending", "approved", "spam"])
def test_restore_returns_to_where_it_was(make_comment, moderator, was):
    comment = make_comment(status=was)
    verdict = comment.verdict
    decide("trash", comment, moderator)
    assert comment.check_due is None
    assert count_of(comment) == 0
    decide("restore", comment, moderator)

    assert (comment.status, comment.verdict) == (was, verdict)
    assert count_of(comment) == (was == "approved")
    steps = list(comment.changes.values_list("old", "new"))
    assert steps == [("", was), (was, "trash"), ("trash", was)]
    assert (comment.check_due is not None) == (was == "submitted")
    assert owed(comment) == []


def test_restore_follows_the_last_time_it_was_thrown_away(make_comment, moderator):
    comment = make_comment(status="pending")
    for verb in ("trash", "restore", "approve", "trash", "restore"):
        decide(verb, comment, moderator)
    assert comment.status == "approved"
    for verb in ("spam", "trash", "restore"):
        decide(verb, comment, moderator)
    assert comment.status == "spam"


def test_what_the_rules_threw_away_is_checked_when_a_moderator_restores_it(post_comment, moderator):
    from comments.models import Discussion

    Discussion(disallowed_words="casino").save()
    post_comment(text="casino")
    comment = Comment.objects.get()
    assert comment.status == "trash"
    decide("restore", comment, moderator)
    assert (comment.status, comment.verdict) == ("submitted", "unchecked")
    assert comment.check_due <= timezone.now()


# --- the verdict and why it waits ---------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "old", "verdict", "after"),
    [
        ("approve", "submitted", "unchecked", "unavailable"),
        ("spam", "submitted", "unchecked", "unchecked"),
        ("trash", "submitted", "unchecked", "unchecked"),
        ("approve", "spam", "unchecked", "unavailable"),
        ("hold", "spam", "unchecked", "unavailable"),
        ("approve", "pending", "ham", "ham"),
        ("approve", "pending", "unavailable", "unavailable"),
        ("approve", "spam", "discard", "discard"),
        ("hold", "spam", "spam", "spam"),
        ("hold", "approved", "exempt", "exempt"),
        ("spam", "approved", "ham", "ham"),
    ],
)
def test_the_verdict_stays_akismets_unless_a_person_was_faster(
    make_comment, moderator, verb, old, verdict, after
):
    comment = make_comment(status=old, verdict=verdict)
    decide(verb, comment, moderator)
    assert comment.verdict == after


@pytest.mark.parametrize(
    ("verb", "old", "held_for"),
    [
        ("approve", "pending", ""),
        ("hold", "approved", "moderator"),
        ("spam", "pending", "links"),
        ("trash", "pending", "links"),
    ],
)
def test_why_it_waits_is_told_as_long_as_it_matters(make_comment, moderator, verb, old, held_for):
    comment = make_comment(status=old, held_for="links", held_detail="3 links")
    decide(verb, comment, moderator)
    assert comment.held_for == held_for
    assert comment.held_detail == ("3 links" if held_for == "links" else "")


# --- what Akismet is owed -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "old", "verdict", "feedback"),
    [
        # People disagree with Akismet: it is told.
        ("spam", "pending", "ham", "spam"),
        ("spam", "approved", "ham", "spam"),
        ("approve", "spam", "spam", "ham"),
        ("approve", "spam", "discard", "ham"),
        ("hold", "spam", "spam", "ham"),
        # It said nothing, so that missed spam is news and ham is not.
        ("spam", "submitted", "unchecked", "spam"),
        ("spam", "pending", "unavailable", "spam"),
        # It was never asked.
        ("spam", "approved", "exempt", ""),
        ("approve", "pending", "unavailable", ""),
        ("approve", "submitted", "unchecked", ""),
        # People agree with it, or have no opinion about spam.
        ("approve", "pending", "ham", ""),
        ("hold", "approved", "ham", ""),
        ("spam", "pending", "spam", ""),
        ("trash", "approved", "ham", ""),
        ("trash", "spam", "spam", ""),
        ("trash", "pending", "spam", ""),
    ],
)
def test_feedback_is_owed_where_people_and_akismet_disagree(
    make_comment, moderator, verb, old, verdict, feedback
):
    comment = make_comment(status=old, verdict=verdict)
    decide(verb, comment, moderator)
    step = comment.changes.last()
    assert step.feedback == feedback
    assert step.feedback_at is None
    if feedback:
        wait = step.feedback_due - timezone.now()
        assert timedelta(seconds=5) < wait <= UNDO_WINDOW
    else:
        assert step.feedback_due is None


@pytest.mark.parametrize(
    ("old", "verdict", "verbs", "expected"),
    [
        ("pending", "ham", ["spam", "approve"], []),
        ("pending", "ham", ["spam", "approve", "spam"], ["spam"]),
        ("spam", "spam", ["approve", "spam"], []),
        ("spam", "spam", ["hold", "approve"], ["ham"]),
        ("spam", "spam", ["approve", "hold"], ["ham"]),
        ("pending", "ham", ["spam", "trash"], []),
        ("pending", "ham", ["spam", "trash", "restore"], []),
        ("spam", "spam", ["approve", "trash"], []),
        ("pending", "ham", ["spam", "trash", "restore", "hold"], []),
    ],
)
def test_what_is_taken_back_in_time_is_not_owed(
    make_comment, moderator, old, verdict, verbs, expected
):
    comment = make_comment(status=old, verdict=verdict)
    for verb in verbs:
        decide(verb, comment, moderator)
    assert owed(comment) == expected


def test_what_was_delivered_is_corrected_when_people_change_their_mind(make_comment, moderator):
    comment = make_comment(status="pending")
    decide("spam", comment, moderator)
    comment.changes.filter(feedback="spam").update(feedback_at=timezone.now(), feedback_due=None)
    decide("approve", comment, moderator)
    assert owed(comment) == ["ham"]
    decide("spam", comment, moderator)
    assert owed(comment) == []


# --- the answers of the check -------------------------------------------------------------

HIT = Hit(effect=None, detail="3 links", held_for=HeldFor.LINKS)


@pytest.mark.parametrize(
    ("verdict", "status", "held_for"),
    [("ham", "pending", "links"), ("spam", "spam", ""), ("discard", "spam", "")],
)
@pytest.mark.parametrize("was", ["submitted", "pending"])
def test_a_verdict_moves_what_waits_for_it(make_comment, was, verdict, status, held_for):
    fields = {"verdict": "unavailable", "held_for": "unavailable"} if was == "pending" else {}
    comment = make_comment(status=was, check_due=timezone.now(), **fields)
    assert moderation.judge(comment, verdict, hit=HIT) is True

    comment.refresh_from_db()
    assert (comment.status, comment.verdict, comment.check_due) == (status, verdict, None)
    assert comment.held_for == (held_for or fields.get("held_for", ""))
    assert count_of(comment) == 0
    steps = list(comment.changes.values_list("old", "new", "source", "by"))
    moved = [(was, status, "akismet", None)] if status != was else []
    assert steps == [("", was, "reader", None), *moved]
    assert owed(comment) == []


def test_a_comment_that_nobody_would_judge_is_handed_to_people(make_comment):
    comment = make_comment(status="submitted")
    assert moderation.hand_over(comment, reason="timeout") is True
    comment.refresh_from_db()
    assert (comment.status, comment.verdict) == ("pending", "unavailable")
    assert (comment.held_for, comment.held_detail) == ("unavailable", "timeout")
    step = comment.changes.last()
    assert (step.old, step.new, step.source, step.reason) == (
        "submitted",
        "pending",
        "rules",
        "timeout",
    )


@pytest.mark.parametrize("verb", ["approve", "spam", "trash"])
@pytest.mark.parametrize("late", ["ham", "spam", "discard", None])
def test_an_answer_that_comes_after_a_decision_changes_nothing(make_comment, moderator, verb, late):
    claimed = make_comment(status="submitted")
    decide(verb, Comment.objects.get(), moderator)
    before = snapshot()
    if late:
        assert moderation.judge(claimed, late, hit=HIT) is False
    else:
        assert moderation.hand_over(claimed, reason="timeout") is False
    assert snapshot() == before


def test_an_answer_to_a_claim_that_ran_out_changes_nothing(make_comment):
    claimed = make_comment(status="submitted")
    Comment.objects.update(check_due=timezone.now() + timedelta(minutes=1))
    before = snapshot()
    assert moderation.judge(claimed, "ham", hit=HIT) is False
    assert snapshot() == before


# --- the promise of the product -----------------------------------------------------------


@pytest.mark.parametrize("status", ["pending", "approved"])
def test_the_database_itself_refuses_to_show_what_was_not_judged(make_comment, status):
    comment = make_comment(status="submitted")
    with pytest.raises(IntegrityError, match="comment_judged_before_queue"), transaction.atomic():
        run("UPDATE comments_comment SET status = %s WHERE id = %s", status, comment.pk)

    judged = make_comment(status="approved")
    with pytest.raises(IntegrityError, match="comment_judged_before_queue"), transaction.atomic():
        run(
            "UPDATE comments_comment SET status = %s, verdict = 'unchecked' WHERE id = %s",
            status,
            judged.pk,
        )

    run("UPDATE comments_comment SET status = 'spam' WHERE id = %s", comment.pk)
    assert Comment.objects.spam().get() == comment


@pytest.mark.parametrize("status", Status.values)
@pytest.mark.parametrize("verdict", Verdict.values)
def test_no_row_can_be_put_in_unjudged(make_comment, status, verdict):
    comment = make_comment(status="spam")
    columns = [field.column for field in Comment._meta.local_fields if not field.primary_key]
    values = ", ".join({"status": "%s", "verdict": "%s"}.get(name, name) for name in columns)
    insert = (
        f"INSERT INTO comments_comment ({', '.join(columns)}) "
        f"SELECT {values} FROM comments_comment WHERE id = {comment.pk}"
    )
    if verdict == "unchecked" and status in ("pending", "approved"):
        refused = pytest.raises(IntegrityError, match="comment_judged_before_queue")
        with refused, transaction.atomic():
            run(insert, status, verdict)
    else:
        run(insert, status, verdict)
        assert Comment.objects.filter(status=status, verdict=verdict).exists()


@pytest.mark.parametrize(("column", "constraint"), [("status", "known"), ("verdict", "known")])
def test_the_database_takes_no_unknown_word(make_comment, column, constraint):
    make_comment(status="spam")
    refused = pytest.raises(IntegrityError, match=f"comment_{column}_{constraint}")
    with refused, transaction.atomic():
        run(f"UPDATE comments_comment SET {column} = 'other'")


def run(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


# --- one door -----------------------------------------------------------------------------

#: load_demo stores comments as if they had been decided long ago, into an empty site.
EXCEPTIONS = {"comments/management/commands/load_demo.py"}
THE_DOOR = "comments/moderation/"
WRITERS = {"update", "create", "update_or_create", "get_or_create", "bulk_create", "Comment"}


def writes_of_status(source):
    """Yield the line of each assignment to `.status` and of each call that would store one.

    An assignment to an exception's own `self.status` is not one to a comment's.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            if node.attr == "status" and getattr(node.value, "id", "") != "self":
                yield node.lineno
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            named = {keyword.arg for keyword in node.keywords}
            if name in WRITERS and "status" in named:
                yield node.lineno
            values = [value for value in node.args if isinstance(value, ast.Constant)]
            if name == "setattr" and any(value.value == "status" for value in values):
                yield node.lineno
            if name in ("execute", "RunSQL") and "status" in ast.unparse(node):
                yield node.lineno


def product_files():
    for folder in SOURCES:
        for path in sorted((settings.BASE_DIR / folder).rglob("*.py")):
            if "migrations" not in path.parts:  # those move columns, not comments
                yield path.relative_to(settings.BASE_DIR).as_posix()


def test_only_moderation_writes_the_status():
    files = list(product_files())
    assert "comments/desk/views.py" in files
    found = {
        name: lines
        for name in files
        if (lines := list(writes_of_status((settings.BASE_DIR / name).read_text("utf-8"))))
    }
    assert {name for name in found if not name.startswith(THE_DOOR)} <= EXCEPTIONS
    assert {f"{THE_DOOR}moves.py", f"{THE_DOOR}entrance.py"} <= set(found)


@pytest.mark.parametrize(
    "line",
    [
        "comment.status = 'approved'",
        "comment.status, x = 'approved', 1",
        "self.comment.status = 'spam'",
        "Comment.objects.filter(pk=1).update(status='approved')",
        "Comment.objects.create(status='approved')",
        "Comment(status='approved').save()",
        "setattr(comment, 'status', 'approved')",
        "cursor.execute('UPDATE comments_comment SET status = 1')",
    ],
)
def test_the_search_for_other_writers_finds_them(line):
    assert list(writes_of_status(line)) == [1]


def test_the_search_leaves_readers_alone():
    assert not list(writes_of_status("render(request, page, status=404); x = comment.status"))
