"""An article as readers would see it, before they may: from the form, or by a signed link.

A preview is the article's own page with a word on top. It stores nothing, is kept by no cache and
listed by no search engine, and takes no comments.
"""

from typing import Any

from django.conf import settings
from django.core import signing
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.editing.forms import ArticleForm
from articles.editing.models import PreviewLink
from articles.models import Article, Author, Disclosure, Pick, Tag
from articles.pictures import bodies, renditions
from articles.publishing.standing import standing_of
from articles.views import article_page

SALT = "articles.preview"
#: Stand for what has not been written yet and must stand in an address.
NO_SLUG, NO_AUTHOR = "preview", "—"
TEXTS = ("title", "summary", "body", "picture_alt", "picture_caption", "seo_title",
         "seo_description", "thesis", "thesis_horizon", "thesis_status")  # fmt: skip


def address(link: PreviewLink) -> str:
    """Return the whole address of a link."""
    token = signing.dumps(link.pk, salt=SALT)
    return settings.SITE_URL + reverse("articles:preview", args=[token])


@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """The stored article, for whoever has the link; 410 once it is over, 404 if it never was."""
    try:
        number = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        raise Http404(_("There is no such preview.")) from None
    links = PreviewLink.objects.select_related("article__author").prefetch_related("article__tags")
    link = links.filter(pk=number).first()
    if link is None:
        raise Http404(_("There is no such preview."))
    if not link.is_good:
        return _discreet(render(request, "articles/preview_over.html", status=410))
    if link.article.is_published:
        return _discreet(redirect(link.article))
    return _page(request, link.article, until=link.until)


def of_form(request: HttpRequest, form: ArticleForm) -> HttpResponse:
    """Show what a form holds that was filled in, right or wrong; without files.

    A picture that was only chosen lies nowhere yet from where it could be shown.
    """
    form.full_clean()
    typed = form.typed()
    shown: Article = form.instance
    for name in TEXTS:
        setattr(shown, name, typed[name])
    shown.body_copies = renditions.copies_of(bodies.names(shown.body))
    if typed["author"]:
        shown.author_id = typed["author"]["id"]
    else:
        shown.author = Author(name=NO_AUTHOR, slug=NO_SLUG)
    shown.slug = form.cleaned_data.get("slug") or shown.slug or NO_SLUG
    shown.pk = shown.pk or 0  # so that it can be asked for its rows; there are none
    tags = Tag.objects.filter(pk__in=[row["id"] for row in typed["tags"]])
    disclosed = Tag.objects.in_bulk([row["id"] for row in typed["disclosures"]])
    disclosures = [
        Disclosure(
            article=shown,
            ticker=disclosed[row["id"]],
            position=row["position"],
            as_of=_day(row["as_of"]),
            price=row.get("price", ""),
            note=row["note"],
        )
        for row in typed["disclosures"]
    ]
    standing = standing_of(shown)
    standing.pinned, standing.left_out = (
        [row["id"] for row in typed["picks"] if row["how"] == how] for how in Pick.Kind
    )
    return _page(request, shown, tags=tags, disclosures=disclosures, standing=standing)


def _day(written: str) -> Any:
    try:
        return parse_date(written)
    except ValueError:
        return None  # the thirtieth of February


def _page(
    request: HttpRequest,
    shown: Article,
    *,
    tags: QuerySet[Tag] | None = None,
    until: Any = None,
    **context: Any,
) -> HttpResponse:
    """Render `shown`, which is changed for that and must not be saved."""
    if tags is not None:
        shown._prefetched_objects_cache = {"tags": tags}
    shown.comments_open = False
    shown.published_at = shown.published_at or timezone.now()
    template = "articles/preview.html"
    context |= {"noindex": True, "preview_until": until}
    return _discreet(article_page(request, shown, template=template, **context))


def _discreet(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "private, no-store"
    return response
