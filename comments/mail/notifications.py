"""Who is owed a mail, and why. Rows in the outbox, in the transaction of what they tell of.

Nothing is owed while no mail server is set. What a mail says is made when it is sent: letters.py;
who sends it: postman.py.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from comments import privacy
from comments.models import Address, Comment, Mail, Submission
from comments.status import HeldFor, Status, Verdict

#: One mail with a link to confirm an address, and one with the link to a comment, in so long.
ASK_AGAIN_AFTER = timedelta(days=1)
#: So many mails with links to comments one address gets in that time, whoever asks for them.
LINKS_MOST = 3
KEY_TROUBLE_EVERY = timedelta(hours=6)


def owe_key_trouble(detail: str) -> None:
    """Owe administrators one mail in six hours that Akismet refuses our key, saying why.

    They are the active superusers who have an address. Any number of workers may call this at
    once. The key itself is taken out of `detail`.
    """
    if not settings.MAIL_ENABLED:
        return
    now = timezone.now()
    if Mail.objects.filter(kind=Mail.Kind.KEY_TROUBLE, at__gt=now - KEY_TROUBLE_EVERY).exists():
        return
    if settings.AKISMET_API_KEY:
        detail = detail.replace(settings.AKISMET_API_KEY, "…")
    window = int(now.timestamp() // KEY_TROUBLE_EVERY.total_seconds())
    for user in User.objects.filter(is_superuser=True, is_active=True).exclude(email=""):
        key = f"key_trouble:{window}:{user.pk}"
        Mail.owe(Mail.Kind.KEY_TROUBLE, user.email, key=key, detail=detail[:200])


def owe_replies(reply: Comment) -> None:
    """Owe a mail to each follower whose comment `reply`, just made public, stands under.

    Followers asked for it and confirmed their address; nobody is told of what they wrote
    themselves, and nobody twice of the same reply.
    """
    above = {*reply.ancestors, reply.parent_id} - {None}
    if not above or not settings.MAIL_ENABLED:
        return
    followers = {
        follower.pk: privacy.address_hashes(follower.email)
        for follower in Submission.objects.filter(comment__in=above, notify=True).exclude(email="")
    }
    if not followers:
        return
    # Under every key, so that an address is known again while a key is being replaced.
    writers_own = privacy.address_hashes(Submission.objects.get(pk=reply.pk).email)
    addresses = Address.objects.filter(
        email_hash__in={each for hashes in followers.values() for each in hashes} - {*writers_own},
        confirmed_at__isnull=False,
        muted_at__isnull=True,
    )
    reachable = {address.email_hash: address.email for address in addresses}
    # Who wrote several of the comments above is told with the nearest.
    for pk, hashes in sorted(followers.items(), reverse=True):
        email = next((reachable[each] for each in hashes if each in reachable), "")
        if not email:
            continue
        Mail.owe(
            Mail.Kind.REPLY,
            email,
            key=f"reply:{reply.pk}:{hashes[0]}",
            comment_id=pk,
            reply=reply,
        )


def owe_confirmation(comment: Comment) -> None:
    """Ask the writer of `comment` to confirm the address: to follow replies, or to be published.

    Called when a comment was judged, never before: so spam sends nobody a mail. An address that
    wants no mail or was asked within a day is not asked, nor is one that is confirmed already,
    unless the comment waits for nothing but its holder's word. Race-safe.
    """
    if not settings.MAIL_ENABLED:
        return
    submission = (
        Submission.objects.select_related("comment")
        .filter(Q(notify=True) | Q(comment__held_for=HeldFor.UNCONFIRMED), pk=comment.pk)
        .filter(judged_clean("comment__"))
        .first()
    )
    if submission is None or submission.email in ("", privacy.UNREADABLE):
        return
    now = timezone.now()
    hashed = _remember(submission.email)
    asked = Address.objects.filter(
        Q(asked_at=None) | Q(asked_at__lt=now - ASK_AGAIN_AFTER),
        email_hash=hashed,
        muted_at=None,
    )
    if submission.comment.held_for != HeldFor.UNCONFIRMED:
        asked = asked.filter(confirmed_at=None)
    if asked.update(asked_at=now):
        key = f"confirm:{submission.email_hash}:{now:%Y%m%dT%H%M%S%f}"
        Mail.owe(Mail.Kind.CONFIRM, submission.email, key=key, comment=comment)


def owe_link(comment: Comment) -> None:
    """Owe the writer of `comment` a mail with the link to its page: one a day, as asked for.

    It leaves only if the comment is judged clean, and not to who wants no mail (letters.py). An
    address gets so many a day and no more, also when comments are erased between. Race-safe.
    """
    submission = Submission.objects.filter(pk=comment.pk).exclude(email="").first()
    if not settings.MAIL_ENABLED or submission is None or submission.email == privacy.UNREADABLE:
        return
    now = timezone.now()
    lately = Mail.objects.filter(kind=Mail.Kind.LINK, comment=comment, at__gt=now - ASK_AGAIN_AFTER)
    with transaction.atomic():
        if lately.exists() or not count_link(submission.email, now):
            return
        key = f"link:{comment.pk}:{now:%Y%m%d}"
        Mail.owe(Mail.Kind.LINK, submission.email, key=key, comment=comment)


def count_link(email: str, now: datetime) -> bool:
    """Count one more mail to an address that anybody may have typed; False when it has had enough
    of them.
    """
    hashed = _remember(email)
    row = Address.objects.filter(email_hash=hashed)
    old = Q(links_from=None) | Q(links_from__lt=now - ASK_AGAIN_AFTER)
    if row.filter(old).update(links_from=now, links_sent=1):
        return True
    return bool(row.filter(links_sent__lt=LINKS_MOST).update(links_sent=F("links_sent") + 1))


def _remember(email: str) -> str:
    """See to it that there is a row for an address; return the hash that it has."""
    known = Address.objects.filter(email_hash__in=privacy.address_hashes(email))
    if found := known.values_list("email_hash", flat=True).first():
        return found
    address = Address(email=email, email_hash=privacy.address_hash(email))
    Address.objects.bulk_create([address], ignore_conflicts=True)
    return address.email_hash


def judged_clean(prefix: str = "") -> Q:
    """Match comments that a person approved or that waits for one after Akismet found it clean.

    Only the writers of these are mailed, or spammers could have us write to anybody.
    """
    clean = {
        f"{prefix}status": Status.PENDING,
        f"{prefix}verdict__in": [Verdict.HAM, Verdict.EXEMPT],
    }
    return Q(**{f"{prefix}status": Status.APPROVED}) | Q(**clean)
