"""Paper, pens and colors for the sample articles' pictures."""

import random
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import ceil, cos, dist, hypot, sin

from PIL import Image, ImageChops, ImageDraw

Color = tuple[int, int, int]
Point = tuple[float, float]

PAPER: Color = (0xF6, 0xF1, 0xE7)
INK: Color = (0x1D, 0x24, 0x33)
TEAL: Color = (0x0F, 0x5C, 0x63)
AMBER: Color = (0xD9, 0x8E, 0x2B)
BRICK: Color = (0xB0, 0x47, 0x2F)
MIST: Color = (0xC9, 0xD5, 0xD8)

WIDTH, HEIGHT = 1600, 900

# Where a line that runs off the sheet starts and stops: far enough for wider sheets.
OFF_LEFT, OFF_RIGHT, OFF_BOTTOM = -800, WIDTH + 800, HEIGHT + 800


def mix(start: Color, end: Color, share: float) -> Color:
    """The color `share` of the way from one to the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(start, end, strict=True))
    return red, green, blue


def curve(
    height: Callable[[float], float], start: float, stop: float, step: float = 12
) -> list[Point]:
    """The points (x, height(x)) from start to stop, both included."""
    steps = ceil((stop - start) / step)
    xs = [start + (stop - start) * i / steps for i in range(steps + 1)]
    return [(x, height(x)) for x in xs]


def arc(x: float, y: float, radius: float, start: float, stop: float) -> list[Point]:
    """Points on a circle; angles in radians, clockwise from three o'clock."""
    steps = ceil(abs(stop - start) * radius / 12)
    angles = [start + (stop - start) * i / steps for i in range(steps + 1)]
    return [(x + radius * cos(angle), y + radius * sin(angle)) for angle in angles]


def spaced(points: Sequence[Point], gap: float) -> list[Point]:
    """Points `gap` apart along a line, from its first point on."""
    found, left = [points[0]], gap
    for (x0, y0), (x1, y1) in pairwise(points):
        length, done = dist((x0, y0), (x1, y1)), 0.0
        while length - done >= left:
            done, left = done + left, gap
            found.append((x0 + (x1 - x0) * done / length, y0 + (y1 - y0) * done / length))
        left -= length - done
    return found


# Pillow's shapes have hard edges: draw large and let the reduction smooth them. At 2 the long
# shallow curves still show their steps. The mean of each nine is as good as a filter, and quick.
SUPERSAMPLE = 3

# Levels of brightness. More than this and JPEG stores the grain rather than the picture.
GRAIN = 3


class Canvas:
    """A sheet of WIDTH x HEIGHT units, whatever its size in pixels.

    A sheet of another shape shows all of the units, centered, and its ground fills the rest:
    shapes meant to run off the edge are drawn past it.
    """

    def __init__(self, width: int, height: int) -> None:
        self.size = (width, height)
        self.scale = SUPERSAMPLE * min(width / WIDTH, height / HEIGHT)
        self.image = Image.new("RGB", (width * SUPERSAMPLE, height * SUPERSAMPLE))
        self.left = (self.image.width - WIDTH * self.scale) / 2
        self.top = (self.image.height - HEIGHT * self.scale) / 2
        self.pen = ImageDraw.Draw(self.image)

    def ground(self, color: Color) -> None:
        """Cover the sheet and rule it faintly, like a ledger. Call before drawing anything."""
        self.image.paste(color, (0, 0, *self.image.size))
        rule = mix(color, MIST if color == INK else INK, 0.06)
        for y in range(-HEIGHT, 2 * HEIGHT, 45):
            self.line([(-WIDTH, y), (2 * WIDTH, y)], rule, 1.5)

    def fill(self, points: Sequence[Point], color: Color) -> None:
        self.pen.polygon(self._pixels(points), fill=color)

    def line(self, points: Sequence[Point], color: Color, weight: float = 5) -> None:
        """Draw straight lines, corners rounded. For a curve take `ribbon`."""
        self.pen.line(self._pixels(points), color, self._weight(weight), joint="curve")

    def ribbon(self, points: Sequence[Point], color: Color, weight: float = 5) -> None:
        """Draw a smooth curve as one shape: Pillow's lines show a seam at every point of it."""
        sides: list[list[Point]] = [[], []]
        before, after = [points[0], *points[:-1]], [*points[1:], points[-1]]
        for (x, y), (x0, y0), (x1, y1) in zip(points, before, after, strict=True):
            half = weight / 2 / hypot(x1 - x0, y1 - y0)
            across, down = (y0 - y1) * half, (x1 - x0) * half
            sides[0].append((x + across, y + down))
            sides[1].append((x - across, y - down))
        self.fill([*sides[0], *reversed(sides[1])], color)

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        color: Color | None = None,
        *,
        radius: float = 0,
        edge: Color | None = None,
        weight: float = 5,
    ) -> None:
        """Fill a rectangle with `color`, draw its `edge` inside it, or both."""
        corners = self._pixels([(x, y), (x + width, y + height)])
        self.pen.rounded_rectangle(
            corners, radius * self.scale, color, edge, self._weight(weight) if edge else 0
        )

    def disc(
        self,
        x: float,
        y: float,
        radius: float,
        color: Color | None = None,
        *,
        edge: Color | None = None,
        weight: float = 5,
    ) -> None:
        """Fill a circle with `color`, draw its `edge` inside it, or both."""
        corners = self._pixels([(x - radius, y - radius), (x + radius, y + radius)])
        self.pen.ellipse(corners, color, edge, self._weight(weight) if edge else 0)

    def hatch(
        self, points: Sequence[Point], color: Color, *, gap: float = 18, weight: float = 5
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
        self.image.paste(color, (left, top), ImageChops.logical_and(shape, lines))

    def finish(self, rng: random.Random) -> Image.Image:
        """Reduce to the size asked for and lay the paper's grain over it."""
        image = self.image.reduce(SUPERSAMPLE)
        noise = Image.frombytes("L", self.size, rng.randbytes(self.size[0] * self.size[1]))
        noise = noise.point([level * GRAIN // 256 for level in range(256)])
        return ImageChops.add(image, Image.merge("RGB", [noise] * 3), offset=-(GRAIN // 2))

    def _pixels(self, points: Sequence[Point]) -> list[tuple[int, int]]:
        return [
            (round(self.left + x * self.scale), round(self.top + y * self.scale)) for x, y in points
        ]

    def _weight(self, weight: float) -> int:
        return max(1, round(weight * self.scale))
