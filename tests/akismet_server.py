"""A stand-in for Akismet: a real HTTP server, on loopback only, that speaks its protocol.

In a test::

    with AkismetServer() as server:
        server.script([{"status": 503}, {"drop": True}])  # an outage of two calls
        ...  # let the product talk to server.url with the key "valid-key-01"
        assert server.calls("submit-spam")[0].differs is False

As a program: ``python -m tests.akismet_server --port 8765 [--quiet]``.
From another process: ``GET /_log``, ``POST /_script`` (a JSON list), ``POST /_reset``.

Tables and functions from a request to an answer come first; the server, which
holds a log and a script, comes after them.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import signal
import socket
import sys
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl

FORM = "application/x-www-form-urlencoded"
HOME_PAGE = re.compile(r"https?://[^/\s]+", re.IGNORECASE)
LEGACY_HOST = re.compile(r"([^.]+)\.rest\.akismet\.com(:\d+)?", re.IGNORECASE)
HANG = math.inf  # as a delay: the server's own hang_seconds

Params = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What is sent back. Header names are in lower case."""

    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    delay: float = 0  # seconds before it is sent
    drop: bool = False  # close the connection instead of sending it

    def adding(self, headers: dict[str, str]) -> Answer:
        return replace(self, headers=self.headers | headers)


@dataclass
class Record:
    """A request and its answer, as the log keeps them; /_log gives the same as JSON."""

    method: str
    path: str  # without the query
    call: str  # its last part, such as "comment-check"
    headers: dict[str, str]  # names in lower case
    body: str
    params: Params  # see read_params()
    answer: Answer = field(default_factory=Answer)
    # For submit-* only: the check it belongs to, if any; whether its values differ from
    # that check; and which do.
    check_guid: str | None = None
    differs: bool | None = None
    differing: list[str] = field(default_factory=list)


def read_params(method: str, query: str, content_type: str, body: str) -> Params:
    """Read parameters as PHP does: the last value wins, names ending in [] collect a list.

    A body that is not a form holds none, which is how JSON earns 'Empty "api_key" value'.
    """
    is_form = content_type.partition(";")[0].strip().lower() == FORM
    text = query if method == "GET" else body if is_form else ""
    params: Params = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if name.endswith("[]"):
            params.setdefault(name, []).append(value)
        else:
            params[name] = value
    return params


def as_json(value: object) -> Answer:
    return Answer(json.dumps(value), {"content-type": "application/json"})


# -- comment-check ----------------------------------------------------------------------

SPAM, HAM = Answer("true"), Answer("false")
PROVISIONAL = HAM.adding({"x-akismet-recheck-after": "120"})
GARBAGE = Answer("<!DOCTYPE html><title>Welcome!</title>", {"content-type": "text/html"})

# The first row that fits decides. A row holds the answers to the first, second… check of
# the same content, and its last answer repeats.
TRIGGERS: dict[tuple[str, str], tuple[Answer, ...]] = {
    ("comment_author", "akismet-guaranteed-spam"): (SPAM,),
    ("comment_author", "viagra-test-123"): (SPAM,),
    ("comment_author_email", "akismet-guaranteed-spam@example.com"): (SPAM,),
    ("user_role", "administrator"): (HAM,),
    ("comment_author", "standin-discard"): (SPAM.adding({"x-akismet-pro-tip": "discard"}),),
    ("comment_author", "standin-invalid"): (Answer("invalid"),),
    ("comment_author", "standin-error-header"): (HAM.adding({"x-akismet-error": "status"}),),
    ("comment_author", "standin-500"): (Answer("Internal Server Error", status=500),),
    ("comment_author", "standin-503"): (Answer("Service Unavailable", status=503),),
    ("comment_author", "standin-429"): (Answer(headers={"retry-after": "30"}, status=429),),
    ("comment_author", "standin-429-noheader"): (Answer(status=429),),
    ("comment_author", "standin-timeout"): (replace(HAM, delay=HANG),),
    ("comment_author", "standin-garbage"): (GARBAGE,),
    ("comment_author", "standin-empty"): (Answer(""),),
    ("comment_author", "standin-whitespace"): (Answer("true\n"),),
    ("comment_author", "standin-recheck-120"): (PROVISIONAL,),
    ("comment_author", "standin-provisional-then-spam"): (PROVISIONAL, SPAM),
}


def comment_check(params: Params, checks: list[Record]) -> Answer:
    """Judge a comment, given the checks that got a verdict before it."""
    content = ("blog", "comment_content")
    earlier = sum(all(agree(params, check.params, name) for name in content) for check in checks)
    for (name, value), answers in TRIGGERS.items():
        if params.get(name) == value:
            return answers[min(earlier, len(answers) - 1)]
    trap = params.get("honeypot_field_name")
    return SPAM if trap and params.get(trap) else HAM


def check_headers(params: Params) -> dict[str, str]:
    """The headers of every answer to a comment-check, whatever it says."""
    headers = {"x-akismet-guid": uuid.uuid4().hex, "x-akismet-server": "127.0.0.1"}
    if params.get("classify") == "1":
        headers["x-akismet-classification"] = "standin"  # the real values are not public
    return headers


def is_verdict(record: Record) -> bool:
    answer = record.answer
    sent = record.call == "comment-check" and answer.status == 200 and not answer.drop
    return sent and answer.body.strip() in {"true", "false"}


# -- submit-* ---------------------------------------------------------------------------

IDENTIFYING = {"user_ip", "permalink", "comment_date_gmt", "comment_content"}
IDENTIFYING |= {"comment_author", "comment_author_email"}
NOT_REPEATED = {"api_key", "callback", "classify", "recheck_reason"}
NOT_REPEATED |= {"reporter", "comment_check_response", "site_domain"}


def agree(one: Params, other: Params, name: str) -> bool:
    return one.get(name) == other.get(name)


def likeness(one: Params, other: Params) -> float:
    sent = IDENTIFYING & (one.keys() | other.keys())
    return sum(agree(one, other, name) for name in sent) / max(len(sent), 1)


def compare(submission: Record, checks: list[Record]) -> None:
    """Mark on a submission how it differs from the check it is most like, the latest of equals.

    Half of the identifying values are enough: an edited comment must still find its check.
    A submission that finds none differs in all it sends.
    """
    params = submission.params
    alike = [check for check in reversed(checks) if likeness(params, check.params) >= 0.5]
    check = max(alike, key=lambda check: likeness(params, check.params), default=None)
    original = check.params if check else {}
    names = (params.keys() | original.keys()) - NOT_REPEATED
    submission.check_guid = check.answer.headers["x-akismet-guid"] if check else None
    submission.differing = sorted(name for name in names if not agree(params, original, name))
    submission.differs = bool(submission.differing)


# -- calls about an account -------------------------------------------------------------

SUBSCRIPTION = {"account_id": 1, "account_type": "business", "account_name": "Marginalia"}
SUBSCRIPTION |= {"status": "active", "next_billing_date": 1893456000, "limit_reached": False}
USAGE = {"limit": 350000, "usage": 7463, "percentage": "2.13", "throttled": False}
TOTALS = {"spam": 1890, "ham": 210, "missed_spam": 7, "false_positives": 2}
STATS = TOTALS | {"accuracy": "99.57", "time_saved": 18900, "breakdown": {"2022-09": TOTALS}}
SITE_COLUMNS = ("site", "api_calls", "spam", "ham", "missed_spam", "false_positives", "is_revoked")
SITES = [
    dict(zip(SITE_COLUMNS, row, strict=True))
    for row in (
        ("docs.example.org", "31", "1", "30", "0", "0", False),
        ("blog.example.com", "2072", "1800", "272", "7", "2", False),
        ("old.example.org", "400", "390", "10", "0", "4", True),
        ("shop.example.com", "1120", "100", "1020", "9", "1", False),
    )
]


def usage_limit(params: Params, _checks: list[Record]) -> Answer:
    extra = {"notice_level": "none", "upgrade": None}
    return as_json(USAGE | extra if params.get("extended") else USAGE)


def get_stats(params: Params, _checks: list[Record]) -> Answer:
    return as_json(STATS) if params.get("from") in {"60-days", "6-months", "all"} else Answer("")


def key_sites(params: Params, _checks: list[Record]) -> Answer:
    month = params.get("month") or datetime.now(UTC).strftime("%Y-%m")
    limit, offset = (
        int(params[name]) if params.get(name, "").isdecimal() else default
        for name, default in (("limit", 500), ("offset", 0))
    )
    order = params.get("order", "total")
    column = order if order in SITE_COLUMNS[2:6] else "api_calls"
    found = [site for site in SITES if params.get("filter", "") in site["site"]]
    found.sort(key=lambda site: int(site[column]), reverse=True)
    page, total = found[offset : offset + limit], len(found)
    if params.get("format") != "csv":
        return as_json({month: page, "limit": limit, "offset": offset, "total": total})
    span = f"(limit:{limit}, offset: {offset}, total: {total})"
    lines = [f"Active sites for {params.get('api_key', '')} during {month} {span}"]
    lines += ["Site,Total API Calls,Spam,Ham,Missed Spam,False Positives,Is Revoked"]
    lines += [",".join(str(value).lower() for value in site.values()) for site in page]
    return Answer("\n".join(lines) + "\n", {"content-type": "text/csv"})


# -- every call, and what each kind of key changes in it --------------------------------


@dataclass(frozen=True)
class Call:
    answer: Answer | Callable[[Params, list[Record]], Answer]
    needs: tuple[str, ...] = ("blog",)
    auth: tuple[str, ...] = ("key",)  # the parameters that may hold the key
    methods: tuple[str, ...] = ("POST",)


THANKS = Answer("Thanks for making the web a better place.")
CALLS = {
    "/1.1/verify-key": Call(Answer("valid"), auth=("key", "api_key")),
    "/1.1/comment-check": Call(comment_check, ("blog", "user_ip"), ("api_key",)),
    "/1.1/submit-spam": Call(THANKS, ("blog", "user_ip"), ("api_key",)),
    "/1.1/submit-ham": Call(THANKS, ("blog", "user_ip"), ("api_key",)),
    "/1.1/get-stats": Call(get_stats),
    "/1.1/get-subscription": Call(as_json(SUBSCRIPTION)),
    "/1.1/deactivate": Call(Answer("deactivated")),
    "/1.1/token": Call(Answer("standin-token")),
    "/1.2/usage-limit": Call(usage_limit, (), ("api_key",), ("GET", "POST")),
    "/1.2/key-sites": Call(key_sites, (), ("api_key",), ("GET", "POST")),
}


@dataclass(frozen=True)
class KeyKind:
    headers: dict[str, str] = field(default_factory=dict)  # added to every answer
    answers: dict[str, Answer] = field(default_factory=dict)  # by path, instead of the usual


KEY_KINDS = {  # by how the key begins; no other key is known
    "valid": KeyKind(),
    "suspended": KeyKind(
        headers={
            "x-akismet-alert-code": "10402",
            "x-akismet-alert-msg": "Your Akismet account is suspended for non-payment.",
        },
        answers={
            "/1.1/comment-check": HAM.adding({"x-akismet-error": "suspended"}),
            "/1.1/get-subscription": as_json(SUBSCRIPTION | {"status": "suspended"}),
        },
    ),
    "limit": KeyKind(
        headers={
            "x-akismet-alert-code": "10508",
            "x-akismet-alert-msg": "Your account is over its limit for the third month.",
            "x-akismet-api-calls": "612",
            "x-akismet-usage-limit": "500",
            "x-akismet-upgrade-plan": "Business",
            "x-akismet-upgrade-url": "https://akismet.com/pricing/",
            "x-akismet-upgrade-type": "self-serve",
            "x-akismet-upgrade-via-support": "false",
            "x-akismet-recommended-plan-name": "Business",
        },
        answers={
            "/1.1/get-subscription": as_json(SUBSCRIPTION | {"limit_reached": True}),
            "/1.2/usage-limit": as_json(
                USAGE | {"limit": 500, "usage": 612, "percentage": "122.40"}
            ),
        },
    ),
    "throttled": KeyKind(
        answers=dict.fromkeys(CALLS, Answer(headers={"retry-after": "60"}, status=429))
    ),
}


def find_key(record: Record, names: Iterable[str]) -> str:
    """The key in the first parameter that has one, else in a legacy host name, else ''."""
    legacy = LEGACY_HOST.fullmatch(record.headers.get("host", ""))
    sent = (record.params[name] for name in names if record.params.get(name))
    return next(sent, legacy[1] if legacy else "")


def kind_of(key: str) -> KeyKind | None:
    """The kind of a key, or None for one that Akismet does not know."""
    if key.startswith("valid") and len(key) != 12:
        return None
    return next((kind for start, kind in KEY_KINDS.items() if key.startswith(start)), None)


def refuse(reason: str) -> Answer:
    return Answer("invalid", {"x-akismet-debug-help": reason})


def usual_answer(record: Record, checks: list[Record]) -> Answer:
    """What Akismet says to a request, before any script has its way."""
    call, params = CALLS.get(record.path), record.params
    if call is None:
        return Answer("Not Found", status=404)
    if record.method not in call.methods:
        return Answer("Method Not Allowed", {"allow": ", ".join(call.methods)}, status=405)
    key = find_key(record, call.auth)
    if not key:
        return refuse(f'Empty "{call.auth[-1]}" value')
    kind = kind_of(key)
    if kind is None:
        return refuse("Unknown API key")
    for name in call.needs:
        if not params.get(name):
            return refuse(f'Empty "{name}" value')
    if "blog" in call.needs and not HOME_PAGE.match(params["blog"]):
        return refuse("We were unable to parse your blog URI")
    answer = kind.answers.get(record.path, call.answer)
    answer = answer if isinstance(answer, Answer) else answer(params, checks)
    return answer.adding(kind.headers)


# -- the server -------------------------------------------------------------------------

SCRIPTABLE = {item.name for item in fields(Answer)}


def read_step(step: dict[str, Any]) -> dict[str, Any]:
    """Check one scripted answer; raises ValueError or TypeError if it is not one."""
    if not isinstance(step, dict) or not step.keys() <= SCRIPTABLE:
        raise ValueError(f"a scripted answer holds only {sorted(SCRIPTABLE)}, not {step!r}")
    headers = {name.lower(): str(value) for name, value in dict(step.get("headers", {})).items()}
    return step | {"headers": headers}


class AkismetServer:
    """The stand-in, which listens between start() and close(), or inside ``with``.

    ``port`` 0 takes a free one. ``hang_seconds``, also an attribute to set, is how long
    the standin-timeout trigger sleeps. Every method may be called from any thread.
    """

    def __init__(self, port: int = 0, *, hang_seconds: float = 30.0, quiet: bool = True) -> None:
        self.port, self.hang_seconds, self.quiet = port, hang_seconds, quiet
        self._lock = threading.Lock()
        self._log: list[Record] = []
        self._script: deque[dict[str, Any]] = deque()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def start(self) -> None:
        """Listen; raises OSError if the port is taken."""
        self._wake = threading.Event()
        self._listener = Listener(self)
        self.port = self._listener.server_port
        # The default poll would make close() last up to half a second.
        threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Stop listening, end every sleep, hang up on every client. The log stays readable."""
        self._listener.shutdown()
        self._listener.server_close()
        self._wake.set()
        self._listener.hang_up()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> list[Record]:
        """Every request so far, oldest first, but for those that read or steer the server."""
        with self._lock:
            return list(self._log)

    def calls(self, call: str) -> list[Record]:
        return [record for record in self.log if record.call == call]

    def script(self, steps: Iterable[dict[str, Any]]) -> None:
        """Queue answers for the next requests, one each, whichever call they make.

        A step may hold status, body, headers, delay and drop. What it leaves out stays as
        it would have been, and its headers are added to those that would have been sent.
        """
        checked = [read_step(step) for step in steps]
        with self._lock:
            self._script.extend(checked)

    def reset(self) -> None:
        """Forget the log and the script; end every sleep, without an answer."""
        with self._lock:
            self._log.clear()
            self._script.clear()
            self._wake.set()
            self._wake = threading.Event()

    def receive(self, record: Record) -> threading.Event:
        """Decide on an answer and log it; the event is set once it must not be sent any more."""
        with self._lock:
            checks = [earlier for earlier in self._log if is_verdict(earlier)]
            answer = usual_answer(record, checks)
            if record.call == "comment-check":
                answer = answer.adding(check_headers(record.params))
            elif record.call.startswith("submit-"):
                compare(record, checks)
            if self._script:
                step = self._script.popleft()
                answer = replace(answer, **step | {"headers": answer.headers | step["headers"]})
            if answer.delay == HANG:
                answer = replace(answer, delay=self.hang_seconds)
            record.answer = answer
            self._log.append(record)
            return self._wake


def show_log(server: AkismetServer, _body: str) -> Answer:
    return as_json([asdict(record) for record in server.log])


def add_script(server: AkismetServer, body: str) -> Answer:
    try:
        server.script(json.loads(body))
    except (TypeError, ValueError) as error:
        return Answer(str(error), status=400)
    return Answer("queued")


def reset(server: AkismetServer, _body: str) -> Answer:
    server.reset()
    return Answer("reset")


CONTROLS = {
    ("GET", "/_log"): show_log,
    ("POST", "/_script"): add_script,
    ("POST", "/_reset"): reset,
}


class Listener(ThreadingHTTPServer):
    """The socket side. Its threads are daemons, so no sleeping one keeps a program alive."""

    # With the usual 5, clients that come all at once wait for the kernel to try again.
    request_queue_size = 128

    def __init__(self, owner: AkismetServer) -> None:
        self.owner = owner
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", owner.port), Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Without this, kept-alive connections would be answered after the server closed."""
        for connection in self.connections.copy():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that gave up waiting is what half of the triggers are for.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes, and the second would wait
    server: Listener

    def do_POST(self) -> None:
        owner = self.server.owner
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0))).decode(errors="replace")
        if control := CONTROLS.get((self.command, path)):
            self.send(control(owner, body))
            return
        params = read_params(self.command, query, headers.get("content-type", ""), body)
        call = path.rpartition("/")[2]
        record = Record(self.command, path, call, headers, body, params)
        unwanted = owner.receive(record)
        answer = record.answer
        self.log_message("%s %s -> %d %.40s", self.command, path, answer.status, answer.body)
        if unwanted.wait(answer.delay) or answer.drop:
            self.close_connection = True
        else:
            self.send(answer)

    do_GET = do_POST  # noqa: N815  (the name http.server calls)

    def send(self, answer: Answer) -> None:
        payload = answer.body.encode()
        usual = {"content-type": "text/plain; charset=utf-8", "content-length": str(len(payload))}
        self.send_response_only(answer.status)
        for name, value in (usual | answer.headers).items():
            self.send_header(name.capitalize(), value)
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: Any) -> None:
        if not self.server.owner.quiet:
            super().log_message(format, *args)


def main() -> None:
    parser = argparse.ArgumentParser(description="A stand-in for Akismet, on loopback only.")
    parser.add_argument("--port", type=int, default=8765, help="0 takes a free one")
    parser.add_argument("--quiet", action="store_true", help="print no line for each request")
    options = parser.parse_args()
    # Blocked before any thread starts, so that the signals are left for sigwait() to take.
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    with AkismetServer(options.port, quiet=options.quiet) as server:
        print(f"Akismet stand-in on {server.url}", flush=True)
        signal.sigwait(ends)


if __name__ == "__main__":
    main()
