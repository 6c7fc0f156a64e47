"""The writer's own page: what became of a comment, and what its writer may do about it.

Whoever posted a comment has the link, whatever address they typed. So this page concerns this one
comment; what concerns an address needs a link that was mailed to it: mailed_links.py.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comments import forgery, moderation, text, tokens
from comments.client_address import client_address
from comments.forms import proves
from comments.mail import notifications
from comments.models import Comment, Discussion, PrivacyEvent, Submission
from comments.personal import rights
from comments.status import Status
from comments.writer import editing
from comments.writer.editing import CannotEdit, EditForm
from comments.writer.token_pages import Gone, token_page

#: What is said after an action, by the word in the address.
DONE = {
    "edited": gettext_lazy("Your changes are saved. They are checked like a new comment."),
    "unchanged": gettext_lazy("The text is as it was; nothing was changed."),
    "removed": gettext_lazy("Your comment is removed."),
    "follows": gettext_lazy("You will be told of replies, as described below."),
    "unfollows": gettext_lazy("You will not be told of replies any more."),
    "mailed": gettext_lazy(
        "The link is on its way, once a day at the most and unless our spam filter objects to "
        "the comment."
    ),
    "erased": gettext_lazy("What was kept about you with this comment is erased."),
}
FOREIGN = gettext_lazy("This form was sent from another site, so nothing was done.")
NO_BUTTON = gettext_lazy("That is nothing this page can do. Please use one of its buttons.")
CHANGED = gettext_lazy(
    "This comment changed at the same moment, so nothing was done. Below it stands as it is now."
)


class Conflict(Exception):
    """It cannot be done as things stand; the text says why."""


@token_page(tokens.MANAGE)
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one comment to whoever posted it; a POST does what its button says."""
    if request.method != "POST":
        return _show(request, _load(pk, request), ask=request.GET.get("ask", ""))
    return _act(request, pk)


def _act(request: HttpRequest, pk: int) -> HttpResponse:
    comment = _load(pk, request)
    form = EditForm(request.POST) if "text" in request.POST else None
    if forgery.is_foreign(request):
        return _show(request, comment, form=form, problem=str(FOREIGN), status=403)
    action = ACTIONS.get(request.POST.get("do", ""))
    if action is None:
        return _show(request, comment, form=form, problem=str(NO_BUTTON), status=422)
    try:
        return action(request, comment)
    except CannotEdit as refusal:
        said, status = str(refusal), refusal.status
    except Conflict as refusal:
        said, status = str(refusal), 409
    except moderation.AlreadyDecided:  # its own words are for moderators
        said, status = str(CHANGED), 409
    return _show(request, _load(pk, request), form=form, problem=said, status=status)


def _load(pk: int, request: HttpRequest) -> Comment:
    comment = Comment.objects.select_related("article", "submission").filter(pk=pk).first()
    if comment is None:
        if request.GET.get("done") == "erased":
            raise Gone(_("Your comment and what was kept with it is deleted."), done=True)
        raise Gone(_("This comment is gone, and with it everything that was kept about it."))
    return comment


# --- what its buttons do --------------------------------------------------------------------


def _edit(request: HttpRequest, comment: Comment) -> HttpResponse:
    form = EditForm(request.POST)
    if not form.is_valid():
        return _show(request, comment, form=form, status=422)
    seen, ip = request.POST.get("version", ""), client_address(request)
    proven = proves(request.POST.get("proof"), comment.submission.email)
    changed = editing.edit(comment, form.cleaned_data["text"], seen=seen, ip=ip, proven=proven)
    return _back(request, "edited" if changed else "unchanged")


def _remove(request: HttpRequest, comment: Comment) -> HttpResponse:
    if not comment.withdrawn_at:
        moderation.withdraw(comment, seen=comment.status)
    return _back(request, "removed")


def _follow(request: HttpRequest, comment: Comment) -> HttpResponse:
    if not _can_be_mailed(comment):
        raise Conflict(_("No mail can be sent about this comment."))
    with transaction.atomic():
        Submission.objects.filter(pk=comment.pk).update(notify=True)
        notifications.owe_confirmation(comment)
    return _back(request, "follows")


def _unfollow(request: HttpRequest, comment: Comment) -> HttpResponse:
    Submission.objects.filter(pk=comment.pk).update(notify=False)
    return _back(request, "unfollows")


def _mail(request: HttpRequest, comment: Comment) -> HttpResponse:
    if not _can_be_mailed(comment):
        raise Conflict(_("No mail can be sent about this comment."))
    notifications.owe_link(comment)
    return _back(request, "mailed")


def _export(request: HttpRequest, comment: Comment) -> HttpResponse:
    data = rights.export_comment(comment, actor=PrivacyEvent.Actor.WRITER)
    return download(data, f"comment-{comment.pk}.json")


def _erase(request: HttpRequest, comment: Comment) -> HttpResponse:
    rights.erase_comment(comment, actor=PrivacyEvent.Actor.WRITER)
    return _back(request, "erased")


ACTIONS: dict[str, Callable[[HttpRequest, Comment], HttpResponse]] = {
    "edit": _edit,
    "remove": _remove,
    "follow": _follow,
    "unfollow": _unfollow,
    "mail": _mail,
    "export": _export,
    "erase": _erase,
}


def download(data: dict[str, Any], name: str) -> HttpResponse:
    """Answer with an export, as a file that the browser saves."""
    response = HttpResponse(rights.as_json(data), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _back(request: HttpRequest, done: str) -> HttpResponse:
    return HttpResponseRedirect(f"{request.path}?done={done}")


# --- what it shows --------------------------------------------------------------------------


def _can_be_mailed(comment: Comment) -> bool:
    return settings.MAIL_ENABLED and bool(comment.submission.email) and not comment.withdrawn_at


def _show(
    request: HttpRequest,
    comment: Comment,
    *,
    form: EditForm | None = None,
    problem: str = "",
    ask: str = "",
    status: int = 200,
) -> HttpResponse:
    """Render the page; `form` is what was typed, `problem` why nothing came of it."""
    public = comment.status == Status.APPROVED and comment.article.is_published
    until, no_edit = None, ""
    try:
        until = editing.editable_until(comment, Discussion.load())
    except CannotEdit as reason:
        no_edit = str(reason)
    context = {
        "comment": comment,
        "html": comment.html if public else text.without_links(comment.html),
        "public": public,
        "words": editing.words_for(comment),
        "done": DONE.get(request.GET.get("done", "")) if request.method != "POST" else "",
        "problem": problem,
        "ask": ask if ask in ("remove", "erase") else "",
        "until": until,
        "no_edit": no_edit,
        "form": form or EditForm(initial={"text": comment.text}),
        "version": editing.version(comment),
        "can_be_mailed": _can_be_mailed(comment),
        "erased": not comment.submission.email,
        "masked": comment.submission.masked_email,
        "here": request.path,
    }
    if form is not None and until is None:
        context["kept"] = form["text"].value()
    return render(request, "comments/manage.html", context, status=status)
