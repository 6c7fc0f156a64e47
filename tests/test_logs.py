"""What the product writes down: what happened and where, and nothing about whom."""

import json
import logging
import os
import re
import subprocess
import sys
import time
from base64 import b64decode
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.db import connection

from articles import urls as articles_urls
from comments import tokens
from comments import urls as comments_urls
from comments.models import Comment
from config import logs
from tests.comments.test_concurrency import database_url
from tests.test_demo import free_port

ROOT = Path(__file__).parent.parent
KEY, TOKEN = "valid-logs-1", tokens.MANAGE.make(17)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("by rosa.reader@private.example.", "by …@…"),
        ("email='rosa+x@xn--bcher-kva.example'", "email='…@…'"),
        ("rösa@bücher.example said", "…@… said"),
        ("/?email=rosa%40private.example&x=1", "/?email=…@…&x=1"),
        ("Rosa <rosa@private.example>", "Rosa <…@…>"),
        ("from 203.0.113.77: refused", "from …: refused"),
        ("from [2001:db8::77]:8000", "from […]:8000"),
        ("address 2001:db8:0:0:0:0:0:77, again", "address …, again"),
        ("address ::ffff:203.0.113.77", "address …"),
        ("listening on 127.0.0.1:8000 and ::1", "listening on 127.0.0.1:8000 and ::1"),
        ("0.0.0.0:8000", "0.0.0.0:8000"),
        ("2026-03-04 12:34:56,789 INFO x: 5.2.19 took 1.5 s", None),
        ("comment 12: ham after 180 ms", None),
        ("File x.py, line 3, in std::call", None),
        ("12:34", None),
        (f"Not Found: /comments/manage/{TOKEN}/", "Not Found: /comments/manage/…/"),
        (f"GET /comments/unsubscribe/{TOKEN[:30]}", "GET /comments/unsubscribe/…"),
        (f"GET /preview/{TOKEN}/", "GET /preview/…/"),
        (f"GET /preview/{TOKEN[:30]}", "GET /preview/…"),
        ("POST /admin/articles/article/17/preview/ 200", None),
        (f"token {TOKEN} in a text", "token … in a text"),
        (f"token {TOKEN.replace(':', '%3A')}", "token …"),
        ("/comments/17/report/", None),
        ("/comments/feed/", None),
        ("/articles/a-b/comments/", None),
        (f"key={KEY}&x", "key=…&x"),
        ("tests-only-" + "k" * 40, "…"),
        ("former-key-" + "f" * 40, "…"),
    ],
    # Not by the texts: a token is another each second, and each process would have its own tests.
    ids=lambda _text: "line",
)
def test_what_is_private_is_masked_and_the_rest_is_not(settings, text, masked):
    settings.AKISMET_API_KEY = KEY
    settings.SECRET_KEY_FALLBACKS = ["former-key-" + "f" * 40]
    assert logs.mask(text) == (text if masked is None else masked)


@pytest.mark.parametrize(
    "piece", ["a", "a.", "a%40", "a:", ":", "1.", "ab:cdef0:", "@", "/comments/x/"]
)
def test_a_long_line_costs_no_more_than_its_length(piece):
    """The paths of strangers stand in the log, and are as long as they like."""
    started = time.perf_counter()
    logs.mask(piece * (200_000 // len(piece)))
    assert time.perf_counter() - started < 2  # with a quadratic pattern: minutes


def record(message, *args, error=None):
    trace = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("x", logging.ERROR, __file__, 1, message, args, trace)


def caught(call):
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


#: Not written where it is raised: a traceback quotes the line of the program.
SAID = {"inner": "Rosa said inner words", "outer": "Rosa said outer words"}


def fail_inside():
    try:
        raise KeyError(SAID["inner"])
    except KeyError:
        raise ValueError(SAID["outer"]) from None


def fail_outside():
    try:
        fail_inside()
    except ValueError as error:
        raise ExceptionGroup(SAID["inner"], [error, OSError(SAID["outer"])]) from error


def test_a_traceback_says_where_and_what_kind_but_not_what_was_said():
    said = logs.Discreet("%(message)s").format(record("oh", error=caught(fail_outside)))
    for telling in ("oh\n", "fail_inside", "ValueError\n", "ExceptionGroup\n", "OSError"):
        assert telling in said
    assert "which was the cause of" in said
    assert "Rosa said" not in said


def test_what_speaks_of_code_is_said():
    said = logs.Discreet().format(record("oh", error=caught(lambda: "".nothing)))  # type: ignore[attr-defined]
    assert "AttributeError: 'str' object has no attribute 'nothing'" in said


def test_other_formatters_keep_what_they_made_of_it():
    entry = record("oh", error=caught(fail_inside))
    plain = logging.Formatter().format(entry)
    assert "outer words" in plain
    assert "outer words" not in logs.Discreet().format(entry)
    assert logging.Formatter().format(entry) == plain


def test_a_json_line_tells_the_same_and_no_more():
    entry = record('"%s" of\n203.0.113.77', "rosa@private.example", error=caught(fail_outside))
    entry.created = 1_800_000_000.25
    entry.request = SAID  # type: ignore[attr-defined]  # as Django does
    line = logs.JsonLines().format(entry)
    assert line.isascii()
    assert "\n" not in line
    said = json.loads(line)
    trace = said.pop("trace")
    assert said == {
        "time": "2027-01-15T08:00:00.250+00:00",
        "level": "ERROR",
        "logger": "x",
        "message": '"…@…" of\n…',
    }
    assert trace == logs.Discreet().formatException(entry.exc_info)
    assert "fail_inside" in trace
    assert "Rosa said" not in line
    assert "trace" not in json.loads(logs.JsonLines().format(record("all is well")))


# --- in processes of their own ------------------------------------------------------------

PRIVATE = {
    "name": "Rosa Unmistakable",
    "email": "rosa.reader@private.example",
    "text": "Her unmistakable words.",
    "url": "https://rosa.private.example/",
}
HEADERS = {
    "User-Agent": "HiddenAgent/1.0",
    "Referer": "http://127.0.0.1/hidden-referrer/",
    "X-Forwarded-For": "203.0.113.77",
}
SECRETS = (
    "rosa",
    "private.example",
    "unmistakable",
    "hiddenagent",
    "hidden-referrer",
    "203.0.113",
    KEY,
    "tests-only-",
)


def environment(tmp_path, **more):
    return os.environ | {
        "AKISMET_API_KEY": KEY,
        "TRUSTED_PROXIES": "127.0.0.1",
        "EMAIL_URL": f"file://{tmp_path}/mail",
        "LOG_LEVEL": "DEBUG",
        "PYTHONUNBUFFERED": "1",
        **more,
    }


def told(tmp_path):
    """All that was written into the folder of a test, in small letters."""
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    return "\n".join(path.read_text().lower() for path in files)


@pytest.mark.parametrize(("format_", "kind"), [("text", "Discreet"), ("json", "JsonLines")])
def test_every_handler_is_discreet(tmp_path, format_, kind):
    program = """
import logging, sys, django
django.setup()
from config import logs
kind = getattr(logs, sys.argv[1])
loggers = [logging.root, *map(logging.getLogger, list(logging.root.manager.loggerDict))]
handlers = {handler for logger in loggers for handler in logger.handlers}
assert handlers and all(type(each.formatter) is kind for each in handlers), handlers
print(len(handlers))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, kind],
        cwd=ROOT,
        env=environment(tmp_path, LOG_FORMAT=format_),
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("1\n", "")


def test_another_format_stops_the_start(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "import django\ndjango.setup()"],
        cwd=ROOT,
        env=environment(tmp_path, LOG_FORMAT="xml"),
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "LOG_FORMAT" in done.stderr


@pytest.mark.parametrize(
    "fault",
    [
        "raise ValueError('rosa.reader@private.example')",
        "import threading\n"
        "thread = threading.Thread(target=lambda: int('rosa'))\nthread.start()\nthread.join()",
    ],
)
def test_what_nobody_catches_is_logged_the_same_way(tmp_path, fault):
    done = subprocess.run(
        [sys.executable, "-c", f"import django\ndjango.setup()\n{fault}"],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
    )
    assert "CRITICAL config: stopped" in done.stderr
    assert "ValueError" in done.stderr
    assert "rosa" not in done.stderr.replace("lambda: int('rosa')", "")


@pytest.mark.timeout(90)
def test_a_500_while_posting_tells_nobody_who_posted(transactional_db, article, tmp_path):
    """A real server; the exceptions that it meets hold all that the reader sent."""
    port = free_port()
    granian = Path(sys.executable).with_name("granian")
    with (tmp_path / "output").open("wb") as output:
        server = subprocess.Popen(
            [granian, "--interface", "wsgi", "--port", str(port), "tests.broken_site:application"],
            cwd=ROOT,
            env=environment(tmp_path, DATABASE_URL=database_url()),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=HEADERS) as browser:
            deadline = time.monotonic() + 30
            while True:
                try:
                    assert browser.get("/readyz").status_code == 200
                    break
                except httpx.TransportError:
                    assert time.monotonic() < deadline, told(tmp_path)
                    time.sleep(0.1)
            answer = browser.post(f"/articles/{article.slug}/comments/", data=PRIVATE)
            for address in (f"/comments/manage/{TOKEN}/", f"/comments/manage/{TOKEN}x/", "/?x=ro"):
                assert browser.get(address).status_code < 500
            assert browser.get("/articles/203.0.113.77/").status_code == 404
    finally:
        server.terminate()
        server.wait(30)
    assert answer.status_code == 500
    written = told(tmp_path)
    assert "runtimeerror" in written
    assert "traceback" in written
    assert "/comments/manage/…" in written
    for secret in (*SECRETS, TOKEN.lower()):
        assert secret not in written + answer.text.lower()
    assert not Comment.objects.exists()


@pytest.mark.timeout(90)
def test_a_failing_worker_tells_nothing_either(transactional_db, make_comment, tmp_path):
    """In the other format, so that each is seen in a process once."""
    make_comment(
        PRIVATE["text"],
        name=PRIVATE["name"],
        email=PRIVATE["email"],
        status="submitted",
        ip="203.0.113.77",
        user_agent="HiddenAgent",
        referrer="http://127.0.0.1/hidden-referrer/",
    )
    with (tmp_path / "output").open("wb") as output:
        status = subprocess.run(
            [sys.executable, "-m", "tests.broken_site", PRIVATE["email"]],
            cwd=ROOT,
            env=environment(tmp_path, DATABASE_URL=database_url(), LOG_FORMAT="json"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=60,
        ).returncode
    assert status == 1
    written = told(tmp_path)
    assert "failed: runtimeerror" in written
    *_, last = [json.loads(line) for line in (tmp_path / "output").read_text().splitlines()]
    assert (last["level"], last["logger"], last["message"]) == ("CRITICAL", "config", "stopped")
    assert "which was the cause of" in last["trace"]
    for secret in SECRETS:
        assert secret not in written


def test_the_shared_cache_holds_nothing_of_who_posted(
    post_comment, django_capture_on_commit_callbacks
):
    """Neither in its keys nor in its values."""
    with django_capture_on_commit_callbacks(execute=True):
        post_comment(**PRIVATE)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT cache_key, value FROM {settings.CACHES['default']['LOCATION']}")
        rows = [(key, b64decode(value).decode("latin-1")) for key, value in cursor.fetchall()]
    written = repr(rows).lower()
    assert Comment.objects.get().name == PRIVATE["name"]
    for secret in SECRETS:
        assert secret not in written


def test_nginx_writes_down_no_token_and_no_address():
    site = (ROOT / "deploy" / "nginx.conf").read_text()
    (line,) = [each for each in site.splitlines() if each.strip().startswith("log_format")]
    for private in ("$remote_addr", "$request_uri", "$request ", "$http_referer", "$args"):
        assert private not in line
    assert "access_log /var/log/nginx/marginalia.log discreet;" in site


def test_the_token_of_no_address_is_written_down_by_nginx_or_by_us():
    site = (ROOT / "deploy" / "nginx.conf").read_text()
    masked = re.search(r'"~(.*)"  \$kind', site)[1].replace("?<kind>", "?P<kind>")
    patterns = [*articles_urls.urlpatterns, *comments_urls.urlpatterns]
    routes = [str(each.pattern) for each in patterns if "token" in each.pattern.converters]
    assert len(routes) >= 8
    for route in routes:
        address = "/" + route.replace("<str:token>", "WzEsMl0:1tQx:abcdefghijklmnopqrstuvwxyz0")
        assert re.match(masked, address), route
        assert "abcdefg" not in logs.mask(address.replace(":", ".")), route
