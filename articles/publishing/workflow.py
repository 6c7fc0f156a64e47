"""Who may take an article from one state to another: one table, and one door.

Writers write drafts of their own, submit them and take them back; editors, who have the permission
to publish, do everything else. A step is refused where the article is not (any more) where the
step begins.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.editing import revisions
from articles.models import Article, Author
from articles.publishing.models import EditorPreference, Review
from articles.publishing.states import State, state_of

PUBLISH = "articles.publish_article"
Outcome = Review.Outcome
_l = gettext_lazy


@dataclass(frozen=True)
class Step:
    """One thing that can be done with an article: where it begins, who may, what it says."""

    name: str
    label: str | Promise
    said: str | Promise
    begins: frozenset[State]
    #: Not only for editors, but for the article's own author.
    for_writers: bool = False
    #: For nobody else: editors have another word for it.
    for_editors: bool = True
    #: The answer that it gives to an open review.
    outcome: str = ""
    takes_note: bool = False
    note_needed: bool = False


STEPS: dict[str, Step] = {
    step.name: step
    for step in (
        Step("submit", _l("Submit for review"), _l("The editors will find it among what waits."),
             frozenset({State.DRAFT}), for_writers=True, takes_note=True),
        Step("take_back", _l("Take it back"), _l("It is a draft again."),
             frozenset({State.SUBMITTED}), for_writers=True, for_editors=False,
             outcome=Outcome.TAKEN_BACK),
        Step("send_back", _l("Send back"), _l("It is a draft again, with your note."),
             frozenset({State.SUBMITTED}), outcome=Outcome.SENT_BACK, takes_note=True,
             note_needed=True),
        Step("publish", _l("Publish now"), _l("It is public."),
             frozenset({State.DRAFT, State.SUBMITTED, State.SCHEDULED}), outcome=Outcome.ACCEPTED),
        Step("unschedule", _l("Back to draft"), _l("It is a draft again."),
             frozenset({State.SCHEDULED})),
        Step("withdraw", _l("Withdraw"), _l("Its address now says that it is gone."),
             frozenset({State.PUBLISHED})),
        Step("bring_back", _l("Bring back"), _l("It is public again, as of its old date."),
             frozenset({State.WITHDRAWN})),
    )
}  # fmt: skip


class NotAllowed(Exception):
    """The step is not for this user."""


class Refused(Exception):
    """The step cannot be taken; `messages` say why."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__(*messages)
        self.messages = messages


def may_publish(user: User | AnonymousUser) -> bool:
    return user.has_perm(PUBLISH)


def owns(user: User | AnonymousUser, article: Article) -> bool:
    return user.pk is not None and article.author.user_id == user.pk


def is_author(user: User | AnonymousUser) -> bool:
    return Author.objects.filter(user=user.pk).exists()


def may_edit(user: User | AnonymousUser, article: Article) -> bool:
    """Tell whether `user`, who may change articles, may change this one."""
    if may_publish(user):
        return True
    return owns(user, article) and article.published_at is None and article.withdrawn_at is None


def visible_to(user: User | AnonymousUser, articles: QuerySet[Article]) -> QuerySet[Article]:
    """Leave of `articles` what `user` may look at in the admin: writers, of others' what is public.

    Who may only look is no writer, and was let in to look at all.
    """
    if may_publish(user) or not user.has_perm("articles.change_article"):
        return articles
    return articles.filter(Q(author__user=user.pk) | Q(published_at__lte=timezone.now()))


def may(user: User | AnonymousUser, step: Step, article: Article) -> bool:
    """Tell whether this step is one for `user`, whatever state the article is in."""
    if step.for_editors and may_publish(user):
        return True
    return step.for_writers and user.has_perm("articles.change_article") and owns(user, article)


def steps(user: User | AnonymousUser, article: Article) -> list[Step]:
    """Return what `user` can do with the article as it is."""
    state = state_of(article)
    return [each for each in STEPS.values() if state in each.begins and may(user, each, article)]


def take(name: str, article_id: int, *, by: User, note: str = "") -> Step:
    """Take one step. Raises NotAllowed or Refused, with nothing changed."""
    step, note = STEPS[name], note.strip()
    with transaction.atomic():
        Article.objects.lock(article_id)
        article = Article.objects.select_related("author").get(pk=article_id)
        if not may(by, step, article):
            raise NotAllowed
        state = state_of(article)
        if state not in step.begins:
            said = _("“%(article)s” is in another state by now: %(state)s.")
            raise Refused([said % {"article": article, "state": state.label}])
        if step.note_needed and not note:
            raise Refused([_("Say what is still to be done.")])
        if values := _values(step, article):
            try:
                revisions.change(article_id, by=by, **values)
            except revisions.Refused as refused:
                raise Refused(refused.messages) from refused
        if step.name == "submit":
            article.reviews.create(asked_by=by, note=note)
        elif step.outcome:
            _answer(article.reviews.all(), step.outcome, by=by, **({"note": note} if note else {}))
    return step


def _values(step: Step, article: Article) -> dict[str, Any]:
    """What a step writes into the article's own row."""
    now = timezone.now()
    if step.name == "publish":
        return {"published_at": now}
    if step.name == "unschedule":
        return {"published_at": None}
    if step.name == "withdraw":
        return {
            "published_at": None,
            "withdrawn_at": now,
            "withdrawn_from": article.published_at,
        }
    if step.name == "bring_back":
        return {
            "published_at": article.withdrawn_from or now,
            "withdrawn_at": None,
            "withdrawn_from": None,
        }
    return {}


def _answer(reviews: QuerySet[Review], outcome: str, **fields: Any) -> None:
    reviews.filter(outcome=Outcome.OPEN).update(
        outcome=outcome,
        answered_at=timezone.now(),
        **({"answered_by": fields.pop("by")} if "by" in fields else {}),
        **fields,
    )


def close_review(
    instance: Article, raw: bool, update_fields: Iterable[str] | None, **kwargs: Any
) -> None:
    """Before an article is saved: one that is given its time has been reviewed."""
    concerned = update_fields is None or "published_at" in update_fields
    if instance.pk and instance.published_at and concerned and not raw:
        _answer(Review.objects.filter(article=instance.pk), Outcome.ACCEPTED)


# --- what waits -----------------------------------------------------------------------------


def waiting() -> QuerySet[Review]:
    """Reviews that nobody has answered, the longest waiting first."""
    return Review.objects.filter(
        outcome=Outcome.OPEN, article__published_at=None, article__withdrawn_at=None
    ).order_by("asked_at", "pk")


def untold() -> QuerySet[Review]:
    """Those of which no editor has been told."""
    return waiting().filter(told_at=None).select_related("article", "asked_by")


def wants_mail(user: User | AnonymousUser) -> bool:
    return EditorPreference.objects.filter(pk=user.pk, review_mail=True).exists()


def editors_to_tell(review: Review) -> list[User]:
    """Return who wants to be told of this review, and can do something about it."""
    wanting = User.objects.filter(
        pk__in=EditorPreference.objects.filter(review_mail=True).values("pk"), is_active=True
    ).exclude(email="")
    return [user for user in wanting if may_publish(user) and user.pk != review.asked_by_id]
