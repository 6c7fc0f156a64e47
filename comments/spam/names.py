"""Names as they look: two are one when a reader would take one for the other. Pure functions."""

import re
import unicodedata
from collections.abc import Iterable

from comments.spam.disguise import LETTERS

#: Digits and signs that stand for letters; a capital i and a small L are one stroke.
_SIGNS = {
    "a": "4@ª",
    "b": "8",
    "c": "¢",
    "d": "δ",
    "e": "3€",
    "g": "9",
    "h": "η",
    "l": "i1!|ıł",
    "o": "0ø",
    "s": "5$",
    "t": "7",
    "z": "2",
}
_FOLD = str.maketrans(
    {each: letter for table in (LETTERS, _SIGNS) for letter in table for each in table[letter]}
    | dict.fromkeys("іιӏ", "l")
)
#: A mark at the end of a word, and not a letter within one.
_EXCLAIMED = re.compile(r"!(?!\w)")


def fold(name: str) -> str:
    """Return `name` without capitals, accents, spaces and punctuation, look-alikes as one.

    Two names that fold to the same are not told apart at a glance. "" for a name of signs only.
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    plain = _EXCLAIMED.sub("", plain).translate(_FOLD)
    letters = "".join(each for each in plain if each.isalnum())
    return letters.replace("rn", "m").replace("vv", "w")


def alike(name: str, others: Iterable[str]) -> str:
    """Return the first of `others` that `name` would be taken for, or ""."""
    looks = fold(name)
    return next((other for other in others if looks and fold(other) == looks), "")
