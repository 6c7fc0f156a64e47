"""Investment scams, as they come to blogs about stocks. Pure functions.

A stranger praises a wonderful adviser and leaves a contact; everything else serves that. Each
detector looks for one part of the story. What it finds holds a comment for a person and never
decides alone, and the contacts are masked wherever the comment is shown. The figures of every
detector, on comments of people and of spammers, are in docs/spam-rules.md.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from comments.spam import contacts, stories
from comments.spam.detector import Detector
from comments.spam.disguise import reveal

MASK = "•••"
_EXCERPT = 80

#: Contacts first: they tell a moderator most. The order is that of the reasons given.
DETECTORS: tuple[Detector, ...] = (*contacts.DETECTORS, *stories.DETECTORS)


@dataclass(frozen=True)
class Finding:
    """What a detector found, and the spans of the text that hold a contact."""

    detector: str
    excerpt: str
    contacts: tuple[tuple[int, int], ...] = ()

    def __str__(self) -> str:
        return f"{self.detector}: {self.excerpt}"


def findings(text: str, detectors: Iterable[Detector] = DETECTORS) -> Iterator[Finding]:
    """Yield what each detector finds in `text`, disguised or not, in the detectors' order."""
    plain = reveal(text)
    for detector in detectors:
        for match in detector.pattern.finditer(plain.text):
            if detector.holds(match):
                excerpt = " ".join(match[0].split())[:_EXCERPT]
                spans = tuple(plain.original(*span) for span in _contacts(detector, match))
                yield Finding(detector.name, excerpt, spans)


def find(text: str) -> Finding | None:
    """Return the weightiest of the `findings` in `text`, or None."""
    return next(findings(text), None)


def mask(text: str) -> str:
    """Return `text` with "•••" for each contact that a detector finds in it."""
    spans = sorted({span for finding in findings(text) for span in finding.contacts})
    parts, done = [], 0
    for start, end in spans:
        if start >= done:
            parts += [text[done:start], MASK]
        done = max(done, end)
    return "".join([*parts, text[done:]])


@lru_cache(maxsize=4096)
def is_contact(url: str) -> bool:
    """Tell whether a website that somebody gave is a scammer's contact, such as a t.me address."""
    return bool(url) and find(url) is not None


def _contacts(detector: Detector, match: re.Match[str]) -> Iterator[tuple[int, int]]:
    if "contact" in detector.pattern.groupindex:
        yield match.span("contact")
    elif detector.is_contact:
        yield match.span()
    else:
        for contact in contacts.CONTACT.finditer(match.string, match.start(), match.end()):
            yield contact.span()
