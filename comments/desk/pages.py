"""What every page of the desk is made of: who may see it, the list, and the way back to it."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import wraps
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from comments import roles
from comments.desk.cards import cards_of, for_cards
from comments.desk.filter_fields import fields_of
from comments.desk.filters import FilterForm, Filters, number
from comments.desk.keys import VERB_KEYS, keys_of
from comments.desk.markup import CardMarkup
from comments.desk.paging import Page, page_of
from comments.desk.shelves import TABS, Tab, shelves
from comments.desk.signing_in import signed_in
from comments.models import Comment
from comments.moderation import Seen
from comments.moments import moment_of

#: What may stand in the address of a view.
_PARTS = (*FilterForm.base_fields, "before", "after")
SCRIPTS = ("js/desk.js", "js/desk-keys.js", "js/desk-write.js")
#: A `since` that cannot be read fits no comment.
_NEVER = datetime(1, 1, 2, tzinfo=timezone.get_default_timezone())


def moderators_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Ask strangers to sign in, and refuse those who may not moderate everything."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not roles.moderates(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return never_cache(signed_in(shown))


def staff(request: HttpRequest) -> User:
    """Return who is signed in, on a page that asked for it."""
    return cast(User, request.user)


def seen_of(posted: QueryDict, pk: int) -> Seen:
    """Return how the page from which `posted` came had shown a comment."""
    since = posted.get(f"since-{pk}", "")
    when = (moment_of(since) or _NEVER) if since else None
    return Seen(pk, posted.get(f"seen-{pk}", ""), when)


def view_of(request: HttpRequest) -> dict[str, str]:
    """Return which part of a tab is meant: by the address, or by the page that a form was on."""
    said = request.GET.dict()
    if request.method == "POST" or "view" in said:
        said = dict(parse_qsl((request.POST or request.GET).get("view", "")))
    return {name: said[name] for name in _PARTS if said.get(name)}


def tab_shown(request: HttpRequest) -> Tab:
    """Return the tab that a button stood on."""
    return TABS.get((request.POST or request.GET).get("tab", ""), TABS["queue"])


def way_back(request: HttpRequest, *, following: str = "") -> str:
    """Return the address of where the moderator was, at the card that came next."""
    shown = tab_shown(request)
    view = {
        name: value
        for name, value in view_of(request).items()
        if name not in ("before", "after") or number(value) is not None
    }
    query = f"?{urlencode(view)}" if view else ""
    anchor = f"#by-{following}" if number(following) is not None else ""
    return reverse("comments:desk", args=[shown.name]) + query + anchor


def show(
    request: HttpRequest,
    shown: Tab,
    *,
    status: int = 200,
    view: dict[str, str] | None = None,
    **notice: Any,
) -> HttpResponse:
    """Show one page of a tab."""
    view = view_of(request) if view is None else view
    filters = Filters(view, staff(request))
    shelf = roles.visible_to(staff(request), shown.rows())
    rows = for_cards(filters.apply(shelf, shown))
    page = _page(rows, filters, view)
    revealed: Comment | None = notice.get("revealed")
    if revealed and revealed not in page.comments:
        # Where it lies now, which may not be where the button was.
        view = {"before": str(revealed.pk + 1)}
        filters = Filters(view, staff(request))
        rows = for_cards(filters.apply(shelf, shown))
        page = _page(rows, filters, view)
    counts = shelves(staff(request))
    places = ("before", "after")
    allowed = permissions_of(request)
    cursor = {name: view[name] for name in places if number(view.get(name, "")) is not None}
    said = filters.query(**cursor).removeprefix("?")
    cards = cards_of(page.comments)
    context = {
        "tab": shown,
        "shelves": counts.all,
        "cards": cards,
        "list": CardMarkup(shown, view=said, revealed=revealed, **allowed).write(cards),
        "filters": filters,
        "fields": fields_of(filters.form),
        "back": _address(shown, filters, page.back),
        "on": _address(shown, filters, page.on),
        "start": reverse("comments:desk", args=[shown.name]) + filters.query(),
        "is_first": not cursor,
        "view": said,
        "now": timezone.now().isoformat(),
        # It deletes the whole shelf: not offered where only some of it is shown.
        "may_empty": shown.may_delete
        and bool(page.comments)
        and allowed["is_moderator"]
        and not (filters.chips or filters.any_wrong),
        "oldest": counts.oldest,
        "usual": counts.usual,
        "keys": keys_of(shown),
        "bulk_buttons": [(verb, VERB_KEYS.get(verb.name, ("", ""))[1]) for verb in shown.verbs],
        "scripts": SCRIPTS,
        "notices": notices(request),
        **allowed,
        **notice,
    }
    return render(request, "comments/desk.html", context, status=status)


def permissions_of(request: HttpRequest) -> dict[str, Any]:
    """Return what decides which buttons a card has."""
    role = roles.role_of(staff(request))
    return {
        "is_moderator": roles.moderates(staff(request)),
        "may_reveal": role is not None and role.may_reveal,
    }


def _page(rows: Any, filters: Filters, view: dict[str, str]) -> Page:
    before, after = number(view.get("before", "")), number(view.get("after", ""))
    after = after if before is None else None
    page = page_of(rows, oldest=filters.oldest, before=before, after=after, sought=filters.sought)
    to_start = (after if not filters.oldest else before) is not None and page.back is None
    # The way back has come to the beginning: show it from there, and whole.
    if not to_start:
        return page
    return page_of(rows, oldest=filters.oldest, before=None, after=None, sought=filters.sought)


def _address(shown: Tab, filters: Filters, place: tuple[str, int] | None) -> str:
    if place is None:
        return ""
    return reverse("comments:desk", args=[shown.name]) + filters.query(**dict([place]))


def done(
    request: HttpRequest, said: str, comments: Iterable[Comment] = (), *, wrote: str = ""
) -> None:
    """Say on the next page what was done; with `comments` as they are now, offer to take it back.

    `wrote` names the text that has arrived: static/js/desk-write.js keeps it no longer.
    """
    rows = [f"{each.pk} {each.status} {each.since.isoformat()}" for each in comments]
    tag = f"wrote {wrote}" if wrote else " ".join(["undo", *rows]) if rows else ""
    messages.success(request, said, extra_tags=tag)


def notices(request: HttpRequest) -> list[dict[str, Any]]:
    """Return what is to be said, and of which comments it can be taken back."""
    said = []
    for message in messages.get_messages(request):
        notice: dict[str, Any] = {"text": str(message), "level": message.level_tag}
        tags = (message.extra_tags or "").split()
        if tags[:1] == ["undo"]:
            triples = zip(tags[1::3], tags[2::3], tags[3::3], strict=False)
            notice["rows"] = [
                dict(zip(("pk", "status", "since"), row, strict=True)) for row in triples
            ]
        if len(tags) == 2 and tags[0] == "wrote":
            notice["wrote"] = tags[1]
        said.append(notice)
    return said
