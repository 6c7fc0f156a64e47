"""Pages of the admin around one article: its history, a comparison, its preview links."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from articles.editing import checklist, compare, preview, revisions, snapshot
from articles.editing.models import LINK_GOOD_FOR, PreviewLink, Revision
from articles.models import Article

if TYPE_CHECKING:
    from articles.editing.admin import Editing

REVISIONS_A_PAGE = 50
#: Stands for what the article is now, where no revision is that.
NOW = "now"


def _render(
    request: HttpRequest, admin: "Editing", article: Article, name: str, /, **context: Any
) -> HttpResponse:
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "article": article,
        **context,
    }
    return TemplateResponse(request, f"admin/articles/article/{name}.html", context)


def _labels(names: list[str]) -> list[Any]:
    return [snapshot.LABELS[name] for name in names if name in snapshot.LABELS]


@require_safe
def history(request: HttpRequest, admin: "Editing", article: Article) -> HttpResponse:
    """Every revision, the newest first, two of which can be chosen to be compared."""
    rows = article.revisions.select_related("by", "source").defer("data", "source__data")
    page = Paginator(rows, REVISIONS_A_PAGE).get_page(request.GET.get("page"))
    last = revisions.newest(article.pk)
    since = snapshot.changed(last.data, snapshot.take(article)) if last else []
    return _render(
        request,
        admin,
        article,
        "history",
        title=_("Revisions"),
        page=page,
        rows=[(row, _labels(row.changed)) for row in page],
        changed_since=_labels(since),
    )


@require_safe
def comparison(request: HttpRequest, admin: "Editing", article: Article) -> HttpResponse:
    """Two revisions, or one and what is there now, word by word."""
    before = _revision(article, request.GET.get("from", ""))
    if before is None:
        raise Http404(_("There is no such revision."))
    after = _revision(article, request.GET.get("to", NOW))
    if after is not None and after.pk < before.pk:
        before, after = after, before
    new = after.data if after else snapshot.take(article)
    names = snapshot.changed(before.data, new)
    return _render(
        request,
        admin,
        article,
        "compare",
        title=_("What changed"),
        before=before,
        after=after,
        differences=compare.differences(before.data, new, names),
        may_restore=snapshot.changed(before.data, snapshot.take(article)),
    )


def _revision(article: Article, number: str) -> Revision | None:
    """Return the revision of a number in an address; None for what is there now."""
    if number == NOW:
        return None
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Http404(_("There is no such revision."))
    return get_object_or_404(article.revisions.select_related("by"), pk=number)


@require_POST
def restore(
    request: HttpRequest, admin: "Editing", article: Article, revision: int
) -> HttpResponse:
    """Make the article what it was; that is a new revision, so it can be undone the same way."""
    chosen = get_object_or_404(article.revisions, pk=revision)
    try:
        lost = revisions.restore(chosen, by=request.user)  # type: ignore[arg-type]
    except revisions.Refused as refused:
        for said in refused.messages:
            messages.error(request, _("Not restored: %s") % said)
        return redirect("admin:articles_article_history", article.pk)
    admin.log_change(request, article, f"Restored revision {chosen.pk}.")
    messages.success(
        request,
        _("The version of %s was restored. The one before is kept in the history.")
        % date_format(timezone.localtime(chosen.at), "M j, Y, H:i:s"),
    )
    for said in lost:
        messages.warning(request, said)
    return redirect("admin:articles_article_change", article.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def links(request: HttpRequest, admin: "Editing", article: Article) -> HttpResponse:
    """The links through which people outside may look at a draft; POST makes one."""
    if request.method == "POST":
        article.preview_links.create(by_id=request.user.pk)
        messages.success(request, _("The link is ready to be copied."))
        return redirect("admin:articles_article_links", article.pk)
    newest = article.preview_links.select_related("by")[:REVISIONS_A_PAGE]
    return _render(
        request,
        admin,
        article,
        "links",
        title=_("Preview links"),
        links=[(link, preview.address(link)) for link in newest],
        days=LINK_GOOD_FOR.days,
    )


@require_POST
def revoke(request: HttpRequest, admin: "Editing", article: Article, link: int) -> HttpResponse:
    """End a link now; pressed twice, it stays ended since the first time."""
    get_object_or_404(article.preview_links, pk=link)
    PreviewLink.objects.filter(pk=link, revoked_at=None).update(revoked_at=timezone.now())
    messages.success(request, _("The link shows nothing any more."))
    return redirect("admin:articles_article_links", article.pk)


@require_POST
def shown(request: HttpRequest, admin: "Editing", article: Article | None) -> HttpResponse:
    """What the form holds, as readers would see it."""
    return preview.of_form(request, admin.filled_in(request, article))


@require_POST
def checked(request: HttpRequest, admin: "Editing", article: Article | None) -> HttpResponse:
    """The checklist for what the form holds, and of a chosen file the name: the panel alone."""
    form = admin.filled_in(request, article)
    form.full_clean()
    typed = form.typed()
    chosen = request.POST.get("picture") or typed["picture"]
    results = checklist.results({**typed, "picture": chosen})
    context = {"results": results, "is_stale": form.is_stale}
    return TemplateResponse(request, "admin/articles/article/checklist.html", context)
