"""Whatever readers, Akismet and moderators do, in whatever order: the books stay balanced."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from articles.models import Article, Author
from comments import leases, moderation, worker
from comments.models import Comment, StatusChange, Submission
from comments.spam.answers import Answer, NoAnswer
from comments.spam.rules import Draft, Effect, Hit
from comments.status import VERBS, HeldFor, Status, verbs_from

POLICY = Hit(Effect.HOLD, held_for=HeldFor.POLICY)
WORDS = Hit(Effect.TRASH, "casino", held_for=HeldFor.WORDS)
SPAM = ("spam", "discard")


class FakeAkismet:
    """Answers as it is told to, and remembers of each text what it believes: True for spam."""

    def __init__(self):
        self.verdict = None
        self.believes = {}

    def check(self, values):
        if self.verdict is None:
            raise NoAnswer("timeout")
        self.believes[values["comment_content"]] = self.verdict in SPAM
        return Answer(self.verdict)

    def report(self, values, *, spam):
        assert self.believes.get(values["comment_content"], False) != spam, "old news"
        self.believes[values["comment_content"]] = spam


class Life(RuleBasedStateMachine):
    """A small article's comments. `comments` are known to all; `claims` are under way."""

    comments = Bundle("comments")
    claims = Bundle("claims")

    @initialize()
    def open_the_site(self):
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.akismet = FakeAkismet()
        self.moderators = [User.objects.create(username=name) for name in ("kim", "lou")]
        author = Author.objects.create(name="Ines", slug="ines")
        self.article = Article.objects.create(
            title="A", slug="a", author=author, published_at=timezone.now()
        )

    def teardown(self):
        if hasattr(self, "transaction"):
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    # --- readers ---

    @precondition(lambda self: Comment.objects.count() < 3)  # few, so that much happens to each
    @rule(target=comments, kind=st.sampled_from(["reader", "reader", "disallowed", "staff"]))
    def submit(self, kind):
        text = f"comment {Comment.objects.count()}"
        comment = moderation.submit(
            self.article,
            Draft(name="Rosa", email="rosa@example.com", text=text),
            ancestors=[],
            user=self.moderators[0] if kind == "staff" else None,
            hit=WORDS if kind == "disallowed" else None,
            trashed=kind == "disallowed",
        )
        return comment.pk

    # --- moderators ---

    @rule(pk=comments, which=st.integers(0, 3), who=st.integers(0, 1))
    def decide(self, pk, which, who):
        """One of the buttons that the comment has, as it is now."""
        status = Comment.objects.get(pk=pk).status
        verbs = verbs_from(status)
        self.press(pk, verbs[which % len(verbs)], status, who)

    @rule(
        pk=comments,
        verb=st.sampled_from(list(VERBS.values())),
        seen=st.sampled_from([*Status.values, "nonsense"]),
        who=st.integers(0, 1),
    )
    def click_on_an_old_page(self, pk, verb, seen, who):
        self.press(pk, verb, seen, who)

    def press(self, pk, verb, seen, who):
        comment = Comment.objects.get(pk=pk)
        fits = seen == comment.status and seen in verb.sources
        before = self.books(pk)
        try:
            moderation.decide(verb, comment, by=self.moderators[who], seen=seen)
        except moderation.AlreadyDecided:
            assert not fits
            assert self.books(pk) == before
        else:
            assert fits
            after = Comment.objects.get(pk=pk)
            if verb.target:
                assert after.status == verb.target
            last = after.changes.last()
            assert (last.old, last.new, last.by) == (seen, after.status, self.moderators[who])

    # --- Akismet ---

    @rule(target=claims)
    def a_worker_claims(self):
        """Whatever waits, or is claimed by a worker that is too slow, is due by now."""
        Comment.objects.filter(check_due__isnull=False).update(check_due=timezone.now())
        return multiple(*leases.claim(Comment.objects.due_for_check(), "check", 3))

    @rule(claim=claims, verdict=st.sampled_from(["ham", "spam", "discard", None]))
    def its_answer_comes_at_any_time(self, claim, verdict):
        row = Comment.objects.get(pk=claim.pk)
        still_ours = (row.status, row.check_due) == (claim.status, claim.check_due)
        # A handed-over comment keeps its place in the queue when there is no answer again.
        if verdict is None and claim.status != Status.SUBMITTED:
            return
        before = self.books(claim.pk)
        if verdict is None:
            counted = moderation.hand_over(claim, reason="timeout")
            expected = "pending"
        else:
            counted = moderation.judge(claim, verdict, hit=POLICY)
            expected = "spam" if verdict in SPAM else "pending"
        assert counted == still_ours
        if counted:
            assert Comment.objects.get(pk=claim.pk).status == expected
            if verdict:
                self.akismet.believes[claim.text] = verdict in SPAM
        else:
            assert self.books(claim.pk) == before

    @rule(
        hours=st.sampled_from([0, 0.01, 1, 25, 24 * 16]),
        verdict=st.sampled_from(["ham", "spam", "discard", None]),
    )
    def a_worker_does_all_that_is_due_after(self, hours, verdict):
        """Everything that has happened is so much longer ago; then Akismet answers so."""
        shift = timedelta(hours=hours)
        due = F("check_due") - shift
        Comment.objects.update(created_at=F("created_at") - shift, check_due=due)
        StatusChange.objects.update(
            at=F("at") - shift,
            feedback_due=F("feedback_due") - shift,
            feedback_at=F("feedback_at") - shift,
        )
        self.akismet.verdict = verdict
        worker.Worker(self.akismet, slots=1, poll_seconds=0.01).run(once=True)

    # --- the books ---

    def books(self, pk):
        return (
            Comment.objects.filter(pk=pk).values().get(),
            list(StatusChange.objects.filter(comment=pk).values()),
            Article.objects.values_list("comment_count", flat=True).get(),
        )

    @invariant()
    def the_count_is_exact(self):
        if hasattr(self, "article"):
            self.article.refresh_from_db()
            assert self.article.comment_count == Comment.objects.public().count()

    @invariant()
    def each_comment_is_in_order(self):
        if not hasattr(self, "article"):
            return
        for comment in Comment.objects.prefetch_related("changes"):
            self.check_comment(comment, list(comment.changes.all()))
        assert Submission.objects.count() == Comment.objects.count()

    def check_comment(self, comment, changes):
        olds, news = [step.old for step in changes], [step.new for step in changes]
        assert olds == ["", *news[:-1]], "the chain is broken"
        assert news[-1] == comment.status
        assert all(step.by is not None for step in changes if step.source == "moderator")

        if comment.status in ("pending", "approved"):
            assert comment.verdict != "unchecked"

        # It may be asked about while nobody has judged it; then something is due, or it is so
        # old that Akismet is asked no longer.
        if comment.check_due is not None:
            assert comment.status == "submitted" or (comment.status, comment.verdict) == (
                "pending",
                "unavailable",
            )
            assert changes[-1].source != "moderator" or comment.status == "submitted"
        elif comment.status == "submitted":
            raise AssertionError("nobody will ever look at it")

        owed = [step for step in changes if step.feedback_due]
        believed = self.akismet.believes.get(comment.text, False)
        assert len(owed) <= 1
        if owed:
            assert owed[0].feedback == ("ham" if believed else "spam"), "that is no news"
        if changes[-1].source == "moderator" and "trash" not in (news[-1], olds[-1]):
            wrong = believed != (comment.status == "spam")
            # What it was never asked about (staff) it is not told of either.
            wrong = wrong and comment.verdict != "exempt"
            assert len(owed) == wrong, "Akismet is left to believe what people do not"


def test_no_order_of_events_unbalances_the_books(db, caplog, monkeypatch):
    caplog.set_level("CRITICAL", logger="comments.worker")
    # Each example is a transaction of its own, and the worker would close its connection.
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=50,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
