"""`make demo`: the whole site in one terminal, on SQLite, with sample content.

Starts what the Procfile names, and the stand-in Akismet unless a real key is set. Everything it
writes lies in var/demo (or DEMO_FOLDER); no other database is touched. One Ctrl-C stops it all.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

from environs import Env

BASE_DIR = Path(__file__).resolve().parent.parent
FOLDER = Path(os.environ.get("DEMO_FOLDER", BASE_DIR / "var" / "demo")).resolve()
STAND_IN_KEY = "valid-demo-1"
START_SECONDS, STOP_SECONDS = 30, 20


class Demo:
    """The processes of one run, and the environment that they share."""

    def __init__(self) -> None:
        Env().read_env(BASE_DIR / ".env", recurse=False)
        self.port = _free_port(os.environ.get("PORT", "8000"))
        FOLDER.mkdir(parents=True, exist_ok=True)
        self.password = os.environ.get("DEMO_PASSWORD") or _kept("password", 9)
        self.site = f"http://127.0.0.1:{self.port}"
        self.stand_in = not os.environ.get("AKISMET_API_KEY")
        self.processes: list[subprocess.Popen] = []
        os.environ |= {
            "SECRET_KEY": os.environ.get("SECRET_KEY") or _kept("secret-key", 48),
            "SITE_URL": os.environ.get("SITE_URL") or self.site,
            "ALLOWED_HOSTS": os.environ.get("ALLOWED_HOSTS") or "127.0.0.1,localhost",
            "DATABASE_URL": f"sqlite:///{FOLDER / 'db.sqlite3'}",
            "MEDIA_ROOT": str(FOLDER / "media"),
            "STATIC_ROOT": str(FOLDER / "static"),
            "PRIVACY_CONTACT": os.environ.get("PRIVACY_CONTACT") or "privacy@example.com",
            "EMAIL_URL": os.environ.get("EMAIL_URL") or f"file://{FOLDER / 'mail'}",
            "DEMO_PASSWORD": self.password,
        }

    def run(self) -> int:
        """Prepare, start, tell where to look, and stay until stopped. Returns the exit status."""
        for command in (["migrate"], ["load_demo"], ["collectstatic", "--no-input"]):
            _manage(*command)
        try:
            if self.stand_in:
                self._start_stand_in()
            self._start("granian", "--interface", "wsgi", "--port", str(self.port),
                        "--blocking-threads", "2", "--log-level", "warning",
                        "--static-path-route", "/media",
                        "--static-path-mount", str(FOLDER / "media"),
                        "config.wsgi:application")  # fmt: skip
            self._start("manage.py", "work")
            if not self._wait_until_ready():
                return 1
            print(self._welcome(), flush=True)
            return self._watch()
        except KeyboardInterrupt:
            return 0
        finally:
            self._stop()

    def _start_stand_in(self) -> None:
        port = _free_port("0")
        os.environ |= {
            "AKISMET_API_KEY": STAND_IN_KEY,
            "AKISMET_API_URL": f"http://127.0.0.1:{port}",
        }
        self._start("-m", "tests.akismet_server", "--port", str(port), "--quiet", silent=True)

    def _start(self, *command: str, silent: bool = False) -> None:
        """Start a Python program in a group of its own, so that Ctrl-C comes to us alone."""
        program = [str(Path(sys.executable).with_name(command[0]))]
        if command[0] in ("-m", "manage.py"):
            program = [sys.executable, command[0]]
        self.processes.append(
            subprocess.Popen(
                [*program, *command[1:]],
                cwd=BASE_DIR,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL if silent else None,
            )
        )

    def _wait_until_ready(self) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and not self._ended():
            try:
                with urlopen(f"{self.site}/readyz", timeout=2):  # noqa: S310  (our own address)
                    return True
            except (URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        print("The site did not start; what it said stands above.", file=sys.stderr)
        return False

    def _watch(self) -> int:
        while not self._ended():
            time.sleep(0.3)
        print("A part of the demo ended by itself; stopping the rest.", file=sys.stderr)
        return 1

    def _ended(self) -> bool:
        return any(process.poll() is not None for process in self.processes)

    def _stop(self) -> None:
        for process in self.processes:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self.processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
        if self.processes:
            print("Stopped.")

    def _welcome(self) -> str:
        judge = (
            "the stand-in from tests/; set AKISMET_API_KEY to ask the real one"
            if self.stand_in
            else "the real one, with your key"
        )
        email = os.environ["EMAIL_URL"]
        mail = f"as files in {FOLDER / 'mail'}" if email.startswith("file:") else "sent"
        return f"""
  Marginalia is running. Ctrl-C stops it.

    Site      {self.site}/
    Admin     {self.site}/admin/
    Desk      {self.site}/moderation/

    Logins    editor, moderator, admin
    Password  {self.password}

    Akismet   {judge}
    Mail      {mail}
    To see spam, post a comment under the name akismet-guaranteed-spam.
"""


def _free_port(wanted: str) -> int:
    """Return the port if nobody uses it ("0": any that is free); else end with one clear line."""
    if not wanted.isdigit() or int(wanted) > 65535:
        sys.exit(f"PORT must be a number up to 65535, not {wanted!r}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(wanted)))
        except OSError as error:
            sys.exit(f"Port {wanted} cannot be used ({error.strerror}). Try: make demo PORT=8001")
        return probe.getsockname()[1]


def _kept(name: str, size: int) -> str:
    """Return a random text that stays the same from one run to the next."""
    path = FOLDER / name
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(size))
    return path.read_text()


def _manage(*command: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", *command], cwd=BASE_DIR, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"manage.py {command[0]} failed:\n{done.stdout}{done.stderr}")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    # SIGINT too: a shell that starts us in the background has told us to ignore it.
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        sys.exit(Demo().run())
    except KeyboardInterrupt:
        sys.exit(0)
