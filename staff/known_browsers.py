"""Which members have signed in in this browser before: a cookie of the admin's, signed.

It opens nothing. A browser that loses it is taken for a new one, and its member is told.
"""

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponse

COOKIE, SECONDS = "known_browser", 365 * 24 * 60 * 60
_SALT = "staff.known_browsers"
#: So many members are remembered in one browser, the last first.
MOST = 10


def knows(request: HttpRequest, user: User) -> bool:
    return user.pk in _members(request)


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Let the browser that gets `response` be known as one of this member's."""
    others = [pk for pk in _members(request) if pk != user.pk]
    response.set_cookie(
        COOKIE,
        signing.dumps([user.pk, *others][:MOST], salt=_SALT),
        max_age=SECONDS,
        path=settings.STAFF_PATHS[0],
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _members(request: HttpRequest) -> list[int]:
    try:
        members: list[int] = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=SECONDS
        )
    except signing.BadSignature:
        return []
    return members
