"""The answers that say no: each in the site's look, with its own status and a way on."""

import logging
import sys

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache

logger = logging.getLogger(__name__)

RETRY_SECONDS = 30


def gone(request: HttpRequest) -> HttpResponse:
    """410: what stood here was withdrawn, and search engines may forget it."""
    return render(request, "410.html", status=410)


@never_cache
def server_error(request: HttpRequest) -> HttpResponse:
    """500; 503 when it is the database that cannot be asked. Neither page asks it for anything."""
    away = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    response = _alone("503.html" if away else "500.html", 503 if away else 500)
    if away:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response


def _alone(template: str, status: int) -> HttpResponse:
    """Render a page without a request; in plain words if even that fails."""
    try:
        text = render_to_string(template, {"site_name": settings.SITE_NAME})
    except Exception:
        logger.exception("the page for an error could not be made")
        return HttpResponse(
            "Something failed on our side.\n", status=status, content_type="text/plain"
        )
    return HttpResponse(text, status=status)
