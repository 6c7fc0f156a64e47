"""Where an article stands, told by its row and by the clock; nobody has to remember to set it."""

from datetime import datetime

from django.db import models
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.models import Article
from articles.publishing.models import Review


class State(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Waits for review")
    SCHEDULED = "scheduled", _("Scheduled")
    PUBLISHED = "published", _("Published")
    WITHDRAWN = "withdrawn", _("Withdrawn")


def is_waiting() -> Exists:
    """Whether somebody asked for a review of an article, and nobody has answered."""
    return Exists(Review.objects.filter(article=OuterRef("pk"), outcome=Review.Outcome.OPEN))


def condition(state: str, at: datetime | None = None) -> Q:
    """Return what the articles in a state have in common (by `at`)."""
    now = at or timezone.now()
    written = Q(published_at=None, withdrawn_at=None)
    return {
        State.DRAFT: written & ~Q(is_waiting()),
        State.SUBMITTED: written & Q(is_waiting()),
        State.SCHEDULED: Q(published_at__gt=now),
        State.PUBLISHED: Q(published_at__lte=now),
        # They have no time; saying so lets the index of times find them.
        State.WITHDRAWN: Q(published_at=None, withdrawn_at__isnull=False),
    }[State(state)]


def with_waiting(articles: QuerySet[Article]) -> QuerySet[Article]:
    """Let `state_of` need no query for any of these."""
    flag = ExpressionWrapper(is_waiting(), output_field=BooleanField())
    return articles.annotate(is_waiting=flag)


def state_of(article: Article) -> State:
    if article.withdrawn_at:
        return State.WITHDRAWN
    if article.published_at:
        return State.PUBLISHED if article.is_published else State.SCHEDULED
    waiting = getattr(article, "is_waiting", None)
    if waiting is None:
        waiting = article.reviews.filter(outcome=Review.Outcome.OPEN).exists()
    return State.SUBMITTED if waiting else State.DRAFT
