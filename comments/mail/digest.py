"""Mail to moderators about what came into the queue: one for each who wants it in so many minutes.

Who moderates says so at `/moderation/preferences/`. Told is what waits now and came into the queue
since the last such mail: never spam, nothing unjudged, nothing that its reader put there. It takes
only what its reader may decide about (comments/roles.py).
"""

import re
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comments import roles, text, tokens
from comments.models import Comment, Discussion, Mail, ModeratorPreference, StatusChange
from comments.spam import scams
from comments.status import VERBS, Source, Status

#: So many comments are told one by one; so many characters of what each says, and of why it waits.
TOLD_MOST, EXCERPT, WHY = 20, 300, 120
#: What a mail offers to do.
OFFERED = ("approve", "spam", "trash")
#: A change that is not to be seen yet may have been dated so long ago.
UNDER_WAY = timedelta(seconds=10)

_LINK = re.compile(r"<a [^>]*>(.*?)</a>", re.DOTALL)
_PART = r"[^\s@<>]"
_ADDRESS = re.compile(rf"(?<!{_PART}){_PART}+@{_PART}+")
_WEB = re.compile(r"\S*(?:://|www\.)\S+|\S+\.\w\S*")


def owe_digests() -> None:
    """Owe a mail to each who wants one, has waited long enough, and has anything new to decide.

    Any number of workers may call this at once. While the last mail has not left, none is added.
    """
    minutes = Discussion.load().digest_minutes if settings.MAIL_ENABLED else 0
    if not minutes:
        return
    now = timezone.now()
    due = ModeratorPreference.objects.filter(
        digest=True,
        last_digest_at__lte=now - timedelta(minutes=minutes),
        user__is_active=True,
    )
    for preference in due.exclude(user__email="").select_related("user"):
        _owe(preference, until=now - UNDER_WAY)


def _owe(preference: ModeratorPreference, *, until: datetime) -> None:
    user, since = preference.user, preference.last_digest_at
    if since is None or not _news(user, since, until).exists():
        return
    if Mail.objects.filter(moderator=user, send_due__isnull=False).exists():
        return
    with transaction.atomic():
        unchanged = ModeratorPreference.objects.filter(
            pk=user.pk, digest=True, last_digest_at=since
        )
        if unchanged.update(last_digest_at=until):
            Mail.owe(
                Mail.Kind.QUEUE,
                user.email,
                key=f"queue:{user.pk}:{since.isoformat()}",
                moderator=user,
                detail=f"{since.isoformat()} {until.isoformat()}",
            )


def reader_of(mail: Mail) -> User | None:
    """Return whom a mail about the queue is for; None if they may not have it (any more)."""
    user = mail.moderator
    if user is None or not user.is_active or user.email.lower() != mail.email.lower():
        return None
    wants = ModeratorPreference.objects.filter(pk=user.pk, digest=True).exists()
    return user if wants and roles.role_of(user) is not None else None


def contents(mail: Mail, user: User) -> dict[str, Any] | None:
    """Return what the mail tells `user` now; None when nothing of it waits any more."""
    since, until = map(datetime.fromisoformat, mail.detail.split())
    rows = _news(user, since, until)
    told = list(rows.select_related("article").order_by("since", "pk")[:TOLD_MOST])
    if not told:
        return None
    count = rows.count()
    waiting = ngettext("%d comment waits for you", "%d comments wait for you", count) % count
    return {
        "waiting": waiting,
        "told": [_told(comment, user) for comment in told],
        "more": count - len(told),
        "desk": settings.SITE_URL + reverse("comments:desk"),
        "preferences": settings.SITE_URL + reverse("comments:preferences"),
        "unsubscribe": _link("digest_off", tokens.DIGEST_OFF.make(user.pk)),
    }


def _news(user: User, since: datetime, until: datetime) -> QuerySet[Comment]:
    """What waits, came into the queue between the two, and was not put there by `user`."""
    own = StatusChange.objects.filter(
        comment=OuterRef("pk"),
        by=user,
        source=Source.MODERATOR,
        new=Status.PENDING,
        at__gte=OuterRef("since"),
    )
    rows = Comment.objects.queue().filter(~Exists(own), since__gt=since, since__lte=until)
    return roles.visible_to(user, rows).order_by()


def _told(comment: Comment, user: User) -> dict[str, Any]:
    why = str(comment.get_held_for_display())
    if comment.held_detail:
        why = f"{why}: {comment.held_detail}" if why else comment.held_detail
    since = comment.since.isoformat()
    return {
        "name": masked(comment.shown_name, EXCERPT),
        "title": comment.article.title,
        "article": settings.SITE_URL + comment.article.get_absolute_url(),
        "why": masked(why, WHY),
        "excerpt": masked(comment.text, EXCERPT),
        "card": settings.SITE_URL + reverse("comments:desk") + f"#by-{comment.pk}",
        "verbs": [
            {
                "name": name,
                "label": VERBS[name].label,
                "url": _link(
                    "mailed", tokens.MAILED_DECISION.make([comment.pk, user.pk, name, since])
                ),
            }
            for name in OFFERED
        ],
    }


def masked(said: str, length: int) -> str:
    """Return what a stranger wrote in one line that nobody can be reached by: without contacts,
    email addresses and the addresses of links; so many characters at most.
    """
    html = _LINK.sub(_without_address, text.render(scams.mask(said)))
    words = " ".join(text.as_plain(html).split())
    return Truncator(_ADDRESS.sub(scams.MASK, words)).chars(length)


def _without_address(link: re.Match[str]) -> str:
    return f"{_WEB.sub('', link[1]).strip()} [{_('link')}]".strip()


def _link(name: str, token: str) -> str:
    return settings.SITE_URL + reverse(f"comments:{name}", args=[token])
