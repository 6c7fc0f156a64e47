"""Many readers at once, and processes killed under them: nothing lost, nothing double.

Real processes over loopback on the database of the tests. `LOAD_SECONDS` lengthens the killing.
"""

import asyncio
import os
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.utils import timezone

from articles.models import Article
from comments import moderation
from comments.counts import recount
from comments.models import Comment, Discussion, StatusChange, Submission, Thread
from comments.status import Status, Verdict
from tests.processes import Reader, Site, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

READERS = 200
LOAD_SECONDS = float(os.environ.get("LOAD_SECONDS", "10"))


@pytest.fixture
def loaded(make_article: Any) -> Article:
    """The article that everybody writes under; no limit is set on how fast a network may."""
    Discussion(flood_seconds=0, flood_per_minute=0, flood_per_hour=0).save()
    return make_article("Load", slug="load")


@pytest.fixture
def kim(transactional_db: None) -> User:
    return User.objects.create_user("kim")  # these tests empty the database, groups and all


@pytest.fixture
def site(loaded: Article, akismet: Any, tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path, akismet.url) as running:
        yield running


async def post_all(readers: list[Reader]) -> list[int]:
    limits = httpx.Limits(max_connections=READERS)
    async with httpx.AsyncClient(limits=limits, timeout=60) as browser:

        async def post(reader: Reader) -> int:
            fields = reader.fields(f"Thought of {reader.number}.", uuid.uuid4().hex)
            answer = await browser.post(reader.address, data=fields, headers=reader.headers)
            return answer.status_code

        return await asyncio.gather(*map(post, readers))


def approve_all(by: User) -> None:
    """Two moderators go through the whole queue, from both ends, and meet in the middle."""

    def approve(comments: list[Comment]) -> None:
        for comment in comments:
            with suppress(moderation.AlreadyDecided):  # the other was faster
                moderation.approve(comment, by=by, seen=Status.PENDING)
        connections.close_all()

    queue = list(Comment.objects.queue())
    with ThreadPoolExecutor(2) as moderators:
        list(moderators.map(approve, [queue, queue[::-1]]))


@contextmanager
def moderators_at_work(by: User) -> Iterator[None]:
    """Empty the queue again and again meanwhile."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.2):
            approve_all(by)
        connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(work)
        try:
            yield
        finally:
            stop.set()
            working.result()


def assert_all_is_whole(article: Article, texts: set[str]) -> None:
    """Every accepted comment is there once with all its parts, and each count is exact."""
    stored = Counter(Comment.objects.values_list("text", flat=True))
    assert texts - set(stored) == set(), "accepted and lost"
    assert [text for text, times in stored.items() if times > 1] == [], "stored twice"
    assert Submission.objects.count() == Comment.objects.count()
    first_steps = StatusChange.objects.filter(old="").values_list("comment", flat=True)
    assert sorted(first_steps) == sorted(Comment.objects.values_list("pk", flat=True))
    kept = Article.objects.get(pk=article.pk).comment_count
    sizes = dict(Thread.objects.filter(size__gt=0).values_list("opener", "size"))
    assert kept == Comment.objects.public().count()
    assert recount(article) == kept
    assert dict(Thread.objects.values_list("opener", "size")) == sizes


def test_two_hundred_readers_post_at_once(site, loaded, kim):
    readers = [Reader(site, number) for number in range(READERS)]
    with ThreadPoolExecutor(1) as aside:  # Playwright may keep an event loop in this thread
        statuses = aside.submit(asyncio.run, post_all(readers)).result()
    assert Counter(statuses) == {302: READERS}
    wait_until(lambda: not Comment.objects.filter(status=Status.SUBMITTED).exists(), "all judged")
    approve_all(kim)
    assert Comment.objects.public().count() == READERS
    assert_all_is_whole(loaded, {f"Thought of {reader.number}." for reader in readers})
    approvals = StatusChange.objects.filter(new=Status.APPROVED).values_list("comment", flat=True)
    assert sorted(approvals) == sorted(set(approvals)), "approved twice"


class Crowd:
    """Readers who write one comment after the other until told to stop."""

    def __init__(self, site: Site, size: int) -> None:
        self.site = site
        self.accepted: set[str] = set()
        self.given_up: set[str] = set()
        self.statuses: Counter[Any] = Counter()
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(size)
        self._futures = [self._pool.submit(self._write, number) for number in range(size)]

    def close(self) -> None:
        self._stop.set()
        self._pool.shutdown()
        for future in self._futures:
            future.result()

    def _write(self, number: int) -> None:
        reader = Reader(self.site, number)
        for count in range(100_000):
            if self._stop.is_set():
                return
            text = f"Thought {count} of {number}."
            fields = reader.fields(text, uuid.uuid4().hex)
            status = self._press_until_answered(reader, fields)
            if status == 302:
                self.accepted.add(text)
            else:
                self.given_up.add(text)
            time.sleep(0.02)

    def _press_until_answered(self, reader: Reader, fields: dict[str, str]) -> int:
        """Press the button; where the line broke, once more with the same key, as people do."""
        status = 0
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                status = httpx.post(
                    reader.address, data=fields, headers=reader.headers, timeout=10
                ).status_code
            except httpx.HTTPError as error:
                self.statuses[type(error).__name__] += 1
                time.sleep(0.1)
                continue
            self.statuses[status] += 1
            if status != 503:
                break
            time.sleep(0.1)
        return status


def test_processes_killed_at_random_lose_nothing(site, loaded, kim, akismet):
    chance = random.Random(20261122)
    crowd = Crowd(site, 6)
    kills: Counter[str] = Counter()
    with closing(crowd), moderators_at_work(kim):
        deadline = time.monotonic() + LOAD_SECONDS
        # Each in its turn, and on a busy machine for longer, so that both were killed twice.
        for name in cycle(("web", "worker")):
            enough = min(kills["web"], kills["worker"]) >= 2 and len(crowd.accepted) > 50
            if time.monotonic() > deadline and enough:
                break
            time.sleep(chance.uniform(0.5, 2))
            site.kill(name)
            kills[name] += 1
            site.start(name)
            if name == "web":
                site.wait_for_web()

    # What a killed worker held becomes due when its lease is over; nobody waits for that here.
    site.kill("worker")
    Comment.objects.unjudged().filter(check_due__isnull=False).update(check_due=timezone.now())
    site.start("worker")
    wait_until(lambda: not Comment.objects.filter(status=Status.SUBMITTED).exists(), "all judged")
    approve_all(kim)

    print(f"{kills=} accepted={len(crowd.accepted)} {crowd.statuses=}")
    assert min(kills["web"], kills["worker"]) >= 2
    assert len(crowd.accepted) > 50
    assert_all_is_whole(loaded, crowd.accepted)
    assert not crowd.given_up
    # Every comment has been judged by Akismet itself, and nothing was approved unjudged or twice.
    verdicts = set(Comment.objects.values_list("verdict", flat=True))
    assert verdicts == {Verdict.HAM}
    # A worker killed while it spoke has asked for nothing; the next one asked again.
    asked = {record.params.get("comment_content") for record in akismet.calls("comment-check")}
    assert asked >= crowd.accepted
    for new in (Status.PENDING, Status.APPROVED):
        steps = Counter(StatusChange.objects.filter(new=new).values_list("comment", flat=True))
        assert set(steps.values()) == {1}
