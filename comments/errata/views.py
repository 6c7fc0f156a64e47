"""Readers report an error in an article."""

import logging

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from articles.models import Article
from comments import forgery
from comments.client_address import client_address
from comments.errata import intake
from comments.errata.forms import ErrorForm
from comments.writer.token_pages import RETRY_SECONDS

logger = logging.getLogger(__name__)


@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt  # the page is the same for all readers: see comments/forgery.py
@never_cache
def report(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask what is wrong, take it in, and thank for it; refuse it with everything kept."""
    form = ErrorForm(request.POST if request.method == "POST" else None)
    try:
        response = _answer(request, slug, form)
    except DatabaseError as error:
        # Its message may hold the row; the kind of error is enough to know where to look.
        logger.error("a reported error could not be stored: %s", type(error).__name__)
        said = _(
            "Something failed on our side. Nothing you wrote is lost: it stands below. Wait half a "
            "minute, then press the button again."
        )
        response = _show(request, None, form, problem=said, status=503)
        response["Retry-After"] = str(RETRY_SECONDS)
    response["X-Robots-Tag"] = "noindex"
    return response


def _answer(request: HttpRequest, slug: str, form: ErrorForm) -> HttpResponse:
    article = get_object_or_404(Article.objects.published().defer("body"), slug=slug)
    if request.method != "POST":
        if request.GET.get("sent") == "1":
            return render(request, "comments/error_thanks.html", {"article": article})
        return _show(request, article, form)
    if forgery.is_foreign(request):
        said = _("This form was sent from another site, so nothing was reported.")
        return _show(request, article, form, problem=said, status=403)
    if not form.is_valid():
        return _show(request, article, form, status=422)
    try:
        intake.take_in(
            slug,
            form.cleaned_data,
            ip=client_address(request),
            user_agent=request.headers.get("User-Agent", "")[:1000],
        )
    except intake.Refused as refusal:
        hit = refusal.hit
        response = _show(request, article, form, problem=str(hit.detail), status=hit.status)
        if hit.retry_after:
            response["Retry-After"] = str(hit.retry_after)
        return response
    return HttpResponseRedirect(f"{request.path}?sent=1")


def _show(
    request: HttpRequest,
    article: Article | None,
    form: ErrorForm,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """Show the form as it was filled in; without `article` while no database tells of it."""
    if status == 422:
        form.point_out_errors()
    context = {"article": article, "form": form, "problem": problem, "here": request.path}
    return render(request, "comments/error.html", context, status=status)
