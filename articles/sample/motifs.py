"""What each sample picture shows. `pictures.draw()` is the way to get one.

One family: six colours, flat shapes, much empty paper, and one thing in AMBER or BRICK that the
eye should find first. Lines that carry the meaning are at least 5 units wide, so that they are
still there when the picture is 360 pixels wide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import ceil, cos, dist, exp, hypot, pi, sin
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .pictures import Canvas

Colour = tuple[int, int, int]
Point = tuple[float, float]

PAPER: Colour = (0xF6, 0xF1, 0xE7)
INK: Colour = (0x1D, 0x24, 0x33)
TEAL: Colour = (0x0F, 0x5C, 0x63)
AMBER: Colour = (0xD9, 0x8E, 0x2B)
BRICK: Colour = (0xB0, 0x47, 0x2F)
MIST: Colour = (0xC9, 0xD5, 0xD8)

WIDTH, HEIGHT = 1600, 900

# Where a line that runs off the sheet starts and stops: far enough for wider sheets.
OFF_LEFT, OFF_RIGHT, OFF_BOTTOM = -800, WIDTH + 800, HEIGHT + 800


def mix(start: Colour, end: Colour, share: float) -> Colour:
    """The colour `share` of the way from one to the other."""
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


def two_cycles(canvas: Canvas, rng: Random) -> None:
    """Spending comes in jagged bursts; what it pays for swells slowly."""
    canvas.ground(PAPER)

    def steady(x: float) -> float:
        return 450 - 205 * sin(2 * pi * (x - 130) / 1340)

    def burst(tooth: int) -> Point:
        swing = max(0.0, sin(2 * pi * tooth / 24)) ** 1.2 * rng.uniform(230, 320)
        return 26 * tooth + 20, 450 - (-1) ** tooth * swing

    swell = curve(steady, OFF_LEFT, OFF_RIGHT)
    canvas.fill([*swell, (OFF_RIGHT, 450), (OFF_LEFT, 450)], MIST)
    canvas.line([burst(tooth) for tooth in range(-32, 94)], BRICK, 9)
    canvas.ribbon(swell, TEAL, 15)
    for peak in (465, 1135):
        canvas.disc(peak, steady(peak), 24, PAPER, edge=TEAL, weight=11)


def bars(canvas: Canvas, rng: Random) -> None:
    """Capital spending by year, in four payers' layers; next year is only promised."""
    canvas.ground(PAPER)
    shades = (INK, TEAL, mix(TEAL, MIST, 0.5), MIST)
    base, wide, years, gap = 770.0, 130, 7, 4
    for year in range(years):
        x, tall, y = 150 + year * 195, 122 * 1.31**year, base
        if year == years - 1:
            corners = [(x, y), (x, y - tall), (x + wide, y - tall), (x + wide, y)]
            canvas.hatch(corners, AMBER, gap=22, weight=7)
            canvas.box(x, y - tall, wide, tall + 4, edge=BRICK, weight=9)
            continue
        shares = [rng.uniform(0.8, 1.2) for _ in shades]
        for shade, share in zip(shades, shares, strict=True):
            part = tall * share / sum(shares)
            canvas.box(x, y - part + gap, wide, part - gap, shade)
            y -= part
    canvas.line([(105, base + 4), (1495, base + 4)], INK, 9)


def decay(canvas: Canvas, rng: Random) -> None:
    """Book value goes down by steps while the machines it stands for fade."""
    canvas.ground(INK)
    left, base, cell, columns, rows = 200, 770, 100, 12, 6
    stairs: list[Point] = []
    for column in range(columns):
        x, left_over = left + column * cell, rows - column // 2
        stairs += [(x, base - left_over * cell), (x + cell, base - left_over * cell)]
        for row in range(rows):
            age = min(0.86, 0.9 * column / columns + rng.uniform(0, 0.1))
            tone = mix(AMBER, INK, age) if row < left_over else None
            edge = None if tone else mix(INK, MIST, 0.18)
            y = base - (row + 1) * cell + 12
            canvas.box(x + 12, y, cell - 24, cell - 24, tone, radius=6, edge=edge, weight=3)
    canvas.line([*stairs, (left + columns * cell, base)], PAPER, 10)
    canvas.line([(left - 60, base), (left + columns * cell + 60, base)], PAPER, 10)


def current(canvas: Canvas, rng: Random) -> None:
    """Power enough on the left; one gap decides how much of it arrives."""
    canvas.ground(INK)
    gap_at, tight = 930, 0.2

    def spread(x: float) -> float:
        wide, reach = (1.0, 340) if x < gap_at else (0.5, 260)
        return wide - (wide - tight) * exp(-(((x - gap_at) / reach) ** 2))

    def lane(offset: float) -> list[Point]:
        return curve(lambda x: 450 + offset * spread(x), OFF_LEFT, OFF_RIGHT)

    for i in range(-6, 7):
        hot = abs(i) <= 1
        flow = lane(i * 66)
        canvas.ribbon(flow, AMBER if hot else mix(TEAL, MIST, rng.uniform(0.2, 0.6)), 7)
    for y in (-400, 565):
        canvas.box(gap_at - 30, y, 60, 735, PAPER, radius=12)


def lanes(canvas: Canvas, rng: Random) -> None:
    """Memory lanes side by side: blocks of data on the move, one lane running full."""
    canvas.ground(PAPER)
    shades, full = (TEAL, TEAL, INK, mix(TEAL, MIST, 0.5)), 1
    for lane in range(5):
        y, x = 130 + lane * 135, OFF_LEFT + rng.uniform(0, 300)
        canvas.box(OFF_LEFT, y, OFF_RIGHT - OFF_LEFT, 100, mix(PAPER, MIST, 0.55))
        while x < OFF_RIGHT:
            long, tone = rng.choice((90, 130, 190, 280)), rng.choice(shades)
            space = rng.choice((60, 130, 220, 340))
            if lane == full:
                long, tone, space = 140, AMBER, 52
            top, bottom, lean = y + 14, y + 86, 40
            corners = [(x + lean, top), (x + lean + long, top), (x + long, bottom), (x, bottom)]
            canvas.fill(corners, tone)
            x += long + space


def dies(canvas: Canvas, rng: Random) -> None:
    """A wafer of dies, a few of them wanted by everybody; one under the glass."""
    canvas.ground(INK)
    x0, y0, radius, wide, tall = 555, 450, 350, 58, 44
    wanted = {(2, -3), (-1, 3), (-3, -2), (0, -5), (3, 2)}
    canvas.disc(x0, y0, radius, mix(INK, TEAL, 0.5), edge=MIST, weight=7)
    for column in range(-5, 6):
        for row in range(-6, 7):
            across, down = column * wide, row * tall
            if hypot(abs(across) + wide / 2, abs(down) + tall / 2) > radius - 14:
                continue
            tone = mix(TEAL, MIST, rng.choice((0.08, 0.16, 0.26, 0.4)))
            tone = AMBER if (column, row) in wanted else tone
            x, y = x0 + across - wide / 2, y0 + down - tall / 2
            canvas.box(x + 3, y + 3, wide - 6, tall - 6, tone, radius=3)
    x, y = x0 + 2 * wide + wide / 2 - 3, y0 - 3 * tall
    canvas.line([(x, y - tall / 2 + 4), (1080, 300)], AMBER, 4)
    canvas.line([(x, y + tall / 2 - 4), (1080, 600)], AMBER, 4)
    canvas.box(1080, 300, 390, 300, AMBER, radius=10)
    for column in range(4):
        for row in range(3):
            canvas.box(1110 + column * 86, 330 + row * 84, 72, 72, INK, radius=5)


def queue(canvas: Canvas, rng: Random) -> None:
    """Orders wait round two bends and go through the gate one at a time."""
    canvas.ground(PAPER)
    path = [(OFF_LEFT, 230), (1180, 230), *arc(1180, 340, 110, -pi / 2, pi / 2)]
    path += [(420, 450), *reversed(arc(420, 560, 110, pi / 2, 3 * pi / 2)), (1200, 670)]
    canvas.line([(1200, 670), (OFF_RIGHT, 670)], mix(PAPER, MIST, 0.5), 96)
    canvas.ribbon(path, MIST, 96)
    for place, (x, y) in enumerate(spaced([(1120, 670), *path[-2::-1]], 79)):
        canvas.disc(x, y, 31, mix(TEAL, MIST, min(0.75, place / 34)))
    canvas.line([(1200, 590), (1200, 750)], BRICK, 14)
    for y in (566, 730):
        canvas.box(1178, y, 44, 44, INK, radius=8)
    canvas.disc(1400, 670, 31, AMBER)


def border(canvas: Canvas, rng: Random) -> None:
    """A line is drawn across a trade, and some of it crosses anyway."""
    canvas.ground(PAPER)
    step, crossing = 76, {1: 3, 4: 4, 6: 2, 9: 3}

    def edge(y: float) -> float:
        return 830 + 130 * sin(y / 200) - (y - 450) * 0.2

    for row in range(-10, 23):
        y = 70 + row * step
        columns = [52 + step * column + step / 2 * (row % 2) for column in range(-11, 32)]
        home = [x for x in columns if x < edge(y) - 36]
        away = [x for x in columns if x > edge(y) + 36]
        if row in crossing:
            start = home.pop()
            stop = start + crossing[row] * step
            away = [x for x in away if x > stop]
            canvas.disc(start, y, 17, edge=BRICK)
            canvas.line([(start + 16, y), (stop, y)], BRICK, 6)
            canvas.disc(stop, y, 21, BRICK)
        for x in home:
            canvas.disc(x, y, 17, TEAL)
        for x in away:
            canvas.disc(x, y, 11, MIST)
    canvas.ribbon([(edge(y), y) for y in range(-800, OFF_BOTTOM, 12)], INK, 10)


def mesh(canvas: Canvas, rng: Random) -> None:
    """Leaf and spine: every switch below reaches every switch above; one route is lit."""
    canvas.ground(INK)
    spines = [(320 + i * 320, 210) for i in range(4)]
    leaves = [(170 + i * 180, 610) for i in range(8)]

    def link(low: Point, high: Point) -> list[Point]:
        (x0, y0), (x1, y1) = low, high
        steps = [i / 32 for i in range(33)]
        return [(x0 + (x1 - x0) * (3 * t * t - 2 * t**3), y0 + (y1 - y0) * t) for t in steps]

    for leaf in leaves:
        for spine in spines:
            canvas.ribbon(link(leaf, spine), mix(INK, MIST, 0.42), 3)
    for leaf in (leaves[1], leaves[6]):
        canvas.ribbon(link(leaf, spines[2]), AMBER, 9)
    for x, y in spines:
        canvas.box(x - 70, y - 34, 140, 68, AMBER if x == 960 else MIST, radius=10)
    for i, (x, y) in enumerate(leaves):
        canvas.box(x - 52, y - 28, 104, 56, AMBER if i in (1, 6) else TEAL, radius=10)
        for level in range(3):
            tone = mix(TEAL, INK, 0.25 + 0.2 * level)
            canvas.box(x - 52, y + 44 + level * 34, 104, 22, tone, radius=5)


def seats(canvas: Canvas, rng: Random) -> None:
    """Software is sold by the seat, and the far side of the room has emptied."""
    canvas.ground(PAPER)
    for row in range(6):
        for column in range(12):
            x, y = 192 + column * 104, 138 + row * 108
            taken = rng.random() < 1.2 - column / 10
            tone, edge = (TEAL, TEAL) if taken else (None, mix(MIST, TEAL, 0.25))
            if (column, row) == (8, 2):
                tone = edge = AMBER
            canvas.box(x, y, 72, 58, tone, radius=18, edge=edge, weight=6)
            canvas.box(x, y + 68, 72, 14, edge, radius=7)


def margin(canvas: Canvas, rng: Random) -> None:
    """Sales grow, costs grow faster, and what is left between them thins."""
    canvas.ground(PAPER)

    def grown(start: float, stop: float, sway: float) -> list[Point]:
        def height(x: float) -> float:
            t = min(max(x / WIDTH, 0), 1)
            return start + (stop - start) * t**1.4 - sway * sin(t * 9)

        return curve(height, OFF_LEFT, OFF_RIGHT)

    edges = [grown(430, 150, 12), grown(590, 182, 10), grown(700, 420, 12), grown(790, 640, 8)]
    floor = [(OFF_RIGHT, OFF_BOTTOM), (OFF_LEFT, OFF_BOTTOM)]
    for edge, tone in zip(edges, (AMBER, MIST, mix(MIST, TEAL, 0.55), TEAL), strict=True):
        canvas.fill([*edge, *floor], tone)
    canvas.ribbon(edges[0], INK, 10)
    canvas.ribbon(edges[1], PAPER, 6)


def loop(canvas: Canvas, rng: Random) -> None:
    """Money goes round: each arrow is brighter than the one that fed it, and feeds the next."""
    canvas.ground(INK)
    x, y = 800, 450
    for radius, half, count, tone in ((292, 58, 12, AMBER), (166, 34, 9, mix(TEAL, MIST, 0.4))):
        turn, tip = 2 * pi / count, half * 0.8 / radius
        for i in range(count):
            start = -pi / 2 + i * turn
            stop = start + turn - 15 / radius
            outer, inner = (arc(x, y, radius + side, start, stop) for side in (half, -half))
            ends = arc(x, y, radius, start + tip, stop + tip)
            shade = mix(INK, tone, 0.1 + 0.9 * ((i + 1) / count) ** 1.3)
            canvas.fill([*outer, ends[-1], *reversed(inner), ends[0]], shade)
    canvas.disc(x, y, 64, edge=PAPER, weight=8)


def cube(canvas: Canvas, x: float, y: float, size: float, tones: Sequence[Colour]) -> None:
    """One cube seen from above its corner; (x, y) is the middle of its top face."""
    dx, dy = size * 0.866, size * 0.5
    top = [(x, y - dy), (x + dx, y), (x, y + dy), (x - dx, y)]
    left = [(x - dx, y), (x, y + dy), (x, y + dy + size), (x - dx, y + size)]
    right = [(x + dx, y), (x, y + dy), (x, y + dy + size), (x + dx, y + size)]
    for face, tone in zip((top, left, right), tones, strict=True):
        canvas.fill(face, tone)


def opened(canvas: Canvas, rng: Random) -> None:
    """An open model: the lid is off, a corner is gone and the part that matters can be seen."""
    canvas.ground(PAPER)
    size, step, slope = 79, 92, 0.5 / 0.866
    for i in range(-20, 40):
        low, rise = i * step - 12, slope * WIDTH
        for ends in ((low - rise, low + 2 * rise), (low + 2 * rise, low - rise)):
            floor = list(zip((-WIDTH, 2 * WIDTH), ends, strict=True))
            canvas.line(floor, mix(PAPER, MIST, 0.35), 3)
    teal = (mix(TEAL, MIST, 0.55), TEAL, mix(TEAL, INK, 0.55))
    amber = (mix(AMBER, PAPER, 0.35), AMBER, mix(AMBER, BRICK, 0.6))
    pale = (mix(MIST, PAPER, 0.6), MIST, mix(MIST, TEAL, 0.3))
    for layer, lift in enumerate((0, 0, 190)):
        for back in range(3):
            for side in range(3):
                if layer == 1 and back and side and back + side > 2:
                    continue
                x = 800 + (side - back) * step * 0.866
                y = 590 + (side + back - 2) * step * 0.5 - layer * step - lift
                core = layer == 1 and back == side == 1
                cube(canvas, x, y, size, amber if core else pale if layer == 2 else teal)


def tide(canvas: Canvas, rng: Random) -> None:
    """Inventory piles up and runs down, and rises and falls with the water under it."""
    canvas.ground(PAPER)
    piles = ((240, 1), (356, 2), (680, 3), (796, 4), (912, 2), (1270, 1))
    tones = (mix(PAPER, MIST, 0.7), MIST, mix(MIST, TEAL, 0.45), TEAL, INK)
    for depth, tone in enumerate(tones):

        def water(x: float, depth: int = depth) -> float:
            swell, length = 46 - depth * 5, 190 + 15 * depth
            return 370 + depth * 105 - swell * sin(x / length + depth * 1.7)

        for x, count in piles if depth == 2 else ():
            for level in range(count):
                y = water(x + 54) - 38 - level * 66
                canvas.box(x, y, 108, 60, BRICK if level % 2 else AMBER, radius=4)
        surface = curve(water, OFF_LEFT, OFF_RIGHT)
        canvas.fill([*surface, (OFF_RIGHT, OFF_BOTTOM), (OFF_LEFT, OFF_BOTTOM)], tone)


def weights(canvas: Canvas, rng: Random) -> None:
    """An index by weight: a few blocks are most of it."""
    canvas.ground(PAPER)
    tones = {0: TEAL, 1: INK, 2: AMBER, 3: mix(TEAL, MIST, 0.35), 4: BRICK}

    def split(items: list[tuple[int, float]], x: float, y: float, w: float, h: float) -> None:
        if len(items) == 1:
            tone = tones.get(items[0][0], mix(MIST, TEAL, rng.choice((0, 0.12, 0.3))))
            canvas.box(x + 5, y + 5, w - 10, h - 10, tone, radius=4)
            return
        total, cut, first = sum(weight for _, weight in items), 1, items[0][1]
        while first + items[cut][1] / 2 < total / 2 and cut < len(items) - 1:
            first, cut = first + items[cut][1], cut + 1
        share = first / total
        if w >= h:
            split(items[:cut], x, y, w * share, h)
            split(items[cut:], x + w * share, y, w * (1 - share), h)
        else:
            split(items[:cut], x, y, w, h * share)
            split(items[cut:], x, y + h * share, w, h * (1 - share))

    split([(i, 30 * 0.77**i + 1) for i in range(28)], 135, 95, 1330, 710)


def stress(canvas: Canvas, rng: Random) -> None:
    """A beam gives under its load; the lines of force fade below it."""
    canvas.ground(PAPER)
    left, right, thick = 170, 1430, 84

    def sag(top: float, depth: float, inset: float = 0) -> list[Point]:
        def height(x: float) -> float:
            return top + depth * (0.5 - 0.5 * cos(2 * pi * (x - left) / (right - left)))

        return curve(height, left + inset, right - inset)

    for i in range(7):
        contour = sag(450 + i * 36, 150 - i * 6, 150 + i * 55)
        canvas.ribbon(contour, mix(BRICK, PAPER, 0.1 + i * 0.12), 7)
    canvas.box(725, 170, 150, 122, AMBER, radius=6)
    canvas.box(680, 300, 240, 220, BRICK, radius=6)
    canvas.fill([*sag(340, 150), *reversed(sag(340 + thick, 150))], TEAL)
    for share in (0.25, 0.5, 0.75):
        canvas.ribbon(sag(340 + thick * share, 150), mix(TEAL, MIST, 0.55), 4)
    for x in (left + 40, right - 40):
        canvas.fill([(x, 340 + thick), (x + 76, 570), (x - 76, 570)], INK)


def rates(canvas: Canvas, rng: Random) -> None:
    """A family of yield curves, from steep to inverted; today's is lit."""
    canvas.ground(INK)
    left, right, base, count, lit = 160, 1440, 780, 13, 5
    for i in sorted(range(count), key=lambda i: i == lit):
        t = i / (count - 1)
        short, long, hump = 700 - 540 * t, 130 + 400 * t, 420 * t * (1 - t)

        def height(x: float, short: float = short, long: float = long, hump: float = hump) -> float:
            term = (x - left) / 300
            return long + (short - long + hump * term) * exp(-term)

        tone = AMBER if i == lit else mix(TEAL, MIST, 0.15 + 0.85 * t)
        canvas.ribbon(curve(height, left, right), tone, 12 if i == lit else 5)
        if i == lit:
            canvas.disc(right, height(right), 20, AMBER)
    canvas.line([(left, base), (right, base)], MIST, 5)
    for tick in range(9):
        x = left + (right - left) * tick / 8
        canvas.line([(x, base), (x, base + 20)], MIST, 5)


def calendar(canvas: Canvas, rng: Random) -> None:
    """A month with its marked days: a week of results, and the one day that matters."""
    canvas.ground(PAPER)
    cell, left, top, first, today, last, side = 128, 352, 168, 2, 14, 32, 116
    canvas.box(left + 6, 92, 7 * cell - 12, 52, INK, radius=8)
    for ring in (2, 5):
        canvas.box(left + ring * cell - 11, 66, 22, 64, TEAL, radius=11)
    for day in range(35):
        x, y = left + day % 7 * cell + 6, top + day // 7 * cell + 6
        inside, weekend = first <= day <= last, day % 7 > 4
        tone = mix(PAPER, MIST, 0.5 if weekend else 0.9) if inside else None
        edge = None if inside else mix(PAPER, MIST, 0.7)
        canvas.box(x, y, side, side, tone, radius=10, edge=edge, weight=4)
        if first <= day < today:
            canvas.line([(x + 30, y + 86), (x + 86, y + 30)], mix(MIST, TEAL, 0.45), 7)
        if day in (15, 26, 31):
            canvas.disc(x + 58, y + 58, 38, edge=TEAL, weight=10)
    canvas.box(left + 6, top + 3 * cell + 6, 5 * cell - 12, side, TEAL, radius=10)
    canvas.disc(left + 3.5 * cell, top + 3.5 * cell, 42, AMBER)


# Each is given the picture's own random numbers, though only half of them want any: one table
# needs one signature.
MOTIFS: dict[str, Callable[[Canvas, Random], None]] = {
    "two-cycles": two_cycles,
    "bars": bars,
    "decay": decay,
    "current": current,
    "lanes": lanes,
    "dies": dies,
    "queue": queue,
    "border": border,
    "mesh": mesh,
    "seats": seats,
    "margin": margin,
    "loop": loop,
    "open": opened,
    "tide": tide,
    "weights": weights,
    "stress": stress,
    "rates": rates,
    "calendar": calendar,
}
