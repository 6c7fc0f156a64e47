"""What happened to comments, from four tables in one query."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import CharField, DateTimeField, F, IntegerField, QuerySet, TextChoices, Value
from django.db.models.functions import Cast
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from articles.prepared import prepared
from comments.models import Check, Comment, Edit, Report, StatusChange
from comments.moderation import people
from comments.status import HeldFor, Source, Status, Verdict

#: The columns of a step, and which column or value of each table stands in them.
_COLUMNS = (
    "kind", "comment", "row", "at", "code", "old", "source", "who", "note",
    "feedback", "feedback_due", "feedback_at", "duration_ms",
)  # fmt: skip
#: What a step may be, in the order of those that happened at the same moment.
_KINDS = ("change", "check", "edit", "report")
_HELD_FOR = frozenset(HeldFor.values)

#: How something was decided, as the history has it and in words.
_HOW = {
    people.UNDONE: gettext_lazy("taken back"),
    people.FROM_MAIL: gettext_lazy("from a mail"),
    people.KEPT: gettext_lazy("reports dealt with"),
}


class Step(NamedTuple):
    """One thing that happened to a comment: a change of status, a check, an edit or a report."""

    kind: str
    comment: int
    row: int
    at: datetime
    #: The new status, the verdict ("" without one) or the reason of a report.
    code: str
    #: The old status, or the kind of error that a check met.
    old: str
    source: str
    who: str | None
    #: The reason, what exactly went wrong, or the former text.
    note: str
    feedback: str
    feedback_due: datetime | None
    feedback_at: datetime | None
    duration_ms: int

    @property
    def label(self) -> str:
        names = {"change": Status, "check": Verdict, "report": Report.Reason}
        return label_of(names[self.kind], self.code, get_language()) if self.code else ""

    @property
    def why(self) -> str:
        """The reason of a change in words."""
        return in_words(self.note)

    @property
    def source_label(self) -> str:
        return label_of(Source, self.source, get_language())

    @property
    def feedback_label(self) -> str:
        return label_of(StatusChange.Feedback, self.feedback, get_language())


@lru_cache(maxsize=1_024)
def label_of(names: type[TextChoices], value: str, language: str | None) -> str:
    """Return how a value is called in a language; one that is none of `names`, as it is."""
    return str(names(value).label) if value in names.values else value


def in_words(reason: str) -> str:
    """Return the reason of a change of status as people say it, for example "taken back; had waited
    for “Links”: 3"; what is in words already, as it is.
    """
    how, _colon, rest = reason.partition(": ")
    if reason in _HOW:
        return str(_HOW[reason])
    if how in _HOW:
        return f"{_HOW[how]}; {_waited(rest)}"
    return _waited(reason)


def _waited(reason: str) -> str:
    """Name what a comment had waited for; leave any other reason as it is."""
    code, _colon, detail = reason.partition(": ")
    if code not in _HELD_FOR:
        return reason
    label = _("had waited for “%s”") % label_of(HeldFor, code, get_language())
    return f"{label}: {detail}" if detail else label


def history_of(comments: Iterable[Comment]) -> dict[int, list[Step]]:
    """Return the steps of each comment, in the order of time."""
    pks = [comment.pk for comment in comments]
    found: dict[int, list[Step]] = defaultdict(list)
    for row in _steps(comments=pks) if pks else ():
        step = Step(*row)
        found[step.comment].append(step)
    for steps in found.values():
        steps.sort(key=lambda step: (step.at, _KINDS.index(step.kind), step.row))
    return found


@prepared
def _steps(*, comments: list[int]) -> QuerySet[Any, Any]:
    text, never, nothing = Value("", CharField()), Value(None, DateTimeField()), CharField()
    none = {"feedback": text, "feedback_due": never, "feedback_at": never}
    shared = {"comment": F("comment_id"), "row": F("pk"), "at": F("at")}
    fields = {
        StatusChange: {
            "code": F("new"), "old": F("old"), "source": F("source"), "who": F("by__username"),
            "note": F("reason"), "feedback": F("feedback"), "feedback_due": F("feedback_due"),
            "feedback_at": F("feedback_at"), "duration_ms": Value(0, IntegerField()),
        },
        Check: {
            "code": F("verdict"), "old": F("error"), "source": text,
            "who": Cast(Value(None), nothing), "note": F("detail"), **none,
            "duration_ms": F("duration_ms"),
        },
        Edit: {
            "code": text, "old": text, "source": text, "who": F("by__username"),
            "note": F("text"), **none, "duration_ms": Value(0, IntegerField()),
        },
        Report: {
            "code": F("reason"), "old": text, "source": text,
            "who": Cast(Value(None), nothing), "note": text, **none,
            "duration_ms": Value(0, IntegerField()),
        },
    }  # fmt: skip
    parts = []
    for kind, (model, own) in zip(_KINDS, fields.items(), strict=True):
        columns = {"kind": Value(kind, CharField()), **shared, **own}
        # Under names of their own: a table may have a column of that name that means another thing.
        renamed = {f"as_{name}": columns[name] for name in _COLUMNS}
        rows = model._default_manager.order_by().filter(comment__in=comments).annotate(**renamed)
        parts.append(rows.values_list(*renamed))
    return parts[0].union(*parts[1:], all=True)
