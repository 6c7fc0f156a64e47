"""Readers report a public comment; enough of them hide it until a moderator has looked at it."""

from collections import Counter
from datetime import timedelta

from django import forms
from django.db import DatabaseError, transaction
from django.db.models import Exists
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from articles.models import Article
from comments import bans, forgery, moderation
from comments.client_address import client_address, network_of
from comments.models import Comment, Discussion, Report
from comments.status import Source, Status
from comments.writer.token_pages import later

#: So many reports one address may make in an hour, whatever they are about.
REPORTS_AN_HOUR, HOUR = 10, timedelta(hours=1)


class TooMany(Exception):
    """This address has reported too much lately; may again in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.seconds = seconds


class Banned(Exception):
    """A moderator banned this machine or its network."""


class ReportForm(forms.Form):
    """Why a comment should not be."""

    reason = forms.ChoiceField(
        choices=Report.Reason.choices,
        error_messages={
            "required": gettext_lazy("Please choose a reason."),
            "invalid_choice": gettext_lazy("Please choose one of these reasons."),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt  # the page is the same for all readers: see comments/forgery.py
@never_cache
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the reason, and store the report."""
    try:
        response = _thanks(request, pk) if request.GET.get("sent") == "1" else _answer(request, pk)
    except DatabaseError as error:
        response = later(request, error)
    response["X-Robots-Tag"] = "noindex"
    return response


def _answer(request: HttpRequest, pk: int) -> HttpResponse:
    comment = get_object_or_404(
        Comment.objects.public()
        .filter(article__in=Article.objects.published())
        .select_related("article"),
        pk=pk,
    )
    if request.method != "POST":
        return _show(request, comment, ReportForm())
    form = ReportForm(request.POST)
    if forgery.is_foreign(request):
        said = _("This form was sent from another site, so nothing was reported.")
        return _show(request, comment, form, problem=said, status=403)
    if not form.is_valid():
        return _show(request, comment, form, status=422)
    try:
        take_in(comment, form.cleaned_data["reason"], ip=client_address(request))
    except Banned:
        said = _("You cannot report comments here at the moment.")
        return _show(request, comment, form, problem=said, status=403)
    except TooMany as refusal:
        said = _("You have reported many comments in a short time. Please try again later.")
        response = _show(request, comment, form, problem=said, status=429)
        response["Retry-After"] = str(refusal.seconds)
        return response
    return HttpResponseRedirect(f"{request.path}?sent=1")


def _show(
    request: HttpRequest,
    comment: Comment,
    form: ReportForm,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {"comment": comment, "form": form, "problem": problem, "here": request.path}
    return render(request, "comments/report.html", context, status=status)


def _thanks(request: HttpRequest, pk: int) -> HttpResponse:
    """Thank for a report; whether there is one, and whether the comment is hidden, is not told."""
    comment = get_object_or_404(
        Comment.objects.filter(article__in=Article.objects.published()).select_related("article"),
        pk=pk,
    )
    context = {"article": comment.article}
    return render(request, "comments/report_thanks.html", context)


def take_in(comment: Comment, reason: str, *, ip: str | None) -> bool:
    """Store a report unless this address has reported `comment` before; tell whether it was new.

    The one that makes the number full hides the comment, and no other, however many arrive at
    once. Raises TooMany and Banned.
    """
    reporter, now = household(ip), timezone.now()
    with transaction.atomic():
        # The lock that every change of a public comment begins with: see moderation/moves.py.
        locked = Article.objects.select_for_update(no_key=True).filter(pk=comment.article_id)
        if locked.values_list(Exists(bans.that_stop(ips=(ip,)))).first() == (True,):
            raise Banned
        if Report.objects.filter(comment=comment, ip=reporter).exists():
            return False
        if reporter:
            _mind_the_flood(reporter)
        Report.objects.create(comment=comment, reason=reason, ip=reporter, at=now)
        _hold_if_enough(comment.pk)
    return True


def household(ip: str | None) -> str | None:
    """Return the address that stands for a reader: whoever has an IPv6 address has a whole /48."""
    return network_of(ip).partition("/")[0] if ip and ":" in ip else ip


def _mind_the_flood(reporter: str) -> None:
    now = timezone.now()
    lately = Report.objects.filter(ip=reporter, at__gt=now - HOUR).order_by("-at")
    times = list(lately.values_list("at", flat=True)[:REPORTS_AN_HOUR])
    if len(times) == REPORTS_AN_HOUR:
        raise TooMany(max(1, round((times[-1] + HOUR - now).total_seconds())))


def _hold_if_enough(pk: int) -> None:
    """Hide a comment that is reported often enough, but for one that a moderator has reviewed.

    Reviewed is what a moderator approved after a report on the text it has now. What staff wrote
    is never hidden so.
    """
    comment = Comment.objects.get(pk=pk)
    enough = Discussion.load().reports_to_hold
    if not enough or comment.is_staff or comment.status != Status.APPROVED:
        return
    reports = comment.reports.order_by("at", "pk")
    if comment.edited_at:
        reports = reports.filter(at__gt=comment.edited_at)
    found = list(reports.values_list("reason", "at"))
    if len(found) < enough:
        return
    reviewed = comment.changes.filter(
        source=Source.MODERATOR, new=Status.APPROVED, at__gt=found[0][1]
    )
    if not reviewed.exists():
        reasons = ", ".join(
            reason if times == 1 else f"{reason} ×{times}"
            for reason, times in Counter(reason for reason, _at in found).items()
        )
        said = ngettext("%(n)d report: %(why)s", "%(n)d reports: %(why)s", len(found))
        moderation.hold_reported(comment, detail=said % {"n": len(found), "why": reasons})
