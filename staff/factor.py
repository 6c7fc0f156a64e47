"""The second factor: an authenticator app set up with a QR code, and recovery codes."""

from base64 import b32encode
from math import ceil
from urllib.parse import quote, urlencode

import segno
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from staff.models import Authenticator, RecoveryCode

QUIET_ZONE = 4  # modules of white around a QR code, as its standard asks
#: After so many wrong codes in a row the owner, who may be the next to type one, is warned.
SUSPECT_FAILURES = 3


class NotAdmitted(Exception):
    """A code that opens nothing; says why."""


def authenticator_of(user: User) -> Authenticator | None:
    """Return the app that a member must use, if any."""
    return Authenticator.objects.filter(user=user, confirmed=True).first()


def unconfirmed(user: User) -> Authenticator | None:
    """Return the app that a member is setting up just now, if any."""
    return Authenticator.objects.filter(user=user, confirmed=False).first()


def start(user: User) -> None:
    """Make a new secret for an app to be set up. One in use stays as it is."""
    with transaction.atomic():
        device = Authenticator.objects.select_for_update().filter(user=user).first()
        if device is None:
            device = Authenticator(user=user, name="app")
        elif device.confirmed:
            return
        device.renew()
        device.save()


def confirm(user: User, code: str) -> tuple[Authenticator, list[str]]:
    """Take the first code of a new app; return the app and the recovery codes. May refuse."""
    with transaction.atomic():
        device = (
            Authenticator.objects.select_for_update().filter(user=user, confirmed=False).first()
        )
        if device is not None and device.verify_token(_digits(code)):
            device.confirmed = True
            device.save(update_fields=["confirmed"])
            return device, RecoveryCode.renew(device)
    raise NotAdmitted(_why(device))


def admit(user: User, *, code: str = "", recovery: str = "") -> Authenticator:
    """Take a code of the app, or a recovery code, for the one time that it is good for.

    Recovery codes never have to wait: nobody guesses 80 random bits, and who knows the password
    must not be able to keep its owner out by typing wrong codes of the app.
    """
    with transaction.atomic():
        device = _in_use(user)
        if device is not None and (
            _use_up(device, recovery) if recovery else device.verify_token(_digits(code))
        ):
            return device
    if device is not None and recovery:
        raise NotAdmitted(_("This recovery code is not right, or was used already."))
    raise NotAdmitted(_why(device))


def new_recovery_codes(user: User) -> list[str]:
    """Replace the recovery codes of a member; none are returned where there is no app."""
    with transaction.atomic():
        device = _in_use(user)
        return RecoveryCode.renew(device) if device is not None else []


def _in_use(user: User) -> Authenticator | None:
    """Return the app that a member must use, locked, so that two at once come one by one."""
    return Authenticator.objects.select_for_update().filter(user=user, confirmed=True).first()


def _use_up(device: Authenticator, recovery: str) -> bool:
    digest = RecoveryCode.digest_of(recovery)
    return bool(device.recovery_codes.filter(digest=digest).delete()[0])


def _digits(code: str) -> str:
    return code.replace(" ", "").replace("-", "")


def _why(device: Authenticator | None) -> str:
    """Say why a code was not taken, and when the next one may be."""
    if device is None:
        return _("There is no authenticator app to ask. Please start again.")
    if device.secret is None:
        return _("This code can no longer be checked. Ask an administrator to reset it.")
    wait = 1
    _allowed, why = device.verify_is_allowed()
    if why:
        wait = max(1, ceil((why["locked_until"] - timezone.now()).total_seconds()))
    said = ngettext(
        "This code is not right, or was used already. Wait %(n)d second, then try the next one.",
        "This code is not right, or was used already. Wait %(n)d seconds, then try the next one.",
        wait,
    ) % {"n": wait}
    if device.confirmed and device.throttling_failure_count >= SUSPECT_FAILURES:
        said += " " + _(
            "Several codes in a row were wrong. If you did not type them, somebody else knows your "
            "password: come in with a recovery code, which needs no waiting, and change it."
        )
    return said


def must_set_up(user: User) -> bool:
    """Tell whether a member may do nothing before a second factor is set up."""
    return settings.STAFF_SECOND_FACTOR_REQUIRED and authenticator_of(user) is None


def written(device: Authenticator) -> str:
    """Return the secret as people type it: in groups of four."""
    text = b32encode(device.secret or b"").decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def address(device: Authenticator) -> str:
    """Return the otpauth address that a QR code tells an app."""
    issuer = settings.SITE_NAME.replace(":", " ")
    label = f"{quote(issuer)}:{quote(device.user.get_username())}"
    secret = b32encode(device.secret or b"").decode()
    return f"otpauth://totp/{label}?" + urlencode(
        {"secret": secret, "issuer": issuer}, quote_via=quote
    )


def qr_code(text: str) -> dict[str, str | int]:
    """Return the side and the path of a QR code, for an SVG without any style."""
    matrix = segno.make(text, error="m", micro=False).matrix
    path = "".join(
        f"M{x + QUIET_ZONE} {y + QUIET_ZONE}h1v1h-1z"
        for y, row in enumerate(matrix)
        for x, dark in enumerate(row)
        if dark
    )
    return {"side": len(matrix) + 2 * QUIET_ZONE, "path": path}
