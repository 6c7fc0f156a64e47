"""A throw-away PostgreSQL: a cluster in a temporary folder, on a Unix socket, gone afterwards."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

#: Where packages put the server's programs, which are rarely on the PATH.
PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")
OPTIONS = "-c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off"


def find_binaries() -> Path | None:
    """Return the folder of `initdb` and `pg_ctl`, of the newest server found, or None."""
    found = [path.parent for place in PLACES for path in Path("/").glob(f"{place[1:]}/initdb")]
    on_path = shutil.which("initdb")
    if on_path:
        found.append(Path(on_path).resolve().parent)
    found = [folder for folder in found if (folder / "pg_ctl").exists()]
    return max(found, key=lambda folder: _version(folder.parent.name), default=None)


def _version(name: str) -> int:
    digits = "".join(character for character in name if character.isdigit())
    return int(digits or 0)


@contextmanager
def cluster(binaries: Path) -> Iterator[str]:
    """Start a cluster and yield the DATABASE_URL of its one database."""
    # The socket's path may be about 100 characters long, so not below a long TMPDIR.
    folder = Path(tempfile.mkdtemp(prefix="mg-", dir="/tmp"))
    who = _somebody_else(folder)
    data = folder / "data"
    try:
        _run(
            who,
            folder,
            binaries / "initdb",
            *("-D", data, "-U", "marginalia", "-A", "trust", "-E", "UTF8", "--no-sync"),
            "--locale=C",
        )
        _run(
            who,
            folder,
            binaries / "pg_ctl",
            *("-D", data, "-w", "-l", folder / "log", "-o", f"{OPTIONS} -k {folder}", "start"),
        )
        try:
            yield f"postgres://marginalia@{quote(str(folder), safe='')}/postgres"
        finally:
            _run(who, folder, binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _somebody_else(folder: Path) -> dict[str, Any]:
    """Return how to run as another user when we are root, which PostgreSQL refuses to be."""
    if os.geteuid():
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, user.pw_uid, user.pw_gid)
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise RuntimeError("PostgreSQL cannot run as root, and there is no user it could run as")


def _run(who: dict[str, Any], folder: Path, *command: object) -> None:
    # pg_ctl hands its output to the server, which would keep a pipe open: so a file.
    with (folder / "output").open("a+") as output:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            **who,
        )
        if done.returncode:
            output.seek(0)
            raise RuntimeError(f"{command[0]} failed: {output.read()}")
