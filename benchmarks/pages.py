"""`make bench`: what a request costs in process, side by side in one run.

Prints, for each kind of request, its queries, the median CPU time and the ratio to an empty Django
view answered by the same process. Absolute figures are this machine's; the ratios carry over.
Then articles with few and with many comments, asked for by turns: the ratio should stay near 1.
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
FEW, MANY = 100, 10_000
#: Two articles each, the one with FEW and the other with MANY comments.
IN_ONE_THREAD = ("custom-silicon-and-the-merchant-question", "export-controls-as-a-line-item")
IN_THREADS_OF_THEIR_OWN = (
    "gross-margin-when-every-query-costs-money",
    "how-much-ai-do-you-already-own",
)

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
    Discussion(flood_seconds=0, flood_per_minute=0, flood_per_hour=0).save()
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
    for slugs, in_one_thread in ((IN_ONE_THREAD, True), (IN_THREADS_OF_THEIR_OWN, False)):
        for slug, number in zip(slugs, (FEW, MANY), strict=True):
            _fill_one(slug, number, in_one_thread)


def _fill_one(slug: str, number: int, in_one_thread: bool) -> None:
    from articles.models import Article
    from comments.counts import recount
    from comments.models import Comment

    article = Article.objects.get(slug=slug)
    opener: Comment | None = None
    rows = []
    for each in range(number):
        row = Comment(
            article=article,
            parent=opener,
            thread=opener.pk if opener else None,
            ancestors=[opener.pk] if opener else [],
            name=f"Reader {each}",
            text="A thought.",
            html="<p>A thought of about the usual length, and a second sentence to it.</p>",
            status="approved",
            verdict="ham",
        )
        if in_one_thread and opener is None:
            row.save()
            opener = row
        else:
            rows.append(row)
    Comment.objects.bulk_create(rows, batch_size=1_000)
    recount(article)


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
    print(f"\n{f'{FEW} and {MANY} comments':32} queries       ms   ratio")
    for name, slugs in (
        ("in one thread", IN_ONE_THREAD),
        ("each its own", IN_THREADS_OF_THEIR_OWN),
    ):
        few, many = (get(f"/articles/{slug}/") for slug in slugs)
        _compare(f"{name}, first page", few, many)
    few, many = (get(f"/articles/{slug}/?order=replies") for slug in IN_THREADS_OF_THEIR_OWN)
    _compare("each its own, most replies", few, many)


def _compare(name: str, few: Callable[[], int], many: Callable[[], int]) -> None:
    """Print how long `many` takes, and how many times as long as `few`, asked for by turns.

    By the clock, since a database server's work is no CPU time of ours.
    """
    queries, _median = _measure(many, 200)
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(RUNS):
        for request, taken in zip((few, many), times, strict=True):
            started = time.perf_counter()
            request()
            taken.append(time.perf_counter() - started)
    of_few, of_many = map(statistics.median, times)
    print(f"{name:32} {queries:7} {of_many * 1000:8.2f} {of_many / of_few:7.2f}")


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
