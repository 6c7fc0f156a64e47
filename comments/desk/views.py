"""The desk's pages: a tab, what is found, and the buttons that decide about one comment."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from comments import moderation, roles
from comments.desk.answers import decided, refused
from comments.desk.filters import TYPED_MOST, FilterForm, private_search
from comments.desk.pages import moderators_only, seen_of, show, staff, way_back
from comments.desk.paging import PAGE_SIZE
from comments.desk.shelves import TABS, tab_of
from comments.models import Comment, PrivacyEvent
from comments.personal import rights
from comments.status import KEEP, VERBS, Status

__all__ = ["PAGE_SIZE", "act", "find", "press_again", "reveal", "tab", "undo"]


@roles.desk_only
@require_safe
def tab(request: HttpRequest, name: str = "queue") -> HttpResponse:
    """One tab, filtered, ordered and paged as its address says."""
    if name not in TABS:
        raise Http404
    return show(request, TABS[name])


@roles.desk_only
def find(request: HttpRequest) -> HttpResponse:
    """Lead to the view that was asked for; its address can be kept as a bookmark.

    An email or IP address that was typed goes no further than this: the view's address names a
    comment that came from there.
    """
    if request.method != "POST":
        return redirect("comments:desk")
    shown = TABS.get(request.POST.get("tab", ""), TABS["queue"])
    # No more than is told to be too long: a pasted text may be longer than any address.
    asked = {
        name: request.POST.get(name, "").strip()[: TYPED_MOST + 1]
        for name in FilterForm.base_fields
    }
    try:
        private = private_search(asked["q"], staff(request))
    except ValidationError as error:
        return show(request, shown, status=422, view={}, problem=error.messages[0])
    if private:
        name, pk = private
        if pk is None:
            said = _("No comment came from there.")
            return show(request, shown, status=422, view={}, problem=said)
        asked |= {"q": "", name: str(pk)}
    said_of = {name: value for name, value in asked.items() if value}
    query = f"?{urlencode(said_of)}" if said_of else ""
    return redirect(reverse("comments:desk", args=[shown.name]) + query)


@roles.desk_only
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Decide about one comment as it was seen; 409 with who was faster when it has changed.

    Only a POST decides. Who comes here otherwise (signed in anew after the login ran out, or by
    the address bar) is led to the desk.
    """
    if request.method != "POST":
        return press_again(request)
    if verb not in VERBS and verb != KEEP.name:
        raise Http404
    roles.insist(request.user, [pk])
    seen = seen_of(request.POST, pk)
    comment = Comment.objects.filter(pk=pk).first()
    try:
        if comment is None:
            raise moderation.AlreadyDecided(None)
        if verb == KEEP.name:
            moderation.keep(comment, by=staff(request), seen=seen.status, since=seen.since)
        else:
            moderation.decide(
                VERBS[verb], comment, by=staff(request), seen=seen.status, since=seen.since
            )
    except moderation.AlreadyDecided as already:
        return refused(request, pk, already)
    said = _("The comment by %(name)s was %(done)s.")
    said %= {"name": comment.name, "done": VERBS.get(verb, KEEP).done}
    undo = (verb, seen.status) != (KEEP.name, Status.APPROVED)
    return decided(request, said, comment, undo=undo, following=request.POST.get(f"next-{pk}", ""))


@roles.desk_only
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what a moderator did last about one comment."""
    if request.method != "POST":
        return press_again(request)
    roles.insist(request.user, [pk])
    seen = seen_of(request.POST, pk)
    comment = Comment.objects.filter(pk=pk).first()
    try:
        if comment is None:
            raise moderation.AlreadyDecided(None)
        status = moderation.undo(comment, by=staff(request), seen=seen.status, since=seen.since)
    except moderation.AlreadyDecided as already:
        return refused(request, pk, already)
    said = _("Taken back: the comment by %(name)s is again “%(status)s”.")
    said %= {"name": comment.name, "status": Status(status).label}
    return decided(request, said, comment, undo=False, following=str(pk))


@moderators_only
@permission_required("comments.reveal_address", raise_exception=True)
def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one address in full, in this answer only, and note who looked at it."""
    if request.method != "POST":
        messages.warning(request, _("Nothing was shown: please press the button once more."))
        return redirect("comments:desk")
    comment = Comment.objects.select_related("submission").filter(pk=pk).first()
    if comment is None:
        gone = _("This comment is gone.")
        return show(request, TABS["queue"], status=409, stale=gone)
    rights.note(
        PrivacyEvent.Kind.REVEAL,
        actor=PrivacyEvent.Actor.STAFF,
        by=staff(request),
        comment=comment,
    )
    shown = TABS.get(request.POST.get("tab", ""))
    if shown is None or shown.status not in (None, comment.status):
        shown = tab_of(comment.status)
    return show(request, shown, revealed=comment)


def press_again(request: HttpRequest) -> HttpResponse:
    """Lead somebody who came by a link to what only a button does to the view that it stood on."""
    messages.warning(request, _("Nothing was changed: please press the button once more."))
    return redirect(way_back(request) if "tab" in request.GET else "comments:desk")
