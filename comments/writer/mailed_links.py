"""Pages behind links that are only ever mailed: who opens them holds the address.

A GET shows what a button will do and never acts, since mail programs follow links by themselves.
"""

from functools import partial

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from comments import forgery, privacy, standing, text, tokens
from comments.models import (
    Address,
    Comment,
    ErrorReport,
    PrivacyEvent,
    StatusChange,
    Submission,
)
from comments.personal import rights
from comments.status import HeldFor, Source, Status
from comments.writer import editing
from comments.writer.manage import FOREIGN, NO_BUTTON, download
from comments.writer.token_pages import Gone, token_page

#: So many comments of one address are listed on its page, newest first; the export holds all.
LISTED_MOST = 50


# --- confirm ----------------------------------------------------------------------------------


@token_page(tokens.CONFIRM)
def confirm(request: HttpRequest, value: list) -> HttpResponse:
    """Ask whether the address belongs to the writer of a comment; the button says yes."""
    submission = _submission(value)
    if request.method != "POST":
        return _show_confirm(request, submission)
    if forgery.is_foreign(request):
        return _show_confirm(request, submission, problem=str(FOREIGN), status=403)
    with transaction.atomic():
        # From here on nobody changes the words that are confirmed.
        comment = standing.lock(submission.comment)
        if comment is None or editing.version(comment) == request.POST.get("version", ""):
            _confirm(submission)
            return HttpResponseRedirect(request.path)
    said = _("The comment was changed meanwhile. Please read it once more: is it still yours?")
    return _show_confirm(request, _submission(value), problem=said, status=409)


def _confirm(submission: Submission) -> None:
    now = timezone.now()
    address = _address(submission.email, create=True)
    Address.objects.filter(pk=address.pk, confirmed_at=None).update(confirmed_at=now)
    # It was the holder who pressed the button, later than whatever was said before.
    Address.objects.filter(pk=address.pk).update(muted_at=None)
    if Submission.objects.filter(pk=submission.pk, confirmed_at=None).update(confirmed_at=now):
        standing.release_if_trusted(
            Comment.objects.select_related("submission", "article").get(pk=submission.pk)
        )


def _show_confirm(
    request: HttpRequest, submission: Submission, *, problem: str = "", status: int = 200
) -> HttpResponse:
    comment = submission.comment
    context = {
        "comment": comment,
        "html": text.without_links(comment.html),
        "masked": submission.masked_email,
        "confirmed": submission.confirmed_at is not None,
        "public": comment.status == Status.APPROVED and comment.article.is_published,
        "to_publish": comment.held_for == HeldFor.UNCONFIRMED,
        "version": editing.version(comment),
        "notify": submission.notify and settings.MAIL_ENABLED,
        "problem": problem,
        "here": request.path,
        "manage": reverse("comments:manage", args=[tokens.MANAGE.make(comment.pk)]),
        "unsubscribe": reverse(
            "comments:unsubscribe",
            args=[tokens.UNSUBSCRIBE.make([comment.pk, submission.email_hash])],
        ),
    }
    if submission.confirmed_at:
        context["proof"] = tokens.PROOF.make(privacy.address_hash(submission.email))
    return render(request, "comments/confirm.html", context, status=status)


def _submission(value: list) -> Submission:
    """Return the private half of the comment that a mailed link names, if it is still theirs."""
    pk, hashed = value
    submission = Submission.objects.select_related("comment__article").filter(pk=pk).first()
    if submission is None or not submission.email:
        raise Gone(_("This comment is gone, or no longer has an address."))
    if hashed not in privacy.address_hashes(submission.email):
        raise Gone(_("This comment no longer belongs to the address that the link was mailed to."))
    return submission


def _address(email: str, *, create: bool = False) -> Address:
    """Return the row of an address; one that is not stored if there is none."""
    found = Address.objects.filter(email_hash__in=privacy.address_hashes(email)).first()
    if found is None:
        found = Address(email=email, email_hash=privacy.address_hash(email))
        if create:
            Address.objects.bulk_create([found], ignore_conflicts=True)
            found = Address.objects.get(email_hash=found.email_hash)
    return found


# --- unsubscribe ------------------------------------------------------------------------------


@token_page(tokens.UNSUBSCRIBE, even_expired=True)
def unsubscribe(request: HttpRequest, value: list) -> HttpResponse:
    """Stop mails about one comment, or all; mail programs do the first with one click (RFC 8058).

    It works for as long as anybody keeps the mail, and after the comment is gone.
    """
    pk, hashed = value
    submission = Submission.objects.select_related("comment__article").filter(pk=pk).first()
    hashes = [hashed]
    if submission and hashed in privacy.address_hashes(submission.email):
        hashes = privacy.address_hashes(submission.email)
    else:
        submission = None
    show = partial(_show_unsubscribe, request, submission, hashes)
    if request.method != "POST":
        return show()
    if forgery.is_foreign(request):
        return show(problem=str(FOREIGN), status=403)
    one_click = "List-Unsubscribe" in request.POST
    # A mail about no comment (an error that was reported) has all mail to stop.
    what = ("comment" if pk else "all") if one_click else request.POST.get("what", "")
    if what not in ("comment", "all", "resume"):
        return show(problem=str(NO_BUTTON), status=422)
    _set_mail(what, submission, hashes)
    if one_click:  # a mail program follows no redirect
        if submission:
            submission.notify = False
        return show()
    return HttpResponseRedirect(request.path + "?done=1")


def _set_mail(what: str, submission: Submission | None, hashes: list[str]) -> None:
    with transaction.atomic():
        if what == "comment" and submission:
            Submission.objects.filter(pk=submission.pk).update(notify=False)
        elif what == "all":
            if submission:
                _address(submission.email, create=True)
            Address.objects.filter(email_hash__in=hashes).update(muted_at=timezone.now())
        elif what == "resume":
            Address.objects.filter(email_hash__in=hashes).update(muted_at=None)


def _show_unsubscribe(
    request: HttpRequest,
    submission: Submission | None,
    hashes: list[str],
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    muted = Address.objects.filter(email_hash__in=hashes, muted_at__isnull=False).exists()
    known = submission is not None or Address.objects.filter(email_hash__in=hashes).exists()
    context = {
        "comment": submission.comment if submission else None,
        "masked": submission.masked_email if submission else "",
        "follows": submission is not None and submission.notify,
        "muted": muted,
        "known": known,
        "problem": problem,
        "done": request.method != "POST" and request.GET.get("done") == "1",
        "here": request.path,
    }
    return render(request, "comments/unsubscribe.html", context, status=status)


# --- everything under an address ---------------------------------------------------------------


@token_page(tokens.ADDRESS)
def address(request: HttpRequest, encrypted: str) -> HttpResponse:
    """Show what is known under an address, with its export, its erasure and a stop to all mail."""
    try:
        email = privacy.decrypt(encrypted)
    except InvalidToken as error:  # as good as expired: its key is gone
        raise Gone(_("This link has expired. Nothing was changed.")) from error
    hashes = privacy.address_hashes(email)
    submission = Submission.objects.filter(email_hash__in=hashes).order_by("-pk").first()
    if request.method != "POST":
        return _show_address(request, email, hashes, ask=request.GET.get("ask") == "erase")
    if forgery.is_foreign(request):
        return _show_address(request, email, hashes, problem=str(FOREIGN), status=403)
    what = request.POST.get("do", "")
    if what == "export":
        return download(
            rights.export_address(hashes, actor=PrivacyEvent.Actor.WRITER), "my-comments.json"
        )
    if what == "erase":
        rights.erase_address(hashes, actor=PrivacyEvent.Actor.WRITER)
    elif what in ("all", "resume"):
        _set_mail(what, submission, hashes)
    else:
        return _show_address(request, email, hashes, problem=str(NO_BUTTON), status=422)
    done = {"erase": "erased"}.get(what, "mail")
    return HttpResponseRedirect(f"{request.path}?done={done}")


def _show_address(
    request: HttpRequest,
    email: str,
    hashes: list[str],
    *,
    ask: bool = False,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    comments = Comment.objects.filter(submission__email_hash__in=hashes).select_related("article")
    total = comments.count()
    errors = ErrorReport.objects.filter(email_hash__in=hashes).count()
    newest = list(comments.order_by("-pk")[:LISTED_MOST])
    decided = set(
        StatusChange.objects.filter(comment__in=newest, source=Source.MODERATOR).values_list(
            "comment", flat=True
        )
    )
    listed = [
        {
            "comment": comment,
            "words": editing.words_for(comment, by_a_person=comment.pk in decided),
            "manage": reverse("comments:manage", args=[tokens.MANAGE.make(comment.pk)]),
        }
        for comment in newest
    ]
    context = {
        "masked": privacy.mask_address(email) if email else "",
        "listed": listed,
        "total": total,
        "errors": errors,
        "more": total - len(listed),
        "muted": Address.objects.filter(email_hash__in=hashes, muted_at__isnull=False).exists(),
        "erased": request.GET.get("done") == "erased" and not (total or errors),
        "done": request.GET.get("done") if request.method != "POST" else "",
        "ask": ask and bool(total or errors),
        "problem": problem,
        "here": request.path,
    }
    return render(request, "comments/manage_address.html", context, status=status)
