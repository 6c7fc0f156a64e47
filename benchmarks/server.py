"""`make bench`: what a running server answers, side by side in one run.

Each contender runs on one granian worker, one after the other, and is asked for the same page by a
few keep-alive clients: a bare WSGI function with the very bytes of our page, then our site from its
page cache (whole and as a 304), then our site without it. Prints requests a second, p50 and p99 in
milliseconds, the server's CPU time a request in microseconds, and the ratio to the bare function.
"""

import multiprocessing
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ARTICLE = "/articles/ai-inference-vs-training/"
CLIENTS, SECONDS = 4, 4.0
TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Result:
    """One contender's figures; times in seconds."""

    name: str
    requests: int
    seconds: float
    times: list[float]
    cpu: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    def row(self, bare: "Result") -> str:
        times = sorted(self.times)
        p99 = times[int(len(times) * 0.99)]
        return (
            f"{self.name:34}{self.rate:10,.0f}{statistics.median(times) * 1e3:9.2f}"
            f"{p99 * 1e3:9.2f}{self.cpu / self.requests * 1e6:12,.0f}{self.rate / bare.rate:9.2f}"
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
             "--blocking-threads", "2", "--no-access-log", "--log-level", "error", application],
            cwd=ROOT, env=os.environ | environment, start_new_session=True,
        )  # fmt: skip

    def __enter__(self) -> "Server":
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise SystemExit("The server did not start.")

    def __exit__(self, *_error: object) -> None:
        self._process.terminate()
        self._process.wait(20)

    def cpu_seconds(self) -> float:
        """Return the CPU time of the server's processes so far."""
        total = 0.0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue  # gone meanwhile
            if int(fields[2]) == self._process.pid:  # the process group
                total += (int(fields[11]) + int(fields[12])) / TICK
        return total


def request_of(port: int, path: str, *headers: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Accept-Encoding: br", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def exchange(line: socket.socket, request: bytes) -> bytes:
    """Send a request and read one whole answer."""
    line.sendall(request)
    answer = line.recv(65_536)
    while b"\r\n\r\n" not in answer:
        answer += line.recv(65_536)
    head, _blank, body = answer.partition(b"\r\n\r\n")
    length = 0
    for each in head.lower().split(b"\r\n"):
        if each.startswith(b"content-length:"):
            length = int(each[15:])
    while len(body) < length:
        part = line.recv(65_536)
        body, answer = body + part, answer + part
    return answer


def _client(port: int, request: bytes, seconds: float, times: "multiprocessing.Queue") -> None:
    took = []
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        exchange(line, request)
        end = time.perf_counter() + seconds
        while (started := time.perf_counter()) < end:
            exchange(line, request)
            took.append(time.perf_counter() - started)
    times.put(took)


def measure(name: str, server: Server, request: bytes) -> Result:
    context = multiprocessing.get_context("fork")
    queue: multiprocessing.Queue = context.Queue()
    clients = [
        context.Process(target=_client, args=(server.port, request, SECONDS, queue))
        for _ in range(CLIENTS)
    ]
    before, started = server.cpu_seconds(), time.perf_counter()
    for client in clients:
        client.start()
    times = [each for _ in clients for each in queue.get()]
    for client in clients:
        client.join()
    return Result(
        name, len(times), time.perf_counter() - started, times, server.cpu_seconds() - before
    )


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="marginalia-bench-") as folder:
        environment = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "STATIC_ROOT": f"{folder}/static",
            "MEDIA_ROOT": f"{folder}/media",
            "ALLOWED_HOSTS": "127.0.0.1",
            "DEMO_PASSWORD": "bench-only-1",
            "LOG_LEVEL": "ERROR",
            "BARE_BODY": f"{folder}/body",
        }
        for command in (["migrate"], ["load_demo"], ["collectstatic", "--no-input"]):
            subprocess.run(
                [sys.executable, "manage.py", *command, "-v0"],
                cwd=ROOT, env=os.environ | environment, check=True, stdout=subprocess.DEVNULL,
            )  # fmt: skip
        results = _run(folder, environment)
    bare = results[0]
    print(f"{'':34}{'req/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs/req':>12}{'ratio':>9}")
    for result in results:
        print(result.row(bare))


def _run(folder: str, environment: dict[str, str]) -> list[Result]:
    results = []
    with Server("config.wsgi:application", environment) as ours:
        with socket.create_connection(("127.0.0.1", ours.port)) as line:
            answer = exchange(line, request_of(ours.port, ARTICLE))
        head, _blank, body = answer.partition(b"\r\n\r\n")
        Path(folder, "body").write_bytes(body)
        etag = next(
            each.split(b": ", 1)[1].decode()
            for each in head.split(b"\r\n")
            if each.lower().startswith(b"etag:")
        )
        with Server("benchmarks.bare:application", environment) as bare:
            results.append(measure("bare function, same bytes", bare, request_of(bare.port, "/")))
        results.append(measure("our article, kept", ours, request_of(ours.port, ARTICLE)))
        results.append(measure("our list, kept", ours, request_of(ours.port, "/")))
        known = request_of(ours.port, ARTICLE, f"If-None-Match: {etag}")
        results.append(measure("our article, 304", ours, known))
    with Server("config.wsgi:application", environment | {"PAGE_CACHE_BYTES": "0"}) as ours:
        for name, path in (("article", ARTICLE), ("list", "/"), ("tag", "/tags/valuation/")):
            results.append(
                measure(f"our {name}, made each time", ours, request_of(ours.port, path))
            )
    return results


if __name__ == "__main__":
    main()
