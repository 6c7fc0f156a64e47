"""One mail to a reader who reported an error and asked to be told what came of it.

Anybody can type anybody's address. So a mail leaves only after a person has decided, never about
spam; quotes nothing that was typed into the form; counts among the few that an address gets in a
day; and says how to stop all of them.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from comments import privacy, tokens
from comments.mail import notifications
from comments.models import ErrorReport, Mail

State = ErrorReport.State
#: So long a decision may be taken back before the reader hears of it.
UNDO_WINDOW = timedelta(minutes=10)
#: What readers are told of.
TOLD = (State.CORRECTED, State.REJECTED, State.DUPLICATE)


def owe(report: ErrorReport) -> None:
    """Owe the reader of `report`, just decided, a mail, if they asked for one and had none."""
    wanted = report.tell and report.can_be_revealed and report.told_at is None
    if not (settings.MAIL_ENABLED and wanted and report.state in TOLD):
        return
    now = timezone.now()
    with transaction.atomic():
        if not notifications.count_link(report.email, now):
            return
        Mail.owe(
            Mail.Kind.ERROR,
            report.email,
            key=_key(report),
            detail=str(report.pk),
            send_due=now + UNDO_WINDOW,
        )
        ErrorReport.objects.filter(pk=report.pk).update(told_at=now)


def take_back(report: ErrorReport) -> None:
    """Do not tell what came of a report that is open again, unless it has been told already."""
    waiting = Mail.objects.filter(key=_key(report), send_due__isnull=False, started_at=None)
    if waiting.delete()[0]:
        ErrorReport.objects.filter(pk=report.pk).update(told_at=None)


def contents(mail: Mail) -> dict[str, Any] | None:
    """Return what the mail tells now; None when there is nothing to tell (any more)."""
    reports = ErrorReport.objects.select_related("article", "correction")
    report = reports.filter(pk=mail.detail, state__in=TOLD).first()
    if report is None or not report.article.is_published:
        return None
    if report.email_hash not in privacy.address_hashes(mail.email):
        return None
    decision = report.decisions.filter(new=report.state).last()
    corrected = report.correction is not None
    where = settings.SITE_URL + report.article.get_absolute_url()
    unsubscribe = tokens.UNSUBSCRIBE.make([0, privacy.address_hash(mail.email)])
    return {
        "title": report.article.title,
        "article": f"{where}#corrections" if corrected else where,
        "state": report.state,
        "reported": report.at,
        "correction": report.correction.said if report.correction else "",
        "reason": decision.note if decision and not corrected else "",
        "unsubscribe": settings.SITE_URL + reverse("comments:unsubscribe", args=[unsubscribe]),
    }


def _key(report: ErrorReport) -> str:
    return f"error:{report.pk}"
