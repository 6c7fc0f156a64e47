"""Mail to writers: a draft was sent back, or has appeared. See `articles.publishing.writers`."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.models import Article
from articles.publishing import writers
from articles.publishing.models import Review
from comments.models import Mail

#: Whatever happened longer ago is no news: mail was switched off, or nobody worked.
NEWS = timedelta(days=1)
SENT_BACK, APPEARED = "sent_back", "appeared"


def owe_drafts() -> None:
    """Owe each writer one mail for each draft that was sent back, and for each that appeared.

    Any number of workers may call this at once.
    """
    if not settings.MAIL_ENABLED:
        return
    since = timezone.now() - NEWS
    happened = dict(_happened(since))
    told = set(Mail.objects.filter(key__in=happened).values_list("key", flat=True))
    for key in happened.keys() - told:
        article = happened[key]
        if user := writers.writer_of(article):
            detail = key.removeprefix(f"{Mail.Kind.DRAFT}:")
            Mail.owe(Mail.Kind.DRAFT, user.email, key=key, moderator=user, detail=detail)


def contents(mail: Mail) -> dict[str, Any] | None:
    """Return what the mail tells; None when it is no longer so, or not for its reader."""
    what, _colon, pk = mail.detail.partition(":")
    told = {SENT_BACK: _sent_back, APPEARED: _appeared}[what](pk)
    if told is None:
        return None
    article, context = told
    user = writers.writer_of(article)
    if user is None or user != mail.moderator or user.email.lower() != mail.email.lower():
        return None
    return context | {"title": article.title}


def _sent_back(pk: str) -> tuple[Article, dict[str, Any]] | None:
    review = Review.objects.select_related("article__author__user", "answered_by").filter(pk=pk)
    for each in review.filter(outcome=Review.Outcome.SENT_BACK):
        by = each.answered_by
        where = reverse("admin:articles_article_publication", args=[each.article_id])
        return each.article, {
            "said": _("“%s” was sent back to you") % each.article.title,
            "who": str(by.get_full_name() or by) if by else "",
            "note": each.note,
            "page": settings.SITE_URL + where,
        }
    return None


def _appeared(pk: str) -> tuple[Article, dict[str, Any]] | None:
    rows = Article.objects.published().select_related("author__user").filter(pk=pk)
    for article in rows:
        return article, {
            "said": _("“%s” is published") % article.title,
            "appeared": True,
            "page": settings.SITE_URL + article.get_absolute_url(),
        }
    return None


def _happened(since: datetime) -> Iterable[tuple[str, Article]]:
    """Yield the key of a mail for each thing that happened since then, and its article."""
    for review in writers.sent_back(since):
        yield f"{Mail.Kind.DRAFT}:{SENT_BACK}:{review.pk}", review.article
    for article in writers.appeared(since):
        yield f"{Mail.Kind.DRAFT}:{APPEARED}:{article.pk}", article
