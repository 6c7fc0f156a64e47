"""What a mail says, made at the moment it is sent; or why it is not sent any more."""

from collections.abc import Callable
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import sanitize_address
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import wrap
from django.utils.translation import gettext_lazy

from comments import privacy, text, tokens
from comments.mail import digest, drafts, errors, reviews, signing_in
from comments.mail.notifications import judged_clean
from comments.models import Address, Comment, Mail
from comments.spam import scams
from comments.status import HeldFor, Status

#: As RFC 3676 (4.2) has it, so that a mail may be quoted once or twice.
LINE_LENGTH = 76


class Drop(Exception):
    """The mail has no reason any more; the text is the kind of reason, for the outbox."""


class Wait(Exception):
    """The comment that the mail is about is not judged yet."""


class Judged(Enum):
    CLEAN = "clean"
    NOT_YET = "not yet"
    NO = "no"


SUBJECTS: dict[str, str | Promise] = {
    Mail.Kind.CONFIRM: gettext_lazy("Please confirm your address"),
    Mail.Kind.LINK: gettext_lazy("The link to your comment on “%(title)s”"),
    Mail.Kind.REPLY: gettext_lazy("A reply to your comment on “%(title)s”"),
    Mail.Kind.KEY_TROUBLE: gettext_lazy("%(site)s: Akismet does not take our key"),
    Mail.Kind.QUEUE: gettext_lazy("%(site)s: %(waiting)s"),
    Mail.Kind.REVIEW: gettext_lazy("%(site)s: “%(title)s” waits for review"),
    Mail.Kind.DRAFT: gettext_lazy("%(site)s: %(said)s"),
    Mail.Kind.SIGN_IN: gettext_lazy("%(site)s: %(said)s"),
    Mail.Kind.ERROR: gettext_lazy("What came of the error that you reported in “%(title)s”"),
}


#: What comes by itself can be stopped by itself: with one click, without opening a page (RFC 8058).
UNASKED = {Mail.Kind.CONFIRM, Mail.Kind.REPLY, Mail.Kind.QUEUE, Mail.Kind.ERROR}


def compose(mail: Mail) -> EmailMultiAlternatives:
    """Return `mail` as it should be sent now. Raises Drop or Wait.

    Nothing that a stranger chose stands in a reader's mail but a public reply's name and text: else
    anybody could have us carry an advertisement to any address.
    """
    _check_addressee(mail)
    context = APART.get(mail.kind, _about_comment)(mail)
    context |= {"site_name": settings.SITE_NAME, "site_url": settings.SITE_URL, "mail": mail}
    names = {name: context.get(name, "") for name in ("title", "waiting", "said")}
    names["site"] = settings.SITE_NAME
    subject = str(SUBJECTS[mail.kind]) % names
    context["subject"] = subject
    host = urlsplit(settings.SITE_URL).hostname
    headers = {
        "Auto-Submitted": "auto-generated",
        # The same whenever this row is sent: should it arrive twice after all, programs can tell.
        "Message-ID": f"<{mail.kind}.{mail.pk}.{int(mail.at.timestamp())}@{host}>",
    }
    if mail.kind in UNASKED:
        headers["List-Unsubscribe"] = f"<{context['unsubscribe']}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    template = f"comments/mail/{mail.kind}"
    message = EmailMultiAlternatives(
        # One line whatever the title of an article holds.
        subject=" ".join(subject.split()),
        body=_lines(render_to_string(f"{template}.txt", context)),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[mail.email],
        headers=headers,
    )
    message.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    return message


def _check_addressee(mail: Mail) -> None:
    if mail.email in ("", privacy.UNREADABLE):
        raise Drop("no address")
    try:
        # Django's own form for addresses: ASCII before the @, so that every server takes it.
        validate_email(mail.email)
        sanitize_address(mail.email, "utf-8")
    except (ValidationError, ValueError):
        raise Drop("impossible address") from None
    hashes = privacy.address_hashes(mail.email)
    muted = Address.objects.filter(email_hash__in=hashes, muted_at__isnull=False)
    if mail.kind != Mail.Kind.SIGN_IN and muted.exists():
        raise Drop("muted")


def _key_trouble(mail: Mail) -> dict[str, Any]:
    if not User.objects.filter(
        is_superuser=True, is_active=True, email__iexact=mail.email
    ).exists():
        raise Drop("no administrator any more")
    return {"detail": mail.detail, "desk": settings.SITE_URL + reverse("comments:desk")}


def _queue(mail: Mail) -> dict[str, Any]:
    user = digest.reader_of(mail)
    if user is None:
        raise Drop("no moderator who wants it any more")
    context = digest.contents(mail, user)
    if context is None:
        raise Drop("nothing waits any more")
    for each in context["told"]:
        each["quoted"] = _quoted(each["excerpt"])
    return context


def _or_drop(
    contents: Callable[[Mail], dict[str, Any] | None], why: str
) -> Callable[[Mail], dict[str, Any]]:
    def context_of(mail: Mail) -> dict[str, Any]:
        context = contents(mail)
        if context is None:
            raise Drop(why)
        return context

    return context_of


#: What makes the mails that are not about a comment of the addressee's.
APART: dict[str, Callable[[Mail], dict[str, Any]]] = {
    Mail.Kind.KEY_TROUBLE: _key_trouble,
    Mail.Kind.QUEUE: _queue,
    Mail.Kind.REVIEW: _or_drop(reviews.contents, "no review for this editor any more"),
    Mail.Kind.DRAFT: _or_drop(drafts.contents, "nothing to tell this writer any more"),
    Mail.Kind.SIGN_IN: _or_drop(signing_in.contents, "no such login any more"),
    Mail.Kind.ERROR: _or_drop(errors.contents, "nothing to tell any more"),
}


def _about_comment(mail: Mail) -> dict[str, Any]:
    """Return what the mails to a comment's writer have in common, and what only one kind has."""
    comment = (
        Comment.objects.select_related("article", "submission")
        .filter(pk=mail.comment_id or 0)
        .first()
    )
    if comment is None:
        raise Drop("comment gone")
    hashes = privacy.address_hashes(mail.email)
    if comment.submission.email_hash not in hashes:
        raise Drop("address erased")
    judged = _judged(comment)
    if judged is Judged.NO:
        raise Drop("comment not clean")
    if judged is Judged.NOT_YET:
        raise Wait
    if not comment.article.is_published:
        raise Drop("article unpublished")
    hashed = comment.submission.email_hash
    context = {
        "comment": comment,
        "title": comment.article.title,
        "article": settings.SITE_URL + comment.article.get_absolute_url(),
        "manage": _link("manage", tokens.MANAGE.make(comment.pk)),
        "unsubscribe": _link("unsubscribe", tokens.UNSUBSCRIBE.make([comment.pk, hashed])),
        "confirm": _link("confirm", tokens.CONFIRM.make([comment.pk, hashed])),
    }
    return context | ABOUT[mail.kind](mail, comment)


def _confirm(mail: Mail, comment: Comment) -> dict[str, Any]:
    if comment.held_for == HeldFor.UNCONFIRMED and not comment.submission.confirmed_at:
        return {"to_publish": True}
    if not comment.submission.notify:
        raise Drop("not wanted any more")
    if _confirmed(mail):
        raise Drop("confirmed already")
    return {"to_publish": False}


def _link_mail(mail: Mail, comment: Comment) -> dict[str, Any]:
    return {
        "address": _link("address", tokens.ADDRESS.make(privacy.encrypt(comment.submission.email))),
        "confirmed": comment.submission.confirmed_at is not None,
    }


def _reply(mail: Mail, comment: Comment) -> dict[str, Any]:
    if not comment.submission.notify:
        raise Drop("not wanted any more")
    if not _confirmed(mail):
        raise Drop("not confirmed")
    if comment.status != Status.APPROVED:
        raise Drop("comment not public")
    reply = Comment.objects.public().filter(pk=mail.reply_id or 0).first()
    if reply is None:
        raise Drop("reply not public")
    html = text.without_links(text.render(scams.mask(reply.text)))
    return {
        "reply": reply,
        "html": html,
        "quoted": _quoted(text.as_plain(html)),
        "permalink": settings.SITE_URL + reply.get_absolute_url(),
    }


ABOUT: dict[str, Callable[[Mail, Comment], dict[str, Any]]] = {
    Mail.Kind.CONFIRM: _confirm,
    Mail.Kind.LINK: _link_mail,
    Mail.Kind.REPLY: _reply,
}


def _judged(comment: Comment) -> Judged:
    if Comment.objects.filter(judged_clean(), pk=comment.pk).exists():
        return Judged.CLEAN
    waiting = comment.status in (Status.SUBMITTED, Status.PENDING)
    return Judged.NOT_YET if waiting else Judged.NO


def _confirmed(mail: Mail) -> bool:
    return Address.objects.filter(
        email_hash__in=privacy.address_hashes(mail.email), confirmed_at__isnull=False
    ).exists()


def _quoted(said: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in wrap(said, LINE_LENGTH - 2).splitlines())


def _lines(body: str) -> str:
    """Break the paragraphs of a plain text, but no address; mark where its signature begins."""
    broken = "\n".join(
        line if line.startswith(">") else wrap(line, LINE_LENGTH)
        for line in body.strip().splitlines()
    )
    return broken.replace("\n--\n", "\n-- \n") + "\n"


def _link(name: str, token: str) -> str:
    return settings.SITE_URL + reverse(f"comments:{name}", args=[token])
