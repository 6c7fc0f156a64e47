"""What readers say is wrong in an article, and what editors decided about it.

Only `comments/errata/decisions.py` writes `ErrorReport.state`.
"""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models import Article
from articles.publishing.models import Correction
from comments import privacy
from comments.models.comment import NAME_LENGTH
from comments.status import HeldFor

QUOTE_LENGTH, CLAIM_LENGTH, SOURCE_LENGTH = 1_000, 2_000, 500
#: As long as a correction may be, which a decision may hold.
NOTE_LENGTH = 600


class ErrorReport(models.Model):
    """A reader's word that an article says something wrong; nothing of it is ever public."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CORRECTED = "corrected", _("Corrected")
        REJECTED = "rejected", _("Rejected")
        DUPLICATE = "duplicate", _("Duplicate")
        SPAM = "spam", _("Spam")

    article = models.ForeignKey(Article, models.CASCADE, "+", verbose_name=_("article"))
    quote = models.TextField(_("the sentence in question"), max_length=QUOTE_LENGTH)
    claim = models.TextField(_("what is wrong, and what is right"), max_length=CLAIM_LENGTH)
    source = models.URLField(_("source"), max_length=SOURCE_LENGTH, blank=True)

    # The reader, as far as they said who they are.
    name = models.CharField(_("name"), max_length=NAME_LENGTH, blank=True)
    email = privacy.EncryptedTextField(_("email"), blank=True)
    email_hash = models.CharField(max_length=64, blank=True, editable=False)
    #: Wants to be told by mail what came of it.
    tell = models.BooleanField(_("wants to be told"), default=False)
    #: When the one mail that tells them was owed.
    told_at = models.DateTimeField(null=True, editable=False)
    #: The /24 (IPv4) or /48 (IPv6) that it came from; the address itself is not kept.
    network = models.CharField(max_length=43, blank=True, editable=False)

    #: Why the local rules find it suspicious, if they do.
    held_for = models.CharField(_("suspicious"), max_length=15, choices=HeldFor, blank=True)
    held_detail = models.CharField(max_length=200, blank=True)

    state = models.CharField(_("state"), max_length=9, choices=State, default=State.OPEN)
    since = models.DateTimeField(default=timezone.now)
    correction = models.ForeignKey(
        Correction, models.SET_NULL, "+", null=True, blank=True, verbose_name=_("correction")
    )
    at = models.DateTimeField(_("received"), default=timezone.now)

    class Meta:
        verbose_name = _("reported error")
        verbose_name_plural = _("reported errors")
        ordering = ["-at", "-pk"]
        default_permissions = ("change", "view")
        indexes = [
            models.Index(fields=["state", "since"], name="error_queue"),
            models.Index(fields=["network", "at"], name="error_origin", condition=~Q(network="")),
            models.Index(fields=["email_hash"], name="error_person", condition=~Q(email_hash="")),
        ]
        constraints = [
            models.CheckConstraint(
                name="error_state_known",
                condition=Q(state__in=["open", "corrected", "rejected", "duplicate", "spam"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"

    @property
    def masked_email(self) -> str:
        return privacy.mask_address(self.email)

    @property
    def can_be_revealed(self) -> bool:
        return self.email not in ("", privacy.UNREADABLE)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email_hash = privacy.address_hash(self.email) if self.email else ""
        super().save(*args, **kwargs)


class ErrorDecision(models.Model):
    """One step of an editor: from which state to which, and what was said with it."""

    report = models.ForeignKey(ErrorReport, models.CASCADE, "decisions")
    old = models.CharField(max_length=9, choices=ErrorReport.State)
    new = models.CharField(max_length=9, choices=ErrorReport.State)
    by = models.ForeignKey("auth.User", models.SET_NULL, null=True, blank=True)
    #: The text of the correction, or the reason: whoever asked to be told reads it.
    note = models.CharField(max_length=NOTE_LENGTH, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("decision about a reported error")
        verbose_name_plural = _("decisions about reported errors")
        default_permissions = ()
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.report_id}: {self.old} → {self.new}"
