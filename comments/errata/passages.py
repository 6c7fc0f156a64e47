"""Where an article says what a reader quotes. Pure functions."""

import re
from html import unescape
from typing import NamedTuple

from django.utils.html import strip_tags

#: So many characters before and after are shown with it.
AROUND = 240

_BLOCK = re.compile(
    r"</?(?:p|h\d|li|[uo]l|t[hdr]|table|blockquote|pre|fig\w+|div|br|hr)\b", re.IGNORECASE
)
#: What is typed in several ways; each stands for one character.
_ALIKE = str.maketrans("‘’‚“”„«»–—−\u00a0", '\'\'\'"""""--- ')


class Passage(NamedTuple):
    """What is quoted, as the article has it, with what stands before and after."""

    before: str
    quoted: str
    after: str


def find(body: str, quote: str) -> Passage | None:
    """Return the passage of the HTML `body` that `quote` names; None if it does not say that.

    Case, white space, and the shape of quotation marks and dashes do not matter.
    """
    said = _in_one_line(unescape(strip_tags(_BLOCK.sub(r" \g<0>", body))))
    wanted = _alike(_in_one_line(quote)).strip("\"' .…")
    start = _alike(said).find(wanted) if wanted else -1
    if start < 0:
        return None
    end = start + len(wanted)
    before, after = said[max(0, start - AROUND) : start], said[end : end + AROUND]
    if start > AROUND:
        before = f"… {before.partition(' ')[2]}"
    if end + AROUND < len(said):
        after = f"{after.rpartition(' ')[0]} …"
    return Passage(before, said[start:end], after)


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def _alike(text: str) -> str:
    """Return `text` as it is compared: of the same length."""
    lower = (each.lower() for each in text.translate(_ALIKE))
    return "".join(low if len(low) == 1 else each for low, each in zip(lower, text, strict=True))
