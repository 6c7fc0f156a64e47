"""The HTML of the desk's cards, put together in one pass: a template took two milliseconds a card.

Whatever somebody typed goes through `escape`; only `Comment.html`, which comments/text.py made,
stands as it is, with the addresses of its links written out (links.py).
"""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from html import escape
from urllib.parse import quote

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db.models import TextChoices
from django.utils import dateformat, timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from articles.addresses import address
from comments.desk.cards import Card
from comments.desk.history import label_of
from comments.desk.history_markup import HistoryMarkup
from comments.desk.keys import VERB_KEYS
from comments.desk.shelves import Tab
from comments.models import Comment
from comments.status import KEEP, VERBS, HeldFor, Status, Verb, Verdict

_DOT = ' <span aria-hidden="true">·</span> '


class CardMarkup:
    """Writes cards as they look on one tab to somebody who may do certain things.

    `view` is what the address says besides the tab; `revealed` the comment whose whole email
    address is shown this once.
    """

    def __init__(
        self,
        tab: Tab,
        *,
        view: str,
        is_moderator: bool,
        may_reveal: bool,
        revealed: Comment | None = None,
    ) -> None:
        self.shows_status = tab.status is None
        self.place = f"?tab={tab.name}&amp;view={quote(view, safe='')}"
        self.is_moderator, self.may_reveal = is_moderator, may_reveal
        self.revealed = revealed
        self.desk = address("comments:desk")
        self.zone, self.language = timezone.get_current_timezone(), get_language()
        self.history = HistoryMarkup()
        self.words = _words(self.language)

    def write(self, cards: Iterable[Card]) -> SafeString:
        return SafeString("".join(f"{self._card(card)}\n" for card in cards))

    def _card(self, card: Card) -> str:
        comment, pk, words = card.comment, card.pk, self.words
        by = f'aria-labelledby="by-{pk}"'
        badge = f' <span class="badge">{words["staff"]}</span>' if comment.is_staff else ""
        return (
            f'<article class="desk-card" id="card-{pk}" data-pk="{pk}" tabindex="-1" {by} '
            f'aria-describedby="text-{pk}">\n'
            f'<input type="hidden" name="shown" value="{pk}">'
            f'<input type="hidden" name="seen-{pk}" value="{comment.status}">'
            f'<input type="hidden" name="since-{pk}" value="{comment.since.isoformat()}">'
            f'<input type="hidden" name="next-{pk}" value="{card.next_pk}">\n'
            f'<label class="desk-tick"><input type="checkbox" name="pk" value="{pk}" data-key="x" '
            f"{by}></label>\n"
            f'<header>\n<h2 id="by-{pk}"><bdi>{escape(comment.name)}</bdi>{badge}</h2>\n'
            f'<p class="desk-who">{self._who(card)}</p>\n'
            f'<p class="desk-where">{self._where(comment)}</p>\n</header>\n'
            f'<div class="desk-said">\n{self._said(card)}{self._more(card)}</div>\n'
            f'<div class="desk-side">\n{self._why(card)}{self._buttons(card)}</div>\n</article>'
        )

    def _who(self, card: Card) -> str:
        comment, words = card.comment, self.words
        if self.revealed and comment.pk == self.revealed.pk:
            whole = escape(self.revealed.submission.email)
            return f'<strong>{whole}</strong> <span role="status">({words["shown_once"]})</span>'
        masked = escape(comment.submission.masked_email)
        if not card.record:
            return masked
        return f'<a href="{self.desk}all/?writer={card.pk}" title="{words["all_by"]}">{masked}</a>'

    def _where(self, comment: Comment) -> str:
        article, local = comment.article, comment.created_at.astimezone(self.zone)
        place = comment if comment.status == Status.APPROVED else article
        day = _day(local.date(), "F j, Y", self.language)
        return (
            f'<time datetime="{local.isoformat(timespec="seconds")}" title="{day} {local:%H:%M}">'
            f"{escape(naturaltime(comment.created_at))}</time> {self.words['on']} "
            f'<a href="{escape(place.get_absolute_url())}">{escape(article.title)}</a>'
        )

    def _said(self, card: Card) -> str:
        comment, words = card.comment, self.words
        said = f'<div class="comment-text" id="text-{card.pk}">{card.html}</div>\n'
        if comment.url:
            said += (
                f'<p class="desk-site"><span class="unseen">{words["website"]}</span> '
                f'<span class="desk-target">{escape(comment.url)}</span></p>\n'
            )
        if comment.parent:
            name = words["in_reply"] % escape(comment.parent.name)
            said += (
                f'<details class="desk-parent"><summary>{name}</summary>'
                f'<div class="comment-text">{card.parent_html}</div></details>\n'
            )
        return said

    def _more(self, card: Card) -> str:
        """What is known of the writer, what leads on, and the history; folded up."""
        comment, record, words = card.comment, card.record, self.words
        short = words["first"] if record else words["no_address"]
        if record and (standing := record.standing):
            short = f"{words['more_than'] if record.is_cut else ''}{escape(standing)}"
        if links := card.links:
            short += _DOT + escape(ngettext("%(n)d link", "%(n)d links", links) % {"n": links})
        known = ""
        if record and record.first_seen and not record.is_cut:
            seen = record.first_seen.astimezone(self.zone).date()
            known += words["first_seen"] % _day(seen, "F j, Y", self.language) + " "
        if record and (names := record.other_names):
            wrote = ", ".join(f"<bdi>{escape(each)}</bdi>" for each in names)
            known += f"{words['also']} {wrote}. "
        if record:
            known += f'<a href="{self.desk}all/?writer={card.pk}">{words["all_by"]}</a>'
        is_revealed = self.revealed and comment.pk == self.revealed.pk
        if self.may_reveal and comment.submission.can_be_revealed and not is_revealed:
            known += (
                f' <button class="quiet" formaction="{card.address}reveal/#by-{card.pk}" '
                f'aria-describedby="by-{card.pk}">{words["reveal"]}</button>'
            )
        ways = [known, *self._ways(card)] if known else self._ways(card)
        return (
            f'<details class="desk-more">\n<summary>{short}{_DOT}{words["more"]}</summary>\n'
            f'<div class="desk-details">\n<p>{_DOT.join(ways)}</p>\n'
            f'<ol class="desk-history">\n{self.history.write(card.history)}</ol>\n'
            "</div>\n</details>\n"
        )

    def _ways(self, card: Card) -> list[str]:
        comment, words, pk = card.comment, self.words, card.pk
        ways, come_from = [], comment.submission
        if come_from.ip and self.is_moderator:
            for name, origin in (("ip", come_from.ip), ("network", come_from.network)):
                said = words["all_from"] % escape(origin)
                ways.append(f'<a href="{self.desk}all/?{name}={pk}">{said}</a>')
        if self.is_moderator:
            ways.append(f'<a href="{self.desk}bans/?comment={pk}">{words["ban"]}</a>')
        controls = address("comments:article_controls", str(comment.article_id))
        ways.append(f'<a href="{controls}">{words["controls"]}</a>')
        ways.append(f'<a href="{card.address}receipt/">{words["receipt"]}</a>')
        return ways

    def _why(self, card: Card) -> str:
        comment, words = card.comment, self.words
        rows = []
        if self.shows_status:
            rows.append(_named(words["status"], "desk-status", self._label(Status, comment.status)))
        verdict = self._label(Verdict, comment.verdict)
        rows.append(_named(words["verdict"], f"verdict verdict-{comment.verdict}", verdict))
        if held := self._held(comment):
            rows.append(_named(words["held_for"], "desk-held", held))
        if comment.withdrawn_at:
            rows.append(_named(words["status"], "desk-status", words["withdrawn"]))
        if card.is_reported:
            reported = escape(card.reported_for)
            rows.append(f"<div><dt>{words['reported']}</dt><dd>{reported}</dd></div>\n")
        if comment.status == Status.SUBMITTED:
            rows.append(f"<div><dt>{words['asked']}</dt><dd>{self._asked(comment)}</dd></div>\n")
        return f'<dl class="desk-why">\n{"".join(rows)}</dl>\n'

    def _held(self, comment: Comment) -> str:
        """The reason, and what exactly matched; what the verdict says already is not repeated."""
        said = []
        if comment.held_for and comment.held_for != comment.verdict:
            said.append(self._label(HeldFor, comment.held_for))
        if comment.held_for and comment.held_detail:
            said.append(f"<q>{escape(comment.held_detail)}</q>")
        return ": ".join(said)

    def _asked(self, comment: Comment) -> str:
        times, due = comment.check_attempts, comment.check_due
        said = escape(ngettext("once", "%(n)d times", times) % {"n": times})
        if not times:
            said = self.words["not_yet"]
        if due:
            local = due.astimezone(self.zone)
            day = _day(local.date(), "M j", self.language)
            said += ", " + self.words["again_at"] % f"{day}, {local:%H:%M}"
        return said

    def _buttons(self, card: Card) -> str:
        comment, words, here = card.comment, self.words, card.address
        by = f'aria-describedby="by-{card.pk}"'
        verbs = "".join(self._verb(verb, card) for verb in card.verbs)
        other = ""
        for may, what, key in (
            (card.may_reply, "reply", "r"),
            (not comment.withdrawn_at, "edit", "q"),
        ):
            if may:
                other += (
                    f'<a href="{here}{what}/{self.place}" data-write="{key}" data-key="{key}" {by}>'
                    f"{words[what]}</a>"
                )
        if card.may_undo:
            other += (
                f'<button class="link" data-decide="one" formaction="{here}undo/" {by}>'
                f"{words['undo']}</button>"
            )
        if card.may_delete and self.is_moderator:
            other += (
                f'<button class="link" formaction="{here}delete/" {by}>{words["delete"]}</button>'
            )
        return f'<div class="desk-verbs">\n{verbs}</div>\n<p class="desk-other">{other}</p>\n'

    def _verb(self, verb: Verb, card: Card) -> str:
        letter = VERB_KEYS.get(verb.name, ("", ""))[0]
        key = f' data-key="{letter}"' if letter else ""
        label = self.words[verb.name]
        if verb.name == "hold" and card.comment.status == Status.SPAM:
            label = self.words["not_spam"]
        return (
            f'<button class="verb verb-{verb.name}"{key} data-decide="one" '
            f'formaction="{card.address}{verb.name}/" aria-describedby="by-{card.pk}">'
            f"{label}</button>\n"
        )

    def _label(self, names: type[TextChoices], value: str) -> str:
        return escape(label_of(names, value, self.language))


def _named(term: str, look: str, said: str) -> str:
    """A row whose heading is for those who do not see it."""
    return f'<div><dt class="unseen">{term}</dt><dd class="{look}">{said}</dd></div>\n'


@lru_cache(maxsize=1_024)
def _day(day: date, form: str, language: str | None) -> str:
    return escape(dateformat.format(day, form))


@lru_cache(maxsize=16)
def _words(language: str | None) -> dict[str, str]:
    """Return the words that are the same on each card."""
    said = {
        "staff": _("Staff"),
        "shown_once": _("shown once; your name is noted"),
        "all_by": _("All by this writer"),
        "on": _("on"),
        "website": _("Website:"),
        "in_reply": _("in reply to %s"),
        "first": _("First from this address"),
        "no_address": _("No address"),
        "more_than": _("more than") + " ",
        "first_seen": _("First seen %s."),
        "also": _("Also wrote as"),
        "reveal": _("Reveal"),
        "more": _("More"),
        "all_from": _("All from %s"),
        "ban": _("Ban"),
        "controls": _("This article’s comments"),
        "receipt": _("Receipt"),
        "status": _("Status"),
        "verdict": _("Verdict"),
        "held_for": _("Held for"),
        "withdrawn": _("Removed by its writer"),
        "reported": _("Reported"),
        "asked": _("Asked"),
        "not_yet": _("not yet"),
        "again_at": _("again at %s"),
        "reply": _("Reply"),
        "edit": _("Edit"),
        "undo": _("Undo"),
        "delete": _("Delete"),
        "not_spam": _("Not spam"),
        **{verb.name: str(verb.label) for verb in (*VERBS.values(), KEEP)},
    }
    return {name: escape(word) for name, word in said.items()}
