"""The stand-in Akismet, row by row, over a real socket."""

import http.client
import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import pytest

from tests.akismet_server import FORM, AkismetServer

KEY = "valid-key-01"
BLOG = "https://marginalia.example/"
HELP = "x-akismet-debug-help"
COMMENT = {
    "blog": BLOG,
    "user_ip": "203.0.113.7",
    "permalink": "https://marginalia.example/a-post/",
    "referrer": "",
    "comment_author": "Ada",
    "comment_author_email": "ada@example.com",
    "comment_content": "A fine note.",
    "comment_date_gmt": "2024-05-01T10:00:00Z",
    "comment_context[]": ["rates", "AAPL"],
}


class Reply(NamedTuple):
    status: int
    body: str
    headers: dict[str, str]


def read(connection: http.client.HTTPConnection) -> Reply:
    response = connection.getresponse()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, response.read().decode(), headers)


def send(server, method, path, body=None, headers=None, timeout=5.0) -> Reply:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=timeout)
    try:
        connection.request(method, path, body, headers or {})
        return read(connection)
    finally:
        connection.close()


def post(server, call, params, **options: Any) -> Reply:
    body = urlencode(params, doseq=True)
    return send(server, "POST", f"/1.1/{call}", body, {"Content-Type": FORM}, **options)


def check(server, *, key=KEY, timeout=5.0, **changes: str) -> Reply:
    return post(server, "comment-check", {"api_key": key, **COMMENT, **changes}, timeout=timeout)


def submit(server, call="submit-spam", **changes: str) -> Reply:
    return post(server, call, {"api_key": KEY, **COMMENT, **changes})


def wait_until(true: Callable[[], Any]) -> None:
    until = time.monotonic() + 2
    while not true():
        assert time.monotonic() < until
        time.sleep(0.005)


@pytest.fixture
def server():
    with AkismetServer() as server:
        yield server


# -- keys


@pytest.mark.parametrize("name", ["key", "api_key"])
@pytest.mark.parametrize(
    ("key", "body"),
    [
        ("valid-key-01", "valid"),
        ("valid-key-1", "invalid"),
        ("valid-key-001", "invalid"),
        ("invalid-key1", "invalid"),
        ("another-key1", "invalid"),
        ("suspended-01", "valid"),
        ("limit-key-01", "valid"),
    ],
)
def test_verify_key(server, name, key, body):
    reply = post(server, "verify-key", {name: key, "blog": BLOG})
    assert (reply.status, reply.body) == (200, body)
    assert (HELP in reply.headers) == (body == "invalid")


def test_suspended_key_says_false_with_an_error(server):
    reply = check(server, key="suspended-01", comment_author="akismet-guaranteed-spam")
    assert (reply.status, reply.body) == (200, "false")
    assert reply.headers["x-akismet-error"] == "suspended"
    assert reply.headers["x-akismet-alert-code"] == "10402"
    assert reply.headers["x-akismet-alert-msg"]


@pytest.mark.parametrize("call", ["verify-key", "comment-check", "submit-ham"])
def test_limit_key_works_and_alerts(server, call):
    params = {"key": "limit-key-01", "api_key": "limit-key-01", **COMMENT}
    reply = post(server, call, params)
    assert reply.body in {"valid", "false", "Thanks for making the web a better place."}
    assert reply.headers["x-akismet-alert-code"] == "10508"
    for name in ("api-calls", "usage-limit", "upgrade-plan", "upgrade-url", "upgrade-type"):
        assert reply.headers[f"x-akismet-{name}"]


@pytest.mark.parametrize("call", ["verify-key", "comment-check", "submit-spam", "get-stats"])
def test_throttled_key(server, call):
    params = {"key": "throttled-01", "api_key": "throttled-01", **COMMENT}
    reply = post(server, call, params)
    assert (reply.status, reply.headers["retry-after"]) == (429, "60")


def test_key_in_a_legacy_host_name(server):
    headers = {"Host": f"{KEY}.rest.akismet.com", "Content-Type": FORM}
    reply = send(server, "POST", "/1.1/comment-check", urlencode(COMMENT, doseq=True), headers)
    assert reply.body == "false"


# -- strict mode


@pytest.mark.parametrize(
    ("path", "body", "content_type", "reason"),
    [
        ("comment-check", json.dumps({"api_key": KEY}), "application/json", "api_key"),
        ("comment-check", urlencode({"api_key": KEY}), "text/plain", "api_key"),
        ("comment-check", "", FORM, "api_key"),
        ("comment-check", urlencode({"key": KEY}), FORM, "api_key"),
        ("comment-check", urlencode({"api_key": KEY, "user_ip": "::1"}), FORM, "blog"),
        ("comment-check", urlencode({"api_key": KEY, "blog": BLOG}), FORM, "user_ip"),
        ("submit-spam", urlencode({"api_key": KEY, "blog": BLOG}), FORM, "user_ip"),
        ("submit-ham", json.dumps({"api_key": KEY}), "application/json", "api_key"),
        ("verify-key", urlencode({"blog": BLOG}), FORM, "api_key"),
        ("verify-key", urlencode({"key": KEY}), FORM, "blog"),
        ("get-stats", urlencode({"blog": BLOG}), FORM, "key"),
    ],
)
def test_what_is_missing_is_named(server, path, body, content_type, reason):
    reply = send(server, "POST", f"/1.1/{path}", body, {"Content-Type": content_type})
    assert (reply.status, reply.body) == (200, "invalid")
    assert reply.headers[HELP] == f'Empty "{reason}" value'


def test_form_content_type_may_name_a_charset(server):
    headers = {"Content-Type": f"{FORM}; charset=UTF-8"}
    body = urlencode({"api_key": KEY, **COMMENT}, doseq=True)
    assert send(server, "POST", "/1.1/comment-check", body, headers).body == "false"


@pytest.mark.parametrize("blog", ["marginalia.example", "https://", "ftp://marginalia.example"])
def test_blog_must_be_a_home_page(server, blog):
    reply = check(server, blog=blog)
    assert reply.body == "invalid"
    assert reply.headers[HELP] == "We were unable to parse your blog URI"


@pytest.mark.parametrize("call", ["verify-key", "comment-check", "submit-spam", "token"])
def test_get_is_not_allowed_on_1_1(server, call):
    reply = send(server, "GET", f"/1.1/{call}?" + urlencode({"api_key": KEY, "key": KEY}))
    assert (reply.status, reply.headers["allow"]) == (405, "POST")


def test_unknown_path(server):
    assert send(server, "POST", "/1.1/nothing").status == 404


# -- comment-check


@pytest.mark.parametrize(
    ("params", "status", "body", "headers"),
    [
        ({}, 200, "false", {}),
        ({"comment_author": "akismet-guaranteed-spam"}, 200, "true", {}),
        ({"comment_author": "viagra-test-123"}, 200, "true", {}),
        ({"comment_author_email": "akismet-guaranteed-spam@example.com"}, 200, "true", {}),
        ({"user_role": "administrator"}, 200, "false", {}),
        ({"user_role": "administrator", "comment_author": "standin-500"}, 200, "false", {}),
        ({"is_test": "1"}, 200, "false", {}),
        ({"is_test": "1", "comment_author": "akismet-guaranteed-spam"}, 200, "true", {}),
        ({"honeypot_field_name": "website2", "website2": "x"}, 200, "true", {}),
        ({"honeypot_field_name": "website2", "website2": ""}, 200, "false", {}),
        ({"honeypot_field_name": "website2"}, 200, "false", {}),
        ({"website2": "x"}, 200, "false", {}),
        ({"classify": "1"}, 200, "false", {"x-akismet-classification": "standin"}),
        ({"comment_author": "standin-discard"}, 200, "true", {"x-akismet-pro-tip": "discard"}),
        ({"comment_author": "standin-invalid"}, 200, "invalid", {}),
        ({"comment_author": "standin-error-header"}, 200, "false", {"x-akismet-error": "status"}),
        ({"comment_author": "standin-500"}, 500, "Internal Server Error", {}),
        ({"comment_author": "standin-503"}, 503, "Service Unavailable", {}),
        ({"comment_author": "standin-429"}, 429, "", {"retry-after": "30"}),
        ({"comment_author": "standin-429-noheader"}, 429, "", {}),
        ({"comment_author": "standin-empty"}, 200, "", {}),
        ({"comment_author": "standin-whitespace"}, 200, "true\n", {}),
        (
            {"comment_author": "standin-recheck-120"},
            200,
            "false",
            {"x-akismet-recheck-after": "120"},
        ),
    ],
)
def test_triggers(server, params, status, body, headers):
    reply = check(server, **params)
    telling = {"x-akismet-pro-tip", "x-akismet-error", "x-akismet-recheck-after", "retry-after"}
    telling |= {"x-akismet-classification"}
    assert (reply.status, reply.body) == (status, body)
    assert {name: reply.headers[name] for name in telling & reply.headers.keys()} == headers
    assert re.fullmatch(r"[0-9a-f]{32}", reply.headers["x-akismet-guid"])
    assert reply.headers["content-length"] == str(len(body))


def test_garbage_is_a_page(server):
    reply = check(server, comment_author="standin-garbage")
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/html"
    assert reply.body.startswith("<!DOCTYPE html>")


def test_every_check_has_its_own_guid(server):
    guids = {check(server).headers["x-akismet-guid"] for _ in range(3)}
    assert len(guids) == 3


def test_provisional_then_spam(server):
    provisional = {"comment_author": "standin-provisional-then-spam"}
    first = check(server, **provisional)
    again = check(server, **provisional, recheck_reason="recheck")
    other = check(server, **provisional, comment_content="Another note.")
    assert (first.body, first.headers["x-akismet-recheck-after"]) == ("false", "120")
    assert (again.body, "x-akismet-recheck-after" in again.headers) == ("true", False)
    assert other.body == "false"


def test_a_check_that_got_no_verdict_is_not_a_first_check(server):
    provisional = {"comment_author": "standin-provisional-then-spam"}
    server.script([{"status": 503}])
    bodies = [check(server, **provisional).body for _ in range(3)][1:]
    assert bodies == ["false", "true"]


# -- hanging


def test_hang_ends_with_a_late_answer(server):
    server.hang_seconds = 0.1
    started = time.monotonic()
    assert check(server, comment_author="standin-timeout").body == "false"
    assert time.monotonic() - started >= 0.1


def test_hang_outlasts_the_client_and_is_in_the_log(server, capfd):
    with pytest.raises(TimeoutError):
        check(server, comment_author="standin-timeout", timeout=0.05)
    assert server.calls("comment-check")[0].answer.delay == 30
    server.close()
    assert capfd.readouterr().err == ""


def test_answering_a_client_that_left_is_no_error(server, capfd):
    server.hang_seconds = 0.1
    with pytest.raises(TimeoutError):
        check(server, comment_author="standin-timeout", timeout=0.05)
    time.sleep(0.1)
    assert check(server).body == "false"
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("end", ["reset", "close"])
@pytest.mark.parametrize("cause", ["trigger", "script"])
def test_hang_ends_at_once(server, end, cause):
    if cause == "script":
        server.script([{"delay": 30}])
    author = "standin-timeout" if cause == "trigger" else "Ada"
    caught: list[Exception] = []
    threads = set(threading.enumerate())

    def wait_for_answer():
        try:
            check(server, comment_author=author)
        except OSError as error:
            caught.append(error)

    client = threading.Thread(target=wait_for_answer)
    client.start()
    wait_until(lambda: server.log)
    assert client.is_alive()
    getattr(server, end)()
    wait_until(lambda: set(threading.enumerate()) <= threads)
    assert isinstance(caught[0], http.client.RemoteDisconnected)


# -- submit-*


@pytest.mark.parametrize("call", ["submit-spam", "submit-ham"])
def test_submission_that_repeats_its_check(server, call):
    guid = check(server, callback="https://marginalia.example/hook/").headers["x-akismet-guid"]
    reply = submit(server, call, reporter="eve", comment_check_response="false", site_domain="x")
    record = server.calls(call)[0]
    assert reply.body == "Thanks for making the web a better place."
    assert (record.check_guid, record.differs, record.differing) == (guid, False, [])


@pytest.mark.parametrize(
    "changes",
    [
        {"comment_content": "A fine note, edited."},
        {"comment_author": "Eve", "comment_author_email": ""},
        {"referrer": "https://elsewhere.example/"},
        {"user_agent": "not sent to the check"},
        {"comment_context[]": ["rates"]},
    ],
)
def test_submission_that_differs(server, changes):
    guid = check(server).headers["x-akismet-guid"]
    submit(server, **changes)
    record = server.calls("submit-spam")[0]
    assert (record.check_guid, record.differs) == (guid, True)
    assert record.differing == sorted(changes)


def test_submission_that_leaves_a_value_out(server):
    check(server, user_agent="Firefox")
    submit(server)
    assert server.calls("submit-spam")[0].differing == ["user_agent"]


def test_submission_finds_its_own_check_among_others(server):
    check(server, comment_content="Another note.", comment_date_gmt="2024-05-01T09:00:00Z")
    guid = check(server).headers["x-akismet-guid"]
    check(server, comment_content="A third note.", comment_date_gmt="2024-05-01T11:00:00Z")
    submit(server)
    assert server.calls("submit-spam")[0].check_guid == guid


def test_submission_belongs_to_the_latest_of_equal_checks(server):
    guids = [check(server).headers["x-akismet-guid"] for _ in range(2)]
    submit(server)
    assert server.calls("submit-spam")[0].check_guid == guids[1]


def test_submission_without_a_check(server):
    check(server, comment_author="Bob", comment_author_email="b@example.com", comment_content="Hm.")
    submit(server, user_ip="198.51.100.1", permalink="", comment_content="Never seen.")
    record = server.calls("submit-spam")[0]
    assert (record.check_guid, record.differs) == (None, True)
    assert "comment_content" in record.differing


def test_submission_with_an_unknown_key(server):
    assert submit(server, api_key="invalid-key1").body == "invalid"


# -- calls about an account


def test_usage_limit_by_get_and_post(server):
    query = urlencode({"api_key": KEY})
    by_get = send(server, "GET", f"/1.2/usage-limit?{query}")
    by_post = send(server, "POST", "/1.2/usage-limit", query, {"Content-Type": FORM})
    assert by_get.body == by_post.body
    assert json.loads(by_get.body) == {
        "limit": 350000,
        "usage": 7463,
        "percentage": "2.13",
        "throttled": False,
    }


def test_usage_limit_extended(server):
    reply = send(server, "GET", "/1.2/usage-limit?" + urlencode({"api_key": KEY, "extended": 1}))
    assert {"notice_level", "upgrade"} <= json.loads(reply.body).keys()


@pytest.mark.parametrize("call", ["usage-limit", "key-sites"])
@pytest.mark.parametrize("query", ["", "?api_key=invalid-key1", "?key=valid-key-01"])
def test_1_2_refuses_a_bad_key(server, call, query):
    assert send(server, "GET", f"/1.2/{call}{query}").body == "invalid"


def key_sites(server, **params: str) -> Reply:
    return send(server, "GET", "/1.2/key-sites?" + urlencode({"api_key": KEY, **params}))


@pytest.mark.parametrize(
    ("params", "sites", "total"),
    [
        ({}, ["blog", "shop", "old", "docs"], 4),
        ({"order": "total"}, ["blog", "shop", "old", "docs"], 4),
        ({"order": "spam"}, ["blog", "old", "shop", "docs"], 4),
        ({"order": "ham"}, ["shop", "blog", "docs", "old"], 4),
        ({"order": "missed_spam"}, ["shop", "blog", "docs", "old"], 4),
        ({"order": "false_positives"}, ["old", "blog", "shop", "docs"], 4),
        ({"filter": "example.org"}, ["old", "docs"], 2),
        ({"limit": "2", "offset": "1"}, ["shop", "old"], 4),
    ],
)
def test_key_sites_as_json(server, params, sites, total):
    answer = json.loads(key_sites(server, month="2022-09", **params).body)
    assert [site["site"].split(".")[0] for site in answer["2022-09"]] == sites
    assert answer["total"] == total
    assert answer["limit"] == int(params.get("limit", 500))
    assert answer["offset"] == int(params.get("offset", 0))


def test_key_sites_numbers_are_strings_of_this_month(server):
    month = datetime.now(UTC).strftime("%Y-%m")
    site = json.loads(key_sites(server).body)[month][0]
    assert (site["api_calls"], site["is_revoked"]) == ("2072", False)


def test_key_sites_as_csv(server):
    reply = key_sites(server, format="csv", month="2022-09", limit="1")
    assert reply.headers["content-type"] == "text/csv"
    assert reply.body.splitlines() == [
        f"Active sites for {KEY} during 2022-09 (limit:1, offset: 0, total: 4)",
        "Site,Total API Calls,Spam,Ham,Missed Spam,False Positives,Is Revoked",
        "blog.example.com,2072,1800,272,7,2,false",
    ]


@pytest.mark.parametrize("period", ["60-days", "6-months", "all"])
def test_get_stats(server, period):
    reply = post(server, "get-stats", {"key": KEY, "blog": BLOG, "from": period})
    expected = {"spam", "ham", "missed_spam", "false_positives", "accuracy", "time_saved"}
    assert json.loads(reply.body).keys() == expected | {"breakdown"}


def test_get_stats_of_an_unknown_period_is_empty(server):
    assert post(server, "get-stats", {"key": KEY, "blog": BLOG}).body == ""


@pytest.mark.parametrize(
    ("key", "status", "reached"),
    [
        ("valid-key-01", "active", False),
        ("suspended-01", "suspended", False),
        ("limit-key-01", "active", True),
    ],
)
def test_get_subscription(server, key, status, reached):
    reply = post(server, "get-subscription", {"key": key, "blog": BLOG})
    answer = json.loads(reply.body)
    assert (answer["status"], answer["limit_reached"]) == (status, reached)
    assert {"account_id", "account_type", "account_name", "next_billing_date"} <= answer.keys()


@pytest.mark.parametrize(
    ("call", "body"), [("deactivate", "deactivated"), ("token", "standin-token")]
)
def test_other_calls(server, call, body):
    assert post(server, call, {"key": KEY, "blog": BLOG}).body == body
    assert post(server, call, {"key": "invalid-key1", "blog": BLOG}).body == "invalid"


# -- script, log, reset


def test_outage_then_recovery(server):
    server.script([{"status": 503, "body": ""}, {"drop": True}, {"body": "true"}])
    assert (check(server).status, server.log[0].answer.body) == (503, "")
    with pytest.raises(http.client.RemoteDisconnected):
        check(server)
    assert [check(server).body, check(server).body] == ["true", "false"]


def test_scripted_headers_are_added_and_win(server):
    server.script([{"headers": {"Retry-After": "soon", "X-Akismet-Guid": "me"}, "status": 429}])
    reply = check(server)
    assert (reply.status, reply.body) == (429, "false")
    assert (reply.headers["retry-after"], reply.headers["x-akismet-guid"]) == ("soon", "me")
    assert reply.headers["x-akismet-server"]
    assert all(name.islower() for name in server.log[0].answer.headers)


def test_scripted_delay(server):
    server.script([{"delay": 0.1}])
    started = time.monotonic()
    assert check(server).body == "false"
    assert time.monotonic() - started >= 0.1


@pytest.mark.parametrize("steps", [[{"stauts": 500}], ["true"], [{"headers": "x"}], 5])
def test_script_refuses_what_is_not_an_answer(server, steps):
    with pytest.raises((ValueError, TypeError)):
        server.script(steps)
    assert send(server, "POST", "/_script", json.dumps(steps)).status == 400
    assert check(server).status == 200


def test_script_refuses_broken_json(server):
    assert send(server, "POST", "/_script", "[").status == 400


def test_steered_over_http(server):
    queued = send(server, "POST", "/_script", json.dumps([{"status": 503}]))
    assert (queued.status, check(server).status) == (200, 503)
    submit(server)
    log = json.loads(send(server, "GET", "/_log").body)
    assert [record["call"] for record in log] == ["comment-check", "submit-spam"]
    assert log[0]["answer"]["status"] == 503
    assert log[1]["differs"] is True
    send(server, "POST", "/_script", json.dumps([{"status": 503}]))
    assert send(server, "POST", "/_reset").status == 200
    assert json.loads(send(server, "GET", "/_log").body) == []
    assert check(server).status == 200


def test_log_keeps_the_whole_request(server):
    reply = check(server, comment_content="naïve & <b>")
    record = server.log[0]
    assert (record.method, record.path) == ("POST", "/1.1/comment-check")
    assert record.headers["content-type"] == FORM
    assert "comment_content=na%C3%AFve+%26+%3Cb%3E" in record.body
    assert record.params["comment_content"] == "naïve & <b>"
    assert record.params["comment_context[]"] == ["rates", "AAPL"]
    assert record.params["referrer"] == ""
    assert record.answer.headers["x-akismet-guid"] == reply.headers["x-akismet-guid"]
    assert record.differs is None


def test_unescaped_utf_8_is_read(server):
    body = f"api_key={KEY}&blog={BLOG}&user_ip=::1&comment_content=naïve".encode()
    send(server, "POST", "/1.1/comment-check", body, {"Content-Type": FORM})
    assert server.log[0].params["comment_content"] == "naïve"
    assert server.log[0].body == body.decode()


def test_reset_forgets_checks_and_script(server):
    provisional = {"comment_author": "standin-provisional-then-spam"}
    check(server, **provisional)
    server.script([{"status": 503}])
    server.reset()
    assert server.log == []
    assert check(server, **provisional).body == "false"


# -- connections


def test_keep_alive(server):
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5)
    connection.connect()
    socket = connection.sock
    for body in ("false", "true\n", ""):
        author = {"true\n": "standin-whitespace", "": "standin-empty"}.get(body, "Ada")
        params = {"api_key": KEY, **COMMENT, "comment_author": author}
        encoded = urlencode(params, doseq=True)
        connection.request("POST", "/1.1/comment-check", encoded, {"Content-Type": FORM})
        assert read(connection).body == body
        assert connection.sock is socket
    server.close()
    connection.sock.settimeout(1)
    assert connection.sock.recv(1) == b""
    connection.close()


def test_many_clients_at_once(server):
    clients = [threading.Thread(target=check, args=(server,)) for _ in range(20)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(timeout=5)
    assert len(server.calls("comment-check")) == 20


def test_listens_on_loopback_only(server):
    assert server.url.startswith("http://127.0.0.1:")
    assert server._listener.server_address[0] == "127.0.0.1"


def test_may_be_started_again():
    server = AkismetServer()
    for _ in range(2):
        with server:
            assert check(server).body == "false"


# -- as a program


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize(("options", "lines"), [(["--quiet"], 0), ([], 1)])
def test_program(end, options, lines):
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.akismet_server", "--port", "0", *options],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with program:
        try:
            program_line = program.stdout.readline()
            other = AkismetServer(int(program_line.strip().rpartition(":")[2]))
            assert check(other).body == "false"
            with pytest.raises(TimeoutError):
                check(other, comment_author="standin-timeout", timeout=0.05)
        finally:
            program.send_signal(end)
        rest, errors = program.communicate(timeout=5)
    assert (program.returncode, rest) == (0, "")
    assert re.fullmatch(r"Akismet stand-in on http://127\.0\.0\.1:\d+\n", program_line)
    assert len(errors.splitlines()) == 2 * lines
    assert KEY not in errors
