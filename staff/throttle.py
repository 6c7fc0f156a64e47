"""Guessing passwords is slow: django-axes with our own two limits, and few words kept.

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
from django.db.models import F
from django.http import HttpRequest

log = logging.getLogger(__name__)


class Backend(AxesStandaloneBackend):
    """Refuses who is locked out. Without a request there is nobody to lock out."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, **kwargs: Any
    ) -> None:
        if request is not None:
            super().authenticate(request, username=username, **kwargs)


class Attempts(AxesDatabaseHandler):
    """Counts failures per name and address, and per address over all names.

    A failure while locked out is not counted: the lock ends when it said it would.
    """

    def is_locked(self, request: Any, credentials: dict[str, Any] | None = None) -> bool:
        return self.seconds_left(request, (credentials or {}).get("username")) > 0

    def seconds_left(self, request: Any, username: str | None) -> int:
        """Return for how many seconds the lock on this name from this address still holds."""
        cool_off = settings.AXES_COOLOFF_TIME
        now: datetime = request.axes_attempt_time
        here = list(
            AccessAttempt.objects.filter(
                ip_address=household(request.axes_ip_address), attempt_time__gt=now - cool_off
            ).values_list("username", "failures_since_start", "attempt_time")
        )
        ends = [now]
        for limit, failed in (
            (settings.AXES_FAILURE_LIMIT, [row for row in here if row[0] == username]),
            (settings.STAFF_ADDRESS_FAILURE_LIMIT, here),
        ):
            if sum(row[1] for row in failed) >= limit:
                ends.append(max(row[2] for row in failed) + cool_off)
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
                row, is_new = AccessAttempt.objects.select_for_update().get_or_create(
                    username=username,
                    ip_address=household(request.axes_ip_address),
                    user_agent="",
                    defaults={"failures_since_start": 1},
                )
                if not is_new:
                    AccessAttempt.objects.filter(pk=row.pk).update(
                        failures_since_start=F("failures_since_start") + 1,
                        attempt_time=request.axes_attempt_time,
                    )
            if not self.is_locked(request, credentials):
                return
            log.warning("signing in is locked for a while after too many failures")
        request.axes_locked_out = True

    def user_logged_in(self, sender: Any, request: Any, user: User, **kwargs: Any) -> None:
        forget(username=user.get_username(), ip_address=household(request.axes_ip_address))

    def user_logged_out(self, sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
        pass


def forget(**which: Any) -> int:
    """Forget failures; return how many were counted."""
    rows = AccessAttempt.objects.filter(**which)
    failures = sum(rows.values_list("failures_since_start", flat=True))
    rows.delete()
    return failures


def household(address: str | None) -> str | None:
    """Return what stands for one connection: an IPv4 address, or the first of an IPv6 /64."""
    if not address or ip_address(address).version == 4:
        return address
    return str(ip_network((address, 64), strict=False).network_address)
