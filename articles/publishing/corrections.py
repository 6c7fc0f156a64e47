"""What was put right in an article, and when: see `articles.publishing.models.Correction`."""

from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone

from articles.models import Article
from articles.publishing.models import Correction


def date_article(instance: Correction, raw: bool = False, **kwargs: Any) -> None:
    """A correction is a change of its article that readers and search engines are told of."""
    if not raw:
        public = Article.objects.published().filter(pk=instance.article_id)
        public.update(updated_at=timezone.now())


def add(article_id: int, said: str, *, by: User) -> Correction:
    """Write a correction of today below an article, and note who did. Raises ValidationError."""
    correction = Correction(article_id=article_id, said=said)
    with transaction.atomic():
        correction.full_clean()
        correction.save()
        _note(correction, by, "Added correction “%s”.")
    return correction


def remove(correction: Correction, *, by: User) -> None:
    """Take a correction off its article, and note who did."""
    with transaction.atomic():
        _note(correction, by, "Removed correction “%s”.")
        correction.delete()


def _note(correction: Correction, by: User, message: str) -> None:
    article = correction.article
    LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(Article),
        object_id=str(article.pk),
        object_repr=str(article)[:200],
        action_flag=CHANGE,
        change_message=message % correction,
    )
