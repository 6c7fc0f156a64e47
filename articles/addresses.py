"""Addresses that pages name again and again: to put one together costs more than to remember it."""

from functools import lru_cache

from django.urls import get_script_prefix, reverse

#: About two megabytes of them.
REMEMBERED = 8_192


def address(name: str, *arguments: str) -> str:
    """Return the path of the page `name` (as in "articles:tag") that `arguments` tell apart."""
    return _address(name, arguments, get_script_prefix())


@lru_cache(maxsize=REMEMBERED)
def _address(name: str, arguments: tuple[str, ...], prefix: str) -> str:
    return reverse(name, args=arguments)
