"""What writers are told of their drafts: what came of a review, and that an article has appeared.

Only those who do not publish themselves: whoever does was there.
"""

from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import QuerySet

from articles.models import Article
from articles.publishing import workflow
from articles.publishing.models import Review

_HAS_WRITER = {"article__author__user__is_active": True}


def sent_back(since: datetime) -> QuerySet[Review]:
    """Reviews of which a draft was sent back since then, the first first."""
    rows = Review.objects.filter(
        outcome=Review.Outcome.SENT_BACK, answered_at__gt=since, **_HAS_WRITER
    )
    return rows.select_related("article__author__user", "answered_by").order_by("answered_at")


def appeared(since: datetime) -> QuerySet[Article]:
    """Articles that have become public since then, now or by the clock, the first first."""
    rows = Article.objects.published().filter(published_at__gt=since, author__user__is_active=True)
    return rows.select_related("author__user").defer("body").order_by("published_at")


def writer_of(article: Article) -> User | None:
    """Return who is told about `article`: its author's login, if it has an address."""
    user = article.author.user
    if user is None or not (user.is_active and user.is_staff and user.email):
        return None
    return None if workflow.may_publish(user) else user
