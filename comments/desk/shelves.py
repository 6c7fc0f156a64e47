"""The desk's shelves, one tab each, and how much lies on them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from comments import roles
from comments.desk import pace
from comments.models import Comment, Report
from comments.status import VERBS, HeldFor, Status, Verb, verbs_from

#: Nobody needs to know of more, and to count a million rows would take longer than the page.
COUNT_MOST = 10_000
#: Of each of these it has to be asked whether somebody has decided since.
REPORTED_MOST = 1_000


@dataclass(frozen=True)
class Tab:
    """One shelf of the desk; `name` stands in the address. Without a status it holds several."""

    name: str
    label: Promise | str
    status: Status | None
    empty: Promise | str

    def rows(self) -> QuerySet[Comment]:
        """Return what lies here, in no order."""
        rows = Comment.objects.order_by()
        if self.status:
            return rows.filter(status=self.status)
        if self.name == "reported":
            return rows.filter(_reported())
        return rows

    @property
    def statuses(self) -> tuple[str, ...]:
        """What may lie here."""
        if self.name == "reported":
            return (Status.APPROVED, Status.PENDING)
        return (self.status,) if self.status else tuple(Status.values)

    @property
    def is_whole(self) -> bool:
        """Here lies all that has one of `statuses`."""
        return self.name != "reported"

    @property
    def count_most(self) -> int:
        """So many of what lies here are counted."""
        return COUNT_MOST if self.is_whole else REPORTED_MOST

    @property
    def verbs(self) -> list[Verb]:
        """What may be done to all that are ticked here."""
        return verbs_from(self.status) if self.status else list(VERBS.values())

    @property
    def may_delete(self) -> bool:
        """Here lies what may be deleted for good, and all of it at once."""
        return self.status in (Status.SPAM, Status.TRASH)


@dataclass(frozen=True)
class Shelf:
    """A tab and how many comments lie there, counted up to its `count_most`."""

    tab: Tab
    count: int

    @property
    def said(self) -> str:
        most = self.tab.count_most
        return f"{min(self.count, most):,}{'+' if self.count > most else ''}"


TABS = {
    tab.name: tab
    for tab in (
        Tab(
            "queue",
            _("Queue"),
            Status.PENDING,
            _("Nothing waits for you. The margins are clear."),
        ),
        Tab(
            "awaiting",
            _("Awaiting check"),
            Status.SUBMITTED,
            _("Every comment has been checked."),
        ),
        Tab("approved", _("Approved"), Status.APPROVED, _("No comment has been approved yet.")),
        Tab("spam", _("Spam"), Status.SPAM, _("No spam. Enjoy it.")),
        Tab("trash", _("Trash"), Status.TRASH, _("The trash is empty.")),
        Tab("reported", _("Reported"), None, _("Readers have reported nothing.")),
        Tab("all", _("All"), None, _("Nobody has commented yet.")),
    )
}


def tab_of(status: str) -> Tab:
    """Return the tab on which a comment of this status lies."""
    return next(tab for tab in TABS.values() if tab.status == status)


@dataclass(frozen=True)
class Shelves:
    """Every tab with how much of it concerns somebody; and how long what lies in the queue has
    waited at most, and what was decided lately usually had ("": nothing, or not known).
    """

    all: list[Shelf]
    oldest: str
    usual: str


def shelves(user: User) -> Shelves:
    """Return what lies where, from one query that reads a bounded number of rows."""
    role = roles.role_of(user) or roles.Role(frozenset())
    with connection.cursor() as cursor:
        cursor.execute(*_counting(role))
        *counts, since, seconds = cursor.fetchone()
    if isinstance(since, str):
        since = datetime.fromisoformat(since)
    if since and since.tzinfo is None:  # SQLite knows of no zones, and ours is UTC
        since = since.replace(tzinfo=UTC)
    rows = [Shelf(tab, count) for tab, count in zip(TABS.values(), counts, strict=True)]
    waited = (timezone.now() - since).total_seconds() if since else None
    return Shelves(rows, pace.said(waited), pace.said(seconds))


@lru_cache(maxsize=64)
def _counting(role: roles.Role) -> tuple[str, list[Any]]:
    """Return the query of `shelves`: to write it takes longer than to answer it."""
    parts, params = [], list[Any]()
    for tab in TABS.values():
        rows: QuerySet[Any, Any] = _reported_to(role)
        if tab.is_whole:
            rows = role.of(tab.rows()).values("pk")
        sql, its_params = rows[: tab.count_most + 1].query.sql_with_params()
        parts.append(f"(SELECT COUNT(*) FROM ({sql}) AS few_{tab.name})")  # noqa: S608 (by Django)
        params += its_params
    # The lowest number: for the earliest `since`, SQLite would read the whole queue.
    queue = role.of(Comment.objects.queue()).order_by("pk")
    sql, its_params = queue.values("since")[:1].query.sql_with_params()
    params += its_params
    # Among all decisions, those on an author's own articles would have to be searched for.
    usual, of_usual = pace.middle_wait() if role.is_moderator else ("NULL", [])
    return f"SELECT {', '.join(parts)}, ({sql}), {usual}", [*params, *of_usual]


def _reported() -> Q:
    """What readers reported and on which nobody has decided since."""
    reports = Report.objects.filter(comment=OuterRef("pk")).order_by()
    public = Q(Exists(reports.filter(at__gte=OuterRef("since"))), status=Status.APPROVED)
    return public | Q(Exists(reports), status=Status.PENDING, held_for=HeldFor.REPORTED)


def _reported_to(role: roles.Role) -> QuerySet[Report, Any]:
    """The same, found from the reports, of which there are few, not from all that is public."""
    public = Q(status=Status.APPROVED, since__lte=OuterRef("at"))
    hidden = Q(status=Status.PENDING, held_for=HeldFor.REPORTED)
    undecided = Comment.objects.filter(public | hidden, pk=OuterRef("comment")).order_by()
    reports = Report.objects.filter(Exists(role.of(undecided)))
    return reports.order_by("comment").values("comment").distinct()
