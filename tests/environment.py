"""Loaded by pytest before anything else (`-p tests.environment`): the surroundings of a test run.

Settings come from here alone, never from the machine's own environment, but for DATABASE_URL.
"""

import atexit
import gc
import os
import re
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Any

from environs import Env
from hypothesis import settings as hypothesis

FOLDER = Path(tempfile.mkdtemp(prefix="marginalia-tests-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)

SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "SECRET_KEY": "tests-only-" + "k" * 40,
    "SITE_URL": "http://testserver",
    "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
    "AKISMET_API_KEY": "valid-key-01",
    # Nobody listens there: a test that means to be answered starts a stand-in.
    "AKISMET_API_URL": "http://127.0.0.1:9",
    "LOG_LEVEL": "WARNING",
    "MEDIA_ROOT": str(FOLDER / "media"),
    "STATIC_ROOT": str(FOLDER / "static"),
}
# Whatever else the settings read: a house test holds that the example names it all.
EXAMPLE = (Path(__file__).parent.parent / ".env.example").read_text()
UNSET = {*re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE)} - {*SETTINGS, "DATABASE_URL"}

(FOLDER / "static").mkdir()
os.environ.update(SETTINGS)
os.environ.setdefault("DATABASE_URL", f"sqlite:///{FOLDER / 'db.sqlite3'}")
for name in UNSET:
    os.environ.pop(name, None)
# The same examples every time: a red run must be red again for whoever looks into it.
hypothesis.register_profile("house", derandomize=True, deadline=None)
hypothesis.load_profile("house")
# A developer's own .env must not decide whether tests pass.
Env.read_env = lambda *args, **kwargs: None  # type: ignore[assignment,method-assign]
# Playwright keeps an event loop running in the thread of the tests; Django would refuse to work.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def _only_loopback(connect: Any) -> Any:
    def checked(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = address[0]
            if host not in ("127.0.0.1", "::1", "localhost"):
                raise RuntimeError(f"a test tried to reach {host!r}; only loopback is allowed")
        return connect(self, address)

    return checked


socket.socket.connect = _only_loopback(socket.socket.connect)  # type: ignore[method-assign]
socket.socket.connect_ex = _only_loopback(socket.socket.connect_ex)  # type: ignore[method-assign]


def pytest_collection_finish() -> None:
    """Look for garbage more rarely, and not among what was loaded: a sixteenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
