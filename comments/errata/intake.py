"""Take a reader's report of an error in: one short transaction, no network.

What protects comments protects this: bans, limits by network, disallowed words, duplicates. The
rest of the local rules say what is suspicious; that waits below the others, and people decide.
"""

from datetime import timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models import Article
from comments import bans, text
from comments.client_address import network_of
from comments.intake import Refused, lock_of
from comments.models import Discussion, ErrorReport
from comments.spam import rules
from comments.spam.rules import Draft, Effect, Hit, Judged, Scene
from comments.status import HeldFor

State = ErrorReport.State
#: So many one network may send within so long, whatever they are about.
LIMITS = ((5, timedelta(hours=1)), (20, timedelta(days=1)))

BANNED = _("You cannot report errors here at the moment.")
SAID_BEFORE = _("Thank you: somebody reported exactly this before you, so it is known.")
TOO_MANY = _("You have reported many errors in a short time. Please try again later.")
#: What makes a report suspicious, the weightiest first.
SUSPICIONS = (rules.honeypot, rules.scams, rules.links, rules.words)


class Look(NamedTuple):
    """What the local rules make of a report."""

    state: str
    held_for: str = ""
    detail: str = ""


def take_in(slug: str, said: dict[str, Any], *, ip: str | None, user_agent: str) -> None:
    """Store what a reader filled in (ErrorForm's `cleaned_data`) about the article `slug`.

    The same words from the same network once more are stored once. Raises Refused for what the
    rules refuse, Http404 for an article that readers cannot see.
    """
    draft = Draft(
        name=said["name"],
        email=said["email"],
        text=f"{said['quote']}\n{said['claim']}",
        url=said["source"],
        honeypot=said["honeypot"],
        ip=ip,
        user_agent=user_agent,
    )
    network = network_of(ip)
    with transaction.atomic():
        article = _locked(slug, network)
        if bans.that_stop(email=draft.email, ips=(ip,)).exists():
            raise Refused(Hit(Effect.REFUSE, BANNED, status=403))
        same = ErrorReport.objects.filter(article=article, quote=said["quote"], claim=said["claim"])
        known = set(same.values_list("network", flat=True))
        if network in known:
            return
        if known:
            raise Refused(Hit(Effect.REFUSE, SAID_BEFORE, status=409))
        _mind_the_flood(network)
        look = _look(draft, Discussion.load())
        ErrorReport.objects.create(
            article=article,
            network=network,
            state=look.state,
            held_for=look.held_for,
            held_detail=look.detail[:200],
            **{name: said[name] for name in ("quote", "claim", "source", "name", "email", "tell")},
        )


def _locked(slug: str, network: str) -> Article:
    """Return the article, its row and the network locked, so that the limits hold exactly."""
    rows = Article.objects.published().annotate(network_locked=lock_of(network))
    article = rows.select_for_update(of=("self",), no_key=True).filter(slug=slug).first()
    if article is None:
        raise Http404
    return article


def _mind_the_flood(network: str) -> None:
    if not network:
        return
    now, wait = timezone.now(), 0.0
    sent = ErrorReport.objects.filter(network=network).order_by("-at")
    for most, span in LIMITS:
        times = list(sent.filter(at__gt=now - span).values_list("at", flat=True)[:most])
        if len(times) == most:
            wait = max(wait, (times[-1] + span - now).total_seconds())
    if wait:
        raise Refused(Hit(Effect.REFUSE, TOO_MANY, status=429, retry_after=max(1, round(wait))))


def _look(draft: Draft, settings: Discussion) -> Look:
    """Return what becomes of a report: a disallowed word makes it spam, as it trashes a comment."""
    found = rules.disallowed_words(draft, Scene(disallowed_words=settings.disallowed_words))
    if found and found.effect is Effect.TRASH:
        return Look(State.SPAM, HeldFor.WORDS, str(found.detail))
    judged = Judged(
        html=text.render(draft.text),
        links_to_hold=settings.links_to_hold,
        hold_words=settings.hold_words,
        disallowed_words=settings.disallowed_words,
        hold_scams=settings.hold_scams,
    )
    hit = next((hit for rule in SUSPICIONS if (hit := rule(draft, judged))), None)
    return Look(State.OPEN, str(hit.held_for), str(hit.detail)) if hit else Look(State.OPEN)
