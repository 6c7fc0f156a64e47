"""The editors' queue of reported errors in the Django admin."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Case, F, Q, QuerySet, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.editing.forms import NUMBER
from comments.errata import decisions, passages
from comments.errata.decisions import VERBS, Verb
from comments.models import ErrorReport, PrivacyEvent
from comments.models.errata import NOTE_LENGTH
from comments.moments import moment_of
from comments.personal import rights

State = ErrorReport.State
REVEAL, CORRECT = "comments.reveal_address", "articles.add_correction"
#: What waits first, what is suspicious below it; then what was decided, the last first.
IN_TURN = (
    Case(When(state=State.OPEN, held_for="", then=0), When(state=State.OPEN, then=1), default=2),
    Case(When(state=State.OPEN, then=F("at"))),
    F("since").desc(),
)
STALE, INCOMPLETE = 409, 422


class SuspiciousFilter(admin.SimpleListFilter):
    """Whether the local rules found anything, whatever it was."""

    title = gettext_lazy("suspicion")
    parameter_name = "suspicious"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("Not suspicious")), ("yes", _("Suspicious"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "yes":
            return queryset.exclude(held_for="")
        return queryset.filter(held_for="") if self.value() == "no" else queryset


@admin.register(ErrorReport)
class ErrorReportAdmin(admin.ModelAdmin):
    list_display = ("excerpt", "standing", "about", "reporter", "received")
    list_filter = ("state", SuspiciousFilter, "at")
    list_select_related = ("article__author",)
    ordering = IN_TURN
    search_fields = ("quote", "claim", "article__title")
    show_full_result_count = False

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.reveal)
        return [
            path("<int:pk>/reveal/", view, name="comments_errorreport_reveal"),
            *super().get_urls(),
        ]

    @admin.display(description=gettext_lazy("what is wrong"))
    def excerpt(self, report: ErrorReport) -> str:
        return Truncator(report.claim).chars(80)

    @admin.display(description=gettext_lazy("article"))
    def about(self, report: ErrorReport) -> str:
        return Truncator(report.article.title).chars(60)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def standing(self, report: ErrorReport) -> str:
        """The state, and why it is suspicious."""
        words = (report.get_state_display(), report.get_held_for_display())
        return ": ".join(str(each) for each in words if each)

    @admin.display(description=gettext_lazy("received"), ordering="at")
    def received(self, report: ErrorReport) -> str:
        return date_format(timezone.localtime(report.at), "M j, H:i")

    @admin.display(description=gettext_lazy("reader"))
    def reporter(self, report: ErrorReport) -> str:
        who = (Truncator(report.name).chars(40), report.masked_email if report.email else "")
        return ", ".join(filter(None, who)) or "–"

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Filter by what the list offers only: what it hides could else be guessed bit by bit."""
        return lookup.partition("__")[0] in ("state", "suspicious", "at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # --- one report ---------------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return self.page(request, object_id)

    def page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show a report with all that is needed to decide; POST decides."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        report = self._found(object_id)
        if request.method != "POST":
            return self._show(request, report)
        verb = VERBS.get(request.POST.get("verb", ""))
        if verb is None:
            raise Http404(_("There is no such decision."))
        if verb not in self._verbs(request):
            raise PermissionDenied
        said = request.POST.get(f"said-{verb.name}", "")
        try:
            decisions.decide(
                verb.name,
                report,
                by=cast(User, request.user),
                seen=request.POST.get("seen", ""),
                since=_moment(request.POST.get("since", "")),
                said=said,
            )
        except (decisions.AlreadyDecided, decisions.Incomplete) as refusal:
            status = STALE if isinstance(refusal, decisions.AlreadyDecided) else INCOMPLETE
            return self._show(
                request,
                self._found(object_id),
                refused=str(refusal),
                typed={verb.name: said},
                status=status,
            )
        self.log_change(request, report, f"{verb.label}.")
        messages.success(request, f"{verb.label}: {verb.done}")
        return redirect("admin:comments_errorreport_change", report.pk)

    def _found(self, object_id: str) -> ErrorReport:
        rows = ErrorReport.objects.select_related("article__author", "correction")
        return get_object_or_404(rows, pk=object_id if NUMBER.fullmatch(object_id) else 0)

    def _verbs(self, request: HttpRequest) -> list[Verb]:
        """Return what the user may decide, whatever the state."""
        if not self.has_change_permission(request):
            return []
        may_correct = request.user.has_perm(CORRECT)
        return [each for each in VERBS.values() if each.name != "correct" or may_correct]

    def _show(
        self,
        request: HttpRequest,
        report: ErrorReport,
        *,
        refused: str = "",
        typed: dict[str, str] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        texts = {"correct": decisions.beginning(report)} | (typed or {})
        context = {
            **self.admin_site.each_context(request),
            "title": _("Reported error"),
            "opts": self.opts,
            "report": report,
            "article": report.article,
            "passage": passages.find(report.article.body, report.quote),
            "others": self._others(report),
            "history": report.decisions.select_related("by"),
            "verbs": [
                (verb, texts.get(verb.name, ""))
                for verb in self._verbs(request)
                if report.state in verb.begins
            ],
            "note_length": NOTE_LENGTH,
            "refused": refused,
            "may_reveal": report.can_be_revealed and request.user.has_perm(REVEAL),
            "may_edit": request.user.has_perm("articles.change_article"),
        }
        template = "admin/comments/errorreport/report.html"
        return TemplateResponse(request, template, context, status=status)

    def _others(self, report: ErrorReport) -> list[ErrorReport]:
        """Return the latest other reports about the same article, so that duplicates are seen."""
        same = ErrorReport.objects.filter(~Q(pk=report.pk), ~Q(state=State.SPAM))
        return list(same.filter(article=report.article_id)[:10])

    def reveal(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show one address in full, in this answer only, and note who looked at it."""
        if not (self.has_view_permission(request) and request.user.has_perm(REVEAL)):
            raise PermissionDenied
        if request.method != "POST":
            return redirect("admin:comments_errorreport_change", pk)
        report = self._found(str(pk))
        by = cast(User, request.user)
        rights.note(PrivacyEvent.Kind.REVEAL, actor=PrivacyEvent.Actor.STAFF, by=by, comments=0)
        self.log_change(request, report, "Looked at the address.")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Address revealed"),
            "opts": self.opts,
            "report": report,
        }
        template = "admin/comments/errorreport/reveal.html"
        return TemplateResponse(request, template, context)


def _moment(said: str) -> Any:
    """Return since when the page had shown the state; a moment that never was for nonsense."""
    return moment_of(said) or timezone.now()
