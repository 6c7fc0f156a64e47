"""What a reader typed into the search, taken apart; and their words marked in what was found.

Pure functions, no database.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

#: Words looked for; what stands behind them would cost more than it narrows down.
MOST_TERMS = 10
#: From this length on the last word may be the beginning of one: "ai" shall not find "air".
PREFIX_FROM = 4
#: What an ending is taken off must keep so many letters.
STEM_FROM = 4
EXCERPT = 240  # characters
_TERMS = re.compile(r'"([^"]*)"?|([^\s"]+)')
_DOUBLE_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_ENDINGS = ("ing", "ies", "es", "ed", "s", "y", "e")


@dataclass(frozen=True)
class Term:
    """One word, or several that stand together; `prefix`: may be the beginning of a word."""

    text: str
    prefix: bool = False

    @property
    def words(self) -> list[str]:
        return re.findall(r"\w+", self.text)

    @property
    def is_word(self) -> bool:
        return self.text.isalnum()


@dataclass(frozen=True)
class Query:
    """All terms must be found; none of them means that nothing was asked."""

    terms: tuple[Term, ...]

    @property
    def text(self) -> str:
        return " ".join(t.text if t.is_word else f'"{t.text}"' for t in self.terms)

    def with_words(self, instead: dict[str, str]) -> "Query":
        """Return the query with words exchanged for others."""
        return Query(tuple(Term(instead[t.text]) if t.text in instead else t for t in self.terms))

    def _pattern(self, text: str) -> re.Pattern[str]:
        """Matches what a reader of `text` takes for their words: "chip" for "chips".

        The beginning of a word counts where the word itself does not stand: as the search has it.
        """
        parts = []
        for term, (word, beginning) in zip(self.terms, self._forms, strict=True):
            found = not term.prefix or _whole(word).search(text)
            parts.append(word if found else beginning)
        return _whole("|".join(parts))

    @cached_property
    def _forms(self) -> list[tuple[str, str]]:
        """Of each term, what matches it as a word, and as the beginning of one."""
        forms = []
        for term in self.terms:
            word = r"\W+".join(map(re.escape, term.words))
            beginning = rf"{word}\w*"
            if term.is_word:
                word = "|".join(map(re.escape, variants(term.text)))
                if len(term.text) > STEM_FROM:
                    word += rf"|{re.escape(_stem(term.text))}(?:{'|'.join(_ENDINGS)})?"
            forms.append((word, beginning))
        return forms

    def marked(self, text: str) -> SafeString:
        """Return `text` as HTML with the query's words in <mark>."""
        return _marked(text, self._pattern(text))

    def excerpt(self, text: str) -> SafeString | None:
        """Return the stretch of `text` that holds most of the words, marked; None without any."""
        pattern = self._pattern(text)
        matches = list(pattern.finditer(text))[:200]
        if not matches:
            return None

        def words_from(position: int) -> int:
            within = [m for m in matches if position <= m.start() < position + EXCERPT - 40]
            return len({_stem(m[0].lower()) for m in within})

        best = max((m.start() for m in matches), key=words_from)
        return _marked(_cut(text, max(0, best - 40), EXCERPT), pattern)


def parse(text: str) -> Query:
    """Read several words and "words in quotes"; the last word may be the beginning of one."""
    text = "".join(c for c in text if unicodedata.category(c)[0] != "C" or c.isspace())
    terms: list[Term] = []
    for phrase, word in _TERMS.findall(text.translate(_DOUBLE_QUOTES)):
        term = " ".join((phrase or word.strip("$.,;:!?()[]'’")).split())
        if re.search(r"\w", term) and not any(term == t.text for t in terms):
            terms.append(Term(term, prefix=not phrase))
    terms = terms[:MOST_TERMS]
    return Query(
        tuple(
            Term(t.text, t.prefix and t is terms[-1] and t.is_word and len(t.text) >= PREFIX_FROM)
            for t in terms
        )
    )


def variants(word: str) -> Sequence[str]:
    """Return `word` and its other number, for an engine that takes each word as it stands."""
    word = word.lower()
    if len(word) < 3 or not word.isalpha():
        return [word]
    if word.endswith("ies"):
        return [word, word[:-3] + "y"]
    if word.endswith("s"):
        return [word] if word.endswith("ss") else [word, word[:-1]]
    return [word, word + "s"] + ([word[:-1] + "ies"] if word.endswith("y") else [])


def _whole(parts: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{parts})(?!\w)", re.IGNORECASE)


def _marked(text: str, pattern: re.Pattern[str]) -> SafeString:
    return format_html_join("", "{}", ((piece,) for piece in _pieces(text, pattern)))


def _pieces(text: str, pattern: re.Pattern[str]) -> Iterator[SafeString]:
    end = 0
    for match in pattern.finditer(text):
        yield conditional_escape(text[end : match.start()])
        yield format_html("<mark>{}</mark>", match[0])
        end = match.end()
    yield conditional_escape(text[end:])


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= STEM_FROM:
            return word.removesuffix(ending)
    return word


def _cut(text: str, start: int, length: int) -> str:
    """Return about `length` characters from about `start`, whole words, with an ellipsis."""
    end = min(len(text), start + length)
    if start:
        start = text.find(" ", start) + 1 or start
    if end < len(text):
        end = max(text.rfind(" ", start, end), start + 1)
    return ("… " if start else "") + text[start:end] + (" …" if end < len(text) else "")
