"""Where members are signed in. Only staff have sessions here, so all of them are few rows."""

import time
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from axes.helpers import get_client_ip_address
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from staff.browsers import in_plain_words
from staff.models import StaffSession

SEEN_EVERY = timedelta(minutes=5)
#: In the session: the number of its row here, and the key it had then.
_MARK = "staff_session"
#: When this process last noted a session as seen, by its number; emptied when it gets long.
_noted: dict[int, float] = {}
_NOTED_MOST = 1000


def begin(request: HttpRequest, user: User, *, started_at: datetime | None = None) -> None:
    """Put the session of `request` on the list of the member's; it was saved before or is now."""
    if not request.session.session_key or not request.session.exists(request.session.session_key):
        request.session.save()
    now = timezone.now()
    row, _is_new = StaffSession.objects.update_or_create(
        session_id=request.session.session_key,
        defaults={
            "user": user,
            "started_at": started_at or now,
            "seen_at": now,
            "browser": in_plain_words(request.headers.get("User-Agent", "")),
            "network": network_of_request(request),
            "auth_hash": user.get_session_auth_hash(),
        },
    )
    request.session[_MARK] = [row.pk, request.session.session_key]


def see(request: HttpRequest, user: User) -> None:
    """Note, every few minutes, that a session is in use.

    Django gives it another key when the password or SECRET_KEY changes: then it is listed anew.
    """
    mark = request.session.get(_MARK)
    if mark is None:
        return
    number, key = mark
    if key != request.session.session_key:
        begin(request, user)
        return
    if time.monotonic() - _noted.get(number, float("-inf")) < SEEN_EVERY.total_seconds():
        return
    if len(_noted) >= _NOTED_MOST:
        _noted.clear()
    _noted[number] = time.monotonic()
    now = timezone.now()
    StaffSession.objects.filter(pk=number, seen_at__lt=now - SEEN_EVERY).update(seen_at=now)


def living(user: User) -> QuerySet[StaffSession]:
    """Return the sessions in which a member is signed in, the last seen first."""
    return StaffSession.objects.filter(
        user=user,
        auth_hash=user.get_session_auth_hash(),
        session__expire_date__gt=timezone.now(),
    ).order_by("-seen_at", "-pk")


def end_all(user: User, *, but: str | None = None) -> int:
    """End every session of a member except the one with the key `but`; return how many.

    Goes by the sessions themselves, so it ends also those that are on no list.
    """
    sessions = Session.objects.filter(expire_date__gt=timezone.now()).exclude(pk=but or "")
    theirs = [each.pk for each in sessions if each.get_decoded().get(SESSION_KEY) == str(user.pk)]
    Session.objects.filter(pk__in=theirs).delete()
    return len(theirs)


def expiry() -> datetime:
    """Return when a session that begins now ends, however much it is used."""
    return timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE)


def clear_expired() -> None:
    """Delete what has ended by itself, and the rows here with it."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()


def network_of_request(request: HttpRequest) -> str:
    """Return the network that a request came from, as `network_of` has it."""
    return network_of(get_client_ip_address(request))


def network_of(address: str | None) -> str:
    """Return the network that an address is shown as: a /24 (IPv4) or a /48 (IPv6)."""
    if not address:
        return ""
    version = ip_address(address).version
    return str(ip_network((address, 24 if version == 4 else 48), strict=False))
