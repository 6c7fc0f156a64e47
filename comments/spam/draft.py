"""What the local rules look at, and what they find. Data only."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from uuid import UUID

from comments.status import HeldFor


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
    the same place; anything by the same person or machine just now; by them on this article
    lately; from the same network within an hour. A ban is found along with them: its own number
    stands in the comment's place.
    """

    KEY, USED_KEY, DUPLICATE = "key", "used_key", "duplicate"
    RECENT, SLOW, NETWORK = "recent", "slow", "network"
    BANNED = "banned"
    kind: str
    comment_id: int
    age: timedelta


@dataclass(frozen=True)
class Scene:
    """All that the rules before storing may know besides the draft. 0: no such limit."""

    comments_open: bool = True
    earlier: Iterable[Earlier] = field(default_factory=tuple)
    flood_seconds: int = 0
    flood_per_minute: int = 0
    flood_per_hour: int = 0
    slow_minutes: int = 0
    disallowed_words: str = ""
    is_staff: bool = False


@dataclass(frozen=True)
class Writer:
    """What is known of the one who wrote a comment when it is judged.

    `approved` counts other comments of the address that were approved here, up to as many as
    matter; `decided` and `rejected` what became of its comments within a week, the latter by
    people. `staff_name` is the name or address of staff that a guest used.
    """

    confirmed: bool = False
    approved: int = 0
    decided: int = 0
    rejected: int = 0
    staff_name: str = ""


@dataclass(frozen=True)
class Judged:
    """All that the rules for a comment that Akismet has judged may know besides the draft."""

    html: str = ""
    verdict: str = "ham"
    writer: Writer = field(default_factory=Writer)
    edited: bool = False
    links_to_hold: int = 2
    hold_words: str = ""
    disallowed_words: str = ""
    hold_scams: bool = True
    log_only: bool = False
    trust: bool = False
    approvals_to_trust: int = 1
    article_held: bool = False
