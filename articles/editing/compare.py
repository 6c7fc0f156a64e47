"""What differs between two texts, word by word. Pure functions; the time they take is bounded.

HTML is compared as the words a reader sees, line by line (a line is a paragraph, a list's item, a
row of a table); tags within a line are words of their own. What a line is in, `blockquote p` say,
stands beside it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from html import unescape
from itertools import groupby
from typing import Literal

from articles.editing.markup import TAG, TAGS_APART, attributes
from articles.editing.snapshot import PARTS, Kind, Snapshot

Op = Literal["same", "del", "ins"]

#: Words of the part that differs, of both texts together: more are shown as one change.
MOST_WORDS = 40_000
#: From so many on, words that are everywhere are no landmarks: it would take too long.
MANY_WORDS = 4_000
#: How many unchanged lines are shown around a changed one.
AROUND = 1
BLOCKS = frozenset(
    "p h2 h3 h4 ul ol li blockquote pre table caption thead tbody tfoot tr "
    "figure figcaption hr".split()
)
#: What says nothing beside a line that its other names do not say.
UNTOLD = frozenset(("thead", "tbody", "tfoot", "table"))
CELLS = frozenset(("td", "th"))


@dataclass(frozen=True)
class Token:
    """A word with the space behind it, a tag within a line, or (`begins`) the start of a line."""

    text: str
    begins: bool = False

    @property
    def key(self) -> tuple[bool, str]:
        return self.begins, self.text.strip()


@dataclass
class Line:
    """One line of a comparison: what it is in, whether the line itself came or went, its words."""

    mark: str
    op: Op
    pieces: list[tuple[Op, str]] = field(default_factory=list)
    #: Stands for so many unchanged lines, which are left out.
    left_out: int = 0

    @property
    def is_same(self) -> bool:
        return self.op == "same" and all(op == "same" for op, _text in self.pieces)


@dataclass(frozen=True)
class Difference:
    """One part of an article that two snapshots do not share."""

    name: str
    label: object
    lines: list[Line]
    #: Too long for words: shown as one text taken out and one put in.
    whole: bool


def differences(before: Snapshot, after: Snapshot, names: Iterable[str]) -> list[Difference]:
    """Compare the parts called `names`, which both snapshots have; in the table's order."""
    names = set(names)
    found = []
    for part in PARTS:
        if part.name in names:
            one, other = part.show(before[part.name]), part.show(after[part.name])
            lines, whole = compare(one, other, part.kind)
            found.append(Difference(part.name, part.label, lines, whole))
    return found


def compare(before: str, after: str, kind: Kind = "text") -> tuple[list[Line], bool]:
    """Return the lines of both texts, marked; and whether they were too long to look closely."""
    one, other = list(_tokens(before, kind)), list(_tokens(after, kind))
    whole = False
    marked: list[tuple[Op, Token]] = []
    start = _shared(one, other)
    end = _shared(one[start:][::-1], other[start:][::-1])
    old, new = one[start : len(one) - end], other[start : len(other) - end]
    marked += [("same", token) for token in other[:start]]
    if len(old) + len(new) > MOST_WORDS:
        whole = True
        marked += [("del", token) for token in old] + [("ins", token) for token in new]
    else:
        marked += _marked(old, new)
    marked += [("same", token) for token in other[len(other) - end :]]
    return _folded(_lines(marked)), whole


def _tokens(text: str, kind: Kind) -> Iterator[Token]:
    if kind == "html":
        yield from _html_tokens(text)
        return
    for line in text.splitlines():
        yield Token("", begins=True)
        yield from map(Token, re.findall(r"\S+\s*|\s+", line))


def _html_tokens(html: str) -> Iterator[Token]:
    within: list[str] = []
    fresh = True  # the next word begins a line
    for part in TAGS_APART.split(html):
        tag = TAG.match(part)
        if tag and tag[2].lower() in BLOCKS:
            name = tag[2].lower()
            if name == "hr":
                yield Token("hr", begins=True)
            elif not tag[1]:
                within.append(name)
            elif name in within:
                while within.pop() != name:
                    pass
            fresh = True
            continue
        words = [_written(tag)] if tag else re.findall(r"\S+\s*|\s+", unescape(part))
        for word in words:
            if fresh and not word.strip():
                continue  # line breaks between the blocks
            if fresh:
                yield Token(" ".join(name for name in within if name not in UNTOLD), begins=True)
                fresh = False
            yield Token(word)


def _written(tag: re.Match[str]) -> str:
    """How a tag within a line is shown."""
    name = tag[2].lower()
    if name in CELLS:
        return " " if tag[1] else "| "
    if name == "br":
        return "<br>\n"
    told = attributes(tag[3])
    told.pop("rel", None)
    inner = "".join(f' {key}="{value}"' for key, value in told.items())
    return f"<{tag[1]}{name}{inner}>" + (" " if name == "img" else "")


def _shared(one: list[Token], other: list[Token]) -> int:
    """How many tokens the two begin with in common."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine.key != theirs.key:
            break
        count += 1
    return count


def _marked(old: list[Token], new: list[Token]) -> Iterator[tuple[Op, Token]]:
    matcher = SequenceMatcher(
        None,
        [token.key for token in old],
        [token.key for token in new],
        autojunk=len(old) + len(new) > MANY_WORDS,
    )
    for what, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if what == "equal":
            yield from (("same", token) for token in new[new_from:new_to])
            continue
        yield from (("del", token) for token in old[old_from:old_to])
        yield from (("ins", token) for token in new[new_from:new_to])


def _lines(marked: Iterable[tuple[Op, Token]]) -> list[Line]:
    lines: list[Line] = []
    for (op, begins), run in groupby(marked, key=lambda each: (each[0], each[1].begins)):
        for _op, token in run:
            if begins or not lines:
                lines.append(Line(token.text if begins else "", op))
            if not begins:
                pieces = lines[-1].pieces
                if pieces and pieces[-1][0] == op:
                    pieces[-1] = (op, pieces[-1][1] + token.text)
                else:
                    pieces.append((op, token.text))
    return lines


def _folded(lines: list[Line]) -> list[Line]:
    """Leave out what is unchanged, but for a line on either side of a change."""
    shown: list[Line] = []
    place = 0
    for is_same, run in groupby(lines, key=lambda line: line.is_same):
        group = list(run)
        before = AROUND if place else 0  # nothing has changed before the first line
        after = AROUND if place + len(group) < len(lines) else 0
        place += len(group)
        if not is_same or len(group) <= before + after + 1:
            shown += group
            continue
        shown += group[:before]
        shown.append(Line("", "same", left_out=len(group) - before - after))
        shown += group[len(group) - after :] if after else []
    return shown
