"""The HTML of a comment's history on its card; put together in one pass, as the card is."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from html import escape

from django.utils import dateformat, timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from comments.desk.history import Step


class HistoryMarkup:
    """Writes the steps of comments, with the words that are the same in each."""

    def __init__(self) -> None:
        self.zone, self.language = timezone.get_current_timezone(), get_language()
        self.words = _words(self.language)

    def write(self, steps: Iterable[Step]) -> str:
        """Return a list item for each of `steps`; whatever somebody typed is escaped."""
        told = {
            "change": self._change,
            "check": self._check,
            "edit": self._edit,
            "report": self._report,
        }
        return "".join(f"<li>{self._time(step)} {told[step.kind](step)}</li>\n" for step in steps)

    def _time(self, step: Step) -> str:
        local = step.at.astimezone(self.zone)
        shown = f"{_day(local.date(), self.language)}, {local:%H:%M:%S}"
        return f'<time datetime="{local.isoformat(timespec="seconds")}">{shown}</time>'

    def _change(self, step: Step) -> str:
        by = escape(step.who or step.source_label)
        if why := step.why:
            by += f" ({escape(why)})"
        if step.feedback:
            state = "done" if step.feedback_at else "due" if step.feedback_due else "given_up"
            by += f", {escape(step.feedback_label)}: {self.words[state]}"
        return f'{escape(step.label)} <span class="by">{by}</span>'

    def _check(self, step: Step) -> str:
        said = escape(step.label)
        if step.old:
            why = f"{step.old}: {step.note}" if step.note else step.old
            said = f"{self.words['no_answer']} ({escape(why)})"
        return f'{self.words["was_asked"]} {said} <span class="by">{step.duration_ms} ms</span>'

    def _edit(self, step: Step) -> str:
        words = self.words
        before = escape(step.note.replace("\r\n", "\n")).replace("\n", "<br>")
        return (
            f'{words["edited"]} <span class="by">{escape(step.who or "") or words["writer"]}</span>'
            f'<details><summary>{words["before"]}</summary><p class="former">{before}</p></details>'
        )

    def _report(self, step: Step) -> str:
        return f"{self.words['reported']} {escape(step.label)}"


@lru_cache(maxsize=1_024)
def _day(day: date, language: str | None) -> str:
    return escape(dateformat.format(day, "M j, Y"))


@lru_cache(maxsize=16)
def _words(language: str | None) -> dict[str, str]:
    said = {
        "done": _("done"),
        "due": _("due"),
        "given_up": _("given up"),
        "edited": _("Edited"),
        "writer": _("by its writer"),
        "before": _("Its text before"),
        "reported": _("Reported by a reader:"),
        "was_asked": _("Akismet was asked:"),
        "no_answer": _("no answer"),
    }
    return {name: escape(word) for name, word in said.items()}
