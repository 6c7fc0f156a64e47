"""Several workers, readers and moderators at once: real processes on the database of the tests.

Order of events decides, not time; each wait has a bound that only a broken program meets.
"""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connections, transaction
from django.utils import timezone

from comments import moderation, standing
from comments.models import Check, Comment, Discussion, StatusChange, Submission
from comments.spam.akismet import Akismet
from comments.standing import release_if_trusted
from comments.worker import Worker
from config.wsgi import application
from tests.processes import BOUND, database_url, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parent.parent.parent


class Process:
    """`manage.py work` as an operator runs it; `output` is what it has said so far."""

    def __init__(self, log: Path, environment: dict[str, str], *arguments: str) -> None:
        self.log = log
        with log.open("wb") as output:
            self.popen = subprocess.Popen(
                [sys.executable, "manage.py", "work", *arguments],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        return self.log.read_text()

    def send(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def ends(self) -> int:
        return self.popen.wait(BOUND)


@pytest.fixture
def start_worker(akismet, tmp_path) -> Iterator[Callable[..., Process]]:
    """Start workers in processes of their own; none outlives the test."""
    started: list[Process] = []

    def start(*arguments: str) -> Process:
        environment = os.environ | {
            "DATABASE_URL": database_url(),
            "AKISMET_API_URL": akismet.url,
            "LOG_LEVEL": "INFO",
        }
        started.append(Process(tmp_path / f"{len(started)}.log", environment, *arguments))
        return started[-1]

    yield start
    akismet.reset()
    for process in started:
        process.popen.kill()
        process.ends()


def post(article: Any, *, number: int = 1, **fields: str) -> httpx.Response:
    """Post a comment through the WSGI application, as the reader at one machine of many."""
    form = {
        "text": f"The thought of reader {number}",
        "name": f"Reader {number}",
        "email": f"reader{number}@example.com",
        **fields,
    }
    transport = httpx.WSGITransport(application, remote_addr=f"192.0.2.{number}")
    with httpx.Client(transport=transport, base_url="http://testserver") as browser:
        return browser.post(f"/articles/{article.slug}/comments/", data=form)


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """Make all calls at the same moment, each in a thread of its own; return what they return."""
    barrier = threading.Barrier(len(calls), timeout=BOUND)

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return call()
        finally:
            connections.close_all()  # this thread's own

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(BOUND) for future in [pool.submit(run, call) for call in calls]]


def state(comment: Comment) -> tuple[str, str]:
    comment.refresh_from_db()
    return comment.status, comment.verdict


# --- workers --------------------------------------------------------------------------------


def test_a_worker_that_is_killed_loses_nothing(akismet, start_worker, make_comment):
    comments = [make_comment(f"Number {number}", status="submitted") for number in range(2)]
    akismet.script([{"delay": 600}] * 2)
    process = start_worker("--once")
    wait_until(lambda: len(akismet.calls("comment-check")) == 2, "both checks are under way")
    process.send(signal.SIGKILL)
    assert process.ends() == -signal.SIGKILL

    for comment in comments:
        assert state(comment) == ("submitted", "unchecked")
        assert comment.check_due > timezone.now()  # nobody else's for as long as the lease lasts
        assert comment.changes.count() == 1
    assert not Check.objects.exists()
    call_command("work", once=True)
    assert len(akismet.calls("comment-check")) == 2

    Comment.objects.update(check_due=timezone.now())  # the lease runs out
    assert start_worker("--once").ends() == 0
    assert {state(comment) for comment in comments} == {("pending", "ham")}
    assert Check.objects.count() == 2
    assert len(akismet.calls("comment-check")) == 4


def test_two_workers_share_the_work_and_do_nothing_twice(akismet, start_worker, make_comment):
    workers = [start_worker(), start_worker()]
    wait_until(lambda: len(akismet.calls("verify-key")) == 2, "both workers have begun")
    akismet.script([{"delay": 0.05}] * 200)
    with transaction.atomic():  # for both to see at once
        for number in range(200):
            make_comment(f"Number {number}", status="submitted")
    wait_until(lambda: not Comment.objects.filter(status="submitted").exists(), "all are judged")
    for worker in workers:
        worker.send(signal.SIGTERM)
        assert worker.ends() == 0, worker.output

    asked = Counter(call.params["comment_content"] for call in akismet.calls("comment-check"))
    assert asked == Counter({f"Number {number}": 1 for number in range(200)})
    assert Comment.objects.filter(status="pending", verdict="ham", check_due=None).count() == 200
    assert Check.objects.count() == 200
    assert StatusChange.objects.filter(new="pending").count() == 200
    shares = [worker.output.count("ham after") for worker in workers]
    assert sum(shares) == 200
    assert min(shares) > 0


def test_a_worker_told_to_stop_finishes_its_call_and_claims_no_more(
    akismet, start_worker, make_comment
):
    comments = [make_comment(f"Number {number}", status="submitted") for number in range(3)]
    akismet.script([{}, {}, {"delay": 2}])  # the key and the usage; then the first check
    process = start_worker("--slots=1")
    wait_until(lambda: akismet.calls("comment-check"), "a check is under way")
    process.send(signal.SIGTERM)
    assert process.ends() == 0, process.output

    first, *others = comments
    assert state(first) == ("pending", "ham")
    assert first.checks.get().duration_ms >= 1900
    for comment in others:
        assert state(comment) == ("submitted", "unchecked")
        assert (comment.check_attempts, comment.check_due <= timezone.now()) == (0, True)
    assert len(akismet.calls("comment-check")) == 1
    assert process.output.rstrip().endswith("worker stopped")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_worker_told_to_stop_stops(akismet, start_worker, number):
    process = start_worker()
    wait_until(lambda: "worker started" in process.output, "the worker has begun")
    process.send(number)
    assert process.ends() == 0, process.output
    assert "Traceback" not in process.output


def test_a_worker_that_works_on_hears_of_a_comment_by_itself(akismet, start_worker, article):
    process = start_worker()
    wait_until(lambda: "worker started" in process.output, "the worker has begun")
    assert post(article).status_code == 302
    wait_until(lambda: Comment.objects.filter(status="pending").exists(), "it is judged")


# --- readers --------------------------------------------------------------------------------


def test_no_reader_waits_for_akismet(akismet, start_worker, make_comment, article, no_flood):
    """All are answered while the worker hangs in its first call; only then does that end."""
    first = make_comment("Before all others", status="submitted")
    akismet.script([{"delay": 600}] * 200)
    start_worker("--once", "--slots=1")
    wait_until(lambda: akismet.calls("comment-check"), "the worker hangs")

    responses = at_once([lambda n=n: post(article, number=n) for n in range(1, 51)])

    assert {response.status_code for response in responses} == {302}
    (hanging,) = akismet.calls("comment-check")
    assert hanging.params["comment_content"] == first.text
    assert not Check.objects.exists()
    stored = Comment.objects.filter(status="submitted", check_attempts=0)
    assert set(stored.values_list("text", flat=True)) == {
        f"The thought of reader {number}" for number in range(1, 51)
    }
    assert Submission.objects.count() == 51


@pytest.mark.parametrize(
    ("key", "statuses"),
    [
        ("6c1b7b0e-52a8-4f3e-9a55-0d5b2f6d1a11", {302: 10}),  # led to the first, each time
        ("", {302: 10}),  # without a script: by everything else being the same
    ],
)
def test_the_same_comment_posted_at_the_same_moment_is_one(akismet, article, key, statuses):
    responses = at_once([lambda: post(article, key=key)] * 10)
    assert Counter(response.status_code for response in responses) == statuses
    comment = Comment.objects.get()
    places = {response.headers["Location"] for response in responses if response.is_redirect}
    assert {place.partition("#")[2] for place in places} == {f"comment-{comment.pk}"}
    assert Submission.objects.count() == StatusChange.objects.count() == 1


def test_different_comments_at_the_same_moment_are_a_flood_but_for_one(akismet, article):
    responses = at_once([lambda n=n: post(article, text=f"Number {n}") for n in range(10)])
    assert Counter(response.status_code for response in responses) == {302: 1, 429: 9}
    assert Comment.objects.count() == 1


def test_of_one_networks_readers_at_the_same_moment_two_get_through(akismet, article):
    responses = at_once([lambda n=n: post(article, number=n) for n in range(1, 13)])
    assert Counter(response.status_code for response in responses) == {302: 2, 429: 10}
    assert all(55 <= int(each.headers["Retry-After"]) <= 60 for each in responses if each.is_error)


def test_they_do_not_get_further_by_writing_on_many_articles(akismet, make_article):
    articles = [make_article(f"Article {number}") for number in range(12)]
    responses = at_once([lambda n=n: post(articles[n], number=n + 1) for n in range(12)])
    assert Counter(response.status_code for response in responses) == {302: 2, 429: 10}
    assert Comment.objects.count() == 2


def test_in_slow_mode_one_of_a_persons_comments_at_the_same_moment_gets_through(
    akismet, article, no_flood
):
    article.comments_slow_minutes = 5
    article.save()
    responses = at_once([lambda n=n: post(article, text=f"Number {n}") for n in range(8)])
    assert Counter(response.status_code for response in responses) == {302: 1, 429: 7}


# --- trust ----------------------------------------------------------------------------------


@pytest.fixture
def known_writer(article, make_comment, no_flood) -> Callable[[str], Comment]:
    """The site trusts; return a comment of an address that is known, as it was just taken in."""
    Discussion(trust_known_writers=True, flood_seconds=0, flood_per_minute=0).save()

    def make(text: str = "Now.") -> Comment:
        email = f"{text.lower().strip('.')}@example.com"
        make_comment("Long ago.", email=email)
        return make_comment(text, email=email, status="submitted")

    return make


def judge_all() -> None:
    """What `manage.py work --once` does with comments, in whichever thread."""
    line = Akismet.from_settings()
    try:
        Worker(line, poll_seconds=0.01).run(once=True)
    finally:
        line.close()


def confirm(comment: Comment) -> bool:
    Submission.objects.filter(pk=comment.pk).update(confirmed_at=timezone.now())
    return release_if_trusted(comment)


@pytest.mark.parametrize("attempt", range(5))
def test_confirmed_while_it_is_judged_a_comment_is_published_either_way(
    akismet, known_writer, article, attempt
):
    comment = known_writer()
    at_once([lambda: confirm(comment), judge_all])
    assert state(comment) == ("approved", "ham")
    assert comment.changes.filter(new="approved").count() == 1
    article.refresh_from_db()
    assert article.comment_count == 2


@pytest.fixture
def paused(monkeypatch) -> Callable[[Callable[[], Any]], list[Any]]:
    """Judge all that is due, and let `happens` begin when the worker has looked at a comment's
    writer and not decided yet; return what `happens` returned or raised."""

    def run(happens: Callable[[], Any]) -> list[Any]:
        outcomes: list[Any] = []

        def play() -> None:
            try:
                outcomes.append(happens())
            except Exception as error:
                outcomes.append(error)
            finally:
                connections.close_all()

        other = threading.Thread(target=play)
        look = standing.why_it_waits

        def look_and_wait(*args: Any, **kwargs: Any) -> Any:
            hit = look(*args, **kwargs)
            if not other.ident:
                other.start()
                other.join(0.5)  # long enough to get to where it has to wait for us
            return hit

        monkeypatch.setattr(standing, "why_it_waits", look_and_wait)
        judge_all()
        other.join(BOUND)
        return outcomes

    return run


def test_a_confirmation_that_comes_while_the_worker_decides_is_not_lost(
    akismet, known_writer, paused
):
    comment = known_writer()
    assert paused(lambda: confirm(comment)) == [True]
    assert state(comment) == ("approved", "ham")


def test_a_moderator_who_approves_while_the_worker_decides_waits_for_it(
    akismet, known_writer, article, paused
):
    """Both lock the article before the comment; the other way round they would lock each other."""
    comment = known_writer()
    Submission.objects.filter(pk=comment.pk).update(confirmed_at=timezone.now())
    kim = User.objects.create(username="kim", is_staff=True)
    (outcome,) = paused(lambda: moderation.approve(comment, by=kim, seen="submitted"))
    assert isinstance(outcome, moderation.AlreadyDecided)
    assert state(comment) == ("approved", "ham")
    assert comment.checks.count() == 1
    article.refresh_from_db()
    assert article.comment_count == 2


@pytest.mark.parametrize("attempt", range(3))
def test_moderators_and_the_worker_publish_side_by_side(akismet, known_writer, article, attempt):
    """The worker approves what a person approves at the same moment: no deadlock, exact counts."""
    kim = User.objects.create(username="kim", is_staff=True)
    comments = [known_writer(f"Number{number}") for number in range(6)]
    for comment in comments:
        Submission.objects.filter(pk=comment.pk).update(confirmed_at=timezone.now())

    def approve(comment: Comment) -> None:
        with suppress(moderation.AlreadyDecided):
            moderation.approve(comment, by=kim, seen="submitted")

    deciding = [lambda c=comment: approve(c) for comment in comments]
    at_once([judge_all, *deciding])
    assert {state(comment)[0] for comment in comments} == {"approved"}
    assert StatusChange.objects.filter(comment__in=comments, new="approved").count() == 6
    article.refresh_from_db()
    assert article.comment_count == 12


def test_one_comment_released_by_many_at_once_is_published_once(akismet, known_writer, article):
    comment = known_writer()
    call_command("work", once=True)
    comment.refresh_from_db()
    assert comment.held_for == "unconfirmed"
    assert sorted(at_once([lambda: confirm(comment)] * 6)) == [*[False] * 5, True]
    article.refresh_from_db()
    assert article.comment_count == 2


def test_leases_of_a_crowd_are_never_given_twice(akismet, make_comment):
    """Eight claims at the same moment, as eight workers would make them."""
    from comments.leases import LEASE, claim

    with transaction.atomic():
        pks = {make_comment(f"Number {number}", status="submitted").pk for number in range(40)}
    before = timezone.now()
    claims = at_once([lambda: claim(Comment.objects.due_for_check(), "check", 4)] * 8)

    claimed = [comment.pk for comments in claims for comment in comments]
    assert len(claimed) == len(set(claimed)) == 32
    assert set(claimed) <= pks
    leased = Comment.objects.filter(pk__in=claimed, check_attempts=1, check_due__gte=before + LEASE)
    assert leased.count() == 32
    assert leased.filter(check_due__gt=timezone.now() + LEASE + timedelta(seconds=1)).count() == 0
