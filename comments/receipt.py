"""The verdict receipt: everything that was found, asked, answered and decided about one comment."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from comments import privacy, roles, spam, standing
from comments.models import Comment, Discussion, Edit, Report, StatusChange
from comments.spam import rules
from comments.spam.rules import Draft, Hit, Judged, Scene
from comments.status import HeldFor, Source, Status, Verdict

#: What is not repeated on the page: the same for every comment, or long.
_TECHNICAL = frozenset({"blog_charset", "blog_lang", "honeypot_field_name"})
#: What only moderators see.
_ORIGIN = frozenset({"user_ip", "user_agent", "referrer"})


@dataclass(frozen=True)
class Row:
    """One rule: what it looks for, what was recorded of it, and what it finds now."""

    number: int
    label: Promise | str
    then: str
    then_detail: str
    now: str
    now_detail: str


@dataclass(frozen=True)
class _Known:
    """A rule in its place, and under which reason its hits are recorded."""

    name: str
    label: Promise | str
    held_for: str
    look: Callable[[Draft, Judged, Scene], Hit | None] | None = None


def _judged(rule: Callable[[Draft, Judged], Hit | None], held_for: str) -> _Known:
    return _Known(rule.__name__, _LABELS[rule.__name__], held_for, lambda d, j, _s: rule(d, j))


_LABELS: dict[str, Promise | str] = {
    "banned": gettext_lazy("Bans"),
    "closed": gettext_lazy("Comments on the article are open"),
    "submission_key": gettext_lazy("The form was not sent twice"),
    "duplicate": gettext_lazy("Nobody said the same here before"),
    "flood": gettext_lazy("Not too many in too short a time"),
    "slow_mode": gettext_lazy("Slow mode of the article"),
    "disallowed_words": gettext_lazy("Disallowed words"),
    "log_only": gettext_lazy("Spam while Akismet’s verdict is only noted"),
    "honeypot": gettext_lazy("The field that people do not see"),
    "staff_name": gettext_lazy("Name or address of staff"),
    "scams": gettext_lazy("Investment scams"),
    "links": gettext_lazy("Number of links"),
    "words": gettext_lazy("Words to hold for"),
    "rejected_before": gettext_lazy("Comments by the writer that were rejected lately"),
    "shadowed": gettext_lazy("Akismet’s verdict is only noted"),
    "edited": gettext_lazy("Changed by its writer"),
    "first_comment": gettext_lazy("Approved comments by the writer"),
    "held_article": gettext_lazy("Every comment on the article is held"),
    "unconfirmed": gettext_lazy("The address was confirmed"),
    "policy": gettext_lazy("Every comment is held"),
}

_HELD_FOR: dict[str, str] = {
    "log_only": HeldFor.LOG_ONLY,
    "honeypot": HeldFor.HONEYPOT,
    "staff_name": HeldFor.STAFF_NAME,
    "scams": HeldFor.SCAM,
    "links": HeldFor.LINKS,
    "words": HeldFor.WORDS,
    "rejected_before": HeldFor.REJECTED_BEFORE,
    "shadowed": HeldFor.LOG_ONLY,
    "edited": HeldFor.EDITED,
    "first_comment": HeldFor.FIRST_COMMENT,
    "held_article": HeldFor.POLICY,
    "unconfirmed": HeldFor.UNCONFIRMED,
    "policy": HeldFor.POLICY,
}


def _in_order() -> Iterator[_Known]:
    """Every rule, in the order in which a comment meets them."""
    for entrance in rules.INTAKE_RULES:
        if entrance is rules.honeypot:
            continue  # looked at once more, and told of, among those that hold
        name = entrance.__name__
        look = _disallowed if entrance is rules.disallowed_words else None
        yield _Known(name, _LABELS[name], "", look)
    for rule in rules.HOLDING_RULES:
        yield _judged(rule, _HELD_FOR[rule.__name__])


def _disallowed(draft: Draft, _judged: Judged, scene: Scene) -> Hit | None:
    return rules.disallowed_words(draft, scene)


@roles.desk_only
@require_safe
def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how one comment came to be where it is, and how it would fare today."""
    roles.insist(request.user, [pk])
    comment = get_object_or_404(
        Comment.objects.select_related("article", "submission", "parent").defer("article__body"),
        pk=pk,
    )
    changes = list(comment.changes.select_related("by"))
    checks = list(comment.checks.all())
    edits, reports = list(comment.edits.select_related("by")), list(comment.reports.all())
    history: list[StatusChange | Edit | Report] = [*changes, *edits, *reports]
    context = {
        "title": _("Verdict receipt"),
        "comment": comment,
        "recorded": _recorded(comment, changes),
        "rows": _rows(comment, changes),
        "checks": checks,
        "tries": len(checks),
        "is_exempt": comment.verdict == Verdict.EXEMPT,
        "sent": _sent(comment, whole=roles.moderates(request.user)),
        "was_answered": any(not check.error for check in checks),
        "history": sorted(history, key=lambda step: step.at),
    }
    return render(request, "comments/receipt.html", context)


# --- the rules --------------------------------------------------------------------------------


def _rows(comment: Comment, changes: list[StatusChange]) -> list[Row]:
    """Look at the comment with every rule, each by itself, and beside it at what was recorded."""
    discussion = Discussion.load()
    judged = standing.judged_now(
        comment,
        comment.submission,
        discussion,
        verdict=comment.verdict,
        article_held=comment.article.comments_held,
    )
    scene = Scene(
        disallowed_words=discussion.disallowed_words, is_staff=comment.user_id is not None
    )
    draft = spam.draft_of(comment)
    if draft.email == privacy.UNREADABLE:
        draft = replace(draft, email="")
    name_then, detail_then = _decisive(changes)
    if not name_then:
        # Before the history kept reasons, only what still waits knew its own.
        detail_then = comment.held_detail
        name_then = _rule_of(comment.held_for, detail_then)
    names = [known.name for known in _in_order()]
    reached = names.index(name_then) if name_then in names else None
    judged_to = next((c.new for c in reversed(changes) if c.source == Source.AKISMET), "")
    rows = []
    for number, known in enumerate(_in_order(), start=1):
        then = _then(known, number - 1, reached, judged_to)
        hit = known.look(draft, judged, scene) if known.look else None
        now = "past" if known.look is None else "hit" if hit else "pass"
        if comment.user_id is not None:
            then = now = "exempt"
        rows.append(
            Row(
                number,
                known.label,
                then,
                detail_then if then == "hit" else "",
                now,
                str(hit.detail) if hit and now == "hit" else "",
            )
        )
    return rows


def _then(known: _Known, place: int, reached: int | None, judged_to: str) -> str:
    """Say what became of a rule when the comment was judged: the first hit ended the row."""
    if reached is not None:
        return "pass" if place < reached else "hit" if place == reached else "unreached"
    if known.held_for == "":
        return "pass"  # what these find is not taken in, or goes to the trash
    if judged_to == Status.PENDING:
        return "unknown"  # one of them held it; which, is not written down
    # What Akismet calls spam is not looked at any more.
    return "pass" if judged_to == Status.APPROVED else "unreached"


def _decisive(changes: list[StatusChange]) -> tuple[str, str]:
    """Return the rule that decided last, and what it found, as the history has it; or "", ""."""
    for change in reversed(changes):
        reason, _colon, detail = change.reason.partition(": ")
        if change.new == Status.TRASH and change.source == Source.RULES:
            return "disallowed_words", detail
        if change.new == Status.PENDING and reason in _HELD_FOR.values():
            return _rule_of(reason, detail), detail
        if change.source == Source.AKISMET:
            break
    return "", ""


def _rule_of(held_for: str, detail: str) -> str:
    """Return the rule that holds for this reason, or "".

    Where two do, the latter has nothing to add to it.
    """
    names = [name for name, each in _HELD_FOR.items() if each == held_for]
    return (names[0] if detail else names[-1]) if names else ""


def _recorded(comment: Comment, changes: list[StatusChange]) -> str:
    """Say in words why the comment waits, or waited when it was judged."""
    held_for, detail = comment.held_for, comment.held_detail
    if not held_for:
        name, detail = _decisive(changes)
        held_for = HeldFor.WORDS if name == "disallowed_words" else _HELD_FOR.get(name, "")
    if not held_for:
        return ""
    label = HeldFor(held_for).label
    return f"{label}: {detail}" if detail else str(label)


# --- what was sent ----------------------------------------------------------------------------


def _sent(comment: Comment, *, whole: bool) -> dict[str, Any]:
    """Return the request as it was sent, its address masked, and what has changed since.

    Where it came from only if `whole`.
    """
    raw = comment.submission.sent
    if raw in ("", privacy.UNREADABLE):
        return {"values": [], "unreadable": raw == privacy.UNREADABLE}
    values: spam.Values = json.loads(raw)
    shown = []
    for name, value in values.items():
        if name in _TECHNICAL or not value or (name in _ORIGIN and not whole):
            continue
        text = ", ".join(value) if isinstance(value, list) else value
        if name == "comment_author_email":
            text = privacy.mask_address(text)
        shown.append((name, text))
    return {
        "values": shown,
        "at": comment.submission.sent_at,
        "differs": _differing(comment, values),
    }


def _differing(comment: Comment, values: spam.Values) -> list[str]:
    """Name what the comment says otherwise now than when Akismet was asked."""
    now = {
        "comment_content": (comment.text, _("the text")),
        "comment_author": (comment.name, _("the name")),
        "comment_author_url": (comment.url, _("the website")),
    }
    return [said for name, (value, said) in now.items() if values.get(name, "") != value]
