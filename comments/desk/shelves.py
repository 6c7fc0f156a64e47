"""The desk's shelves, one tab each, and how much lies on them."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from comments.models import Comment, Report
from comments.status import VERBS, HeldFor, Status, Verb, verbs_from

#: Nobody needs to know of more, and to count a million rows would take longer than the page.
COUNT_MOST = 10_000


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
            return rows.filter(pk__in=_reported())
        return rows

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
    """A tab and how many comments lie there, counted up to COUNT_MOST."""

    tab: Tab
    count: int

    @property
    def said(self) -> str:
        more = "+" if self.count > COUNT_MOST else ""
        return f"{min(self.count, COUNT_MOST):,}{more}"


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


def shelves() -> list[Shelf]:
    """Return every tab with its count, in one query that reads a bounded number of rows."""
    parts, params = [], list[Any]()
    for number, tab in enumerate(TABS.values()):
        few = tab.rows().values("pk")[: COUNT_MOST + 1]
        sql, its_params = few.query.sql_with_params()
        parts.append(f"(SELECT COUNT(*) FROM ({sql}) AS few{number})")  # noqa: S608 (made by Django)
        params += its_params
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(parts), params)
        counts = cursor.fetchone()
    return [Shelf(tab, count) for tab, count in zip(TABS.values(), counts, strict=True)]


def _reported() -> QuerySet[Report, int]:
    """The comments that readers reported and on which nobody has decided since."""
    public = Q(comment__status=Status.APPROVED, at__gte=F("comment__since"))
    hidden = Q(comment__status=Status.PENDING, comment__held_for=HeldFor.REPORTED)
    return Report.objects.order_by().filter(public | hidden).values_list("comment", flat=True)
