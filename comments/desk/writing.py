"""What moderators write themselves: another text for a comment, and answers to it."""

from copy import deepcopy
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from comments import intake, moderation, roles
from comments.desk.answers import changes
from comments.desk.links import written_out
from comments.desk.pages import done, seen_of, staff, way_back
from comments.desk.shelves import tab_of
from comments.desk.signing_in import wants_json
from comments.forms import CommentForm
from comments.models import Comment
from comments.spam.rules import Draft
from comments.status import VERBS, Status
from comments.writer.editing import EditForm, version


class ReplyForm(forms.Form):
    """An answer; cleaned as a comment's text is."""

    text = deepcopy(CommentForm.base_fields["text"])
    clean_text = CommentForm.clean_text


@roles.desk_only
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a comment's text; the old one is kept, and the comment stays where it is."""
    roles.insist(request.user, [pk])
    comment = _comment(pk)
    if comment.withdrawn_at and request.method != "POST":
        messages.warning(request, _("Its writer removed this comment, so nobody can edit it."))
        return redirect(way_back(request))
    form = EditForm(request.POST or None, initial={"text": comment.text}, auto_id="desk-%s")
    if request.method != "POST" or not form.is_valid():
        return _page(request, comment, form, what="edit")
    if request.POST.get("version", "") != version(comment):
        form.add_error("text", _("Somebody edited this meanwhile. It says now what stands above."))
        return _page(request, comment, form, what="edit", status=409)
    try:
        changed = moderation.revise(
            comment, form.cleaned_data["text"], by=staff(request), seen=comment.edited_at
        )
    except moderation.AlreadyDecided as decided:
        form.add_error("text", str(decided))
        return _page(request, _comment(pk), form, what="edit", status=409)
    said = _("The comment by %s was edited.") if changed else _("The comment by %s is as it was.")
    return _written(request, said % comment.name, comment, what="edit")


@roles.desk_only
def reply(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer a comment, and approve it where it is not public yet: both, or neither."""
    roles.insist(request.user, [pk])
    comment = _comment(pk)
    form = ReplyForm(request.POST or None, auto_id="desk-%s")
    if request.method != "POST" or not form.is_valid():
        return _page(request, comment, form, what="reply")
    user, seen = staff(request), seen_of(request.POST, pk)
    draft = Draft(
        name=user.get_full_name() or user.get_username(),
        email=user.email,
        text=form.cleaned_data["text"],
        parent_id=pk,
    )
    try:
        with transaction.atomic():
            if seen.status != Status.APPROVED:
                verb = VERBS["approve"]
                moderation.decide(verb, comment, by=user, seen=seen.status, since=seen.since)
            intake.take_in(comment.article.slug, draft, user=user, from_desk=True)
    except moderation.AlreadyDecided as decided:
        form.add_error("text", str(decided))
        return _page(request, _comment(pk), form, what="reply", status=409)
    except intake.Refused as refusal:
        form.add_error("text", str(refusal.hit.detail))
        return _page(request, comment, form, what="reply", status=refusal.hit.status)
    except Http404:
        form.add_error("text", _("Readers cannot see this article, so nobody can answer there."))
        return _page(request, comment, form, what="reply", status=403)
    said = _("Your reply to %s is public.")
    if seen.status != Status.APPROVED:
        said = _("The comment by %s was approved, and your reply is public.")
    return _written(request, said % comment.name, comment, what="reply")


def _written(request: HttpRequest, said: str, comment: Comment, *, what: str) -> HttpResponse:
    if wants_json(request):
        return changes(request, said, [comment.pk], undo=False)
    done(request, said, wrote=f"{what}-{comment.pk}")
    return redirect(way_back(request, following=str(comment.pk) if what == "edit" else ""))


def _comment(pk: int) -> Comment:
    rows = Comment.objects.select_related("article", "submission")
    return get_object_or_404(rows, pk=pk)


def _page(
    request: HttpRequest, comment: Comment, form: forms.Form, *, what: str, status: int = 0
) -> HttpResponse:
    if form.errors:
        form.fields["text"].widget.attrs |= {"aria-describedby": "desk-text_error"}
    form.fields["text"].widget.attrs["autofocus"] = True
    # A page that was refused keeps what was seen first, unless it is shown anew.
    fresh = request.method != "POST" or status == 409
    back: dict[str, Any] = {
        "tab": request.POST.get("tab") or request.GET.get("tab") or tab_of(comment.status).name,
        "view": request.POST.get("view") or request.GET.get("view", ""),
    }
    seen = {
        "status": comment.status if fresh else request.POST.get(f"seen-{comment.pk}", ""),
        "since": comment.since.isoformat()
        if fresh
        else request.POST.get(f"since-{comment.pk}", ""),
        "version": version(comment) if fresh else request.POST.get("version", ""),
    }
    context = {
        "comment": comment,
        "html": written_out(comment.html),
        "form": form,
        "what": what,
        "seen": seen,
        "approves": seen["status"] != Status.APPROVED,
        "fields": back,
        "back": _back(request, comment),
    }
    code = status or (422 if form.errors else 200)
    return render(request, "comments/desk_write.html", context, status=code)


def _back(request: HttpRequest, comment: Comment) -> str:
    """Return where Cancel leads: to the view that the card stood in, or to where it lies."""
    following = str(comment.pk)
    if (request.POST or request.GET).get("tab"):
        return way_back(request, following=following)
    return reverse("comments:desk", args=[tab_of(comment.status).name]) + f"#by-{following}"
