"""System checks: dangerous settings said out loud.

`manage.py check --deploy` runs all that look at settings; `check --database default`, and
`migrate`, those that look at what happened.
"""

from datetime import timedelta
from ipaddress import ip_network
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError
from django.utils import timezone


@register(Tags.security, deploy=True)
def akismet_key_is_set(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.AKISMET_API_KEY:
        return []
    return [
        Warning(
            "AKISMET_API_KEY is not set: comments reach the moderation queue unchecked.",
            hint="Get a key at https://akismet.com and set it in the environment.",
            id="comments.W001",
        )
    ]


@register(Tags.security, deploy=True)
def proxies_are_named(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.TRUSTED_PROXIES or not settings.SECURE_SSL_REDIRECT:
        return []
    return [
        Warning(
            "SITE_URL is https and TRUSTED_PROXIES is empty: behind a proxy every request would be "
            "redirected to itself, and every reader would have the proxy's address.",
            hint="Name the proxies, or set SECURE_SSL_REDIRECT=false if TLS does not end at one.",
            id="comments.W002",
        )
    ]


@register(Tags.security)
def akismet_address_is_sound(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.AKISMET_API_URL.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        return []
    return [
        Error(
            "AKISMET_API_URL must be an https address: the key travels in the request.",
            id="comments.E001",
        )
    ]


@register(Tags.security)
def trusted_proxies_can_be_read(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    errors: list[CheckMessage] = []
    for proxy in settings.TRUSTED_PROXIES:
        try:
            ip_network(proxy, strict=False)
        except ValueError:
            errors.append(
                Error(
                    f"TRUSTED_PROXIES: {proxy!r} is neither an address nor a network.",
                    id="comments.E002",
                )
            )
    return errors


@register(Tags.database)
def forwarding_headers_are_explained(
    app_configs: Any, databases: Any = None, **kwargs: Any
) -> list[CheckMessage]:
    """Say so when comments of the last week came through a proxy that nobody named."""
    from comments.models import Tally

    if settings.TRUSTED_PROXIES or not databases or "default" not in databases:
        return []
    week_ago = timezone.localdate() - timedelta(days=7)
    try:
        seen = Tally.objects.filter(what=Tally.What.FORWARDED, day__gte=week_ago).exists()
    except DatabaseError:
        return []  # before the first `migrate`
    if not seen:
        return []
    return [
        Warning(
            "Comments came with forwarding headers and TRUSTED_PROXIES is empty: behind a proxy "
            "all readers seem to have one address, and the limits for one hold for all.",
            hint="Name the proxies in TRUSTED_PROXIES, or let none pass such headers on.",
            id="comments.W003",
        )
    ]
