"""The adapter to Akismet, over real sockets: every answer and every fault, and what is sent."""

import json
import logging
import re
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from articles.models import Tag
from comments import spam
from comments.spam.akismet import Akismet, Values
from comments.spam.answers import NoAnswer

KEY = "valid-key-07"
NOBODY = "http://127.0.0.1:9"
VALUES: Values = {"user_ip": "192.0.2.7", "comment_content": "A thought."}
THANKS = "Thanks for making the web a better place."


@contextmanager
def line_to(url: str, key: str = KEY) -> Iterator[Akismet]:
    line = Akismet(key=key, api_url=url, site_url="http://testserver/")
    try:
        yield line
    finally:
        line.close()


def outcome(ask: Callable[[], Any]) -> tuple[Any, int | None]:
    """Return the verdict and when to ask again, or the kind of fault and when to try again."""
    try:
        answer = ask()
    except NoAnswer as fault:
        return fault.kind, fault.retry_after
    return answer.verdict, answer.recheck_after


def http_date(when: datetime) -> str:
    return format_datetime(when, usegmt=True)


PAST = http_date(datetime(2015, 10, 21, 7, 28, tzinfo=UTC))
FUTURE = http_date(datetime(2199, 1, 1, tzinfo=UTC))


def retry(value: str) -> dict[str, Any]:
    return {"status": 429, "headers": {"Retry-After": value}}


def ham_with(header: str, value: str) -> dict[str, Any]:
    return {"body": "false", "headers": {header: value}}


ANSWERS: list[tuple[str, dict[str, Any], tuple[str, int | None]]] = [
    # what it is, what the stand-in answers, what we make of it
    ("ham", {"body": "false"}, ("ham", None)),
    ("spam", {"body": "true"}, ("spam", None)),
    ("ham in whitespace", {"body": "\nfalse \r\n"}, ("ham", None)),
    ("spam in whitespace", {"body": "true\n"}, ("spam", None)),
    ("discard", {"body": "true", "headers": {"X-akismet-pro-tip": "discard"}}, ("discard", None)),
    (
        "discard, shouted",
        {"body": "true", "headers": {"X-AKISMET-PRO-TIP": " Discard "}},
        ("discard", None),
    ),
    (
        "another tip",
        {"body": "true", "headers": {"X-akismet-pro-tip": "buy"}},
        ("spam", None),
    ),
    ("a tip about ham", ham_with("X-akismet-pro-tip", "discard"), ("ham", None)),
    # provisional
    ("recheck", ham_with("X-akismet-recheck-after", "120"), ("ham", 120)),
    ("recheck within an hour", ham_with("X-akismet-recheck-after", "86400"), ("ham", 3600)),
    ("recheck 0", ham_with("X-akismet-recheck-after", "0"), ("ham", None)),
    ("recheck -1", ham_with("X-akismet-recheck-after", "-1"), ("ham", None)),
    ("recheck 1.5", ham_with("X-akismet-recheck-after", "1.5"), ("ham", None)),
    ("recheck soon", ham_with("X-akismet-recheck-after", "soon"), ("ham", None)),
    ("recheck empty", ham_with("X-akismet-recheck-after", ""), ("ham", None)),
    ("recheck huge", ham_with("X-akismet-recheck-after", "9" * 5000), ("ham", None)),
    (
        "recheck of spam",
        {"body": "true", "headers": {"X-akismet-recheck-after": "120"}},
        ("spam", None),
    ),
    # an error in the header outweighs whatever the body says
    ("error on ham", ham_with("X-akismet-error", "status"), ("refused", None)),
    (
        "error on spam",
        {"body": "true", "headers": {"X-Akismet-Error": "suspended"}},
        ("refused", None),
    ),
    ("error without a word", ham_with("X-akismet-error", ""), ("refused", None)),
    # throttled
    ("429", {"status": 429}, ("throttled", 60)),
    ("429 says ham", {"status": 429, "body": "false"}, ("throttled", 60)),
    ("429, 30 s", retry("30"), ("throttled", 30)),
    ("429, 0 s", retry("0"), ("throttled", 1)),
    ("429, -5 s", retry("-5"), ("throttled", 1)),
    ("429, a day", retry("86400"), ("throttled", 3600)),
    ("429, a past date", retry(PAST), ("throttled", 1)),
    ("429, a far date", retry(FUTURE), ("throttled", 3600)),
    ("429, garbage", retry("in a while"), ("throttled", 60)),
    ("429, empty", retry(""), ("throttled", 60)),
    ("429, 1.5 s", retry("1.5"), ("throttled", 60)),
    ("429, no number", retry("9" * 5000), ("throttled", 60)),
    ("429, no hour", retry("Wed, 21 Oct 2015 99999999999999999999:28:00 GMT"), ("throttled", 60)),
    ("429, no year", retry("Wed, 21 Oct 99999 07:28:00 GMT"), ("throttled", 60)),
    # other statuses
    ("301", {"status": 301, "body": "false", "headers": {"Location": "/"}}, ("http", None)),
    ("400", {"status": 400, "body": "false"}, ("http", None)),
    ("401", {"status": 401, "body": "false"}, ("http", None)),
    ("403", {"status": 403, "body": "false"}, ("http", None)),
    ("404", {"status": 404, "body": "false"}, ("http", None)),
    ("500", {"status": 500, "body": "false"}, ("http", None)),
    ("502", {"status": 502, "body": "true"}, ("http", None)),
    ("503", {"status": 503, "headers": {"Retry-After": "30"}}, ("http", None)),
    ("504", {"status": 504}, ("http", None)),
    # bodies that say nothing
    ("invalid", {"body": "invalid"}, ("invalid", None)),
    ("invalid in whitespace", {"body": "invalid\n"}, ("invalid", None)),
    ("garbage", {"body": "<!DOCTYPE html><title>Welcome!</title>"}, ("unreadable", None)),
    ("empty", {"body": ""}, ("unreadable", None)),
    ("blank", {"body": " \n"}, ("unreadable", None)),
    ("capitals", {"body": "False"}, ("unreadable", None)),
    ("quoted", {"body": '"false"'}, ("unreadable", None)),
    ("ham and more", {"body": "false false"}, ("unreadable", None)),
    ("endless", {"body": "false" + " " * 100_000 + "x"}, ("unreadable", None)),
    ("thanks", {"body": THANKS}, ("unreadable", None)),
    # no whole answer
    ("dropped", {"drop": True}, ("connection", None)),
    ("cut off", {"body": "false", "headers": {"Content-Length": "100000"}}, ("timeout", None)),
    ("compressed, it says", ham_with("Content-Encoding", "gzip"), ("connection", None)),
]
# An endpoint that promises more than it sends is waited for, but not for fifteen seconds here.
IMPATIENT = {"cut off"}


@pytest.mark.parametrize(("what", "step", "expected"), ANSWERS, ids=[row[0] for row in ANSWERS])
def test_every_answer_is_a_verdict_or_a_fault(akismet, monkeypatch, what, step, expected):
    if what in IMPATIENT:
        monkeypatch.setattr("comments.spam.line.TOTAL_SECONDS", 0.3)
    akismet.script([step])
    with line_to(akismet.url) as line:
        assert outcome(lambda: line.check(VALUES)) == expected
    assert len(akismet.calls("comment-check")) == 1


@pytest.mark.parametrize(
    ("key", "expected", "words"),
    [
        (KEY, ("ham", None), ""),
        ("wrong-key-07", ("invalid", None), "Unknown API key"),
        ("suspended-07", ("refused", None), "suspended 10402: Your Akismet account is suspended"),
        ("throttled-07", ("throttled", 60), "429"),
        ("limit-key-07", ("ham", None), "10508: Your account is over its limit"),
        ("", ("no_key", None), ""),
    ],
)
def test_every_kind_of_key(akismet, key, expected, words):
    with line_to(akismet.url, key) as line:
        assert outcome(lambda: line.check(VALUES)) == expected
        try:
            said = line.check(VALUES).alert
        except NoAnswer as fault:
            said = fault.detail
    assert said.startswith(words)
    assert bool(said) == bool(words)
    assert len(akismet.log) == (2 if key else 0)


def test_an_answer_brings_its_guid_its_alert_and_its_duration(akismet):
    akismet.script(
        [
            {
                "headers": {
                    "X-akismet-guid": "0123456789abcdef" * 2,
                    "X-akismet-alert-code": "10508",
                    "X-akismet-alert-msg": "x" * 500,
                },
                "delay": 0.02,
            },
            {},
        ]
    )
    with line_to(akismet.url) as line:
        answer, next_answer = line.check(VALUES), line.check(VALUES)
    assert answer.guid == "0123456789abcdef" * 2
    assert answer.alert == "10508: " + "x" * 193
    assert answer.duration_ms >= 20
    assert next_answer.alert == ""


def test_a_fault_brings_its_guid_and_its_duration(akismet):
    akismet.script([{"status": 503, "headers": {"X-akismet-guid": "abc"}, "delay": 0.02}])
    with line_to(akismet.url) as line, pytest.raises(NoAnswer) as raised:
        line.check(VALUES)
    assert (raised.value.guid, raised.value.detail) == ("abc", "503")
    assert raised.value.duration_ms >= 20


@pytest.mark.parametrize("zone", ["GMT", "-0000", ""])
def test_a_date_to_come_back_at_is_in_greenwich_time(akismet, settings, zone):
    settings.TIME_ZONE = "Asia/Tokyo"
    until = datetime.now(UTC) + timedelta(seconds=1800)
    akismet.script([retry(f"{until:%a, %d %b %Y %H:%M:%S} {zone}".strip())])
    with line_to(akismet.url) as line:
        kind, seconds = outcome(lambda: line.check(VALUES))
    assert kind == "throttled"
    assert seconds is not None
    assert 1500 <= seconds <= 1800


@pytest.mark.parametrize("body", ["a\x00b", "one\ntwo", "a\x1b[31mred", "x" * 5000])
def test_what_is_repeated_of_a_strange_answer_fits_into_a_line_and_a_column(akismet, body):
    akismet.script([{"body": body}])
    with line_to(akismet.url) as line, pytest.raises(NoAnswer) as raised:
        line.check(VALUES)
    for said in (raised.value.detail, str(raised.value)):
        assert said.isprintable()
        assert len(said) <= 220


def test_a_refused_connection_is_a_fault():
    with line_to(NOBODY) as line:
        assert outcome(lambda: line.check(VALUES)) == ("connection", None)


def test_an_endpoint_that_hangs_is_given_up(akismet, monkeypatch):
    monkeypatch.setattr("comments.spam.line.TOTAL_SECONDS", 0.2)
    akismet.script([{"delay": 60}])
    with line_to(akismet.url) as line:
        assert outcome(lambda: line.check(VALUES)) == ("timeout", None)


@contextmanager
def dripping(seconds_between_bytes: float, body: bytes, head: bytes = b"") -> Iterator[str]:
    """An endpoint whose bytes come one by one, each in good time.

    `head` drips too; without one, the headers come at once.
    """
    ended = threading.Event()

    def serve() -> None:
        with suppress(OSError):
            connection, _address = listener.accept()
            with connection:
                connection.recv(65536)
                if not head:
                    length = len(body)
                    first = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"
                    connection.sendall(first.encode())
                for byte in head + body:
                    if ended.wait(seconds_between_bytes):
                        return
                    connection.sendall(bytes([byte]))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            ended.set()
            thread.join(10)


def test_a_body_that_drips_is_given_up_though_no_byte_is_late(monkeypatch):
    monkeypatch.setattr("comments.spam.line.TOTAL_SECONDS", 0.4)
    started = time.monotonic()
    with dripping(0.02, b"false" + b" " * 500) as url, line_to(url) as line:
        assert outcome(lambda: line.check(VALUES)) == ("timeout", None)
    assert time.monotonic() - started < 8  # all of it takes more than ten seconds


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 500,
        # Without a length, what was cut off ends like an answer.
        b"HTTP/1.1 200 OK\r\n\r\nfalse" + b" " * 500,
        b"HTTP/1.1 200 OK\r\n\r\ntrue" + b" " * 500,
    ],
)
def test_headers_that_drip_are_given_up_too(monkeypatch, head):
    monkeypatch.setattr("comments.spam.line.TOTAL_SECONDS", 0.6)
    started = time.monotonic()
    with dripping(0.02, b"", head) as url, line_to(url) as line:
        assert outcome(lambda: line.check(VALUES)) == ("timeout", None)
    assert time.monotonic() - started < 8


def test_a_line_answers_in_time_again_and_again(akismet, monkeypatch):
    """Hanging up belongs to one call; it never strikes the next."""
    monkeypatch.setattr("comments.spam.line.TOTAL_SECONDS", 0.5)
    with line_to(akismet.url) as line:
        for _ in range(4):
            assert line.check(VALUES).verdict == "ham"
            time.sleep(0.2)


# --- what is sent ---------------------------------------------------------------------------


@pytest.fixture
def reply(article, make_comment):
    """A reply with everything a comment can have."""
    article.tags.add(
        Tag.objects.create(
            slug="nvda", name="Nvidia", kind="ticker", symbol="NVDA", exchange="NASDAQ"
        ),
        Tag.objects.create(slug="chips", name="Chips & fabs"),
    )
    return make_comment(
        "Größe & <b>more</b>\nin two lines",
        status="submitted",
        parent=make_comment("The first"),
        name="Zoë O’Brien",
        url="https://zoe.example.org/?a=1&b=2",
        email="zoe@example.com",
        ip="2001:db8::7",
        user_agent="Browser/1.0 (ünusual)",
        referrer="https://search.example/?q=chips",
        honeypot="filled in",
    )


def test_everything_that_is_known_is_asked(akismet, reply, article):
    with line_to(akismet.url) as line:
        line.check(spam.question(reply, reason="retry"))

    (record,) = akismet.log
    assert (record.method, record.path) == ("POST", "/1.1/comment-check")
    kind = record.headers["content-type"].partition(";")[0]
    assert kind == "application/x-www-form-urlencoded"
    assert re.match(r"Marginalia/\d+\.\d+ \| akismet\.py/\d", record.headers["user-agent"])
    context = record.params.pop("comment_context[]")
    assert sorted(context) == ["Chips & fabs", "NVDA"]
    assert record.params == {
        "api_key": KEY,
        "blog": "http://testserver/",
        "user_ip": "2001:db8::7",
        "user_agent": "Browser/1.0 (ünusual)",
        "referrer": "https://search.example/?q=chips",
        "permalink": f"http://testserver/articles/{article.slug}/",
        "comment_type": "reply",
        "comment_author": "Zoë O’Brien",
        "comment_author_email": "zoe@example.com",
        "comment_author_url": "https://zoe.example.org/?a=1&b=2",
        "comment_content": "Größe & <b>more</b>\nin two lines",
        "comment_date_gmt": reply.created_at.isoformat(timespec="seconds"),
        "comment_post_modified_gmt": (article.updated_at or article.published_at).isoformat(
            timespec="seconds"
        ),
        "comment_parent": str(reply.parent_id),
        "comment_post_ID": str(article.pk),
        "blog_lang": "en",
        "blog_charset": "UTF-8",
        "recheck_reason": "retry",
        "honeypot_field_name": "second_thoughts",
        "second_thoughts": "filled in",
    }
    assert record.params["comment_date_gmt"].endswith("+00:00")
    assert record.body.count("comment_context%5B%5D=") == 2


def test_what_is_not_known_is_sent_empty_and_never_keeps_from_asking(akismet, make_comment):
    comment = make_comment(status="submitted", user_agent="", referrer="", ip=None)
    with line_to(akismet.url) as line:
        assert line.check(spam.question(comment)).verdict == "ham"

    params = akismet.log[0].params
    for name in ("user_agent", "referrer", "comment_author_url", "second_thoughts"):
        assert params[name] == ""
    assert params["user_ip"] == "127.0.0.1"
    assert params["comment_type"] == "comment"
    for name in ("comment_parent", "recheck_reason", "comment_context[]"):
        assert name not in params


def test_a_reply_whose_parent_is_gone_is_still_a_reply(akismet, reply):
    reply.parent.delete()
    reply.refresh_from_db()
    values = spam.question(reply)
    assert values["comment_type"] == "reply"
    assert "comment_parent" not in values


def test_nothing_of_the_readers_session_is_sent(akismet, client, reply, editor):
    client.force_login(editor)
    with line_to(akismet.url) as line:
        line.check(spam.question(reply))
        line.report(spam.repeat(reply), spam=True)
    for record in akismet.log:
        assert not {"cookie", "authorization", "referer"} & record.headers.keys()
        for secret in ("csrf", "session", "HTTP_"):
            assert secret.lower() not in record.body.lower()


def test_the_key_travels_in_the_body_only(akismet):
    with line_to(akismet.url) as line:
        line.verify_key()
        line.check(VALUES)
        line.report(VALUES, spam=True)
        line.report(VALUES, spam=False)
    assert len(akismet.log) == 4
    for record in akismet.log:
        assert KEY in record.body
        assert KEY not in record.path
        assert KEY not in json.dumps(record.headers)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({}, True),
        ({"body": "valid\n"}, True),
        ({"body": "invalid"}, False),
        ({"body": "perhaps"}, ("unreadable", None)),
        ({"status": 500, "body": "valid"}, ("http", None)),
        ({"drop": True}, ("connection", None)),
    ],
)
def test_the_key_is_verified_under_both_its_names(akismet, step, expected):
    akismet.script([step])
    with line_to(akismet.url) as line:
        if isinstance(expected, bool):
            assert line.verify_key() is expected
        else:
            assert outcome(line.verify_key) == expected
    params = akismet.calls("verify-key")[0].params
    assert params == {"key": KEY, "api_key": KEY, "blog": "http://testserver/"}


# --- feedback -------------------------------------------------------------------------------


@pytest.mark.parametrize(("is_spam", "call"), [(True, "submit-spam"), (False, "submit-ham")])
def test_feedback_repeats_what_was_asked_to_the_letter(akismet, reply, article, is_spam, call):
    values = spam.question(reply, reason="retry")
    with line_to(akismet.url) as line:
        line.check(values)
        reply.submission.sent = json.dumps(values)
        reply.submission.save()
        # What has changed since then is none of Akismet's business.
        article.tags.clear()
        article.body = "<p>Rewritten.</p>"
        article.save()
        reply.refresh_from_db()
        line.report(spam.repeat(reply, reporter="kim"), spam=is_spam)

    (record,) = akismet.calls(call)
    assert record.differs is False, record.differing
    assert record.params["reporter"] == "kim"
    assert "recheck_reason" not in record.params


def test_feedback_on_what_was_never_checked_describes_it_afresh(akismet, reply):
    with line_to(akismet.url) as line:
        line.report(spam.repeat(reply), spam=True)
    params = akismet.calls("submit-spam")[0].params
    assert params["comment_content"] == reply.text
    assert "reporter" not in params


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"body": THANKS + "\n"}, None),
        ({"body": "true"}, ("unreadable", None)),
        ({"body": "invalid"}, ("invalid", None)),
        ({"body": THANKS, "headers": {"X-akismet-error": "suspended"}}, ("refused", None)),
        ({"body": THANKS, "status": 503}, ("http", None)),
        ({"status": 429, "headers": {"Retry-After": "30"}}, ("throttled", 30)),
        ({"drop": True}, ("connection", None)),
    ],
)
def test_feedback_is_taken_only_with_thanks(akismet, step, expected):
    akismet.script([step])
    with line_to(akismet.url) as line:
        if expected is None:
            assert line.report(VALUES, spam=True) is None
        else:
            assert outcome(lambda: line.report(VALUES, spam=True)) == expected


# --- the key stays secret -------------------------------------------------------------------


def everything_said(error: BaseException) -> str:
    """Return all that a log or an error page could show of an exception and of its causes."""
    said = traceback.format_exception(error)
    seen: list[BaseException | None] = [None]
    following: list[BaseException | None] = [error]
    while following:
        each = following.pop()
        if each not in seen:
            seen.append(each)
            said += [str(each), repr(each), repr(getattr(each, "__dict__", ""))]
            following += [each.__cause__, each.__context__]
    return "\n".join(said)


@pytest.mark.parametrize("call", ["check", "report", "verify_key"])
@pytest.mark.parametrize(
    ("key", "step"),
    [
        (KEY, {"status": 500}),
        (KEY, {"status": 429}),
        (KEY, {"body": "garbage"}),
        (KEY, {"body": "invalid"}),
        (KEY, {"drop": True}),
        (KEY, {"headers": {"X-akismet-error": "status"}}),
        (KEY, {"headers": {"Content-Encoding": "gzip"}}),
        (KEY, None),  # nobody answers
        ("wrong-key-07", {}),
        ("suspended-07", {}),
        ("throttled-07", {}),
    ],
)
def test_no_fault_tells_the_key(akismet, caplog, call, key, step):
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, logger=name)
    akismet.script([step or {}])
    with line_to(akismet.url if step is not None else NOBODY, key) as line:
        ask = {
            "check": lambda: line.check(VALUES),
            "report": lambda: line.report(VALUES, spam=True),
            "verify_key": line.verify_key,
        }[call]
        said = repr(line)
        try:
            ask()
        except NoAnswer as fault:
            said += everything_said(fault)
    assert caplog.records  # the log was listened to
    assert key not in caplog.text
    assert key not in said
