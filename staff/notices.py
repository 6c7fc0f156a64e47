"""Tell members what happens to their own sign-in, so that they notice what was not their doing.

How they are told is for the settings to say: STAFF_NOTICE_CALLABLE names a function that takes the
member, the name of an event, and `browser`, `network` and `by` as words. It must not wait for
anybody. "" tells nobody.
"""

from enum import StrEnum

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.module_loading import import_string

from staff.browsers import in_plain_words
from staff.sessions import network_of_request


class Event(StrEnum):
    NEW_BROWSER = "new_browser"
    ADDRESS_CHANGED = "address_changed"
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    CODE_USED = "code_used"
    CODES_RENEWED = "codes_renewed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  (no password)


def tell(user: User, event: Event, *, request: HttpRequest | None) -> None:
    """Tell `user` what happened in `request`; None: on the server's command line.

    Where another member did it, that is said.
    """
    if not settings.STAFF_NOTICE_CALLABLE:
        return
    where = {"browser": "", "network": "", "by": ""}
    if request is not None:
        others = request.user.is_authenticated and request.user.pk != user.pk
        where = {
            "browser": in_plain_words(request.headers.get("User-Agent", "")),
            "network": network_of_request(request),
            "by": request.user.get_username() if others else "",
        }
    import_string(settings.STAFF_NOTICE_CALLABLE)(user, event.value, **where)
