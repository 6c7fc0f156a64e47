"""`make bench`: what a request costs in process, side by side in one run.

Prints, for each kind of request, its queries, the median CPU time and the ratio to an empty Django
view answered by the same process. Absolute figures are this machine's; the ratios carry over.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

FOLDER = tempfile.TemporaryDirectory(prefix="marginalia-bench-")
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "SECRET_KEY": "benchmarks-only-" + "k" * 40,
    "SITE_URL": "http://testserver",
    "AKISMET_API_KEY": "valid-key-01",
    "STATIC_ROOT": f"{FOLDER.name}/static",
    "MEDIA_ROOT": f"{FOLDER.name}/media",
    "LOG_LEVEL": "ERROR",
}
os.environ.setdefault("DATABASE_URL", f"sqlite:///{FOLDER.name}/db.sqlite3")
WARM_UP, RUNS = 20, 200
COMMENTS = 50

numbers = count()


def main() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    Path(os.environ["STATIC_ROOT"]).mkdir(exist_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    _fill()
    _report()


def _fill() -> None:
    """Store twenty articles, one of them with COMMENTS comments in threads of five."""
    from django.contrib.auth.models import User

    from articles.sample import load_articles
    from comments import intake
    from comments.models import Comment, Discussion
    from comments.spam.rules import Draft

    load_articles(with_pictures=False)
    Discussion(flood_seconds=0).save()
    staff = User.objects.create_user("staff", is_staff=True)
    parent: Comment | None = None
    for number in range(COMMENTS):
        draft = Draft(
            name=f"Reader {number}",
            email=f"reader{number}@example.com",
            text=f"A thought, the {number}th, of about the usual length. " * 4,
            parent_id=parent.pk if parent else None,
        )
        comment = intake.take_in("ai-inference-vs-training", draft, user=staff)
        parent = comment if comment.depth < 5 else None


def _report() -> None:
    from django.test import Client

    client = Client()

    def get(path: str) -> Callable[[], int]:
        return lambda: client.get(path).status_code

    def post() -> int:
        number = next(numbers)
        fields = {"name": "Bench", "email": f"bench{number}@example.com", "text": f"No. {number}"}
        return client.post("/articles/power-is-the-slow-variable/comments/", fields).status_code

    requests: dict[str, tuple[Callable[[], int], int]] = {
        "an empty view (/livez)": (get("/livez"), 200),
        "list of articles": (get("/"), 200),
        "article without comments": (get("/articles/power-is-the-slow-variable/"), 200),
        f"article with {COMMENTS} comments": (get("/articles/ai-inference-vs-training/"), 200),
        "taking in a comment": (post, 302),
    }
    base = 0.0
    print(f"{'':32} queries   CPU ms   ratio")
    for name, (request, expected) in requests.items():
        queries, median = _measure(request, expected)
        base = base or median
        print(f"{name:32} {queries:7} {median * 1000:8.2f} {median / base:7.1f}")


def _measure(request: Callable[[], int], expected: int) -> tuple[int, float]:
    """Return the number of queries of one request, and the median CPU seconds of RUNS."""
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
    return queries, statistics.median(times)


if __name__ == "__main__":
    main()
