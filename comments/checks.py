"""System checks: dangerous settings said out loud. `manage.py check --deploy` runs them all."""

from ipaddress import ip_network
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register


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
