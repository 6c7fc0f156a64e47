"""`make bench`: what a running server answers, side by side in one run.

Three servers run at once, each on one granian worker with one blocking thread (two that are busy
fight for Python's lock, which costs half as much CPU again): a bare WSGI function with the very
bytes of our page, headers and all; our site with its page cache; and our site without it. A few
keep-alive clients ask for one page after the other, round after round, so that a busy machine slows
all alike. Prints requests a second, p50 and p99 in milliseconds, the server's CPU time a request in
milliseconds, the ratio to the bare function, and whether each keeps to its bound. Queries are
counted by `benchmarks.pages`.

Then the memory of a worker that has answered BENCH_REQUESTS (100,000) for a mix of pages, every
tenth of which it has never seen: its page cache is full then.
"""

import multiprocessing
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count, cycle
from pathlib import Path
from urllib.parse import urlencode

from benchmarks import site

ROOT = Path(__file__).resolve().parent.parent
ARTICLE, LIST, TAG = f"/articles/{site.DISCUSSED}/", "/", "/tags/valuation/"
CLIENTS, ROUNDS, SECONDS = 4, 4, 1.0
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "100000"))
#: One in so many of the mix is made anew.
NEW = 10
TICK = os.sysconf("SC_CLK_TCK")
MEMORY_MB = 120
#: As in deploy/.
AS_DEPLOYED = {"MALLOC_ARENA_MAX": "1"}

#: The next request of a client, by its number.
Requests = Callable[[int], Iterator[bytes]]
Queue = multiprocessing.Queue
Bound = tuple[str, Callable[["Result", "Result"], bool]]


@dataclass
class Result:
    """One contender's figures; times in seconds."""

    times: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    @property
    def cpu_ms(self) -> float:
        return self.cpu / len(self.times) * 1e3

    def row(self, bare: "Result") -> str:
        p99 = sorted(self.times)[int(len(self.times) * 0.99)]
        return (
            f"{self.rate:9,.0f}{statistics.median(self.times) * 1e3:9.2f}{p99 * 1e3:9.2f}"
            f"{self.cpu_ms:10.3f}{self.rate / bare.rate:8.2f}"
        )


class Server:
    """One granian worker, on a port of its own, until the block ends."""

    def __init__(self, application: str, environment: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        granian = str(Path(sys.executable).with_name("granian"))
        self._process = subprocess.Popen(
            [granian, "--interface", "wsgi", "--port", str(self.port), "--workers", "1",
             "--blocking-threads", "1", "--no-access-log", "--log-level", "error", application],
            cwd=ROOT, env=os.environ | AS_DEPLOYED | environment, start_new_session=True,
        )  # fmt: skip

    def __enter__(self) -> "Server":
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as line:
                    exchange(line, get(self.port, "/livez"))
                return self
            except OSError:
                time.sleep(0.05)
        os.killpg(self._process.pid, signal.SIGKILL)
        raise SystemExit("The server did not start.")

    def __exit__(self, *_error: object) -> None:
        self._process.terminate()
        self._process.wait(20)

    def _members(self) -> Iterator[Path]:
        """Yield the folders in /proc of the server's processes."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # gone meanwhile
            if int(fields[2]) == self._process.pid:  # the process group
                yield folder

    def cpu_seconds(self) -> float:
        """Return the CPU time of the server's processes so far."""
        total = 0.0
        for folder in self._members():
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / TICK
        return total

    def worker_mb(self) -> float:
        """Return the memory of the worker: of the largest process."""
        sizes = [
            int(line.split()[1])
            for folder in self._members()
            for line in (folder / "status").read_text().splitlines()
            if line.startswith("VmRSS:")
        ]
        return max(sizes) / 1024


def get(port: int, path: str, *headers: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Accept-Encoding: br", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def always(request: bytes) -> Requests:
    return lambda _client: cycle([request])


def comments(port: int) -> Requests:
    """A comment that nobody has written before, each time."""

    def each(client: int) -> Iterator[bytes]:
        for number in count():
            who = f"{client}.{time.monotonic_ns()}"
            text = f"A thought of about the usual length, number {number} of reader {who}."
            fields = {"name": f"Reader {client}", "email": f"{who}@example.com", "text": text}
            body = urlencode(fields)
            lines = (
                f"POST /articles/{site.QUIET}/comments/ HTTP/1.1",
                f"Host: 127.0.0.1:{port}",
                "Sec-Fetch-Site: same-origin",
                "Content-Type: application/x-www-form-urlencoded",
                f"Content-Length: {len(body)}",
            )
            yield "\r\n".join([*lines, "", body]).encode()

    return each


def mix(port: int, addresses: list[str]) -> Requests:
    """Every page by turns, and each NEWth time one that nobody has asked for before."""

    def each(client: int) -> Iterator[bytes]:
        kept = cycle(get(port, address) for address in addresses)
        for number in count():
            if number % NEW:
                yield next(kept)
            else:
                yield get(port, f"{ARTICLE}?replytocom={number * CLIENTS + client}")

    return each


def exchange(line: socket.socket, request: bytes) -> bytes:
    """Send a request and read one whole answer."""
    line.sendall(request)
    answer = line.recv(65_536)
    while b"\r\n\r\n" not in answer:
        if not (part := line.recv(65_536)):
            raise ConnectionError("the server hung up")
        answer += part
    head, _blank, body = answer.partition(b"\r\n\r\n")
    length = 0
    for each in head.lower().split(b"\r\n"):
        if each.startswith(b"content-length:"):
            length = int(each[15:])
    while len(body) < length:
        part = line.recv(65_536)
        body, answer = body + part, answer + part
    return answer


def _client(port: int, requests: Iterator[bytes], most: int, seconds: float, times: Queue) -> None:
    took: list[float] = []
    statuses = set()
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        exchange(line, next(requests))
        end = time.perf_counter() + seconds
        while len(took) < most and (started := time.perf_counter()) < end:
            answer = exchange(line, next(requests))
            took.append(time.perf_counter() - started)
            statuses.add(answer[9:12].decode())
    times.put((took, statuses))


def ask(server: Server, requests: Requests, expected: str, result: Result, **limits: float) -> None:
    """Let the clients ask, and add what they saw to `result`."""
    context = multiprocessing.get_context("fork")
    queue: Queue = context.Queue()
    most, seconds = int(limits.get("most", sys.maxsize)), limits.get("seconds", SECONDS)
    clients = [
        context.Process(target=_client, args=(server.port, requests(number), most, seconds, queue))
        for number in range(CLIENTS)
    ]
    before, started = server.cpu_seconds(), time.perf_counter()
    for client in clients:
        client.start()
    for _ in clients:
        times, statuses = queue.get(timeout=seconds + 60)
        if statuses != {expected}:
            raise SystemExit(f"expected {expected}, got {', '.join(sorted(statuses))}")
        result.times += times
    result.seconds += time.perf_counter() - started
    for client in clients:
        client.join()
    result.cpu += server.cpu_seconds() - before


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="marginalia-bench-") as folder:
        environment = site.settings_in(folder) | {
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "ALLOWED_HOSTS": "127.0.0.1",
            "BARE_ANSWER": f"{folder}/answer",
        }
        filled = subprocess.run(
            [sys.executable, "-m", "benchmarks.site"],
            cwd=ROOT, env=os.environ | environment, check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        with (
            Server("config.wsgi:application", environment) as ours,
            Server("config.wsgi:application", environment | {"PAGE_CACHE_BYTES": "0"}) as anew,
        ):
            with socket.create_connection(("127.0.0.1", ours.port)) as line:
                answer = exchange(line, get(ours.port, ARTICLE))
            Path(folder, "answer").write_bytes(answer)
            with Server("benchmarks.bare:application", environment) as bare:
                _compare(bare, ours, anew, _etag(answer))
            _remember(ours, filled.stdout.split())


def _etag(answer: bytes) -> str:
    head = answer.partition(b"\r\n\r\n")[0]
    named = (line for line in head.split(b"\r\n") if line.lower().startswith(b"etag:"))
    return next(named).split(b": ", 1)[1].decode()


def _compare(bare: Server, ours: Server, anew: Server, etag: str) -> None:
    """Ask for each page in each round, and print what came of it."""

    def kept(result: Result, other: Result) -> bool:
        return result.rate >= 0.8 * other.rate

    def cpu(most: float) -> Bound:
        return f"≤ {most:.0f} ms CPU", lambda result, _bare: result.cpu_ms <= most

    of_kept: Bound = ("≥ 0.8 × bare", kept)
    known = get(ours.port, ARTICLE, f"If-None-Match: {etag}")
    at = anew.port
    # What is asked of whom, the status expected, and the bound.
    contenders: dict[str, tuple[Server, Requests, str, Bound | None]] = {
        "bare function, same bytes": (bare, always(get(bare.port, "/")), "200", None),
        "article, kept": (ours, always(get(ours.port, ARTICLE)), "200", of_kept),
        "list, kept": (ours, always(get(ours.port, LIST)), "200", of_kept),
        "article, kept, 304": (ours, always(known), "304", of_kept),
        f"article, {site.COMMENTS} comments": (anew, always(get(at, ARTICLE)), "200", cpu(4)),
        "list": (anew, always(get(at, LIST)), "200", cpu(3)),
        "tag": (anew, always(get(at, TAG)), "200", None),
        "search": (anew, always(get(at, "/search/?q=inference")), "200", None),
        "taking in a comment": (anew, comments(at), "302", None),
    }
    results = {name: Result() for name in contenders}
    for _round in range(ROUNDS):
        for name, (server, requests, expected, _bound) in contenders.items():
            ask(server, requests, expected, results[name])
    first = next(iter(results.values()))
    print(f"{'':26}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms':>10}{'ratio':>8}  bound")
    for name, (_server, _requests, _expected, bound) in contenders.items():
        said = f"{bound[0]} {'ok' if bound[1](results[name], first) else 'over'}" if bound else ""
        print(f"{name:26}{results[name].row(first)}  {said}".rstrip(), flush=True)


def _remember(server: Server, addresses: list[str]) -> None:
    """Print what a worker holds when it starts, and after so many requests."""
    before, result = server.worker_mb(), Result()
    ask(server, mix(server.port, addresses), "200", result, most=REQUESTS // CLIENTS, seconds=600)
    after = server.worker_mb()
    print(
        f"\nmemory of a worker: {before:.0f} MB, after {len(result.times):,} requests"
        f" {after:.0f} MB  ≤ {MEMORY_MB} MB {'ok' if after <= MEMORY_MB else 'over'}"
    )


if __name__ == "__main__":
    main()
