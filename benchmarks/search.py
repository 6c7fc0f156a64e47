"""`make bench`: what a search costs on a large site, on SQLite and, where found, on PostgreSQL.

Stores BENCH_ARTICLES (20,000) articles, builds the index, and asks for the page of each kind of
query by turns; then for what to read next, which a large site must not make slow either. The bound
of a search: p95 ≤ 50 ms. CPU is that of this process and, where it can be read, of the database's:
it tells the cost also while the machine is busy with others.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

FOLDER = tempfile.TemporaryDirectory(prefix="marginalia-bench-")
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "SECRET_KEY": "benchmarks-only-" + "k" * 40,
    "SITE_URL": "http://testserver",
    "STATIC_ROOT": f"{FOLDER.name}/static",
    "MEDIA_ROOT": f"{FOLDER.name}/media",
    "LOG_LEVEL": "ERROR",
}
ARTICLES = int(os.environ.get("BENCH_ARTICLES", "20000"))
WORDS, BATCH = 300, 2_000
#: The vocabulary; the nth word is about n times as rare as the first (Zipf's law).
VOCABULARY = 30_000
RUNS = 40
BOUND = 50  # milliseconds


def main() -> None:
    words = prepare()
    _measure(_queries(words))
    _measure_related()


def prepare(vary: Callable[[Any, int], None] = lambda article, number: None) -> list[str]:
    """Store the articles in an empty database and build their index; return the vocabulary.

    `vary` may change each article, by its number, before it is stored.
    """
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{FOLDER.name}/db.sqlite3")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from articles.models import Article

    call_command("migrate", verbosity=0)
    Path(os.environ["STATIC_ROOT"]).mkdir(exist_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    words = _vocabulary()
    if Article.objects.exists():
        sys.exit("The benchmark fills an empty database; the one it was given is not.")
    _fill(words, vary)
    started = time.perf_counter()
    _index_at_once()
    print(
        f"\n{connection.vendor}: {ARTICLES:,} articles of {WORDS} words, "
        f"indexed in {time.perf_counter() - started:.0f} s\n",
        flush=True,
    )
    return words


def _index_at_once() -> None:
    """Write what modelsearch would, in one statement: it takes some milliseconds an article."""
    from django.contrib.contenttypes.models import ContentType
    from django.db import connection

    from articles.models import Article

    kind = ContentType.objects.get_for_model(Article).pk
    with connection.cursor() as cursor:
        cursor.execute(_AT_ONCE[connection.vendor].format(kind=kind))
        cursor.execute("ANALYZE")


_VECTORS = [
    f"setweight(to_tsvector('english', {text}), '{weight}')"
    for text, weight in (
        ("title", "A"),
        ("summary", "B"),
        ("regexp_replace(body, '<[^>]*>', ' ', 'g')", "C"),
    )
]
_AT_ONCE = {
    "sqlite": """
        INSERT INTO modelsearch_indexentry (content_type_id, object_id, title_norm, title, body,
            autocomplete)
        SELECT {kind}, id, 1, title, title || ' ' || summary || ' ' ||
            replace(replace(body, '<p>', ' '), '</p>', ' '), summary
        FROM articles_article ORDER BY id
    """,
    "postgresql": f"""
        INSERT INTO modelsearch_indexentry (content_type_id, object_id, title_norm, title,
            body, autocomplete, title_text, body_text)
        SELECT {{kind}}, id::text, 1, {_VECTORS[0]}, {" || ".join(_VECTORS)},
            to_tsvector('simple', summary), title, body FROM articles_article ORDER BY id
    """,  # noqa: S608  (of our own words)
}


def _vocabulary() -> list[str]:
    random = Random(1)
    syllables = [a + b for a in "bdfgklmnprstv" for b in ("a", "e", "i", "o", "u", "an", "or")]
    words: dict[str, None] = {}
    while len(words) < VOCABULARY:
        words["".join(random.choices(syllables, k=random.choice((2, 3, 3, 4))))] = None
    return list(words)


def _fill(words: list[str], vary: Callable[[Any, int], None]) -> None:
    from django.utils import timezone

    from articles.models import Article, Author, Tag

    random, now = Random(2), timezone.now()
    weights = list(accumulate(1 / (n + 10) for n in range(len(words))))
    author = Author.objects.create(name="Author", slug="author")
    tags = [Tag.objects.create(name=f"Topic {n}", slug=f"topic-{n}") for n in range(50)]

    def text(length: int) -> str:
        return " ".join(random.choices(words, cum_weights=weights, k=length))

    for start in range(0, ARTICLES, BATCH):
        batch = []
        for number in range(start, min(start + BATCH, ARTICLES)):
            article = Article(
                title=text(7).capitalize(),
                slug=f"article-{number}",
                summary=text(20),
                body=f"<p>{text(WORDS // 2)}</p><p>{text(WORDS // 2)}</p>",
                author=author,
                published_at=now - timedelta(minutes=ARTICLES - number),
            )
            vary(article, number)
            batch.append(article)
        batch = Article.objects.bulk_create(batch)
        Article.tags.through.objects.bulk_create(
            Article.tags.through(article_id=article.pk, tag_id=random.choice(tags).pk)
            for article in batch
        )


def _queries(words: list[str]) -> dict[str, str]:
    rare = words[20_000]
    return {
        "one common word": words[0],
        "one rare word": rare,
        "beginning of a word": words[300][:4],
        "two common words": f"{words[1]} {words[2]}",
        "four words": " ".join(words[n] for n in (5, 40, 90, 200)),
        "common and rare": f"{words[0]} {words[3]} {rare}",
        "words in quotes": f'"{words[0]} {words[1]}"',
        "misspelled": rare[:2] + rare[3] + rare[2] + rare[4:],
        "nothing to be found": "qqqqqqq",
    }


def _measure(queries: dict[str, str]) -> None:
    from django.test import Client

    client, cpu = Client(), cpu_clock()
    times: dict[str, list[float]] = {kind: [] for kind in queries}
    spent = dict.fromkeys(queries, 0.0)
    for run in range(RUNS + 3):
        for kind, query in queries.items():
            before, started = cpu(), time.perf_counter()
            response = client.get("/search/", {"q": query})
            took = (time.perf_counter() - started) * 1000
            if response.status_code != 200:
                sys.exit(f"{kind}: answered with {response.status_code}")
            if run >= 3:
                times[kind].append(took)
                spent[kind] += (cpu() - before) * 1000
    print(f"{'query':<22}{'p50 ms':>9}{'p95 ms':>9}{'CPU ms':>9}")
    for kind, each in times.items():
        p95 = statistics.quantiles(each, n=20)[-1]
        over = "  over the bound" if p95 > BOUND else ""
        mean = spent[kind] / RUNS
        print(f"{kind:<22}{statistics.median(each):>9.1f}{p95:>9.1f}{mean:>9.1f}{over}", flush=True)


def _measure_related() -> None:
    """Print the time of what to read next after the newest and the oldest article."""
    from articles.models import Article
    from articles.related import related_to

    newest, cpu = Article.objects.published().prefetch_related("tags"), cpu_clock()
    for name, article in (("newest", newest[0]), ("oldest", newest.reverse()[0])):
        related_to(article, pinned=(), left_out=())
        took, before = [], cpu()
        for _run in range(RUNS):
            started = time.perf_counter()
            related_to(article, pinned=(), left_out=())
            took.append((time.perf_counter() - started) * 1000)
        p95 = statistics.quantiles(took, n=20)[-1]
        mean = (cpu() - before) * 1000 / RUNS
        row = f"{statistics.median(took):>9.1f}{p95:>9.1f}{mean:>9.1f}"
        print(f"{f'read next: {name}':<22}{row}", flush=True)


def cpu_clock() -> Callable[[], float]:
    """Return a clock of the CPU seconds spent by us and by our connection to PostgreSQL."""
    from django.db import connection

    stat = None
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            stat = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    if stat is None or not stat.exists():
        return time.process_time
    ticks = os.sysconf("SC_CLK_TCK")

    def clock() -> float:
        fields = stat.read_text().rpartition(")")[2].split()
        return time.process_time() + (int(fields[11]) + int(fields[12])) / ticks

    return clock


def run(measure: Callable[[], None], module: str) -> None:
    """Measure on the database that is given; else on SQLite and then on PostgreSQL."""
    given = "DATABASE_URL" in os.environ
    measure()
    if not given:
        del os.environ["DATABASE_URL"]
        _on_postgresql(module)


def _on_postgresql(module: str) -> None:
    from tests import postgres

    binaries = postgres.find_binaries()
    if binaries is None:
        print("\nPostgreSQL: no server found; left out.")
        return
    with postgres.cluster(binaries) as url:
        command = [sys.executable, "-m", module]
        subprocess.run(command, env=os.environ | {"DATABASE_URL": url}, check=True)


if __name__ == "__main__":
    run(main, "benchmarks.search")
