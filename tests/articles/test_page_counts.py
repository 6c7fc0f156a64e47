"""How well the pages kept ready serve, told from the terminal."""

import json
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import call_command

from articles import page_counts
from articles.page_counts import PageCounts
from tests.articles.test_page_cache import Backend, Counted, ask
from tests.processes import wait_until

pytestmark = pytest.mark.django_db


def shown(**options):
    told = StringIO()
    call_command("page_cache", stdout=told, **options)
    return told.getvalue()


@pytest.fixture(autouse=True)
def nothing_noted():
    cache.delete(page_counts.KEY)


def test_nothing_noted_is_said():
    assert "No process" in shown()
    assert json.loads(shown(json=True)) == {
        "processes": {},
        "all": {"hits": 0, "misses": 0, "pages": 0, "bytes": 0},
    }


def note(monkeypatch, name, **counts):
    monkeypatch.setattr(page_counts.socket, "gethostname", lambda: name)
    monkeypatch.setattr(page_counts.connections, "close_all", lambda: None)
    PageCounts(lambda: {"hits": 0, "misses": 0, "pages": 1, "bytes": 2**20, **counts})._write()


def test_each_process_and_all_together(monkeypatch):
    note(monkeypatch, "one", hits=1, misses=1)
    note(monkeypatch, "two", hits=1000)
    note(monkeypatch, "two", hits=2997)
    lines = [line.split() for line in shown().splitlines()]
    assert lines[1][0].startswith("one:")
    assert lines[1][1:6] == ["1", "1", "50.0", "1", "1.0"]
    assert lines[2][1:6] == ["2,997", "0", "100.0", "1", "1.0"]
    assert lines[3] == ["all", "2,998", "1", "100.0", "2", "2.0"]
    assert json.loads(shown(json=True))["all"] == {
        "hits": 2998,
        "misses": 1,
        "pages": 2,
        "bytes": 2**21,
    }


def test_a_process_that_ended_is_forgotten(monkeypatch):
    note(monkeypatch, "one")
    monkeypatch.setattr(page_counts, "FORGET_AFTER", -1.0)
    assert "No process" in shown()


def test_a_cache_that_is_away_is_no_readers_trouble(monkeypatch, caplog):
    def fail(*_args, **_options):
        raise OSError("away")

    monkeypatch.setattr(cache, "set", fail)
    note(monkeypatch, "one")
    assert "not noted (OSError)" in caplog.text


def test_requests_note_them_now_and_then(monkeypatch):
    from articles.page_cache import PageCache

    noted = []
    monkeypatch.setattr(PageCounts, "_write", lambda self: noted.append(self.read()["hits"]))
    pages = PageCache(Backend(), Counted(), most_bytes=10**6)
    for _ in range(3):
        ask(pages)
    assert noted == []
    pages._counts.next_at = 0
    for _ in range(3):
        ask(pages)
    wait_until(lambda: noted, "the counts are noted", seconds=5)
    assert noted == [noted[0]], "once"


@pytest.mark.django_db(transaction=True)
def test_what_a_process_notes_can_be_read_elsewhere():
    counts = PageCounts(lambda: {"hits": 7, "misses": 0, "pages": 1, "bytes": 1})
    counts.note()
    wait_until(lambda: "7" in shown(), "the counts are known", seconds=10)
