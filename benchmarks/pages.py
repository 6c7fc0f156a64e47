"""`make bench`: what a request costs in process, side by side in one run.

Prints, for each kind of request, its queries, its CPU time (the median, and the least, which says
more on a machine that others use), the ratio to an empty Django view answered by the same process,
and whether it keeps to its bounds. Absolute figures are this machine's; the ratios carry over.
Then articles with few and with many comments, asked for by turns: the ratio should stay near 1.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from itertools import count
from typing import Any
from urllib.parse import urlencode

from benchmarks import site

FOLDER = tempfile.TemporaryDirectory(prefix="marginalia-bench-")
os.environ |= site.settings_in(FOLDER.name) | {"SITE_URL": "http://testserver"}
WARM_UP, RUNS = 20, 200

numbers = count()


def main() -> None:
    import django

    django.setup()
    site.fill()
    _report()


def _report() -> None:
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()

    def get(address: str) -> Callable[[], int]:
        return lambda: _ask(application, "GET", address)

    def post() -> int:
        number = next(numbers)
        fields = {"name": "Bench", "email": f"bench{number}@example.com", "text": f"No. {number}"}
        return _ask(application, "POST", f"/articles/{site.QUIET}/comments/", fields)

    article = f"/articles/{site.DISCUSSED}/"
    # What is asked, the status expected, and the bounds: queries, milliseconds.
    requests: dict[str, tuple[Callable[[], int], int, int | None, float | None]] = {
        "an empty view (/livez)": (get("/livez"), 200, 0, None),
        "list of articles": (get("/"), 200, 6, 3.0),
        "tag": (get("/tags/valuation/"), 200, 6, None),
        "search": (get("/search/?q=inference"), 200, None, None),
        "article without comments": (get(f"/articles/{site.QUIET}/"), 200, 8, 4.0),
        f"article with {site.COMMENTS} comments": (get(article), 200, 8, 4.0),
        "taking in a comment": (post, 302, 6, None),
    }
    base = 0.0
    print(f"{'':32} queries   CPU ms    least   ratio  bounds")
    for name, (request, expected, most_queries, most) in requests.items():
        queries, median, least = _measure(request, expected)
        base = base or least
        bounds = [
            f"≤ {bound} {unit} {'ok' if found <= bound else 'over'}"
            for bound, unit, found in (
                (most_queries, "queries", queries),
                (most, "ms", least * 1000),
            )
            if bound is not None
        ]
        print(
            f"{name:32} {queries:7} {median * 1000:8.2f} {least * 1000:8.2f} {least / base:7.1f}"
            f"  {', '.join(bounds)}"
        )
    print(f"\n{f'{site.FEW} and {site.MANY} comments':32} queries       ms   ratio")
    for name, slugs in (
        ("in one thread", site.IN_ONE_THREAD),
        ("each its own", site.IN_THREADS_OF_THEIR_OWN),
    ):
        few, many = (get(f"/articles/{slug}/") for slug in slugs)
        _compare(f"{name}, first page", few, many)
    few, many = (get(f"/articles/{slug}/?order=replies") for slug in site.IN_THREADS_OF_THEIR_OWN)
    _compare("each its own, most replies", few, many)


def _ask(
    application: Callable[..., Any], method: str, address: str, fields: dict[str, str] | None = None
) -> int:
    """Answer one request as the server would have it answered; return the status."""
    path, _mark, query = address.partition("?")
    body = urlencode(fields or {}).encode()
    told: list[str] = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
    }
    response = application(environ, lambda status, _headers: told.append(status))
    for _part in response:
        pass
    response.close()
    return int(told[0][:3])


def _compare(name: str, few: Callable[[], int], many: Callable[[], int]) -> None:
    """Print how long `many` takes, and how many times as long as `few`, asked for by turns.

    By the clock, since a database server's work is no CPU time of ours.
    """
    queries, _median, _least = _measure(many, 200)
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(RUNS):
        for request, taken in zip((few, many), times, strict=True):
            started = time.perf_counter()
            request()
            taken.append(time.perf_counter() - started)
    of_few, of_many = map(statistics.median, times)
    print(f"{name:32} {queries:7} {of_many * 1000:8.2f} {of_many / of_few:7.2f}")


def _measure(request: Callable[[], int], expected: int) -> tuple[int, float, float]:
    """Return the queries of one request, and the median and the least CPU seconds of RUNS."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for _ in range(WARM_UP):
        status = request()
        if status != expected:
            raise RuntimeError(f"expected {expected}, got {status}")
    with CaptureQueriesContext(connection) as captured:
        request()
    bounds = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    queries = sum(not each["sql"].startswith(bounds) for each in captured)
    times = []
    for _ in range(RUNS):
        started = time.process_time()
        request()
        times.append(time.process_time() - started)
    return queries, statistics.median(times), min(times)


if __name__ == "__main__":
    main()
