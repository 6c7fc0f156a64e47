"""The way in: after the password nobody is signed in before the second factor was shown.

What waits for it is a session of ten minutes that holds a name and nothing else: for every page of
the site its owner is still a stranger.
"""

import time
from typing import Any

from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django_otp import DEVICE_ID_SESSION_KEY

from staff import known_browsers, notices, sessions
from staff.models import Authenticator

WAIT_SECONDS = 600
_WAITING = "staff_waiting"
#: On a request: the member who came in with it.
CAME_IN = "staff_came_in"


def wait(request: HttpRequest, user: User, *, then: str) -> None:
    """Remember that somebody knew the password of `user`, and where they want to go."""
    request.session.flush()
    request.session[_WAITING] = {
        "user": user.pk,
        "backend": user.backend,  # set by authenticate()
        "hash": user.get_session_auth_hash(),
        "at": time.time(),
        "then": then,
    }
    request.session.set_expiry(WAIT_SECONDS)


def waiting(request: HttpRequest) -> tuple[User, str] | None:
    """Return who waits for the second factor and where they want to go, if it is still time."""
    held: dict[str, Any] | None = request.session.get(_WAITING)
    if not held or time.time() - held["at"] > WAIT_SECONDS:
        return None
    user = User.objects.filter(pk=held["user"], is_active=True, is_staff=True).first()
    if user is None or not constant_time_compare(held["hash"], user.get_session_auth_hash()):
        return None
    user.backend = held["backend"]
    return user, held["then"]


def come_in(request: HttpRequest, user: User, *, shown: Authenticator | None) -> None:
    """Sign a member in, with the second factor that was shown, until `sessions.expiry`.

    They are told if it is in a browser that is not known to be theirs; from now on it is.
    """
    sessions.clear_expired()
    request.session.pop(_WAITING, None)
    login(request, user)
    request.session.set_expiry(sessions.expiry())
    if shown is not None:
        verify(request, shown)
    sessions.begin(request, user)
    if not known_browsers.knows(request, user):
        notices.tell(user, notices.Event.NEW_BROWSER, request=request)
    setattr(request, CAME_IN, user)


def verify(request: HttpRequest, device: Authenticator) -> None:
    """Note in the session that its member has shown this second factor."""
    request.session[DEVICE_ID_SESSION_KEY] = device.persistent_id


def forget_factor(request: HttpRequest) -> None:
    request.session.pop(DEVICE_ID_SESSION_KEY, None)


def has_shown(request: HttpRequest) -> bool:
    """Tell whether the session was begun with a second factor."""
    return DEVICE_ID_SESSION_KEY in request.session
