"""The moderation desk: what waits, why, and the buttons that decide."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.models import User
from django.db.models import Count, Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from comments import moderation
from comments.models import Check, Comment, StatusChange
from comments.status import VERBS, Status, verbs_from

PAGE_SIZE = 20


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
@require_POST
def act(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Decide about one comment as it was seen; 409 with who was faster when it has changed."""
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
    return redirect("comments:desk", name=shown.name)


def _show(request: HttpRequest, shown: Tab, *, status: int = 200, **notice: Any) -> HttpResponse:
    comments = list(_page(shown, request.GET.get("before", "")))
    more = len(comments) > PAGE_SIZE
    context = {
        "tab": shown,
        "tabs": _with_counts(),
        "comments": comments[:PAGE_SIZE],
        "next_before": comments[PAGE_SIZE - 1].pk if more else None,
        "verbs": verbs_from(shown.status),
        "has_key": bool(settings.AKISMET_API_KEY),
        "trouble": _trouble(),
        **notice,
    }
    return render(request, "comments/desk.html", context, status=status)


def _page(shown: Tab, before: str) -> Any:
    changes = StatusChange.objects.select_related("by")
    comments = (
        Comment.objects.filter(status=shown.status)
        .select_related("article", "submission", "parent")
        .prefetch_related(Prefetch("changes", changes), "checks")
        .defer("article__body", "parent__text", "parent__html")
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
