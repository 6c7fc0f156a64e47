"""The local rules, in order and without any network: DESIGN.md section 4. Pure functions.

A rule looks at one `Draft` and returns a `Hit` or None. What a hit means is the caller's to do.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from comments.status import HeldFor

_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True)
class Draft:
    """What a reader sent, checked by the form but not stored yet."""

    name: str
    email: str
    text: str
    url: str = ""
    parent_id: int | None = None
    key: UUID | None = None
    honeypot: str = ""
    ip: str | None = None
    user_agent: str = ""
    referrer: str = ""
    # Wants to be told about replies; proved, with what this browser keeps, to hold the address.
    notify: bool = False
    proven: bool = False


class Effect(Enum):
    REFUSE = "refuse"  # an answer to the reader; nothing is stored
    REPEAT = "repeat"  # the same comment sent twice; the reader is led to the first
    TRASH = "trash"  # stored in the trash, Akismet is not asked
    HOLD = "hold"  # stored; the queue will say why it waits


@dataclass(frozen=True)
class Hit:
    """What a rule found. `status` and `retry_after` (seconds) are for refusals only."""

    effect: Effect
    detail: object = ""
    held_for: HeldFor | None = None
    status: int = 0
    retry_after: int | None = None
    comment_id: int | None = None


@dataclass(frozen=True)
class Earlier:
    """An earlier comment that bears on this one, and why.

    The same key and text; the same key with another text; the same words by the same person in
    the same place; or anything by the same person or machine just now.
    """

    KEY, USED_KEY, DUPLICATE, RECENT = "key", "used_key", "duplicate", "recent"
    kind: str
    comment_id: int
    age: timedelta


@dataclass(frozen=True)
class Scene:
    """All that the rules may know besides the draft."""

    comments_open: bool = True
    earlier: Iterable[Earlier] = field(default_factory=tuple)
    flood_seconds: int = 0
    disallowed_words: str = ""
    is_staff: bool = False


def closed(draft: Draft, scene: Scene) -> Hit | None:
    """An article whose comments are closed takes none."""
    if scene.comments_open:
        return None
    return Hit(Effect.REFUSE, _("Comments are closed."), status=403)


def submission_key(draft: Draft, scene: Scene) -> Hit | None:
    """The browser sent the same form twice (a double click, a reload)."""
    for earlier in scene.earlier:
        if earlier.kind == Earlier.KEY:
            return Hit(Effect.REPEAT, comment_id=earlier.comment_id)
    return None


def duplicate(draft: Draft, scene: Scene) -> Hit | None:
    """Somebody of this name has said the same in the same place."""
    if any(earlier.kind == Earlier.DUPLICATE for earlier in scene.earlier):
        said = _("Duplicate comment detected; it looks as though you’ve already said that!")
        return Hit(Effect.REFUSE, said, status=409)
    return None


def flood(draft: Draft, scene: Scene) -> Hit | None:
    """One IP address or one email address may write every so many seconds; staff may always."""
    ages = [
        earlier.age.total_seconds()
        for earlier in scene.earlier
        if earlier.kind == Earlier.RECENT and not scene.is_staff
    ]
    if not ages or min(ages) >= scene.flood_seconds:
        return None
    wait = max(1, round(scene.flood_seconds - max(0.0, min(ages))))
    said = _("You are posting comments too quickly. Slow down.")
    return Hit(Effect.REFUSE, said, status=429, retry_after=wait)


def honeypot(draft: Draft, scene: Scene) -> Hit | None:
    """A field that people do not see was filled in. Autofill does that too, so it only holds."""
    if draft.honeypot.strip():
        return Hit(Effect.HOLD, draft.honeypot[:100], held_for=HeldFor.HONEYPOT)
    return None


def disallowed_words(draft: Draft, scene: Scene) -> Hit | None:
    """A word that no comment may contain; what is trashed so is not sent to Akismet."""
    if scene.is_staff:
        return None
    word = find_word(scene.disallowed_words, draft)
    return Hit(Effect.TRASH, word, held_for=HeldFor.WORDS) if word else None


Rule = Callable[[Draft, Scene], Hit | None]

#: Before anything is stored. The order is part of the promise; a final hit ends the row.
INTAKE_RULES: tuple[Rule, ...] = (
    closed,
    submission_key,
    duplicate,
    flood,
    honeypot,
    disallowed_words,
)


def intake(draft: Draft, scene: Scene) -> Hit | None:
    """Return the first final hit of the intake rules, else the first that holds, else None."""
    held = None
    for rule in INTAKE_RULES:
        hit = rule(draft, scene)
        if hit and hit.effect is not Effect.HOLD:
            return hit
        held = held or hit
    return held


def links(html: str, limit: int) -> Hit | None:
    """At least `limit` links stand in the comment as readers would see it."""
    count = html.count("<a ")
    if count < limit:
        return None
    said = ngettext("%d link", "%d links", count) % count
    return Hit(Effect.HOLD, said, held_for=HeldFor.LINKS)


def hold_words(draft: Draft, words: str) -> Hit | None:
    """A word stands in it that moderators want to look at."""
    word = find_word(words, draft)
    return Hit(Effect.HOLD, word, held_for=HeldFor.WORDS) if word else None


def after_ham(draft: Draft, html: str, *, links_to_hold: int, words: str) -> Hit:
    """Say why a comment that Akismet found clean waits all the same.

    Until writers can earn trust, "every comment is held" is the answer that always fits.
    """
    return (
        honeypot(draft, Scene())
        or links(html, links_to_hold)
        or hold_words(draft, words)
        or Hit(Effect.HOLD, held_for=HeldFor.POLICY)
    )


def find_word(lines: str, draft: Draft) -> str:
    """Return the first line of `lines` that occurs in the draft, in capitals or not, else "".

    The text is searched as written and with its tags taken out, so that `via<b></b>gra` is found.
    """
    if not lines.strip():
        return ""
    # Not Django's strip_tags, which refuses a text with too many brackets as an attack.
    fields = (draft.name, draft.email, draft.url, draft.text, _TAG.sub("", draft.text))
    haystack = "\n".join((*fields, draft.ip or "", draft.user_agent)).casefold()
    for line in lines.splitlines():
        word = line.strip()
        if word and word.casefold() in haystack:
            return word
    return ""
