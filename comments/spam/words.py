"""Lists of words, one a line: a substring, or `/a regular expression/`. Pure functions.

A moderator's pattern is matched with a bound of time, so that one that backtracks for ever costs
a tenth of a second and not the site.
"""

import re
import time
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

import regex
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comments import privacy
from comments.spam.draft import Draft

#: Seconds that one pattern may take on one comment, and all patterns of a list together.
PATTERN_SECONDS, LIST_SECONDS = 0.05, 0.25
#: The same when a list is saved: generous, for it decides about the pattern and not a comment.
#: What comes after the time for all is left to the bounds above.
TRIAL_SECONDS, ALL_TRIALS_SECONDS = 0.25, 5.0
#: Longer ones than anybody can read are refused.
PATTERN_LENGTH = 500
#: So much of what a pattern found is told.
MATCHED_LENGTH = 60
#: What is said of a line that was found where readers do not see it.
_PRIVATE = {
    "email": gettext_lazy("an address on the list"),
    "ip": gettext_lazy("an IP address on the list"),
    "user_agent": gettext_lazy("a browser on the list"),
}
#: As long as a comment may be.
_TRIAL_LENGTH = 5_000

_TAG = re.compile(r"<[^<>]*>")
_SYNTAX = re.compile(r"\\.|\{[\d,]*\}|\[[^]]*\]|[(){}*+?.^$|]")
_USUAL_RUNS = ("a", "1", " ", "\n", ".", "-", "x ", "a1", "a.", "a@")
#: What no pattern looks for.
_NOTHING = "\N{SYMBOL FOR NULL}"


@dataclass(frozen=True)
class Found:
    """The line of a list that occurs in a comment, or that ran out of time looking.

    `where`: in which private part of it; "" in what readers see. `matched`: what of that a pattern
    found.
    """

    line: str
    timed_out: bool = False
    where: str = ""
    matched: str = ""

    @property
    def said(self) -> str:
        """What is kept and shown of it. Addresses and what else only the site knows stay out."""
        is_pattern = pattern_of(self.line) is not None
        line = self.line
        if "@" in line:
            line = _("a pattern with an address") if is_pattern else privacy.mask_address(line)
        if self.timed_out:
            return _("%s took too long") % line
        if self.where and (is_pattern or "@" not in self.line or self.where != "email"):
            return str(_PRIVATE[self.where])
        return f"{line} (“{self.matched}”)" if self.matched else line


@dataclass(frozen=True)
class Fault:
    """A line (counted from 1) that cannot be used, and why."""

    number: int
    line: str
    too_slow: bool = False
    reason: str = ""


def find(lines: str, draft: Draft) -> Found | None:
    """Return the first line of `lines` that occurs in the draft, in capitals or not.

    The text is searched as written and with its tags taken out, so that `via<b></b>gra` is found.
    A pattern that does not compile finds nothing. When the time is up before anything is found,
    the line that took it is returned as timed out, after all substrings were looked for.
    """
    if not lines.strip():
        return None
    parts = _parts(draft)
    folded = {where: part.casefold() for where, part in parts.items()}
    haystack = "\n".join(parts.values())
    slow: Found | None = None
    deadline = time.monotonic() + LIST_SECONDS
    for line in filter(None, map(str.strip, lines.splitlines())):
        pattern = pattern_of(line)
        if pattern is None:
            word = line.casefold()
            for where, part in folded.items():
                if word in part:
                    return Found(line, where=where)
            continue
        left = min(PATTERN_SECONDS, deadline - time.monotonic())
        try:
            if left <= 0:
                raise TimeoutError
            compiled = _compile(pattern)
            match = compiled and compiled.search(haystack, timeout=left)
            if match:
                return _found(line, match, parts)
        except TimeoutError:
            slow = slow or Found(line, timed_out=True)
    return slow


def pattern_of(line: str) -> str | None:
    """Return the regular expression within `/…/`, or None for a line that is mere words."""
    return line[1:-1] if len(line) > 2 and line[0] == line[-1] == "/" else None


def faults(lines: str) -> list[Fault]:
    """Return the lines that cannot be used: what does not compile, or backtracks too long."""
    found = []
    deadline = time.monotonic() + ALL_TRIALS_SECONDS
    for number, line in enumerate(map(str.strip, lines.splitlines()), start=1):
        pattern = pattern_of(line)
        if pattern is None:
            continue
        try:
            if len(pattern) > PATTERN_LENGTH:
                raise ValueError(f"longer than {PATTERN_LENGTH} characters")
            compiled = regex.compile(pattern, regex.IGNORECASE)
        except (regex.error, ValueError, OverflowError, RecursionError) as error:
            found.append(Fault(number, line, reason=str(error)))
            continue
        if time.monotonic() < deadline and _is_slow(compiled, pattern):
            found.append(Fault(number, line, too_slow=True))
    return found


def _is_slow(compiled: regex.Pattern[str], pattern: str) -> bool:
    """Try it on what makes patterns backtrack: long runs of what it looks for, and then not."""
    letters = sorted({each for each in pattern if each.isalnum()})[:12]
    literal = _SYNTAX.sub("", pattern)[:50]
    runs = [*letters, *map("".join, pairwise(letters)), *_USUAL_RUNS, literal]
    for run in filter(None, dict.fromkeys(runs)):
        text = (run * _TRIAL_LENGTH)[:_TRIAL_LENGTH]
        # The literal part too, or the pattern gives up before it begins.
        for trial in (text, f"{text}{_NOTHING}", f"{literal}{text}{literal}{_NOTHING}"):
            # A busy machine may stop any pattern once; not three times in a row.
            if all(_times_out(compiled, trial) for _attempt in range(3)):
                return True
    return False


def _times_out(compiled: regex.Pattern[str], text: str) -> bool:
    try:
        compiled.search(text, timeout=TRIAL_SECONDS)
    except TimeoutError:
        return True
    return False


def _parts(draft: Draft) -> dict[str, str]:
    """Return what is searched: what readers see, and then each private part by its name."""
    # Not Django's strip_tags, which refuses a text with too many brackets as an attack.
    seen = "\n".join((draft.name, draft.url, draft.text, _TAG.sub("", draft.text)))
    return {"": seen, "email": draft.email, "ip": draft.ip or "", "user_agent": draft.user_agent}


def _found(line: str, match: "regex.Match[str]", parts: dict[str, str]) -> Found:
    ends = accumulate(len(part) + 1 for part in parts.values())
    where = next(name for name, end in zip(parts, ends, strict=True) if match.end() < end)
    matched = "" if where or "@" in match.group() else " ".join(match.group().split())
    return Found(line, where=where, matched=Truncator(matched).chars(MATCHED_LENGTH))


@lru_cache(maxsize=512)
def _compile(pattern: str) -> "regex.Pattern[str] | None":
    try:
        return regex.compile(pattern, regex.IGNORECASE)
    except (regex.error, ValueError, OverflowError, RecursionError):
        return None  # it was refused when saved; whatever put it there, comments go on
