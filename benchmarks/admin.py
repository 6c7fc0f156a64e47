"""`make bench`: the editors' lists and forms on a large site, on SQLite and PostgreSQL.

Stores BENCH_ARTICLES (20,000) articles as `benchmarks.search` does, by 300 authors and with 2,000
tags of which one is carried by half of them; 2,000 drafts, 500 withdrawn, 200 scheduled, as many
former addresses as articles. Asks for each view by turns and prints how long the whole answer takes
(BENCH_RUNS (20); milliseconds), the CPU of our process and the database's, and the queries. The
bound: about 50 ms.
"""

import os
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

from django.utils import timezone

from benchmarks import search

RUNS = int(os.environ.get("BENCH_RUNS", "20"))
AUTHORS, TAGS, OFTEN = 300, 2_000, "Everywhere"
LIST, FORMER = "/admin/articles/article/", "/admin/articles/formeraddress/"


def main() -> None:
    words = search.prepare(_vary)
    _furnish()
    print(f"{'view':<34}{'queries':>8}{'p50 ms':>9}{'p95 ms':>9}{'CPU ms':>9}", flush=True)
    _measure(dict(_views(words)))


random = Random(3)


def _vary(article: Any, number: int) -> None:
    """Give an article a date of the last ten years or none, comments, and open or closed ones."""
    now = timezone.now()
    article.published_at = now - timedelta(days=3650 * (1 - number / search.ARTICLES))
    article.comment_count = int(random.paretovariate(0.7)) - 1
    article.comments_open = bool(number % 50)
    if number >= search.ARTICLES - 200:
        article.published_at = now + timedelta(days=1)
    elif number % (search.ARTICLES // 2_000) == 0:
        article.published_at = None
        if number % (search.ARTICLES // 500) == 0:
            article.withdrawn_at = now


def _furnish() -> None:
    """Give the articles authors, tags, disclosures and former addresses."""
    from django.contrib.auth.models import User
    from django.db import connection
    from django.db.models import F

    from articles.models import Article, Author, Disclosure, Tag
    from articles.publishing.models import FormerAddress

    User.objects.create_superuser("bench")
    Author.objects.bulk_create(Author(name=f"Author {n}", slug=f"a-{n}") for n in range(AUTHORS))
    first = Author.objects.get(slug="a-0").pk
    Article.objects.update(author=first + F("pk") % AUTHORS)
    Tag.objects.bulk_create(Tag(name=f"Subject {n}", slug=f"subject-{n}") for n in range(TAGS))
    Tag.objects.bulk_create(
        Tag(name=f"Company {n}", slug=f"c-{n}", kind="ticker", symbol=f"C{n}", exchange="NYSE")
        for n in range(TAGS)
    )
    everywhere = Tag.objects.create(name=OFTEN, slug="everywhere")
    tags = list(Tag.objects.filter(slug__startswith="subject").values_list("pk", flat=True))
    articles = list(Article.objects.order_by("pk").values_list("pk", flat=True))
    through = Article.tags.through
    for start in range(0, len(articles), 2_000):
        batch = articles[start : start + 2_000]
        pairs = {(article, random.choice(tags)) for article in batch for _each in range(3)}
        pairs |= {(article, everywhere.pk) for article in batch[::2]}
        through.objects.bulk_create(through(article_id=a, tag_id=t) for a, t in pairs)
        FormerAddress.objects.bulk_create(
            FormerAddress(kind="article", key=f"former-{pk}", article_id=pk) for pk in batch
        )
    companies = Tag.objects.filter(kind="ticker")[:20]
    Disclosure.objects.bulk_create(
        Disclosure(article_id=articles[-1], ticker=each, position="none", as_of="2026-01-01")
        for each in companies
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _views(words: list[str]) -> Iterator[tuple[str, str]]:
    from articles.models import Article, Author, Tag

    count = Article.objects.count()
    rare = Tag.objects.get(slug="subject-7").pk
    yield "articles", LIST
    yield "articles, page 2", f"{LIST}?p=2"
    yield "articles, last page", f"{LIST}?p={-(-count // 50)}"
    for state in ("draft", "submitted", "scheduled", "published", "withdrawn"):
        yield f"state: {state}", f"{LIST}?state={state}"
    yield "author", f"{LIST}?author__id__exact={Author.objects.all()[7].pk}"
    yield "rare tag", f"{LIST}?tags__id__exact={rare}"
    yield "tag of half of them", f"{LIST}?tags__id__exact={Tag.objects.get(name=OFTEN).pk}"
    yield "rare tag, of one year", f"{LIST}?tags__id__exact={rare}&published=2024"
    yield "a year", f"{LIST}?published=2024"
    yield "a month", f"{LIST}?published=2024-03"
    yield "comments closed", f"{LIST}?comments_open__exact=0"
    yield "comments open", f"{LIST}?comments_open__exact=1"
    yield "most comments", f"{LIST}?o=-6"
    yield "fewest comments", f"{LIST}?o=6"
    yield "oldest", f"{LIST}?o=5"
    yield "search: a common word", f"{LIST}?q={words[0]}"
    yield "search: two words", f"{LIST}?q={words[40]}+{words[300]}"
    yield "search: beginning of a word", f"{LIST}?q={words[300][:4]}"
    yield "search: nothing", f"{LIST}?q=qqqqqqq"
    yield "article", f"{LIST}{Article.objects.last().pk}/change/"  # type: ignore[union-attr]
    last = Article.objects.filter(disclosures__isnull=False).first()
    yield "article with 20 disclosures", f"{LIST}{last.pk}/change/"  # type: ignore[union-attr]
    yield "new article", f"{LIST}add/"
    yield "tags", "/admin/articles/tag/"
    yield "tags, most used", "/admin/articles/tag/?o=-5"
    yield "authors", "/admin/articles/author/"
    yield "former addresses", FORMER
    yield "former addresses, last page", f"{FORMER}?p={-(-count // 50)}"
    yield "former addresses, search", f"{FORMER}?q=former-77"
    lookup = "/admin/autocomplete/?app_label=articles&model_name"
    yield "look up an article", f"{lookup}=pick&field_name=other&term={words[300][:4]}"
    yield "look up a tag", f"{lookup}=article&field_name=tags&term=subj"
    yield "first page of the admin", "/admin/"


def _measure(views: dict[str, str]) -> None:
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client, cpu = Client(), search.cpu_clock()
    client.force_login(User.objects.get(username="bench"))
    times: dict[str, list[float]] = {name: [] for name in views}
    spent, queries = dict.fromkeys(views, 0.0), dict.fromkeys(views, 0)
    for run in range(RUNS + 2):
        for name, address in views.items():
            before, started = cpu(), time.perf_counter()
            if run == 0:
                with CaptureQueriesContext(connection) as captured:
                    response = client.get(address)
                queries[name] = len(captured)
            else:
                response = client.get(address)
            took = (time.perf_counter() - started) * 1000
            if response.status_code != 200:
                sys.exit(f"{name}: answered with {response.status_code}")
            if run >= 2:
                times[name].append(took)
                spent[name] += (cpu() - before) * 1000
    for name, each in times.items():
        p95 = statistics.quantiles(each, n=20)[-1]
        row = f"{statistics.median(each):>9.1f}{p95:>9.1f}{spent[name] / RUNS:>9.1f}"
        over = "  over the bound" if statistics.median(each) > search.BOUND else ""
        print(f"{name:<34}{queries[name]:>8}{row}{over}", flush=True)


if __name__ == "__main__":
    search.run(main, "benchmarks.admin")
