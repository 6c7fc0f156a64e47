"""Protect a form that every reader gets in the same bytes, so without a token in it.

Browsers say themselves where a POST comes from: Fetch Metadata (W3C) and the Origin header
(RFC 6454). Whatever says neither is no browser and carries nobody's cookies.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def is_foreign(request: HttpRequest) -> bool:
    """Tell whether a browser sent this request from a page that is not ours."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        return True
    origin = request.headers.get("Origin")
    return origin is not None and origin not in _our_origins(request)


def may_carry_a_session(request: HttpRequest) -> bool:
    """Tell whether the request vouches for its origin, so that a session cookie may count."""
    vouched = "Sec-Fetch-Site" in request.headers or "Origin" in request.headers
    return vouched and not is_foreign(request)


def _our_origins(request: HttpRequest) -> set[str]:
    public = urlsplit(settings.SITE_URL)
    return {f"{request.scheme}://{request.get_host()}", f"{public.scheme}://{public.netloc}"}
