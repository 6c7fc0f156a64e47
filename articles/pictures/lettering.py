"""Writing words into a picture: fonts of the system or the one within Pillow, lines that fit."""

import unicodedata
from functools import lru_cache
from typing import Any

from PIL import ImageDraw, ImageFont, features

#: The first that can write every letter is taken; the last stands for the one within Pillow.
TITLE_FONTS = (
    "NotoSerif-SemiBold.ttf",
    "LiberationSerif-Bold.ttf",
    "DejaVuSerif-Bold.ttf",
    "DejaVuSans-Bold.ttf",
    "",
)
LINE_FONTS = ("NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "DejaVuSans.ttf", "")
#: A letter beyond these is shaped or ordered by its neighbors, which takes a library.
SIMPLE_LETTERS = 0x0590
TITLE_SIZES = (84, 76, 68, 62, 56, 50, 44)
LEADING = 1.14
ELLIPSIS = "…"


@lru_cache(maxsize=64)
def _font(name: str, size: int) -> Any:
    """Return a font, or None where this machine has none of that name."""
    try:
        return ImageFont.truetype(name, size) if name else ImageFont.load_default(size)
    except OSError:
        return None


def writable(text: str) -> str:
    """Return `text` without pictograms and what joins them: no text font has those."""
    kept = "".join(
        letter if unicodedata.category(letter) not in ("So", "Sk", "Cf", "Cc", "Mn") else " "
        for letter in unicodedata.normalize("NFC", text)
    )
    return " ".join(kept.split())


def font_for(text: str, fonts: tuple[str, ...] = TITLE_FONTS) -> str | None:
    """Return the name of a font that can write all of `text`; None when there is none."""
    letters = set(writable(text)) - {" "}
    if not letters:
        return None
    if any(ord(letter) >= SIMPLE_LETTERS for letter in letters) and not _can_shape():
        letters = {letter for letter in letters if unicodedata.category(letter)[0] in "LM"}
        if any(ord(letter) >= SIMPLE_LETTERS for letter in letters):
            return None
    return next((name for name in fonts if _writes(name, frozenset(letters))), None)


@lru_cache(maxsize=1)
def _can_shape() -> bool:
    return bool(features.check("raqm"))


def _writes(name: str, letters: frozenset[str]) -> bool:
    font = _font(name, 20)
    if font is None:
        return False
    missing = _shape(font, "\U000ffffe")
    return all(_shape(font, letter) != missing for letter in letters)


def _shape(font: Any, letter: str) -> tuple[Any, bytes]:
    mask = font.getmask(letter)
    return mask.size, bytes(mask)


def line(
    pen: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, ink: str, width: int
) -> None:
    """Write one line, its middle at the height given, shortened to `width`."""
    name = font_for(text, LINE_FONTS)
    if name is None:
        return
    font = _font(name, size)
    pen.text(at, _shortened(font, writable(text), width), ink, font, anchor="lm")


def block(
    pen: ImageDraw.ImageDraw, box: tuple[int, int, int, int], text: str, name: str, ink: str
) -> None:
    """Write `text` into the middle of `box`, as large as it fits, in lines of about one length."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    words = writable(text).split()
    for size in TITLE_SIZES:
        font = _font(name, size)
        lines = _wrapped(font, words, width)
        most = int(height / (size * LEADING))
        if len(lines) <= most and all(font.getlength(each) <= width for each in lines):
            break
    else:
        lines = [_shortened(font, each, width) for each in lines]
        if len(lines) > most:
            lines = [*lines[: most - 1], _shortened(font, " ".join(lines[most - 1 :]), width)]
    if len(lines) > 1:
        lines = _balanced(font, words, width, lines)
    step = round(size * LEADING)
    rightwards = unicodedata.bidirectional(words[0][0]) not in ("R", "AL")
    y = top + (height - step * len(lines)) // 2
    for number, each in enumerate(lines):
        at = (left if rightwards else right, y + step * number + step // 2)
        pen.text(at, each, ink, font, anchor="lm" if rightwards else "rm")


def _wrapped(font: Any, words: list[str], width: float) -> list[str]:
    lines = [""]
    for word in words:
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _balanced(font: Any, words: list[str], width: int, lines: list[str]) -> list[str]:
    """Return the same number of lines in the narrowest width that takes no more of them."""
    if " ".join(lines) != " ".join(words):
        return lines  # shortened: they are full
    for narrower in range(width // 2, width, 8):
        tried = _wrapped(font, words, narrower)
        if len(tried) == len(lines) and all(font.getlength(each) <= narrower for each in tried):
            return tried
    return lines


def _shortened(font: Any, text: str, width: float) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + ELLIPSIS) > width:
        text = text[:-1].rstrip()
    return text + ELLIPSIS
