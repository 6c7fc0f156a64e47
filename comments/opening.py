"""Whether an article still takes comments."""

from datetime import timedelta

from django.utils import timezone

from articles.models import Article
from comments.models import Discussion


def accepts_comments(article: Article, discussion: Discussion) -> bool:
    """Tell whether readers may write under `article` now.

    They may until its own switch is turned off, or it has been published for
    `discussion.close_after_days` (0: that never closes it).
    """
    if not article.comments_open or not article.is_published or article.published_at is None:
        return False
    days = discussion.close_after_days
    return not days or timezone.now() < article.published_at + timedelta(days=days)
