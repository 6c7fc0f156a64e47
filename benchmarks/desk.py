"""`make bench`: the moderation desk on a site with a million comments.

BENCH_COMMENTS (1000000) sets how many; nine in ten are spam, and some were reported. On SQLite
always, on PostgreSQL where its programs are found; each in a throw-away database. Prints how long
the indexes of words take to make (what migration 0008 takes), and the counting of all days (what a
worker does once); for each view of the desk, how long
the whole answer takes (least, median and 95th of BENCH_RUNS (20), in milliseconds), what the
database takes of the least until the first rows come, and its queries; a bulk action on a hundred
comments; how long a comment takes to be stored, alone and while retention deletes old spam. A line
ends with "ok" or "over" by the bounds below.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
COMMENTS = int(os.environ.get("BENCH_COMMENTS", "1000000"))
RUNS, POSTS = int(os.environ.get("BENCH_RUNS", "20")), 200
#: Retention is watched for so long, then stopped.
RETENTION_SECONDS = 120
BOUND_MS, BOUND_QUERIES, BULK_MS, POST_MS = 50, 10, 1_000, 100
#: Statistics ask for a span of days and not for a page; nobody decides there.
STATISTICS_MS, STATISTICS_QUERIES = 500, 15


def main() -> None:
    """Measure one database after the other, each in a process of its own."""
    if "--here" in sys.argv:
        _here()
        return
    from tests import postgres

    with tempfile.TemporaryDirectory(prefix="marginalia-bench-") as folder, ExitStack() as stack:
        urls = {"SQLite": f"sqlite:///{folder}/db.sqlite3"}
        binaries = postgres.find_binaries()
        if binaries:
            urls["PostgreSQL"] = stack.enter_context(postgres.cluster(binaries))
        for name, url in urls.items():
            print(f"\n{name}, {COMMENTS:,} comments", flush=True)
            settings = {
                "DATABASE_URL": url,
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "SECRET_KEY": "benchmarks-only-" + "k" * 40,
                "SITE_URL": "http://testserver",
                "AKISMET_API_KEY": "valid-key-01",
                "STATIC_ROOT": f"{folder}/static",
                "MEDIA_ROOT": f"{folder}/media",
                "LOG_LEVEL": "ERROR",
                "ALLOWED_HOSTS": "testserver",
            }
            subprocess.run(
                [sys.executable, "-m", "benchmarks.desk", "--here"],
                cwd=ROOT,
                env=os.environ | settings,
                check=True,
            )


def _here() -> None:
    import django
    from django.conf import settings

    names = "django.contrib.staticfiles.storage.StaticFilesStorage"  # no names by content
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": names}}
    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from comments import day_counts, word_index

    call_command("migrate", verbosity=0)
    word_index.drop(connection)
    few = COMMENTS // 20
    call_command("seed_comments", spam=18 * few, pending=few, approved=few, articles=120)
    _report(few // 10)
    took = _time(lambda: word_index.create(connection))
    print(f"indexes of words: made in {took:.0f} s", flush=True)
    print(f"days counted in {_time(day_counts.keep):.1f} s", flush=True)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")  # as autovacuum would have
    _views()
    _bulk()
    _retention()


def _report(count: int) -> None:
    """Let readers report public comments, one in ten."""
    from comments.models import Comment, Report

    pks = Comment.objects.public().order_by("-pk").values_list("pk", flat=True)
    reported = pks[:: max(1, len(pks) // count)][:count]
    Report.objects.bulk_create(
        Report(comment_id=pk, reason=Report.Reason.SPAM, ip="198.18.0.1") for pk in reported
    )


def _moderator() -> Any:
    from django.contrib.auth.models import Group, User
    from django.test import Client

    user, _made = User.objects.get_or_create(username="bench", defaults={"is_staff": True})
    user.groups.add(Group.objects.get(name="Moderators"))
    client = Client()
    client.force_login(user)
    return client


def _addresses() -> Iterator[str]:
    """Every tab, and every filter and search in the tabs that hold much."""
    from django.utils import timezone

    from comments.models import Comment

    def day(ago: int) -> str:
        return (timezone.localdate() - timedelta(days=ago)).isoformat()

    spam = Comment.objects.spam().order_by("-pk").values_list("pk", flat=True)[0]
    asked = (
        "q=cor", "q=casino", "q=rare77", "q=zzzabsent", "q=cor+del", "q=%22best+casino%22",
        "article=invented-50", "article=invented", "held_for=links", "verdict=discard",
        f"first={day(7)}", f"last={day(300)}", f"writer={spam}", f"ip={spam}", f"network={spam}",
        "mine=on", "held_for=links&article=invented-50", f"q=cor&last={day(300)}",
        f"q=casino&network={spam}",
    )  # fmt: skip
    for tab in ("queue", "awaiting", "approved", "spam", "trash", "reported", "all"):
        yield f"/moderation/{tab}/"
        yield f"/moderation/{tab}/?order=oldest"
    for tab in ("queue", "spam", "all"):
        for query in asked:
            yield f"/moderation/{tab}/?{query}"


def _views() -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = _moderator()
    print(f"{'view':50}{'least':>8}{'median':>8}{'p95':>8}{'of it SQL':>11}{'queries':>9}")
    reports = [f"/moderation/stats/?days={days}" for days in (7, 30, 90)]
    for address in [*_addresses(), *reports]:
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")
        bounds = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
        queries = sum(not each["sql"].startswith(bounds) for each in captured.captured_queries)
        took, sql = [], []
        for _run in range(RUNS):
            clock = Clock()
            with connection.execute_wrapper(clock):
                took.append(_time(lambda address=address: client.get(address)) * 1_000)
            sql.append(clock.seconds * 1_000)
        bound, bound_queries = BOUND_MS, BOUND_QUERIES
        if "stats" in address:
            bound, bound_queries = STATISTICS_MS, STATISTICS_QUERIES
        median, p95 = statistics.median(took), sorted(took)[int(len(took) * 0.95)]
        print(
            f"{address.removeprefix('/moderation/'):50}{min(took):8.1f}{median:8.1f}{p95:8.1f}"
            f"{min(sql):11.1f}{queries:9}"
            f"  {_mark(median <= bound and queries <= bound_queries)}",
            flush=True,
        )


class Clock:
    """Adds up how long the database works."""

    seconds = 0.0

    def __call__(self, execute: Any, *arguments: Any) -> Any:
        started = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            self.seconds += time.perf_counter() - started


def _mark(is_within: bool) -> str:
    return "ok" if is_within else "over"


def _bulk() -> None:
    from comments.models import Comment

    client = _moderator()
    for verb, rows in (("spam", Comment.objects.queue()), ("approve", Comment.objects.spam())):
        ticked = list(rows.order_by("-pk")[:100])
        fields: dict[str, Any] = {"pk": [row.pk for row in ticked], "tab": "queue"}
        for row in ticked:
            fields[f"seen-{row.pk}"] = row.status
        took = _time(
            lambda verb=verb, fields=fields: client.post(f"/moderation/bulk/{verb}/", fields)
        )
        changed = Comment.objects.filter(pk__in=fields["pk"]).exclude(status=ticked[0].status)
        count = changed.count()
        mark = _mark(took * 1_000 <= BULK_MS and count == len(ticked))
        print(f"{verb} {count} at once: {took * 1_000:.0f} ms  {mark}", flush=True)


def _retention() -> None:
    """Post all the time while another process deletes all spam older than half a year."""
    from comments.models import Comment

    print(f"a comment is posted: {_posts(lambda: False)}", flush=True)
    before = Comment.objects.spam().order_by().count()
    chores = subprocess.Popen([sys.executable, "manage.py", "run_retention"], cwd=ROOT,
                              stdout=subprocess.DEVNULL)  # fmt: skip
    started = time.monotonic()
    told = _posts(lambda: chores.poll() is None and time.monotonic() - started < RETENTION_SECONDS)
    gone = before - Comment.objects.spam().order_by().count()
    seconds = time.monotonic() - started
    chores.terminate()
    chores.wait()
    print(f"… while retention deletes ({gone:,} in {seconds:.0f} s): {told}", flush=True)


def _posts(go_on: Callable[[], bool]) -> str:
    from django.test import Client

    from articles.models import Article
    from comments.models import Discussion

    Discussion(flood_seconds=0, flood_per_minute=0, flood_per_hour=0).save()
    slug = Article.objects.published().values_list("slug", flat=True)[0]
    client, took = Client(headers={"sec-fetch-site": "same-origin"}), []
    while len(took) < POSTS or go_on():
        number = time.monotonic_ns()
        fields = {"name": "Bench", "email": f"{number}@example.com", "text": f"Word {number}."}
        took.append(_time(lambda fields=fields: client.post(f"/articles/{slug}/comments/", fields)))
        threading.Event().wait(0.02)
    took.sort()
    median, p99 = (took[int(len(took) * part)] * 1_000 for part in (0.5, 0.99))
    longest = took[-1] * 1_000
    return (
        f"median {median:.0f} ms, p99 {p99:.0f} ms, longest {longest:.0f} ms, of {len(took)}  "
        f"{_mark(p99 <= POST_MS)}"
    )


def _time(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
