"""What editors decide about reported errors. The only writer of `ErrorReport.state`.

What counts as seen decides, as at the moderation desk: `UPDATE … WHERE state AND since = seen`.
When no row changes somebody was faster, and nothing is overwritten.
"""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.publishing import corrections
from comments.errata import passages
from comments.mail import errors as mail
from comments.models import ErrorDecision, ErrorReport
from comments.models.errata import NOTE_LENGTH

State = ErrorReport.State
_l = gettext_lazy


@dataclass(frozen=True)
class Verb:
    """Something an editor can do: from which states, to which, and what has to be said with it."""

    name: str
    label: str | Promise
    done: str | Promise
    begins: frozenset[str]
    target: str
    #: What is said when the text that belongs to it is missing; "": it takes none.
    missing: str | Promise = ""


_OPEN = frozenset({State.OPEN})
_DECIDED = frozenset(State) - _OPEN

VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        Verb("correct", _l("Correct"), _l("The correction stands below the article."),
             _OPEN, State.CORRECTED, _l("Say what was wrong, and what is right.")),
        Verb("reject", _l("Reject"), _l("Rejected."),
             _OPEN, State.REJECTED, _l("Say why.")),
        Verb("duplicate", _l("Duplicate"), _l("Put away as a duplicate."),
             _OPEN, State.DUPLICATE),
        Verb("spam", _l("Spam"), _l("Put away as spam."), _OPEN, State.SPAM),
        Verb("reopen", _l("Open again"), _l("It is open again."), _DECIDED, State.OPEN),
    )
}  # fmt: skip


class AlreadyDecided(Exception):
    """The report is not (any more) as it was seen; the text says who did what and when."""


class Incomplete(Exception):
    """What has to be said is missing, or cannot stand so; the text says what."""


def decide(
    name: str, report: ErrorReport, *, by: User, seen: str, since: datetime, said: str = ""
) -> Verb:
    """Do one thing about `report`, which was in the state `seen` since `since`.

    `said` is the correction as readers shall read it, or the reason. Opening a report again takes
    its correction back off the article unless somebody changed it since, and the mail to the
    reader if it has not left. Raises AlreadyDecided or Incomplete, with nothing changed.
    """
    verb, said = VERBS[name], said.strip()
    if verb.missing and (not said or said == beginning(report)):
        raise Incomplete(str(verb.missing))
    if len(said) > NOTE_LENGTH:
        raise Incomplete(_("Please shorten this to %d characters.") % NOTE_LENGTH)
    with transaction.atomic():
        now = timezone.now()
        rows = ErrorReport.objects.filter(pk=report.pk, state=seen, since=since)
        if seen not in verb.begins or not rows.update(state=verb.target, since=now):
            raise AlreadyDecided(_who_was_faster(report.pk))
        report.state, report.since = verb.target, now
        if name == "correct":
            _correct(report, said, by)
        elif name == "reopen":
            _take_back(report, by)
        ErrorDecision.objects.create(
            report=report,
            old=seen,
            new=verb.target,
            by=by,
            note=said if verb.missing else "",
            at=now,
        )
        if name == "reopen":
            mail.take_back(report)
        else:
            mail.owe(report)
    return verb


def beginning(report: ErrorReport) -> str:
    """Return the words that a correction may begin with, to be finished by the editor.

    Only what the article itself says; never a stranger's words, which would be published with one
    careless click.
    """
    quote = " ".join(report.quote.split()).strip('“”"')
    begun = _("An earlier version said: “%s” Correct is:") % quote
    fits = len(begun) < NOTE_LENGTH // 2 and passages.find(report.article.body, quote)
    return begun if fits else _("Correct is:")


def _correct(report: ErrorReport, said: str, by: User) -> None:
    try:
        correction = corrections.add(report.article_id, said, by=by)
    except ValidationError as error:
        raise Incomplete(" ".join(error.messages)) from error
    report.correction = correction
    ErrorReport.objects.filter(pk=report.pk).update(correction=correction)


def _take_back(report: ErrorReport, by: User) -> None:
    last = report.decisions.filter(new=State.CORRECTED).last()
    correction = report.correction
    ErrorReport.objects.filter(pk=report.pk).update(correction=None)
    if correction and last and correction.said == last.note:
        corrections.remove(correction, by=by)
    report.correction = None


def _who_was_faster(pk: int) -> str:
    last = ErrorDecision.objects.filter(report=pk).select_related("by").last()
    if last is None:
        return _("This report is gone, or is not as you saw it.")
    seconds = (timezone.now() - last.at).total_seconds()
    return _("Already “%(state)s”: decided by %(who)s %(ago)s ago.") % {
        "state": State(last.new).label,
        "who": last.by.get_username() if last.by else _("somebody"),
        "ago": _("%d s") % seconds if seconds < 60 else timesince(last.at, depth=1),
    }
