"""The moderation desk: what waits, why, and the buttons that decide."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.models import User
from django.db.models import Count, Prefetch
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from comments import moderation
from comments.models import Check, Comment, Edit, PrivacyEvent, Report, StatusChange
from comments.personal import rights
from comments.status import VERBS, Status, verbs_from

PAGE_SIZE = 20
#: What happened to a comment, each kind in a table of its own.
Step = StatusChange | Check | Edit | Report


@dataclass(frozen=True)
class Tab:
    """One shelf of the desk; `name` stands in the address."""

    name: str
    label: Promise | str
    status: Status
    empty: Promise | str


TABS = {
    tab.name: tab
    for tab in (
        Tab(
            "queue",
            gettext_lazy("Queue"),
            Status.PENDING,
            gettext_lazy("Nothing waits for you. The margins are clear."),
        ),
        Tab(
            "awaiting",
            gettext_lazy("Awaiting check"),
            Status.SUBMITTED,
            gettext_lazy("Every comment has been checked."),
        ),
        Tab(
            "approved",
            gettext_lazy("Approved"),
            Status.APPROVED,
            gettext_lazy("No comment has been approved yet."),
        ),
        Tab("spam", gettext_lazy("Spam"), Status.SPAM, gettext_lazy("No spam. Enjoy it.")),
        Tab("trash", gettext_lazy("Trash"), Status.TRASH, gettext_lazy("The trash is empty.")),
    )
}


@dataclass(frozen=True)
class Card:
    """One comment on the desk, and the one below it, where the eye goes next."""

    comment: Comment
    following: Comment | None

    @property
    def history(self) -> list[Step]:
        """Everything that happened to it, in the order of time."""
        comment = self.comment
        steps: list[Step] = [*comment.changes.all(), *comment.checks.all()]
        steps += [*comment.edits.all(), *comment.reports.all()]
        return sorted(steps, key=lambda step: step.at)


def moderators_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Ask strangers to sign in, and refuse those who may not moderate."""
    allowed = permission_required("comments.moderate_comment", raise_exception=True)
    return never_cache(login_required(allowed(view)))


@moderators_only
@require_safe
def tab(request: HttpRequest, name: str = "queue") -> HttpResponse:
    """One tab, newest first; `?before=ID` goes on where a page ended."""
    if name not in TABS:
        raise Http404
    return _show(request, TABS[name])


@moderators_only
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Decide about one comment as it was seen; 409 with who was faster when it has changed.

    Only a POST decides. Who comes here otherwise (signed in anew after the login ran out, or by
    the address bar) is led to the desk.
    """
    if request.method != "POST":
        messages.warning(request, _("Nothing was changed: please press the button once more."))
        return redirect("comments:desk")
    if verb not in VERBS:
        raise Http404
    shown = TABS.get(request.POST.get("tab", ""), TABS["queue"])
    seen = request.POST.get("seen", "")
    comment = Comment.objects.filter(pk=pk).first()
    if comment is None:
        return _show(request, shown, status=409, stale=_("This comment is gone."))
    try:
        moderation.decide(VERBS[verb], comment, by=cast(User, request.user), seen=seen)
    except moderation.AlreadyDecided as decided:
        return _show(request, shown, status=409, stale=str(decided), stale_name=comment.name)
    done = _("The comment by %(name)s was %(done)s.")
    messages.success(request, done % {"name": comment.name, "done": VERBS[verb].done})
    return redirect(_back(shown, request.POST))


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
        return _show(request, TABS["queue"], status=409, stale=gone)
    rights.note(
        PrivacyEvent.Kind.REVEAL,
        actor=PrivacyEvent.Actor.STAFF,
        by=cast(User, request.user),
        comment=comment,
    )
    # Where it lies now, which may not be where the button was.
    shown = next(each for each in TABS.values() if each.status == comment.status)
    return _show(request, shown, revealed=comment)


def _back(shown: Tab, posted: QueryDict) -> str:
    """Return where the moderator was: the same page of the tab, at the card that came next."""
    before, following = posted.get("before", ""), posted.get("next", "")
    query = f"?before={before}" if before.isascii() and before.isdigit() else ""
    anchor = f"#by-{following}" if following.isascii() and following.isdigit() else ""
    return reverse("comments:desk", args=[shown.name]) + query + anchor


def _show(request: HttpRequest, shown: Tab, *, status: int = 200, **notice: Any) -> HttpResponse:
    before = request.POST.get("before", "") or request.GET.get("before", "")
    comments = list(_page(shown, before))
    revealed: Comment | None = notice.get("revealed")
    if revealed and revealed not in comments[:PAGE_SIZE]:
        before = str(revealed.pk + 1)
        comments = list(_page(shown, before))
    more = len(comments) > PAGE_SIZE
    context = {
        "tab": shown,
        "tabs": _with_counts(),
        "cards": [
            Card(comment, following)
            for comment, following in zip_longest(comments[:PAGE_SIZE], comments[1:PAGE_SIZE])
        ],
        "before": before,
        "next_before": comments[PAGE_SIZE - 1].pk if more else None,
        "verbs": verbs_from(shown.status),
        "has_key": bool(settings.AKISMET_API_KEY),
        "trouble": _trouble(),
        "may_reveal": request.user.has_perm("comments.reveal_address"),
        **notice,
    }
    return render(request, "comments/desk.html", context, status=status)


def _page(shown: Tab, before: str) -> Any:
    changes = StatusChange.objects.select_related("by")
    edits = Edit.objects.select_related("by")
    comments = (
        Comment.objects.filter(status=shown.status)
        .select_related("article", "submission", "parent")
        .prefetch_related(Prefetch("changes", changes), Prefetch("edits", edits))
        .prefetch_related("checks", "reports")
        .defer("article__body", "parent__text", "parent__html", "submission__sent")
        .order_by("-pk")
    )
    if before.isascii() and before.isdigit() and len(before) < 19:
        comments = comments.filter(pk__lt=int(before))
    return comments[: PAGE_SIZE + 1]


def _with_counts() -> list[tuple[Tab, int]]:
    rows = Comment.objects.order_by().values_list("status").annotate(n=Count("pk"))
    counts: dict[str, int] = dict(rows)
    return [(each, counts.get(each.status, 0)) for each in TABS.values()]


def _trouble() -> Check | None:
    """Return the last check if Akismet gave no answer to it."""
    last = Check.objects.order_by("-at").first()
    return last if last and last.error and last.error != "no_key" else None
