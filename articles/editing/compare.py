"""What differs between two texts, word by word. Pure functions; the time they take is bounded.

HTML is compared as the words a reader sees, line by line (a line is a paragraph, a list's item, a
row of a table); tags within a line are words of their own. What a line is in, `blockquote p` say,
stands beside it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from html import unescape
from itertools import chain, groupby
from typing import Literal

from django.utils.html import format_html
from django.utils.translation import gettext as _

from articles.editing.markup import TAG, TAGS_APART, attributes
from articles.editing.snapshot import PARTS, Kind, Snapshot

Op = Literal["same", "del", "ins"]
#: What became of a stretch of the old, and where it and the new one begin and end.
Opcode = tuple[str, int, int, int, int]

#: Steps that the search for what both texts share may take at worst; ten million take a third of a
#: second. What would take more is shown as one change.
MOST_STEPS = 50_000_000
#: How many unchanged lines are shown around a changed one.
AROUND = 1
BLOCKS = frozenset(
    "p h2 h3 h4 ul ol li blockquote pre table caption thead tbody tfoot tr "
    "figure figcaption hr".split()
)
#: What says nothing beside a line that its other names do not say.
UNTOLD = frozenset(("thead", "tbody", "tfoot", "table"))
CELLS = frozenset(("td", "th"))


class Picture(str):
    """A picture within a line: compared by its tag, of which `told` are the attributes; seen."""

    told: dict[str, str]

    def __html__(self) -> str:
        alt = self.told.get("alt")
        said = _("Picture: “%s”") % alt if alt else _("Picture without alternative text")
        return format_html(
            '<span class="diff-picture"><img src="{}" alt=""> {}</span>',
            self.told.get("src"),
            said,
        )


@dataclass(frozen=True)
class Token:
    """A word with the space behind it, a tag within a line, or (`begins`) the start of a line."""

    text: str
    begins: bool = False

    @property
    def key(self) -> str:
        return ("\n" if self.begins else "") + self.text.strip()


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
    """Return the lines of both texts, marked; and whether they were too long to look closely.

    Whole lines are compared first; words, only where lines were replaced by others.
    """
    old, new = _by_line(_tokens(before, kind)), _by_line(_tokens(after, kind))
    search = _Search()
    marked: list[tuple[Op, Token]] = []
    found, _is_close = search.opcodes(
        ["\0".join(token.key for token in line) for line in old],
        ["\0".join(token.key for token in line) for line in new],
    )
    for what, old_from, old_to, new_from, new_to in found:
        if what == "equal":
            marked += [("same", token) for line in new[new_from:new_to] for token in line]
        else:
            marked += search.words(old[old_from:old_to], new[new_from:new_to])
    return _folded(_lines(marked)), search.gave_up


def _by_line(tokens: Iterable[Token]) -> list[list[Token]]:
    lines: list[list[Token]] = []
    for token in tokens:
        if token.begins or not lines:
            lines.append([])
        lines[-1].append(token)
    return lines


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
    written = f"<{tag[1]}{name}{inner}>"
    if name != "img":
        return written
    picture = Picture(f"{written} ")
    picture.told = told
    return picture


class _Search:
    """Looks for what two texts share, for as long as MOST_STEPS allow."""

    def __init__(self) -> None:
        self.left = MOST_STEPS
        #: Whether words were left that nobody looked at closely.
        self.gave_up = False

    def opcodes(self, one: list[str], other: list[str]) -> tuple[list[Opcode], bool]:
        """Return how `one` becomes `other`, as `difflib` does, and whether that is a close look.

        Where one would take too long, all between the first difference and the last is replaced.
        """
        start = _shared(one, other)
        end = _shared(one[start:][::-1], other[start:][::-1])
        old, new = one[start : len(one) - end], other[start : len(other) - end]
        # difflib looks for the longest run that both share, then on either side of it, and so on;
        # each time it may walk all of the old words, and all places of each in the new ones.
        count = Counter(new)
        pairs = sum(count[each] for each in old)
        steps = (len(old) + pairs) * min(len(old), len(new), pairs)
        is_close = steps <= self.left
        places: list[Opcode] = [("replace", 0, len(old), 0, len(new))]
        if is_close:
            self.left -= steps
            places = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()  # type: ignore[assignment]
        before: Opcode = ("equal", 0, start, 0, start)
        after: Opcode = ("equal", len(one) - end, len(one), len(other) - end, len(other))
        between = [(op, a + start, b + start, c + start, d + start) for op, a, b, c, d in places]
        return [before, *between, after], is_close

    def words(self, old: list[list[Token]], new: list[list[Token]]) -> list[tuple[Op, Token]]:
        """Compare lines that were replaced by others, word by word."""
        one, other = list(chain(*old)), list(chain(*new))
        found, is_close = self.opcodes([token.key for token in one], [token.key for token in other])
        if not is_close and len(old) == len(new) > 1:
            # As when a name was replaced in each of many paragraphs.
            each = (self.words([mine], [theirs]) for mine, theirs in zip(old, new, strict=True))
            return list(chain(*each))
        self.gave_up |= not is_close
        marked: list[tuple[Op, Token]] = []
        for what, old_from, old_to, new_from, new_to in found:
            if what == "equal":
                marked += [("same", token) for token in other[new_from:new_to]]
                continue
            marked += [("del", token) for token in one[old_from:old_to]]
            marked += [("ins", token) for token in other[new_from:new_to]]
        return marked


def _shared(one: list[str], other: list[str]) -> int:
    """How many words the two begin with in common."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _lines(marked: Iterable[tuple[Op, Token]]) -> list[Line]:
    lines: list[Line] = []
    for (op, begins), run in groupby(marked, key=lambda each: (each[0], each[1].begins)):
        for _op, token in run:
            if begins or not lines:
                lines.append(Line(token.text if begins else "", op))
            if not begins:
                pieces = lines[-1].pieces
                # A picture stands alone, for it is shown otherwise than words.
                apart = isinstance(token.text, Picture) or (
                    pieces and isinstance(pieces[-1][1], Picture)
                )
                if pieces and pieces[-1][0] == op and not apart:
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
