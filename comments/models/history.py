"""What happened to a comment: its steps, the questions to Akismet, its former texts."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comments.models.comment import Comment
from comments.status import Source, Status, Verdict


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
            )
        ]

    def __str__(self) -> str:
        return f"comment {self.comment_id}: {self.old or '–'} → {self.new}"


class Check(models.Model):
    """One question to Akismet and what came back, kept for the comment's history."""

    comment = models.ForeignKey(Comment, models.CASCADE, "checks")
    at = models.DateTimeField(default=timezone.now, db_index=True)
    verdict = models.CharField(max_length=11, choices=Verdict, blank=True)
    # Why there was no answer: a kind of `comments.spam.akismet.NoAnswer`, and what was said.
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
