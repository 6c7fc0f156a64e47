"""How Akismet and the workers are, as the desk shows it. Reads what the workers wrote down,
and asks nobody.
"""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db.models import Count, Exists, Max, Min, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from articles.prepared import prepared
from comments.models import AkismetState, Check, Comment, Tally
from comments.spam.answers import KEY_TROUBLE
from comments.status import Status

#: A worker says every 30 s that it lives; after so long without a word it is missed.
WORKER_MISSED_AFTER = timedelta(minutes=2)
USAGE_WARNS_AT = 80.0  # percent
#: A proxy that nobody named is told of so long after it was seen last: comments.W003.
FORWARDED_DAYS = 7
ERRORS_PAGE = "https://akismet.com/errors/"


@dataclass(frozen=True)
class Fault:
    """Something is wrong, in a sentence or two; `link` is where Akismet explains it."""

    name: str
    text: str
    link: str = ""


@dataclass(frozen=True)
class Known:
    """All that is known of Akismet and the workers, from one query."""

    state: AkismetState
    last: Check | None
    forwarded: bool

    @property
    def alert_code(self) -> str:
        code = self.state.alert.partition(":")[0]
        return code if code.isascii() and code.isdigit() else ""

    @property
    def alert_link(self) -> str:
        return ERRORS_PAGE + self.alert_code if self.alert_code else ""

    @property
    def used(self) -> float | None:
        """Percent of the month's calls; None when unknown or without a limit."""
        try:
            percent = float(self.state.usage["percentage"])
        except (KeyError, TypeError, ValueError):
            return None
        return percent if math.isfinite(percent) else None


def banner() -> dict[str, Any] | None:
    """Return what `comments/_health_banner.html` shows, or None when all is well. One query."""
    found = faults(known())
    return {"faults": found, "details": reverse("comments:akismet")} if found else None


def known() -> Known:
    """Read what there is to know: one query.

    Only workers ask Akismet, and they write down that they live before: without that there is
    no question to know of.
    """
    found = _state(week_ago=timezone.localdate() - timedelta(days=FORWARDED_DAYS))
    state: Any = found[0] if found else None
    if state is None:
        return Known(AkismetState(pk=AkismetState.SINGLETON), None, forwarded=False)
    asked = Check(at=state.last_at, error=state.last_error, detail=state.last_detail)
    forwarded = bool(state.forwarded and not settings.TRUSTED_PROXIES)
    return Known(state, asked if state.last_at else None, forwarded)


@prepared
def _state(*, week_ago: date) -> QuerySet[AkismetState]:
    seen = Tally.objects.filter(what=Tally.What.FORWARDED, day__gte=week_ago)
    newest = Check.objects.order_by("-at")
    rows = AkismetState.objects.annotate(
        forwarded=Exists(seen),
        last_at=Subquery(newest.values("at")[:1]),
        last_error=Subquery(newest.values("error")[:1]),
        last_detail=Subquery(newest.values("detail")[:1]),
    )
    return rows.filter(pk=AkismetState.SINGLETON)


def faults(known: Known) -> list[Fault]:
    """Return all that is wrong, the gravest first."""
    looks = (_no_worker, _no_key, _key_refused, _alert, _no_answer, _usage, _forwarded)
    return [fault for look in looks if (fault := look(known))]


def _no_worker(known: Known) -> Fault | None:
    seen = known.state.worker_seen_at
    if seen is None:
        return Fault("worker", _("No worker has run yet: comments are kept and not checked."))
    if timezone.now() - seen < WORKER_MISSED_AFTER:
        return None
    said = _("No worker was seen for %s: comments are kept and not checked.")
    return Fault("worker", said % timesince(seen))


def _no_key(known: Known) -> Fault | None:
    if settings.AKISMET_API_KEY:
        return None
    said = _("There is no Akismet key: comments reach the queue unchecked. Set AKISMET_API_KEY.")
    return Fault("no_key", said)


def _key_refused(known: Known) -> Fault | None:
    if not settings.AKISMET_API_KEY:
        return None
    if known.state.key_valid is False:
        return Fault("key", _("Akismet does not know our key. See AKISMET_API_KEY."))
    last = known.last
    if last and last.error in KEY_TROUBLE and _is_news(last, known.state):
        said = _("Akismet refuses our key (%s). New comments are kept and asked about again.")
        return Fault("key", said % (last.detail or last.error))
    return None


def _alert(known: Known) -> Fault | None:
    if not known.state.alert or not settings.AKISMET_API_KEY:
        return None
    return Fault("alert", _("Akismet says: %s") % known.state.alert, known.alert_link)


def _no_answer(known: Known) -> Fault | None:
    last = known.last
    if not last or not last.error or last.error in (*KEY_TROUBLE, "no_key"):
        return None
    if not _is_news(last, known.state):
        return None
    said = _(
        "Akismet gave no answer %(when)s (%(error)s). New comments are kept and asked about again."
    )
    error = f"{last.error}: {last.detail}" if last.detail else last.error
    return Fault("no_answer", said % {"when": naturaltime(last.at), "error": error})


def _is_news(last: Check, state: AkismetState) -> bool:
    return state.last_good_at is None or last.at > state.last_good_at


def _usage(known: Known) -> Fault | None:
    if not settings.AKISMET_API_KEY:
        return None
    if known.state.usage.get("throttled") is True:
        return Fault("usage", _("Akismet refuses calls: the plan’s limit was passed."))
    if known.used is None or known.used < USAGE_WARNS_AT:
        return None
    said = _("%(percent)d %% of the calls that Akismet allows this month are used.")
    return Fault("usage", said % {"percent": round(known.used)})


def _forwarded(known: Known) -> Fault | None:
    if not known.forwarded:
        return None
    said = _(
        "Comments came through a proxy that TRUSTED_PROXIES does not name: all readers seem to "
        "have one address (comments.W003)."
    )
    return Fault("forwarded", said)


# --- numbers ----------------------------------------------------------------------------------


def errors_of_the_day() -> list[Any]:
    """Count the answers that did not come within 24 hours, by kind, the most frequent first."""
    recent = Check.objects.filter(at__gte=timezone.now() - timedelta(hours=24)).exclude(error="")
    counted = recent.order_by().values("error").annotate(count=Count("pk"), last=Max("at"))
    return list(counted.order_by("-count", "error"))


def unjudged() -> dict[str, Any]:
    """Count what waits for Akismet's word, and say since when the oldest does."""
    waiting = Comment.objects.filter(status=Status.SUBMITTED)
    return waiting.aggregate(count=Count("pk"), oldest=Min("since"))
