"""What happened to a comment: its steps, the questions to Akismet, its former texts."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comments.models.comment import Comment
from comments.status import Source, Status, Verdict

#: What our rules and Akismet let pass, held or refused: few of all steps, as most are about spam.
#: With "or", not "in", as SQLite wants it for an index.
SORTED = (
    Q(source=Source.AKISMET, new=Status.PENDING)
    | Q(source=Source.AKISMET, new=Status.APPROVED)
    | Q(source=Source.RULES, new=Status.TRASH)
)
#: What people decided.
DECIDED = Q(source=Source.MODERATOR)


class StatusChange(models.Model):
    """One step in a comment's life: history, audit log, undo, and the outbox of feedback."""

    class Feedback(models.TextChoices):
        NONE = "", _("none")
        SPAM = "spam", _("tell Akismet it was spam")
        HAM = "ham", _("tell Akismet it was not spam")

    comment = models.ForeignKey(Comment, models.CASCADE, "changes")
    old = models.CharField(max_length=9, choices=Status, blank=True)
    new = models.CharField(max_length=9, choices=Status)
    by = models.ForeignKey("auth.User", models.SET_NULL, null=True, blank=True)
    source = models.CharField(max_length=9, choices=Source)
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=timezone.now)

    feedback = models.CharField(max_length=4, choices=Feedback, blank=True)
    # While set, the feedback is owed; `feedback_at` says when Akismet took it.
    feedback_due = models.DateTimeField(null=True, blank=True)
    feedback_at = models.DateTimeField(null=True, blank=True)
    feedback_attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("status change")
        verbose_name_plural = _("status changes")
        ordering = ["at", "pk"]
        indexes = [
            models.Index(
                fields=["feedback_due"],
                name="change_feedback_due",
                condition=Q(feedback_due__isnull=False),
            ),
            models.Index(fields=["at"], name="change_at"),
            models.Index(fields=["at"], name="change_sorted", condition=SORTED),
            models.Index(fields=["at"], name="change_decided", condition=DECIDED),
        ]

    def __str__(self) -> str:
        return f"comment {self.comment_id}: {self.old or '–'} → {self.new}"


class Check(models.Model):
    """One question to Akismet and what came back, kept for the comment's history."""

    comment = models.ForeignKey(Comment, models.CASCADE, "checks")
    at = models.DateTimeField(default=timezone.now, db_index=True)
    verdict = models.CharField(max_length=11, choices=Verdict, blank=True)
    # Why there was no answer: a kind of `comments.spam.answers.NoAnswer`, and what was said.
    error = models.CharField(max_length=20, blank=True)
    detail = models.CharField(max_length=200, blank=True)
    guid = models.CharField(max_length=64, blank=True)
    duration_ms = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("check")
        verbose_name_plural = _("checks")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"comment {self.comment_id}: {self.verdict or self.error}"


class Edit(models.Model):
    """What a comment said before it was changed; `by` is empty when its own writer changed it."""

    comment = models.ForeignKey(Comment, models.CASCADE, "edits")
    text = models.TextField(_("before"))
    by = models.ForeignKey("auth.User", models.SET_NULL, null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("edit")
        verbose_name_plural = _("edits")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"comment {self.comment_id}: edit {self.pk}"


class Report(models.Model):
    """A reader's word that a public comment should not be; one a comment from one IP address."""

    class Reason(models.TextChoices):
        SPAM = "spam", _("Spam or advertising")
        SCAM = "scam", _("A scam: it wants money or a contact")
        ABUSE = "abuse", _("Insulting or hateful")
        OFF_TOPIC = "off_topic", _("Off topic")

    comment = models.ForeignKey(Comment, models.CASCADE, "reports")
    reason = models.CharField(_("reason"), max_length=9, choices=Reason)
    ip = models.GenericIPAddressField(_("IP address"), null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(name="report_once", fields=["comment", "ip"])]
        indexes = [models.Index(fields=["at"], name="report_origin", condition=Q(ip__isnull=False))]

    def __str__(self) -> str:
        return f"comment {self.comment_id}: {self.reason}"


class Tally(models.Model):
    """How often something happened on a day; nothing personal, so it outlives the rows."""

    class What(models.TextChoices):
        # Counted from the rows when the day is over: comments/day_counts.py.
        ARRIVED = "arrived", _("comments that came in")
        HAM = "ham", _("not spam, said Akismet")
        SPAM = "spam", _("spam, said Akismet")
        UNANSWERED = "unanswered", _("Akismet gave no answer")
        HELD = "held", _("held for a moderator")
        DECIDED = "decided", _("decided by moderators")
        # Counted as it happens.
        DISCARDED = "discarded", _("blatant spam, not stored")
        SPAM_DELETED = "spam_deleted", _("old spam, deleted")
        TRASH_DELETED = "trash_deleted", _("old trash, deleted")
        COPIES_DELETED = "copies_deleted", _("copies of what Akismet got, deleted")
        ORIGINS_DELETED = "origins_deleted", _("IP addresses and user agents, deleted")
        MAILS_DELETED = "mails_deleted", _("mails, deleted")
        FORWARDED = "forwarded", _("forwarded headers that no setting explains")

    day = models.DateField()
    what = models.CharField(max_length=16, choices=What)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")
        ordering = ["-day", "what"]
        constraints = [models.UniqueConstraint(name="tally_once", fields=["day", "what"])]

    def __str__(self) -> str:
        return f"{self.day} {self.what}: {self.count}"

    @classmethod
    def add(cls, what: str, count: int = 1) -> None:
        """Count `count` more of `what` today; any number of processes may do so at once."""
        if count:
            day = timezone.localdate()
            Tally.objects.bulk_create([Tally(day=day, what=what)], ignore_conflicts=True)
            Tally.objects.filter(day=day, what=what).update(count=F("count") + count)
