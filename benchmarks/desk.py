"""`make bench`: the moderation desk on a site with a million comments.

BENCH_COMMENTS (1000000) sets how many; nine in ten are spam. On SQLite always, on PostgreSQL where
its programs are found; each in a throw-away database. Prints, for each view of the desk, how long
the whole answer takes at the server (median and 95th of a hundred, in milliseconds; CPU of this
process, without what PostgreSQL takes) and its queries; then a bulk action on a hundred comments;
then how long a comment takes to be stored, alone and while retention deletes half of all.
What is over a bound of issue 4 is marked with "!".
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
BOUND_MS, BOUND_QUERIES, BULK_MS = 50, 10, 1_000


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
                "DEBUG": "true",
            }
            subprocess.run(
                [sys.executable, "-m", "benchmarks.desk", "--here"],
                cwd=ROOT,
                env=os.environ | settings,
                check=True,
            )


def _here() -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    few = COMMENTS // 20
    call_command("seed_comments", spam=18 * few, pending=few, approved=few, articles=120)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")  # as autovacuum would have
    _views()
    _bulk()
    _retention()


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
    print(f"{'view':58}{'median':>8}{'p95':>8}{'CPU':>8}{'queries':>9}")
    for address in [*_addresses(), "/moderation/stats/?days=90"]:
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")
        bounds = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
        queries = sum(not each["sql"].startswith(bounds) for each in captured.captured_queries)
        took, cpu = [], []
        for _run in range(RUNS):
            started, used = time.perf_counter(), time.process_time()
            client.get(address)
            took.append((time.perf_counter() - started) * 1_000)
            cpu.append((time.process_time() - used) * 1_000)
        bound = 100 if "stats" in address else BOUND_MS
        median, p95 = statistics.median(took), sorted(took)[int(len(took) * 0.95)]
        mark = " !" if median > bound or queries > BOUND_QUERIES else ""
        print(
            f"{address.removeprefix('/moderation/'):58}{median:8.1f}{p95:8.1f}"
            f"{statistics.median(cpu):8.1f}{queries:9}{mark}",
            flush=True,
        )


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
        mark = " !" if took * 1_000 > BULK_MS or changed.count() != len(ticked) else ""
        print(f"{verb} {changed.count()} at once: {took * 1_000:.0f} ms{mark}", flush=True)


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
    return f"median {median:.0f} ms, p99 {p99:.0f} ms, longest {took[-1] * 1_000:.0f} ms"


def _time(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
