"""Lists of words, one a line: a substring, or `/a regular expression/`. Pure functions.

A moderator's pattern is matched with a bound of time, so that one that backtracks for ever costs
a tenth of a second and not the site.
"""

import re
import time
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import regex

from comments.spam.draft import Draft

#: Seconds that one pattern may take on one comment, and all patterns of a list together.
PATTERN_SECONDS, LIST_SECONDS = 0.05, 0.25
#: The same when a list is saved: generous, for it decides about the pattern and not a comment.
#: What comes after the time for all is left to the bounds above.
TRIAL_SECONDS, ALL_TRIALS_SECONDS = 0.25, 5.0
#: Longer ones than anybody can read are refused.
PATTERN_LENGTH = 500
#: As long as a comment may be.
_TRIAL_LENGTH = 5_000

_TAG = re.compile(r"<[^<>]*>")
_SYNTAX = re.compile(r"\\.|\{[\d,]*\}|\[[^]]*\]|[(){}*+?.^$|]")
_USUAL_RUNS = ("a", "1", " ", "\n", ".", "-", "x ", "a1", "a.", "a@")
#: What no pattern looks for.
_NOTHING = "\N{SYMBOL FOR NULL}"


@dataclass(frozen=True)
class Found:
    """The line of a list that occurs in a comment, or that ran out of time looking."""

    line: str
    timed_out: bool = False


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
    haystack = _haystack(draft)
    folded = haystack.casefold()
    slow: Found | None = None
    deadline = time.monotonic() + LIST_SECONDS
    for line in filter(None, map(str.strip, lines.splitlines())):
        pattern = pattern_of(line)
        if pattern is None:
            if line.casefold() in folded:
                return Found(line)
            continue
        left = min(PATTERN_SECONDS, deadline - time.monotonic())
        try:
            if left <= 0:
                raise TimeoutError
            compiled = _compile(pattern)
            if compiled and compiled.search(haystack, timeout=left):
                return Found(line)
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


def _haystack(draft: Draft) -> str:
    # Not Django's strip_tags, which refuses a text with too many brackets as an attack.
    fields = (draft.name, draft.email, draft.url, draft.text, _TAG.sub("", draft.text))
    return "\n".join((*fields, draft.ip or "", draft.user_agent))


@lru_cache(maxsize=512)
def _compile(pattern: str) -> "regex.Pattern[str] | None":
    try:
        return regex.compile(pattern, regex.IGNORECASE)
    except (regex.error, ValueError, OverflowError, RecursionError):
        return None  # it was refused when saved; whatever put it there, comments go on
