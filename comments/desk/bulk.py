"""What is done to many comments at once: decide, delete for good, empty a shelf."""

import time
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from comments import moderation, roles
from comments.desk.answers import changes
from comments.desk.filters import number
from comments.desk.pages import done, moderators_only, seen_of, staff, way_back
from comments.desk.shelves import COUNT_MOST, TABS, Tab
from comments.desk.signing_in import wants_json
from comments.desk.views import press_again
from comments.models import Comment, Tally
from comments.moderation import Outcome, Seen, people
from comments.moderation.many import DELETED
from comments.moments import moment_of
from comments.status import VERBS, Status

#: So many at once; a page has fewer.
ROWS_MOST = 500
#: Emptying: rows a transaction, and rows a press of the button; and the pause after each
#: transaction, in which others get SQLite's one write lock.
BATCH, PRESS, PAUSE_SECONDS = 500, 5_000, 0.05
#: So many of those that were not done are named.
NAMED = 10


@roles.desk_only
def decide(request: HttpRequest, verb: str) -> HttpResponse:
    """Do one verb, or undo, to all that are ticked and still as they were seen; name the others."""
    if request.method != "POST":
        return press_again(request)
    if verb not in VERBS and verb != people.UNDONE:
        raise Http404
    rows = _ticked(request)
    roles.insist(request.user, [row.pk for row in rows])
    if verb == people.UNDONE:
        outcome, word = moderation.undo_many(rows, by=staff(request)), _("taken back")
    else:
        outcome = moderation.decide_many(VERBS[verb], rows, by=staff(request))
        word = str(VERBS[verb].done)
    count = len(outcome.done)
    said = ngettext("%(n)d comment: %(done)s.", "%(n)d comments: %(done)s.", count)
    said = said % {"n": count, "done": word} if count else ""
    if verb == people.UNDONE and count == 1:
        said = _("The comment by %s is back where it was.") % outcome.done[0].name
    if wants_json(request):
        done_pks = [comment.pk for comment in outcome.done]
        others = [row.pk for row in rows if row.pk not in done_pks]
        refusals = dict(zip(others, outcome.refused, strict=True))
        return changes(request, said, done_pks, refusals=refusals, undo=verb in VERBS)
    if said:
        pks = [comment.pk for comment in outcome.done]
        done(request, said, Comment.objects.filter(pk__in=pks) if verb in VERBS else ())
    _tell(request, outcome)
    return redirect(way_back(request))


@moderators_only
def delete(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Ask whether to delete for good what is ticked, or the comment `pk`; then do it."""
    if request.method != "POST":
        return press_again(request)
    rows = [seen_of(request.POST, pk)] if pk else _ticked(request)
    if rows and "sure" not in request.POST:
        named = Comment.objects.filter(pk__in=[row.pk for row in rows]).order_by("-pk")
        return _ask(request, rows=_with_form_fields(request, rows), named=named)
    outcome = moderation.delete_many(rows, by=staff(request))
    if outcome.done:
        count = len(outcome.done)
        said = ngettext(
            "%d comment was deleted for good.", "%d comments were deleted for good.", count
        )
        done(request, said % count)
    _tell(request, outcome)
    return redirect(way_back(request))


@moderators_only
def empty(request: HttpRequest, name: str) -> HttpResponse:
    """Delete for good what lay on a shelf when the page was drawn, so many a press."""
    shown = TABS.get(name)
    if shown is None or not shown.may_delete or not shown.status:
        raise Http404
    if request.method != "POST":
        return press_again(request)
    until = moment_of(request.POST.get("until", ""))
    if until is None or until > timezone.now():
        return press_again(request)
    due = moderation.due_for_purge(shown.status, before=until)
    if "sure" not in request.POST:
        stays = _stays(shown.status, until)
        return _ask(request, emptied=shown, until=until.isoformat(), left=_few(due), stays=stays)
    gone, most = 0, BATCH if wants_json(request) else PRESS
    while gone < most:
        taken = moderation.purge(shown.status, before=until, most=BATCH)
        Tally.add(DELETED[Status(shown.status)], taken)
        gone += taken
        if taken < BATCH:
            break
        time.sleep(PAUSE_SECONDS)
    if gone:
        moderation.log_deletion(staff(request), {None: f"{gone} comments of {shown.status}"})
    left = _few(due)
    if wants_json(request):
        return JsonResponse({"gone": gone, "left": left if gone else ""})
    if left and gone:
        return _ask(request, emptied=shown, until=until.isoformat(), left=left, gone=gone)
    said = ngettext("%d comment was deleted for good.", "%d comments were deleted for good.", gone)
    done(request, said % gone)
    if stays := _stays(shown.status, until):
        messages.warning(request, stays)
    return redirect(reverse("comments:desk", args=[shown.name]))


def _ticked(request: HttpRequest) -> list[Seen]:
    """Return what is ticked, as it was seen; with `all`, all that the page showed."""
    posted = request.POST
    names = posted.getlist("shown" if "all" in posted else "pk")[:ROWS_MOST]
    pks = dict.fromkeys(pk for name in names if (pk := number(name)) is not None)
    if not pks:
        messages.warning(request, _("Nothing was changed: tick the comments that you mean first."))
    return [seen_of(posted, pk) for pk in pks]


def _tell(request: HttpRequest, outcome: Outcome) -> None:
    """Name those that were not done, with who was faster."""
    for refused in outcome.refused[:NAMED]:
        name = f"{refused.comment.name}: " if refused.comment else ""
        messages.warning(request, f"{name}{refused}")
    more = len(outcome.refused) - NAMED
    if more > 0:
        said = ngettext(
            "%d more had been decided already.", "%d more had been decided already.", more
        )
        messages.warning(request, said % more)


def _with_form_fields(request: HttpRequest, rows: list[Seen]) -> list[dict[str, Any]]:
    return [
        {"pk": row.pk, "status": row.status, "since": request.POST.get(f"since-{row.pk}", "")}
        for row in rows
    ]


def _stays(status: str, until: datetime) -> str:
    """Say how many cannot be deleted yet, and why; "" if all can."""
    count, why = moderation.still_owed(status, before=until)
    said = ngettext("%d comment stays for now.", "%d comments stay for now.", count)
    return f"{said % count} {why}" if count else ""


def _few(due: QuerySet[Comment]) -> str:
    count = due.order_by()[: COUNT_MOST + 1].count()
    return f"{COUNT_MOST:,}+" if count > COUNT_MOST else f"{count:,}" if count else ""


def _ask(
    request: HttpRequest,
    *,
    emptied: Tab | None = None,
    **context: Any,
) -> HttpResponse:
    fields = {name: request.POST.get(name, "") for name in ("tab", "view")}
    back = way_back(request) if emptied is None else reverse("comments:desk", args=[emptied.name])
    context |= {"emptied": emptied, "back": back, "fields": fields}
    return render(request, "comments/desk_sure.html", context)
