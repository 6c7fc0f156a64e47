"""What is known of Akismet and the workers, line by line: on the desk's page, and the same in a
terminal (`manage.py check_akismet`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from comments.health import Known


@dataclass(frozen=True)
class Fact:
    """A name and what is known, which may end with a moment; `link` tells more."""

    name: Promise | str
    said: str
    at: datetime | None = None
    link: str = ""

    def __str__(self) -> str:
        parts = (self.said, str(naturaltime(self.at)) if self.at else "", self.link)
        return " ".join(filter(None, parts))


def facts_of(known: Known, unjudged: dict[str, Any]) -> list[Fact]:
    """Return what `health.known` and `health.unjudged` found."""
    state = known.state
    return [
        Fact(_("A worker was seen"), *_seen(state.worker_seen_at, _("never"))),
        Fact(_("Akismet’s last good answer"), *_seen(state.last_good_at, _("none yet"))),
        _key(known),
        Fact(_("Alert to the site’s owner"), state.alert or _("none"), link=known.alert_link),
        _usage(known),
        _waiting(unjudged),
    ]


def _seen(at: datetime | None, otherwise: str) -> tuple[str, datetime | None]:
    return ("" if at else otherwise), at


def _key(known: Known) -> Fact:
    name, state = _("Our key"), known.state
    if not settings.AKISMET_API_KEY:
        return Fact(name, _("not set"))
    if state.key_valid is None:
        return Fact(name, _("not verified yet"))
    said = _("valid, verified") if state.key_valid else _("not valid, verified")
    return Fact(name, said, state.key_verified_at)


def _usage(known: Known) -> Fact:
    name, state, usage = _("Calls this month"), known.state, known.state.usage
    if not state.usage_at:
        return Fact(name, _("not known yet; the worker asks every hour"))
    limit = usage.get("limit")
    of = {"used": usage.get("usage"), "limit": _("any number") if limit == "none" else limit}
    said = _("%(used)s of %(limit)s") % of
    if limit != "none" and known.used is not None:
        said += f" ({known.used:.1f} %)"
    if usage.get("throttled"):
        said += ", " + _("throttled")
    return Fact(name, f"{said}, {_('asked')}", state.usage_at)


def _waiting(unjudged: dict[str, Any]) -> Fact:
    said = f"{unjudged['count']:,}"
    if unjudged["oldest"]:
        said += ", " + _("the oldest since")
    return Fact(_("Comments that wait for a verdict"), said, unjudged["oldest"])
