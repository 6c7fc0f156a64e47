"""Text as it reads, whatever characters it was written with. Pure functions.

Who hides a phone number from a filter writes it in full-width digits, bold mathematical letters,
Cyrillic that looks like Latin, emoji, or with characters between that nobody sees.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

#: Latin letters, and what looks like them in other alphabets: the part of Unicode's table of
#: confusables (UTS 39) that keyboards put within reach. Small letters; capitals follow.
LETTERS = {
    "a": "аɑα",
    "b": "вьβ",
    "c": "сϲ",
    "d": "ԁ",
    "e": "еєε",
    "f": "ғƒ",
    "g": "ɡ",
    "h": "һн",
    "i": "іι",
    "j": "јϳ",
    "k": "кқκ",
    "l": "ӏ",
    "m": "мμ",
    "n": "пνո",
    "o": "оοօ",
    "p": "рρ",
    "q": "ԛ",
    "r": "г",
    "s": "ѕ",
    "t": "тτ",
    "u": "υս",
    "v": "ѵ",
    "w": "ԝωшщ",
    "x": "хχ",
    "y": "уүγ",
    "z": "ζ",
}
_ALIKE = {each: letter for letter, like in LETTERS.items() for each in like}
_ALIKE |= {each.upper(): letter.upper() for each, letter in _ALIKE.items()}
_ALIKE |= dict.fromkeys("‐‑‒–—―−➖", "-") | dict.fromkeys("➕✚", "+") | dict.fromkeys("⠀ㅤᅟᅠ", " ")
_ALIKE |= {"’": "'", "‘": "'", "“": '"', "”": '"'}
#: First letters of Unicode's alphabets in circles and squares that have no Latin equivalent.
_ALPHABETS = (0x1F150, 0x1F170, 0x1F1E6)
#: Longer runs of blanks and signs say nothing more, and patterns would read them again and again.
RUN_MOST = 24
_LONG_RUN = re.compile(rf"[\W_]{{{RUN_MOST + 1}}}")
#: Format characters, and marks that stand on or around the character before.
_UNSEEN = frozenset({"Cf", "Mn", "Me"})


@dataclass(frozen=True)
class Plain:
    """A text without disguise; where each of its characters stood, and where the original ends."""

    text: str
    places: tuple[int, ...] | None = None  # None: each where it is

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the original text that `text[start:end]` was read from.

        What nobody sees behind it belongs to it.
        """
        if self.places is None:
            return start, end
        return self.places[start], max(self.places[end], self.places[end - 1] + 1)


def reveal(text: str) -> Plain:
    """Return `text` in plain letters, digits and spaces; capitals stay."""
    if text.isascii() and not _LONG_RUN.search(text):
        return Plain(text)
    letters: list[str] = []
    places: list[int] = []
    run = 0
    for place, character in enumerate(text):
        plain = character if character < "\x80" else _plain(character)
        run = 0 if any(map(str.isalnum, plain)) else run + len(plain)
        if run > RUN_MOST:
            plain = ""
        letters.append(plain)
        places.extend([place] * len(plain))
    return Plain("".join(letters), (*places, len(text)))


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    if character in _ALIKE:
        return _ALIKE[character]
    for first in _ALPHABETS:
        if first <= ord(character) < first + 26:
            return chr(ord("A") + ord(character) - first)
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(character)
    if category in _UNSEEN:
        return ""
    if category == "Zs":
        return " "
    return "".join(_ALIKE.get(each, each) for each in unicodedata.normalize("NFKC", character))
