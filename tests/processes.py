"""The site in processes of its own, on the database of the tests: started, killed, started anew."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import httpx
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
BOUND = 30  # seconds; only a broken program needs as many


def database_url() -> str:
    """Return the address of the database of the tests, for another process."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    user, password, host = (quote(database[name], safe="") for name in ("USER", "PASSWORD", "HOST"))
    port = f":{database['PORT']}" if database["PORT"] else ""
    return f"postgres://{user}:{password}@{host}{port}/{database['NAME']}"


def wait_until(condition: Callable[[], Any], what: str, *, seconds: float = BOUND) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.02)


class Site:
    """A web server and a worker, as the Procfile names them; what they say goes to `log`."""

    def __init__(self, folder: Path, akismet_url: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "site.log"
        self._environment = os.environ | {
            "DATABASE_URL": database_url(),
            "AKISMET_API_URL": akismet_url,
            "SITE_URL": self.url,
            "SECURE_SSL_REDIRECT": "false",
            # Each reader of these tests sends an address of their own.
            "TRUSTED_PROXIES": "127.0.0.1",
            "DEBUG": "true",  # no collected files are needed for what is tested here
        }
        granian = str(Path(sys.executable).with_name("granian"))
        self._commands = {
            "web": [
                granian, "--interface", "wsgi", "--port", str(self.port), "--blocking-threads", "8",
                "--backlog", "1024", "--no-access-log", "--log-level", "warning",
                "config.wsgi:application",
            ],
            "worker": [sys.executable, "manage.py", "work"],
        }  # fmt: skip
        self._processes: dict[str, subprocess.Popen] = {}

    def __enter__(self) -> Self:
        for name in self._commands:
            self.start(name)
        self.wait_for_web()
        return self

    def __exit__(self, *_error: object) -> None:
        for name in self._commands:
            self.kill(name)

    def start(self, name: str) -> None:
        with self.log.open("ab") as log:
            self._processes[name] = subprocess.Popen(
                self._commands[name],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that granian's own worker dies with it
            )

    def kill(self, name: str) -> None:
        """End a process and its children at once, without a word."""
        process = self._processes.pop(name, None)
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(BOUND)

    def wait_for_web(self) -> None:
        def answers() -> bool:
            try:
                return httpx.get(f"{self.url}/livez", timeout=2).status_code == 200
            except httpx.HTTPError:
                return False

        wait_until(answers, "the web server answers")


class Reader:
    """One reader at one machine, who presses the button again until the site has answered."""

    def __init__(self, site: Site, number: int) -> None:
        self.address = f"{site.url}/articles/load/comments/"
        self.number = number
        # A network of their own (RFC 2544 sets 198.18.0.0/15 aside for load tests).
        self.headers = {
            "Origin": site.url,
            "Sec-Fetch-Site": "same-origin",
            "X-Forwarded-For": f"198.{18 + number // 65_536}.{number // 256 % 256}.{number % 256}",
        }

    def fields(self, text: str, key: str) -> dict[str, str]:
        return {
            "text": text,
            "name": f"Reader {self.number}",
            "email": f"reader{self.number}@example.com",
            "key": key,
        }
