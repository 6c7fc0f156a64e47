"""The sample articles' pictures, drawn by code: no stock art, no fonts, no files.

`draw("two-cycles")` returns the same pixels every time, so a picture never needs to be stored
in the repository.
"""

import random
from collections.abc import Callable

from PIL import Image

from articles.sample import charts, figures, objects
from articles.sample.canvas import HEIGHT, WIDTH, Canvas

# Each is given the picture's own random numbers, though only half of them want any: one table
# needs one signature.
MOTIFS: dict[str, Callable[[Canvas, random.Random], None]] = {
    "two-cycles": charts.two_cycles,
    "bars": charts.bars,
    "decay": charts.decay,
    "current": objects.current,
    "lanes": objects.lanes,
    "dies": objects.dies,
    "queue": objects.queue,
    "border": objects.border,
    "mesh": objects.mesh,
    "seats": objects.seats,
    "margin": charts.margin,
    "loop": objects.loop,
    "open": objects.opened,
    "tide": charts.tide,
    "weights": charts.weights,
    "stress": charts.stress,
    "rates": charts.rates,
    "calendar": charts.calendar,
    "roofline": figures.roofline,
    "clocks": figures.clocks,
}


def draw(motif: str, *, width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """Return the picture named in `MOTIFS`; raise ValueError for any other name."""
    if motif not in MOTIFS:
        raise ValueError(f"Unknown motif {motif!r}; choose from {', '.join(MOTIFS)}")
    rng = random.Random(motif)
    canvas = Canvas(width, height)
    MOTIFS[motif](canvas, rng)
    return canvas.finish(rng)
