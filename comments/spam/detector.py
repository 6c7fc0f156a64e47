"""What a detector of scams is, and the small parts that patterns are put together from."""

import re
from collections.abc import Callable
from dataclasses import dataclass


def always(match: re.Match[str]) -> bool:
    return True


@dataclass(frozen=True)
class Detector:
    """A pattern for text without disguise, and what else must be true of its match.

    Of a match the contact is the group `contact` where the pattern has one, all of it where
    `is_contact`, or else the numbers and handles that stand in it.
    """

    name: str
    pattern: re.Pattern[str]
    holds: Callable[[re.Match[str]], bool] = always
    is_contact: bool = False


def any_of(*patterns: str) -> re.Pattern[str]:
    """Compile patterns into one that matches where any of them does, in capitals or not."""
    return re.compile("|".join(f"(?:{each})" for each in patterns), re.IGNORECASE)


#: What may stand for a letter, and between two, in a word that hides from filters.
_LETTERS = {"a": "[a@4]", "e": "[e3]", "i": "[i1l!|]", "l": "[l1i|]", "o": "[o0]", "s": "[s5$z]"}
_GAP = r"[\W_]{0,2}"


def spaced(letters: str) -> str:
    """Match a word, also s p a c e d  o u t  or with digits in it; blanks set its letters off.

    A letter with a question mark may be missing.
    """
    parts = []
    for each in letters.split():
        letter = _LETTERS.get(each[0], each[0])
        parts.append(f"(?:{_GAP}{letter})?" if each.endswith("?") else f"{_GAP}{letter}")
    return "".join(parts).removeprefix(_GAP)


#: A capital letter means one, whatever the case of the rest.
TITLE = r"(?:mr|mrs|ms|miss|madam|mister|sir|dr|coach|expert|trader|broker|prof(?:essor)?)\b\.?"
NAME = r"(?-i:[A-Z])[\w'-]+(?:\s+(?-i:[A-Z])[\w'.-]*){0,3}"
TITLED = rf"{TITLE}\s*{NAME}"
