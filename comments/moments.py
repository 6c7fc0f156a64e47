"""Moments as forms send them back: since when something had been as a page showed it."""

from datetime import UTC, datetime

from django.utils import timezone
from django.utils.dateparse import parse_datetime


def moment_of(text: str) -> datetime | None:
    """Return the moment that `text` names (ISO 8601, with its zone), in UTC.

    None for anything else, and for what no clock in UTC can tell.
    """
    try:
        moment = parse_datetime(text)
        return moment.astimezone(UTC) if moment and timezone.is_aware(moment) else None
    except (ValueError, OverflowError):
        return None
