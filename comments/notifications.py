"""Who is owed a mail, and why. Rows in the outbox, in the transaction of what they tell of."""

from comments.models import Address, Comment, Mail, Submission


def owe_replies(reply: Comment) -> None:
    """Owe a mail to each follower whose comment `reply`, just made public, stands under.

    Followers asked for it and confirmed their address; nobody is told of what they wrote
    themselves, and nobody twice of the same reply.
    """
    above = {*reply.ancestors, reply.parent_id} - {None}
    if not above:
        return
    followers = (
        Submission.objects.filter(comment__in=above, notify=True)
        .exclude(email_hash=Submission.objects.filter(pk=reply.pk).values("email_hash")[:1])
        .filter(
            email_hash__in=Address.objects.filter(
                confirmed_at__isnull=False, muted_at__isnull=True
            ).values("email_hash")
        )
        .order_by("-pk")
    )
    for follower in followers:
        Mail.owe(
            Mail.Kind.REPLY,
            follower.email,
            key=f"reply:{reply.pk}:{follower.email_hash}",
            comment_id=follower.pk,
            reply=reply,
        )
