"""Sample pictures of things: chips, lines, lanes, gates and boxes.

Flat shapes, much empty paper, and one thing in AMBER or BRICK that the eye should find first.
Lines that carry the meaning are at least 5 units wide, so that they are still there when the
picture is 360 pixels wide.
"""

from collections.abc import Sequence
from math import exp, hypot, pi, sin
from random import Random

from articles.sample.canvas import (
    AMBER,
    BRICK,
    INK,
    MIST,
    OFF_BOTTOM,
    OFF_LEFT,
    OFF_RIGHT,
    PAPER,
    TEAL,
    WIDTH,
    Canvas,
    Color,
    Point,
    arc,
    curve,
    mix,
    spaced,
)


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


def cube(canvas: Canvas, x: float, y: float, size: float, tones: Sequence[Color]) -> None:
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
