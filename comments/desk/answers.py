"""What follows a decision: a page for a person; for the desk's scripts, what they have to change.

Both come from the same addresses and tell the same; a script says `Accept: application/json`.
"""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from comments import roles
from comments.desk.cards import cards_of, for_cards
from comments.desk.markup import CardMarkup
from comments.desk.pages import (
    done,
    permissions_of,
    show,
    staff,
    tab_shown,
    way_back,
)
from comments.desk.shelves import shelves
from comments.desk.signing_in import wants_json
from comments.models import Comment
from comments.moderation import AlreadyDecided


def decided(
    request: HttpRequest, said: str, comment: Comment, *, undo: bool = True, following: str = ""
) -> HttpResponse:
    """Tell what was done about one comment, and lead on; with `undo` it can be taken back."""
    if wants_json(request):
        return changes(request, said, [comment.pk], undo=undo)
    comment.refresh_from_db()
    done(request, said, [comment] if undo else ())
    return redirect(way_back(request, following=following))


def refused(request: HttpRequest, pk: int, decided: AlreadyDecided) -> HttpResponse:
    """Tell who was faster; nothing was changed."""
    if wants_json(request):
        return changes(request, "", refusals={pk: decided})
    name = decided.comment.name if decided.comment else ""
    return show(request, tab_shown(request), status=409, stale=str(decided), stale_name=name)


def changes(
    request: HttpRequest,
    said: str,
    done_pks: Sequence[int] = (),
    *,
    refusals: dict[int, AlreadyDecided] | None = None,
    undo: bool = True,
) -> JsonResponse:
    """Return what the desk shows now.

    `undo`: what can be taken back, as it has to be shown for that. `notes`: who was faster, for
    each comment that was not changed. `cards`: the comments of both that still lie on this tab or
    were not changed; those that are missing have left. `counts` of the tabs, by name.
    """
    refusals = refusals or {}
    shown, user = tab_shown(request), staff(request)
    rows = roles.visible_to(user, Comment.objects.order_by())
    touched = [*done_pks, *refusals]
    now = {row.pk: row for row in for_cards(rows.filter(pk__in=touched))}
    here = set(shown.rows().filter(pk__in=done_pks).values_list("pk", flat=True))
    stay = [now[pk] for pk in touched if pk in now and (pk in here or pk in refusals)]
    counts = shelves(user)
    markup = CardMarkup(shown, view=request.POST.get("view", ""), **permissions_of(request))
    return JsonResponse(
        {
            "said": said,
            "undo": [_seen(now[pk]) for pk in done_pks if undo and pk in now],
            "notes": {pk: str(refusal) for pk, refusal in refusals.items()},
            "cards": {card.comment.pk: markup.write([card]) for card in cards_of(stay)},
            "counts": {shelf.tab.name: shelf.said for shelf in counts.all},
            "oldest": counts.oldest,
        },
        status=200 if done_pks or not refusals else 409,
    )


def _seen(comment: Comment) -> dict[str, Any]:
    return {"pk": comment.pk, "status": comment.status, "since": comment.since.isoformat()}
