"""What is kept about how members of the staff sign in."""

import secrets
import time
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, ThrottlingMixin
from django_otp.oath import TOTP

from staff.secret import is_current, seal, unseal

SECRET_BYTES = 20  # as RFC 4226 recommends
#: Letters and digits that nobody takes for one another; 16 of them are 80 random bits.
CODE_LETTERS, CODE_LENGTH, CODES = "23456789abcdefghjkmnpqrstuvwxyz", 16, 10
#: After so many wrong codes in a row the wait between two is 512 seconds and grows no further:
#: who guesses gets nowhere, and the owner is not locked out for days.
MOST_FAILURES = 10


class Authenticator(ThrottlingMixin, Device):
    """The app on a member's phone; `confirmed` once it has shown that it knows the secret."""

    sealed_secret = models.TextField()
    drift = models.SmallIntegerField(default=0)  # by how many steps the phone's clock is off
    last_step = models.BigIntegerField(default=-1)  # of the last code that was taken
    created_at = models.DateTimeField(auto_now_add=True)
    throttling_failure_count: int

    class Meta:
        verbose_name = _("authenticator app")
        verbose_name_plural = _("authenticator apps")
        constraints = [models.UniqueConstraint(fields=["user"], name="staff_one_authenticator")]

    def __str__(self) -> str:
        return f"{self.user}’s authenticator app"

    @property
    def secret(self) -> bytes | None:
        """The shared secret; None when it was encrypted under a key that is gone."""
        return unseal(self.sealed_secret)

    def renew(self) -> None:
        """Give it a new secret, unconfirmed; without saving."""
        self.sealed_secret = seal(secrets.token_bytes(SECRET_BYTES))
        self.confirmed, self.drift, self.last_step = False, 0, -1
        self.throttle_reset(commit=False)

    @classmethod
    def seal_anew(cls) -> tuple[int, int]:
        """Leave no secret to a former SECRET_KEY; return how many were sealed anew, and how many
        no key opens. `manage.py reencrypt` calls it.
        """
        renewed = unreadable = 0
        for pk in cls.objects.values_list("pk", flat=True):
            with transaction.atomic():
                device = cls.objects.select_for_update().filter(pk=pk).first()
                if device is None or is_current(device.sealed_secret):
                    continue
                if (secret := device.secret) is None:
                    unreadable += 1
                    continue
                device.sealed_secret = seal(secret)
                device.save(update_fields=["sealed_secret"])
                renewed += 1
        return renewed, unreadable

    def verify_token(self, token: str) -> bool:
        """Take a code of the app: of now, or of half a minute before or after; each once.

        The row must be locked. Saves, also after a wrong code: the next one has to wait.
        """
        secret = self.secret
        if not self.verify_is_allowed()[0]:
            return False
        if secret is None or not (token.isascii() and token.isdigit() and len(token) == 6):
            self.throttle_increment()
            return False
        totp = TOTP(secret, drift=self.drift)
        totp.time = time.time()
        if not totp.verify(int(token), tolerance=1, min_t=self.last_step + 1):
            self.throttle_increment()
            return False
        self.last_step, self.drift = totp.t(), totp.drift
        self.sealed_secret = seal(secret)  # under the present key, if that has changed
        self.throttle_reset()
        return True

    def throttle_increment(self, commit: bool = True) -> None:
        super().throttle_increment(commit=False)
        self.throttling_failure_count = min(self.throttling_failure_count, MOST_FAILURES)
        if commit:
            self.save()

    def get_throttle_factor(self) -> int:
        return 1  # second after the first wrong code, twice as long after each further one


class RecoveryCode(models.Model):
    """One of the codes that open once when the phone is lost; only its hash is kept."""

    authenticator = models.ForeignKey(
        Authenticator, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["authenticator", "digest"], name="staff_code_once")
        ]

    def __str__(self) -> str:
        return str(_("recovery code"))

    @staticmethod
    def digest_of(code: str) -> str:
        """Return the hash of a code as somebody typed it. 80 random bits need no slow hash."""
        plain = "".join(letter for letter in code.lower() if letter.isalnum())
        return sha256(plain.encode()).hexdigest()

    @classmethod
    def renew(cls, authenticator: Authenticator) -> list[str]:
        """Replace all codes of an authenticator; return the new ones, which nothing shows again."""
        codes = [
            "".join(secrets.choice(CODE_LETTERS) for _n in range(CODE_LENGTH))
            for _m in range(CODES)
        ]
        cls.objects.filter(authenticator=authenticator).delete()
        RecoveryCode.objects.bulk_create(
            RecoveryCode(authenticator=authenticator, digest=cls.digest_of(code)) for code in codes
        )
        return ["-".join(code[at : at + 4] for at in range(0, CODE_LENGTH, 4)) for code in codes]


class StaffSession(models.Model):
    """One browser in which a member is signed in, as its owner would tell it from others.

    Goes with the session itself, when that ends or is cleared away.
    """

    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="staff")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="staff_sessions"
    )
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()  # coarse: staff.sessions.SEEN_EVERY
    browser = models.CharField(max_length=60)
    network = models.CharField(max_length=60, blank=True)
    #: Django's mark of the password it was begun with: another password ends it.
    auth_hash = models.CharField(max_length=128)

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")

    def __str__(self) -> str:
        return self.browser

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.browser = self.browser[:60]
        super().save(*args, **kwargs)
