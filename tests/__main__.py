"""`make test`: everything on SQLite, then what is about the database again on PostgreSQL.

Uses the PostgreSQL that DATABASE_URL names, else a throw-away cluster of the server programs
found on this machine. Ends with one line on what had to be left out; with LEAVE_NOTHING_OUT set,
leaving something out is a failure.
"""

import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests import postgres

NO_TESTS = 5  # pytest's exit status when the selection is empty, as with ARGS="-k something"


def main(arguments: list[str]) -> int:
    """Run both passes and return the exit status."""
    notes = Path(tempfile.mkdtemp(prefix="marginalia-notes-")) / "left-out"
    wanted = os.environ.pop("DATABASE_URL", "")
    os.environ["TESTS_LEFT_OUT"] = str(notes)

    print("SQLite", flush=True)
    statuses = [_pytest(*arguments)]
    with ExitStack() as stack:
        url = wanted if wanted.startswith("postgres") else _own_cluster(stack)
        if url:
            print("PostgreSQL", flush=True)
            statuses.append(_pytest("--database-only", *arguments, DATABASE_URL=url))
    left_out = sorted(set(notes.read_text().splitlines())) if notes.exists() else []
    if not url:
        left_out.append("PostgreSQL (no server found; set DATABASE_URL or install one)")

    print(f"Left out: {'; '.join(left_out) or 'nothing'}.")
    if left_out and os.environ.get("LEAVE_NOTHING_OUT"):
        return 1
    return next((status for status in statuses if status not in (0, NO_TESTS)), min(statuses))


def _pytest(*arguments: str, **environment: str) -> int:
    # In order: tests that empty the database come last in each process. Three at a time for two
    # cores: with two they were idle for nearly half of the time, waiting for browsers and clocks.
    command = [sys.executable, "-m", "pytest", "-n", "3", *arguments]
    return subprocess.run(command, env={**os.environ, **environment}).returncode


def _own_cluster(stack: ExitStack) -> str:
    binaries = postgres.find_binaries()
    return stack.enter_context(postgres.cluster(binaries)) if binaries else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
