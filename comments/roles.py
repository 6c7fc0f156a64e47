"""Who may decide about which comments: moderators about all; authors, if the discussion settings
say so, about those on their own articles.

Every page of the desk asks here. What reaches beyond single comments (addresses, bans, settings,
statistics, deletion) stays with moderators: `moderators_only` in desk/pages.py.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.models import AnonymousUser, Permission, User
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from articles.models import Article, Author
from comments.desk.signing_in import signed_in
from comments.models import Comment, Discussion

PERMISSION, REVEAL = "moderate_comment", "reveal_address"
#: Asked for several times a page, so it is kept with the user, who is read anew for each request.
_KEPT = "_role_at_the_desk"


@dataclass(frozen=True)
class Role:
    """What somebody may decide about: the comments on these articles, or (None) on all."""

    articles: frozenset[int] | None = None
    #: May see a whole email address.
    may_reveal: bool = False

    @property
    def is_moderator(self) -> bool:
        return self.articles is None

    def of(self, rows: QuerySet[Comment]) -> QuerySet[Comment]:
        """Leave of `rows` what may be decided about."""
        return rows if self.articles is None else rows.filter(article__in=self.articles)


def role_of(user: User | AnonymousUser) -> Role | None:
    """Return what `user` may decide about; None if it is nothing. One query more for authors.

    Who is no longer on the staff may do nothing here, whatever rights and groups are left.
    """
    if not hasattr(user, _KEPT):
        setattr(user, _KEPT, _find(user))
    role: Role | None = getattr(user, _KEPT)
    return role


def moderates(user: User | AnonymousUser) -> bool:
    """Tell whether `user` may decide about everything."""
    role = role_of(user)
    return role is not None and role.is_moderator


def may_moderate(user: User | AnonymousUser, comment: Comment) -> bool:
    """Tell whether `user` may decide about this comment."""
    role = role_of(user)
    return role is not None and (role.articles is None or comment.article_id in role.articles)


def may_set(user: User | AnonymousUser, article: Article) -> bool:
    """Tell whether `user` may say how this article takes comments."""
    role = role_of(user)
    return role is not None and (role.articles is None or article.pk in role.articles)


def visible_to(user: User | AnonymousUser, rows: QuerySet[Comment]) -> QuerySet[Comment]:
    """Leave of `rows` what `user` may decide about; nobody else's comments are shown or counted."""
    role = role_of(user)
    return rows.none() if role is None else role.of(rows)


def insist(user: User | AnonymousUser, pks: Iterable[int]) -> None:
    """Raise PermissionDenied if one of these comments is none that `user` may decide about.

    Those that are gone are nobody's.
    """
    role = role_of(user)
    if role is None:
        raise PermissionDenied
    if role.articles is not None:
        known = Comment.objects.filter(pk__in=pks)
        if known.exclude(article__in=role.articles).exists():
            raise PermissionDenied


def desk_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Ask strangers to sign in, and refuse those who may decide about nothing.

    The view itself shows and changes only what `visible_to` and `insist` leave to its user.
    """

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if role_of(request.user) is None:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return never_cache(signed_in(shown))


def _find(user: User | AnonymousUser) -> Role | None:
    if not (user.is_active and user.is_staff):
        return None
    may = _permissions(user)
    if PERMISSION in may:
        return Role(may_reveal=REVEAL in may)
    switched_on = Discussion.objects.filter(authors_moderate=True)
    own = Author.objects.filter(Exists(switched_on), user=user.pk)
    found = frozenset(pk for pk in own.values_list("articles", flat=True) if pk)
    return Role(found) if found else None


def _permissions(user: User | AnonymousUser) -> set[str]:
    """Return which of ours `user` has, in one query; `has_perm` would take two."""
    if user.is_superuser:
        return {PERMISSION, REVEAL}
    ours = Permission.objects.filter(
        content_type__app_label="comments", codename__in=[PERMISSION, REVEAL]
    )
    theirs = ours.filter(Q(user=user.pk) | Q(group__user=user.pk))
    return set(theirs.order_by().values_list("codename", flat=True))
