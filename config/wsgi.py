"""The WSGI application: `granian --interface wsgi config.wsgi:application`."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def in_utf8(application: Application) -> Application:
    """Wrap `application` so that what a request says about its encoding is not believed.

    Our pages are UTF-8 and so is what they send. Django would decode parameters with any codec of
    Python that a stranger names, in `charset` or (RFC 2231) in one whose name ends with a star, and
    fail while it builds the request: before any middleware.
    """

    def is_believed(parameter: str) -> bool:
        name = parameter.partition("=")[0].strip().lower()
        return "*" not in name and not name.startswith("charset")

    def wrapped(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        kind, *parameters = environ.get("CONTENT_TYPE", "").split(";")
        kept = [each for each in parameters if is_believed(each)]
        if len(kept) < len(parameters):
            environ["CONTENT_TYPE"] = ";".join([kind, *kept])
        return application(environ, start_response)

    return wrapped


def with_pages_kept(application: Application) -> Application:
    """Put the page cache in front of Django."""
    from django.conf import settings

    from articles.generation import Generation
    from articles.page_cache import PageCache

    return PageCache(application, Generation(), most_bytes=settings.PAGE_CACHE_BYTES)


application = with_pages_kept(in_utf8(get_wsgi_application()))
