"""Mail to editors who want it: a draft waits for review. See `articles.publishing.workflow`."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from articles.publishing import workflow
from articles.publishing.models import Review
from comments.models import Mail


def owe_reviews() -> None:
    """Owe a mail to each editor who wants one, for each review of which nobody was told yet.

    Any number of workers may call this at once.
    """
    if not settings.MAIL_ENABLED:
        return
    for review in workflow.untold():
        with transaction.atomic():
            if not Review.objects.filter(pk=review.pk, told_at=None).update(told_at=timezone.now()):
                continue
            for user in workflow.editors_to_tell(review):
                Mail.owe(
                    Mail.Kind.REVIEW,
                    user.email,
                    key=f"review:{review.pk}:{user.pk}",
                    moderator=user,
                    detail=str(review.pk),
                )


def contents(mail: Mail) -> dict[str, Any] | None:
    """Return what the mail tells; None when nothing waits, or its reader should not have it."""
    review = workflow.waiting().filter(pk=mail.detail).select_related("article").first()
    user = mail.moderator
    if review is None or user is None or user.email.lower() != mail.email.lower():
        return None
    if user.pk not in {each.pk for each in workflow.editors_to_tell(review)}:
        return None
    where = reverse("admin:articles_article_publication", args=[review.article_id])
    return {
        "title": review.article.title,
        "who": str(review.asked_by.get_full_name() or review.asked_by) if review.asked_by else "",
        "note": review.note,
        "page": settings.SITE_URL + where,
    }
