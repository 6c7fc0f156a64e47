"""Guessing passwords is slow: django-axes with our own three limits, and few words kept.

A row holds a name, an address and a count, for as long as it matters. Nothing of it is logged.
"""

import logging
from datetime import datetime
from ipaddress import ip_address, ip_network
from math import ceil
from typing import Any

from axes.backends import AxesStandaloneBackend
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q
from django.http import HttpRequest

log = logging.getLogger(__name__)

#: Failures for one name from one IPv6 /48: who is given one has 65,536 connections to guess from.
BLOCK_FAILURE_LIMIT = 20
#: In the column of a row that says of which kind its address is.
CONNECTION, BLOCK = "", "/48"


class Backend(AxesStandaloneBackend):
    """Refuses who is locked out. Without a request there is nobody to lock out."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, **kwargs: Any
    ) -> None:
        if request is not None:
            super().authenticate(request, username=username, **kwargs)


class Attempts(AxesDatabaseHandler):
    """Counts failures per name and address, per address over all names, per name and IPv6 block.

    A failure while locked out is not counted: the lock ends when it said it would.
    """

    def is_locked(self, request: Any, credentials: dict[str, Any] | None = None) -> bool:
        return self.seconds_left(request, (credentials or {}).get("username")) > 0

    def seconds_left(self, request: Any, username: str | None) -> int:
        """Return for how many seconds the lock on this name from this address still holds."""
        cool_off = settings.AXES_COOLOFF_TIME
        now: datetime = request.axes_attempt_time
        counted = Q()
        for kind, address in places(request.axes_ip_address):
            counted |= Q(user_agent=kind, ip_address=address)
        recent = AccessAttempt.objects.filter(
            counted & (Q(user_agent=CONNECTION) | Q(username=username)),
            attempt_time__gt=now - cool_off,
        )
        rows = list(recent)
        here = [row for row in rows if row.user_agent == CONNECTION]
        ends = [now]
        for limit, failed in (
            (settings.AXES_FAILURE_LIMIT, [row for row in here if row.username == username]),
            (settings.STAFF_ADDRESS_FAILURE_LIMIT, here),
            (BLOCK_FAILURE_LIMIT, [row for row in rows if row.user_agent == BLOCK]),
        ):
            if sum(row.failures_since_start for row in failed) >= limit:
                ends.append(max(row.attempt_time for row in failed) + cool_off)
        return ceil((max(ends) - now).total_seconds())

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: Any = None, **kwargs: Any
    ) -> None:
        if request is None:
            return
        self.clean_expired_user_attempts(request, credentials)
        username = credentials.get("username")
        if not self.is_locked(request, credentials):
            with transaction.atomic():
                for kind, address in places(request.axes_ip_address):
                    _count(username, kind, address, request.axes_attempt_time)
            if not self.is_locked(request, credentials):
                return
            log.warning("signing in is locked for a while after too many failures")
        request.axes_locked_out = True

    def user_logged_in(self, sender: Any, request: Any, user: User, **kwargs: Any) -> None:
        for kind, address in places(request.axes_ip_address):
            forget(username=user.get_username(), user_agent=kind, ip_address=address)

    def user_logged_out(self, sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
        pass


def _count(username: str | None, kind: str, address: str | None, now: datetime) -> None:
    row, is_new = AccessAttempt.objects.select_for_update().get_or_create(
        username=username,
        ip_address=address,
        user_agent=kind,
        defaults={"failures_since_start": 1},
    )
    if not is_new:
        AccessAttempt.objects.filter(pk=row.pk).update(
            failures_since_start=F("failures_since_start") + 1, attempt_time=now
        )


def forget(**which: Any) -> int:
    """Forget failures; return how many were counted."""
    rows = AccessAttempt.objects.filter(**which)
    # A block's row counts the same failures once more.
    counts = rows.filter(user_agent=CONNECTION).values_list("failures_since_start", flat=True)
    failures = sum(counts)
    rows.delete()
    return failures


def places(address: str | None) -> list[tuple[str, str | None]]:
    """Return under which addresses a failure is counted, each with its kind.

    A connection is an IPv4 address, or an IPv6 /64, whose first address stands for it.
    """
    if not address or ip_address(address).version == 4:
        return [(CONNECTION, address)]
    return [
        (kind, str(ip_network((address, length), strict=False).network_address))
        for kind, length in ((CONNECTION, 64), (BLOCK, 48))
    ]
