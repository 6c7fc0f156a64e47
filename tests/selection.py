"""Which tests run in the second pass, and a note of those that had to be left out."""

import os
from collections import Counter
from pathlib import Path

import pytest

_skipped: Counter[str] = Counter()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only",
        action="store_true",
        help="only the tests about what the database keeps and finds, and none in a browser",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--database-only"):
        return
    wanted = [item for item in items if _touches_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
    items[:] = wanted


#: What the second pass has nothing to say about.
_ONCE = ("browser", "one_database", "sqlite")


def _touches_database(item: pytest.Item) -> bool:
    fixtures = getattr(item, "fixturenames", ())
    uses = "db" in fixtures or "transactional_db" in fixtures or "django_db_setup" in fixtures
    return (uses or item.get_closest_marker("django_db") is not None) and not any(
        map(item.get_closest_marker, _ONCE)
    )


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and isinstance(report.longrepr, tuple):
        _skipped[report.longrepr[2].removeprefix("Skipped: ")] += 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    notes = os.environ.get("TESTS_LEFT_OUT")
    if notes and not hasattr(session.config, "workerinput"):
        with Path(notes).open("a") as file:
            file.writelines(f"{n} tests ({reason})\n" for reason, n in _skipped.items())
