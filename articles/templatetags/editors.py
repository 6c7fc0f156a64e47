"""What waits for an editor or a writer: for the first page of the admin."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.contrib.auth.models import User
from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from articles.models import Article
from articles.publishing import workflow
from articles.publishing.states import State, condition

register = template.Library()

#: Nobody needs to know how many more there are.
COUNTED_MOST = 99


@dataclass(frozen=True)
class Waiting:
    """Articles in one state: how many, or more than COUNTED_MOST; and where they are listed."""

    label: str | Promise
    count: int
    url: str

    @property
    def shown(self) -> str:
        return f"{COUNTED_MOST}+" if self.count > COUNTED_MOST else str(self.count)


#: What is counted, in this order: whether of the user alone, in which state.
_ROWS: tuple[tuple[str | Promise, bool, State], ...] = (
    (_("Your drafts"), True, State.DRAFT),
    (_("All drafts"), False, State.DRAFT),
    (_("Drafts that wait for review"), False, State.SUBMITTED),
    (_("Scheduled articles"), False, State.SCHEDULED),
)


@register.simple_tag
def waiting_articles(user: User) -> list[Waiting]:
    """Return what waits for `user` among the articles; a query each, and none for others."""
    if not user.has_perm("articles.change_article"):
        return []
    author = getattr(user, "author", None)
    list_url = reverse("admin:articles_article_changelist")
    found = []
    for label, own, state in _ROWS:
        if own and author is None:
            continue
        # Writers see no drafts but their own.
        if state == State.DRAFT and not own and not workflow.may_publish(user):
            continue
        wanted: Any = Q(author=author) if own else Q()
        rows = workflow.visible_to(user, Article.objects.filter(wanted, condition(state)))
        count = len(rows.order_by().values_list("pk")[: COUNTED_MOST + 1])
        only = f"&author__id__exact={author.pk}" if own and author else ""
        found.append(Waiting(label, count, f"{list_url}?state={state}{only}"))
    return found
