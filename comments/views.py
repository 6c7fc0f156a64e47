"""What readers do with comments: post one, see its preview, follow its permanent link."""

import logging
from typing import Any
from urllib.parse import urlsplit

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
from comments import forgery, intake, moderation, tokens
from comments.client_address import client_address
from comments.forms import CommentForm
from comments.forwarded import note_unexplained_proxy
from comments.models import Comment, Discussion
from comments.opening import accepts_comments
from comments.places import place_of
from comments.spam.rules import Draft
from comments.status import Status
from comments.writer.token_pages import REFERRER_POLICY

logger = logging.getLogger(__name__)

RETRY_SECONDS = 30


@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt  # the page it comes from is the same for all readers: see comments/forgery.py
@never_cache
def post(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a comment in and lead its writer to the preview; refuse it with everything kept.

    With `preview` in the form, show what it would look like instead, and store nothing.
    """
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
        context = {"form": form, "uses_akismet": bool(settings.AKISMET_API_KEY)}
        response = render(request, "comments/unavailable.html", context, status=503)
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
        referrer=_referrer(request, slug),
    )
    if "preview" in request.POST:
        return _look_at(request, slug, form, draft)
    try:
        comment = intake.take_in(slug, draft, user=_staff(request))
    except intake.Refused as refusal:
        if refusal.hit.detail is intake.REPLY_REFUSED:
            return _refuse_parent(request, slug, form)
        form.add_error(None, str(refusal.hit.detail))
        return _again(
            request, slug, form, status=refusal.hit.status, retry_after=refusal.hit.retry_after
        )
    note_unexplained_proxy(request)
    return HttpResponseRedirect(_where_it_stands(comment))


def _look_at(request: HttpRequest, slug: str, form: CommentForm, draft: Draft) -> HttpResponse:
    """Show the form as it was filled in, and above it the comment as it would look."""
    user = _staff(request)
    mask = user is None and Discussion.load().hold_scams
    html = moderation.html_of(draft.text, mask=mask)
    shown = Comment(name=draft.name, url=draft.url, html=html, user=user)
    if draft.parent_id:
        parents = Comment.objects.public().filter(article__slug=slug, pk=draft.parent_id)
        parent = parents.only("thread").first()
        if parent is None:
            return _refuse_parent(request, slug, form)
        shown.thread = parent.thread or parent.pk
    return _again(request, slug, form, status=200, comment_draft=shown)


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
    **context: Any,
) -> HttpResponse:
    """Show the article's page once more, with the form as it was filled in and what is wrong."""
    article = get_object_or_404(
        Article.objects.published().select_related("author").prefetch_related("tags"), slug=slug
    )
    if not accepts_comments(article, Discussion.load()):
        status = 403
    form.point_out_errors()
    response = article_page(request, article, status=status, comment_form=form, **context)
    response["X-Robots-Tag"] = "noindex"
    if retry_after:
        response["Retry-After"] = str(retry_after)
    return response


def _referrer(request: HttpRequest, slug: str) -> str:
    """Return the page that the form says it was on, but never one whose address is a secret.

    The links to a preview and to a writer's own page are; they are known by their path.
    """
    said = request.headers.get("Referer", "")[:1000]
    try:
        parts = urlsplit(said)
    except ValueError:
        return said
    ours = {request.get_host(), urlsplit(settings.SITE_URL).netloc}
    if parts.netloc in ours and parts.path.startswith("/comments/"):
        return settings.SITE_URL + reverse("articles:article", args=[slug])
    return said


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
        context["manage_url"] = reverse("comments:manage", args=[tokens.MANAGE.make(pk)])
    context["noindex"] = True
    status = 410 if "preview_expired" in context else 200
    response = article_page(request, comment.article, status=status, **context)
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = REFERRER_POLICY
    return response


@require_safe
def permalink(request: HttpRequest, pk: int) -> HttpResponse:
    """Lead to the page of the article on which a public comment stands.

    One that was public and is no more leads to the article, where that is said.
    """
    comment = get_object_or_404(
        Comment.objects.select_related("article").filter(article__in=Article.objects.published()),
        pk=pk,
    )
    address = comment.article.get_absolute_url()
    if comment.status == Status.APPROVED:
        return redirect(f"{address}{place_of(comment, Discussion.load())}#comment-{pk}")
    if comment.changes.filter(new=Status.APPROVED).exists():
        return redirect(f"{address}?removed=1#comments")
    raise Http404(_("There is no such comment."))
