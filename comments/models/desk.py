"""What the moderation desk keeps besides comments: bans, and how Akismet and the worker are."""

from typing import Any

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comments import privacy


class BanQuerySet(models.QuerySet["Ban"]):
    def in_force(self) -> "BanQuerySet":
        """Bans that have not ended."""
        return self.filter(Q(until__isnull=True) | Q(until__gt=timezone.now()))


class Ban(models.Model):
    """Somebody who may not write here: by email address, or by IP address or range of them."""

    email = privacy.EncryptedTextField(_("email"), blank=True)
    email_hash = models.CharField(max_length=64, blank=True, editable=False)
    # A network in its shortest form; one machine is a /32 (IPv4) or a /128 (IPv6).
    network = models.CharField(_("IP address or range"), max_length=43, blank=True)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    by = models.ForeignKey(
        "auth.User", models.SET_NULL, null=True, blank=True, verbose_name=_("by")
    )
    at = models.DateTimeField(_("since"), default=timezone.now)

    objects = BanQuerySet.as_manager()

    class Meta:
        verbose_name = _("ban")
        verbose_name_plural = _("bans")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["email_hash"], name="ban_address", condition=~Q(email_hash="")),
            models.Index(fields=["network"], name="ban_network", condition=~Q(network="")),
        ]
        constraints = [
            models.CheckConstraint(
                name="ban_of_one_thing",
                condition=Q(email_hash="", network__gt="") | Q(email_hash__gt="", network=""),
            )
        ]

    def __str__(self) -> str:
        return f"ban {self.pk}: {self.network or self.masked_email}"

    @property
    def masked_email(self) -> str:
        return privacy.mask_address(self.email)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email_hash = privacy.address_hash(self.email) if self.email else ""
        super().save(*args, **kwargs)


class ModeratorPreference(models.Model):
    """What somebody who moderates chose for themselves; no row is as good as the defaults."""

    user = models.OneToOneField("auth.User", models.CASCADE, primary_key=True)
    # Wants a mail about what comes into the queue.
    digest = models.BooleanField(_("mail about the queue"), default=False)
    # What came into the queue until then has been told, or did not concern them yet.
    last_digest_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("moderator’s preferences")
        verbose_name_plural = _("moderators’ preferences")

    def __str__(self) -> str:
        return f"preferences of user {self.pk}"

    @classmethod
    def choose(cls, user: User, *, digest: bool) -> None:
        """Let `user` have mail about the queue from now on, or no more."""
        chosen = cls.objects.filter(pk=user.pk)
        if not digest:
            chosen.update(digest=False)
        elif not chosen.filter(digest=True).exists():
            fresh = {"digest": True, "last_digest_at": timezone.now()}
            cls.objects.update_or_create(pk=user.pk, defaults=fresh)


class AkismetState(models.Model):
    """One row of what the workers know of Akismet and of themselves, for the desk to show.

    A web request never asks Akismet; it reads this, and leaves wishes (`self_test_wanted_at`).
    """

    SINGLETON = 1

    worker_seen_at = models.DateTimeField(null=True)
    last_good_at = models.DateTimeField(null=True)
    key_valid = models.BooleanField(null=True)
    key_verified_at = models.DateTimeField(null=True)
    # What the newest answer said to the site's owner: "code: message", or "".
    alert = models.CharField(max_length=200, blank=True)
    # Akismet's own JSON of /1.2/usage-limit: limit, usage, percentage, throttled.
    usage = models.JSONField(default=dict)
    usage_at = models.DateTimeField(null=True)
    self_test_wanted_at = models.DateTimeField(null=True)
    # [{"probe": …, "expected": …, "answer": …, "ms": …}, …]
    self_test = models.JSONField(default=list)
    self_test_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = _("state of Akismet")

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def load(cls) -> "AkismetState":
        """Return what is known; nothing, before a worker has run."""
        return cls.objects.filter(pk=cls.SINGLETON).first() or cls(pk=cls.SINGLETON)

    @classmethod
    def note(cls, **fields: Any) -> None:
        """Write down what was learned just now; any number of workers may do so."""
        if not cls.objects.filter(pk=cls.SINGLETON).update(**fields):
            AkismetState.objects.bulk_create(
                [AkismetState(pk=cls.SINGLETON, **fields)], ignore_conflicts=True
            )
