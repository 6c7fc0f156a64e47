"""What is known of people beyond a comment: confirmed addresses, mail owed, who looked at what."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comments import privacy
from comments.models.comment import Comment


class Address(models.Model):
    """One email address that was asked to confirm itself, found by its keyed hash."""

    email = privacy.EncryptedTextField(_("email"))
    email_hash = models.CharField(max_length=64, unique=True, editable=False)
    # The last time a mail with a link to confirm went out: one a day is the most.
    asked_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    # Mails with links to comments, whoever asked for them: how many since when.
    links_from = models.DateTimeField(null=True, blank=True)
    links_sent = models.PositiveSmallIntegerField(default=0)
    # Its holder wants no mail at all any more.
    muted_at = models.DateTimeField(_("wants no mail"), null=True, blank=True)

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")

    def __str__(self) -> str:
        return f"address {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email_hash = privacy.address_hash(self.email)
        super().save(*args, **kwargs)


class Mail(models.Model):
    """The outbox: one mail that is owed, under way, sent or given up. Its text is made when sent.

    While `send_due` is set it is owed (a lease, as with checks). `started_at` is set just before
    the server is given the text: a mail that was started and not marked as sent may have arrived,
    so it is never sent again.
    """

    class Kind(models.TextChoices):
        CONFIRM = "confirm", _("please confirm your address")
        LINK = "link", _("the link to your comment")
        REPLY = "reply", _("a reply to your comment")
        KEY_TROUBLE = "key_trouble", _("Akismet refuses our key")
        QUEUE = "queue", _("what waits for a moderator")
        REVIEW = "review", _("a draft waits for an editor")
        DRAFT = "draft", _("what became of a writer’s draft")
        SIGN_IN = "sign_in", _("how a member of the staff signs in")
        ERROR = "error", _("what became of a reported error")

    kind = models.CharField(max_length=12, choices=Kind)
    email = privacy.EncryptedTextField(_("to"))
    email_hash = models.CharField(max_length=64, editable=False)
    # The comment that the addressee wrote, and the reply that the mail tells of.
    comment = models.ForeignKey(Comment, models.CASCADE, "mails", null=True, blank=True)
    reply = models.ForeignKey(Comment, models.CASCADE, "told_of", null=True, blank=True)
    # The member of the staff whom it is for.
    moderator = models.ForeignKey("auth.User", models.CASCADE, null=True, blank=True)
    detail = models.CharField(max_length=200, blank=True)
    # What may be sent once only has a key; two workers that owe the same make one row.
    key = models.CharField(max_length=120, unique=True)
    at = models.DateTimeField(default=timezone.now)

    send_due = models.DateTimeField(null=True, blank=True, default=timezone.now)
    send_attempts = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    # Why it was not sent: the kind of failure, never what the server said of whom.
    error = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["send_due"], name="mail_due", condition=Q(send_due__isnull=False)),
            models.Index(fields=["kind", "at"], name="mail_by_kind"),
        ]

    def __str__(self) -> str:
        return f"mail {self.pk}: {self.kind}"

    @classmethod
    def owe(cls, kind: str, email: str, *, key: str, **fields: Any) -> None:
        """Put one mail into the outbox, unless one with this `key` is or was there."""
        hashed = privacy.address_hash(email)
        mail = Mail(kind=kind, email=email, email_hash=hashed, key=key, **fields)
        Mail.objects.bulk_create([mail], ignore_conflicts=True)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email_hash = privacy.address_hash(self.email)
        super().save(*args, **kwargs)


class PrivacyEvent(models.Model):
    """Somebody looked at, exported or erased personal data. Says who and when, not whose."""

    class Kind(models.TextChoices):
        REVEAL = "reveal", _("address revealed")
        EXPORT = "export", _("data exported")
        ERASE = "erase", _("data erased")

    class Actor(models.TextChoices):
        STAFF = "staff", _("staff")
        WRITER = "writer", _("the writer")
        COMMAND = "command", _("command line")

    kind = models.CharField(_("what"), max_length=6, choices=Kind)
    actor = models.CharField(_("through"), max_length=7, choices=Actor)
    by = models.ForeignKey("auth.User", models.SET_NULL, null=True, blank=True)
    comment = models.ForeignKey(Comment, models.SET_NULL, null=True, blank=True)
    comments = models.PositiveIntegerField(_("comments concerned"), default=1)
    at = models.DateTimeField(_("when"), default=timezone.now)

    class Meta:
        verbose_name = _("privacy event")
        verbose_name_plural = _("privacy events")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.kind}"
