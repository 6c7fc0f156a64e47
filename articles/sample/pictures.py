"""The sample articles' pictures, drawn by code: no stock art, no fonts, no files.

`draw("two-cycles")` returns the same pixels every time, so a picture never needs to be stored
in the repository. What each picture shows is in `motifs.py`; this module is the paper and pens.
"""

import random
from collections.abc import Sequence
from math import hypot

from PIL import Image, ImageChops, ImageDraw

from .motifs import HEIGHT, INK, MIST, MOTIFS, WIDTH, Colour, Point, mix

__all__ = ["MOTIFS", "Canvas", "draw"]

# Pillow's shapes have hard edges: draw large and let the reduction smooth them. At 2 the long
# shallow curves still show their steps; 3 costs 70 ms more a picture.
SUPERSAMPLE = 3

# Levels of brightness. More than this and JPEG stores the grain rather than the picture.
GRAIN = 3


class Canvas:
    """A sheet of WIDTH x HEIGHT units, whatever its size in pixels.

    A sheet of another shape shows all of the units, centred, and its ground fills the rest:
    shapes meant to run off the edge are drawn past it.
    """

    def __init__(self, width: int, height: int) -> None:
        self.size = (width, height)
        self.scale = SUPERSAMPLE * min(width / WIDTH, height / HEIGHT)
        self.image = Image.new("RGB", (width * SUPERSAMPLE, height * SUPERSAMPLE))
        self.left = (self.image.width - WIDTH * self.scale) / 2
        self.top = (self.image.height - HEIGHT * self.scale) / 2
        self.pen = ImageDraw.Draw(self.image)

    def ground(self, colour: Colour) -> None:
        """Cover the sheet and rule it faintly, like a ledger. Call before drawing anything."""
        self.image.paste(colour, (0, 0, *self.image.size))
        rule = mix(colour, MIST if colour == INK else INK, 0.06)
        for y in range(-HEIGHT, 2 * HEIGHT, 45):
            self.line([(-WIDTH, y), (2 * WIDTH, y)], rule, 1.5)

    def fill(self, points: Sequence[Point], colour: Colour) -> None:
        self.pen.polygon(self._pixels(points), fill=colour)

    def line(self, points: Sequence[Point], colour: Colour, weight: float = 5) -> None:
        """Draw straight lines, corners rounded. For a curve take `ribbon`."""
        self.pen.line(self._pixels(points), colour, self._weight(weight), joint="curve")

    def ribbon(self, points: Sequence[Point], colour: Colour, weight: float = 5) -> None:
        """Draw a smooth curve as one shape: Pillow's lines show a seam at every point of it."""
        sides: list[list[Point]] = [[], []]
        before, after = [points[0], *points[:-1]], [*points[1:], points[-1]]
        for (x, y), (x0, y0), (x1, y1) in zip(points, before, after, strict=True):
            half = weight / 2 / hypot(x1 - x0, y1 - y0)
            across, down = (y0 - y1) * half, (x1 - x0) * half
            sides[0].append((x + across, y + down))
            sides[1].append((x - across, y - down))
        self.fill([*sides[0], *reversed(sides[1])], colour)

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        colour: Colour | None = None,
        *,
        radius: float = 0,
        edge: Colour | None = None,
        weight: float = 5,
    ) -> None:
        """Fill a rectangle with `colour`, draw its `edge` inside it, or both."""
        corners = self._pixels([(x, y), (x + width, y + height)])
        self.pen.rounded_rectangle(
            corners, radius * self.scale, colour, edge, self._weight(weight) if edge else 0
        )

    def disc(
        self,
        x: float,
        y: float,
        radius: float,
        colour: Colour | None = None,
        *,
        edge: Colour | None = None,
        weight: float = 5,
    ) -> None:
        """Fill a circle with `colour`, draw its `edge` inside it, or both."""
        corners = self._pixels([(x - radius, y - radius), (x + radius, y + radius)])
        self.pen.ellipse(corners, colour, edge, self._weight(weight) if edge else 0)

    def hatch(
        self, points: Sequence[Point], colour: Colour, *, gap: float = 18, weight: float = 5
    ) -> None:
        """Shade a polygon with diagonal lines, cut off at its outline."""
        outline = self._pixels(points)
        left, top = (min(axis) for axis in zip(*outline, strict=True))
        right, bottom = (max(axis) + 1 for axis in zip(*outline, strict=True))
        size = (right - left, bottom - top)
        shape, lines = Image.new("1", size), Image.new("1", size)
        ImageDraw.Draw(shape).polygon([(x - left, y - top) for x, y in outline], fill=1)
        pen = ImageDraw.Draw(lines)
        for x in range(0, sum(size), max(1, round(gap * self.scale))):
            pen.line([(x, 0), (x - size[1], size[1])], 1, self._weight(weight))
        self.image.paste(colour, (left, top), ImageChops.logical_and(shape, lines))

    def finish(self, rng: random.Random) -> Image.Image:
        """Reduce to the size asked for and lay the paper's grain over it."""
        image = self.image.resize(self.size, Image.Resampling.LANCZOS)
        noise = Image.frombytes("L", self.size, rng.randbytes(self.size[0] * self.size[1]))
        noise = noise.point([level * GRAIN // 256 for level in range(256)])
        return ImageChops.add(image, Image.merge("RGB", [noise] * 3), offset=-(GRAIN // 2))

    def _pixels(self, points: Sequence[Point]) -> list[tuple[int, int]]:
        return [
            (round(self.left + x * self.scale), round(self.top + y * self.scale)) for x, y in points
        ]

    def _weight(self, weight: float) -> int:
        return max(1, round(weight * self.scale))


def draw(motif: str, *, width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """Return the picture named in `MOTIFS`; raise ValueError for any other name."""
    if motif not in MOTIFS:
        raise ValueError(f"Unknown motif {motif!r}; choose from {', '.join(MOTIFS)}")
    rng = random.Random(motif)
    canvas = Canvas(width, height)
    MOTIFS[motif](canvas, rng)
    return canvas.finish(rng)
