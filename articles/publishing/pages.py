"""An article's page *Publication* in the admin: where it stands, and what can be done about it."""

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from articles.models import Article
from articles.publishing import workflow
from articles.publishing.models import EditorPreference, Review
from articles.publishing.states import state_of

if TYPE_CHECKING:
    from articles.publishing.admin import Publishing

REVIEWS_SHOWN = 20


def last_review(article: Article) -> Review | None:
    return article.reviews.select_related("asked_by", "answered_by").first()


@require_http_methods(["GET", "HEAD", "POST"])
def publication(request: HttpRequest, admin: "Publishing", pk: int) -> HttpResponse:
    """Show the state and the steps that lead from it; POST takes one."""
    rows = workflow.visible_to(request.user, Article.objects.select_related("author"))
    article = get_object_or_404(rows, pk=pk)
    if not admin.has_view_permission(request, article):
        raise PermissionDenied
    if request.method == "POST":
        if "mail" in request.POST:
            _choose_mail(request)
        elif not take(request, admin, request.POST.get("step", ""), article):
            return _page(request, admin, article)
        return redirect("admin:articles_article_publication", article.pk)
    return _page(request, admin, article)


def take(request: HttpRequest, admin: "Publishing", name: str, article: Article) -> bool:
    """Take a step and say what came of it; False where it was refused."""
    if name not in workflow.STEPS:
        raise Http404(_("There is no such step."))
    note = request.POST.get("note", "")[:2000]
    try:
        step = workflow.take(name, article.pk, by=request.user, note=note)  # type: ignore[arg-type]
    except workflow.NotAllowed:
        raise PermissionDenied from None
    except workflow.Refused as refused:
        for said in refused.messages:
            messages.error(request, said)
        return False
    admin.log_change(request, article, f"{step.label}.")
    messages.success(request, f"{step.label}: {step.said}")
    return True


def _choose_mail(request: HttpRequest) -> None:
    if not workflow.may_publish(request.user):
        raise PermissionDenied
    wanted = {"review_mail": request.POST["mail"] == "on"}
    EditorPreference.objects.update_or_create(pk=request.user.pk, defaults=wanted)
    messages.success(request, _("Saved."))


def _page(request: HttpRequest, admin: "Publishing", article: Article) -> HttpResponse:
    article.refresh_from_db()
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "article": article,
        "title": _("Publication"),
        "state": state_of(article),
        "steps": workflow.steps(request.user, article),
        "note": request.POST.get("note", ""),
        "step_refused": request.POST.get("step", ""),
        "reviews": article.reviews.select_related("asked_by", "answered_by")[:REVIEWS_SHOWN],
        "may_edit": admin.has_change_permission(request, article),
        "may_publish": workflow.may_publish(request.user),
        "wants_mail": workflow.wants_mail(request.user),
        "email": request.user.email,  # type: ignore[union-attr]
    }
    return TemplateResponse(request, "admin/articles/article/publication.html", context)
