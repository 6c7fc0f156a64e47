"""What was put right in an article, and when: see `articles.publishing.models.Correction`."""

from typing import Any

from django.utils import timezone

from articles.models import Article
from articles.publishing.models import Correction


def date_article(instance: Correction, raw: bool = False, **kwargs: Any) -> None:
    """A correction is a change of its article that readers and search engines are told of."""
    if not raw:
        public = Article.objects.published().filter(pk=instance.article_id)
        public.update(updated_at=timezone.now())
