"""Notice a proxy that nobody named: every reader then seems to have the proxy's address."""

import logging
from datetime import date
from ipaddress import ip_address

from django.conf import settings
from django.db import DatabaseError, transaction
from django.http import HttpRequest
from django.utils import timezone

from comments.models import Tally

logger = logging.getLogger(__name__)

#: When this process last counted it: once a day says enough.
_noted_on: date | None = None


def note_unexplained_proxy(request: HttpRequest) -> None:
    """Count it, and warn in the log, when a comment came with forwarding headers of nobody's.

    That is: TRUSTED_PROXIES is empty, and the other end of the socket is on this machine or in a
    private network, where proxies are. Once a process and day; `manage.py check --database
    default` repeats it (comments.W003). A failing database is no concern of the reader's.
    """
    global _noted_on
    today = timezone.localdate()
    if _noted_on == today or settings.TRUSTED_PROXIES or not _is_forwarded(request):
        return
    _noted_on = today
    logger.warning(
        "a comment came with forwarding headers and TRUSTED_PROXIES is empty: behind a proxy all "
        "readers seem to have one address. See docs/operators.md."
    )
    try:
        with transaction.atomic():
            Tally.add(Tally.What.FORWARDED)
    except DatabaseError as error:
        logger.warning("that could not be counted (%s)", type(error).__name__)


def _is_forwarded(request: HttpRequest) -> bool:
    if "HTTP_X_FORWARDED_FOR" not in request.META and "HTTP_FORWARDED" not in request.META:
        return False
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return True  # a socket of this machine
    return address.is_private or address.is_loopback
