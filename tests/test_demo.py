"""`make demo` without make: starts, shows the site, refuses a port in use, stops as one."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

BASE_DIR = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers={"Host": "127.0.0.1"})
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
    finally:
        connection.close()


def start(folder: Path, port: int) -> subprocess.Popen:
    """Start the demo as a newcomer's shell would, and with a database that is not its own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    with (folder / "output").open("a") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "config.demo"],
            cwd=BASE_DIR,
            env={
                **kept,
                "DEMO_FOLDER": str(folder / "demo"),
                "DEMO_PASSWORD": "a-demo-password",
                "PORT": str(port),
                "DATABASE_URL": f"sqlite:///{folder / 'mine.sqlite3'}",
            },
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder: Path) -> Iterator[tuple[subprocess.Popen, int]]:
    port = free_port()
    process = start(folder, port)
    deadline = time.monotonic() + 100
    while "is running" not in (folder / "output").read_text():
        assert process.poll() is None, (folder / "output").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.2)
    yield process, port
    if process.poll() is None:
        process.kill()


def test_it_shows_the_site_the_pictures_and_the_style(demo):
    _process, port = demo
    page = fetch(port, "/")[1]
    addresses = [part.partition('"')[0] for part in page.split('src="')[1:]]
    addresses += [part.partition('"')[0] for part in page.split('href="')[1:]]
    pictures = [address for address in addresses if address.startswith("/media/")]
    styles = [address for address in addresses if address.endswith(".css")]
    assert pictures
    assert styles
    for address in (pictures[0], styles[0], "/articles/ai-inference-vs-training/", "/admin/login/"):
        assert fetch(port, address)[0] == 200
    assert fetch(port, "/nothing-here/")[0] == 404


def test_it_says_what_to_open(demo, folder):
    _process, port = demo
    said = (folder / "output").read_text()
    for words in (
        f"http://127.0.0.1:{port}/moderation/",
        f"http://127.0.0.1:{port}/admin/",
        "editor, moderator, admin",
        "a-demo-password",
        "akismet-guaranteed-spam",
        f"Mail      as files in {folder / 'demo' / 'mail'}",
    ):
        assert words in said


def test_it_touches_no_database_but_its_own(demo, folder):
    assert (folder / "demo" / "db.sqlite3").exists()
    assert not (folder / "mine.sqlite3").exists()


def test_a_port_in_use_is_one_clear_line(demo, folder):
    _process, port = demo
    (folder / "second").mkdir()
    second = start(folder / "second", port)
    assert second.wait(30) == 1
    said = (folder / "second" / "output").read_text().splitlines()
    assert said == [
        f"Port {port} cannot be used (Address already in use). Try: make demo PORT=8001"
    ]


def test_one_signal_stops_it_all(demo, folder):
    process, port = demo
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert "Stopped." in (folder / "output").read_text()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
