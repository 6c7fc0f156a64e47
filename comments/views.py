"""What readers do with comments: post one, see its preview, follow its permanent link."""

import logging
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from articles.models import Article
from articles.views import article_page
from comments import forgery, intake, tokens
from comments.client_address import client_address
from comments.forms import CommentForm
from comments.models import Comment, Discussion
from comments.status import Status
from comments.thread import page_of

logger = logging.getLogger(__name__)

RETRY_SECONDS = 30


@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt  # the page it comes from is the same for all readers: see comments/forgery.py
@never_cache
def post(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a comment in and lead its writer to the preview; refuse it with everything kept."""
    if request.method != "POST":
        return redirect(reverse("articles:article", args=[slug]) + "#respond")
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise RequestDataTooBig("larger than any comment")
    form = CommentForm(request.POST, action=request.path)
    try:
        return _take_in(request, slug, form)
    except DatabaseError as error:
        # Its message may hold the row; the kind of error is enough to know where to look.
        logger.error("a comment could not be stored: %s", type(error).__name__)
        response = render(request, "comments/unavailable.html", {"form": form}, status=503)
        response["Retry-After"] = str(RETRY_SECONDS)
        return response


def _take_in(request: HttpRequest, slug: str, form: CommentForm) -> HttpResponse:
    if forgery.is_foreign(request):
        form.add_error(None, _("This form was sent from another site, so it was not posted."))
        return _again(request, slug, form, status=403)
    if not form.is_valid():
        if "parent" in form.errors:
            return _refuse_parent(request, slug, form)
        return _again(request, slug, form, status=422)
    draft = form.draft(
        ip=client_address(request),
        user_agent=request.headers.get("User-Agent", "")[:1000],
        referrer=request.headers.get("Referer", "")[:1000],
    )
    try:
        comment = intake.take_in(slug, draft, user=_staff(request))
    except intake.Refused as refusal:
        if refusal.hit.detail is intake.REPLY_REFUSED:
            return _refuse_parent(request, slug, form)
        form.add_error(None, str(refusal.hit.detail))
        return _again(
            request, slug, form, status=refusal.hit.status, retry_after=refusal.hit.retry_after
        )
    return HttpResponseRedirect(_where_it_stands(comment))


def _refuse_parent(request: HttpRequest, slug: str, form: CommentForm) -> HttpResponse:
    """What was replied to cannot be; the text may still be posted as a comment of its own."""
    form.forget_parent()
    form.errors.pop("parent", None)
    form.add_error(None, str(intake.REPLY_REFUSED))
    return _again(request, slug, form, status=403)


def _again(
    request: HttpRequest,
    slug: str,
    form: CommentForm,
    *,
    status: int,
    retry_after: int | None = None,
) -> HttpResponse:
    """Show the article's page once more, with the form as it was filled in and what is wrong."""
    article = get_object_or_404(
        Article.objects.published().select_related("author").prefetch_related("tags"), slug=slug
    )
    if not article.comments_open:
        status = 403
    form.point_out_errors()
    response = article_page(request, article, status=status, comment_form=form)
    if retry_after:
        response["Retry-After"] = str(retry_after)
    return response


def _staff(request: HttpRequest) -> User | None:
    """Return the signed-in staff member who posts, if the request may speak for them."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    if not forgery.may_carry_a_session(request):
        return None
    return request.user if request.user.is_authenticated and request.user.is_staff else None


def _where_it_stands(comment: Comment) -> str:
    if comment.status == Status.APPROVED:
        return comment.get_absolute_url()
    token = tokens.PREVIEW.make(comment.pk)
    return f"{reverse('comments:preview', args=[token])}#comment-{comment.pk}"


@require_safe
@never_cache
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """Show a comment that is not public to the one who wrote it, in its place on the page."""
    context: dict[str, Any] = {}
    try:
        pk = tokens.PREVIEW.read(token)
    except tokens.Expired as expired:
        pk = context["preview_expired"] = expired.value
    except tokens.Invalid as error:
        raise Http404 from error
    comment = get_object_or_404(
        Comment.objects.select_related("article__author").filter(
            article__in=Article.objects.published()
        ),
        pk=pk,
    )
    if comment.status == Status.APPROVED:
        return redirect(comment)
    if not context:
        context["comment_preview"] = comment
    status = 410 if "preview_expired" in context else 200
    response = article_page(request, comment.article, status=status, **context)
    response["X-Robots-Tag"] = "noindex"
    return response


@require_safe
def permalink(request: HttpRequest, pk: int) -> HttpResponse:
    """Lead to the page of the article on which a public comment stands."""
    comment = get_object_or_404(
        Comment.objects.public().filter(article__in=Article.objects.published()), pk=pk
    )
    number = page_of(comment, Discussion.load())
    query = f"?comments={number}" if number > 1 else ""
    return redirect(f"{comment.article.get_absolute_url()}{query}#comment-{comment.pk}")


@require_safe
def comment_data(request: HttpRequest) -> HttpResponse:
    """How a comment's data is processed."""
    return render(request, "comments/comment_data.html", {"akismet": settings.AKISMET_API_KEY})
