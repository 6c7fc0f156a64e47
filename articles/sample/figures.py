"""Sample pictures for within a text: plain charts, read together with what stands below them."""

from random import Random

from articles.sample.canvas import AMBER, BRICK, INK, MIST, PAPER, TEAL, Canvas, mix


def roofline(canvas: Canvas, rng: Random) -> None:
    """Output rises with what is shared until arithmetic is the limit; then it stays."""
    canvas.ground(PAPER)
    left, right, base, knee, roof = 170, 1470, 770, 930, 210
    slope = (base - roof) / (knee - left)
    canvas.fill([(left, base), (knee, roof), (right, roof), (right, base)], mix(PAPER, MIST, 0.55))
    canvas.fill([(left, base), (knee, roof), (knee, base)], mix(PAPER, MIST, 0.95))
    for x in (330, 490, 650, 810):
        canvas.line([(x, base), (x, base - (x - left) * slope)], mix(MIST, TEAL, 0.35), 5)
    canvas.line([(left, base), (knee, roof), (right, roof)], TEAL, 16)
    canvas.line([(left, 120), (left, base), (right + 40, base)], INK, 9)
    for x, tone in ((330, BRICK), (810, AMBER)):
        canvas.disc(x, base - (x - left) * slope, 30, tone, edge=PAPER, weight=7)
    canvas.disc(1230, roof, 30, INK, edge=PAPER, weight=7)


def clocks(canvas: Canvas, rng: Random) -> None:
    """How long each part takes: the last bar is longer than the others together."""
    canvas.ground(PAPER)
    left, year, top, step, thick = 150, 260, 130, 165, 92
    for mark in range(6):
        x = left + mark * year
        canvas.line([(x, 80), (x, 790)], mix(PAPER, INK, 0.25 if mark else 1), 9 if not mark else 4)
    lengths = ((0.75, TEAL), (0.5, mix(TEAL, MIST, 0.45)), (1.6, INK), (4.6, BRICK))
    for row, (years, tone) in enumerate(lengths):
        y = top + row * step
        canvas.box(left + 5, y, years * year, thick, tone, radius=6)
        if tone == BRICK:
            sure = left + 3 * year
            tip = left + years * year
            corners = [(sure, y), (tip, y), (tip, y + thick), (sure, y + thick)]
            canvas.hatch(corners, AMBER, gap=22, weight=7)
