"""Sample pictures that look like charts: what grows, fades, bends or comes round.

Flat shapes, much empty paper, and one thing in AMBER or BRICK that the eye should find first.
Lines that carry the meaning are at least 5 units wide, so that they are still there when the
picture is 360 pixels wide.
"""

from math import cos, exp, pi, sin
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
    Point,
    curve,
    mix,
)


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
