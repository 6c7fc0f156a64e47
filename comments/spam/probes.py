"""Does Akismet answer as it promises? Three questions that it learns nothing from."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from comments.spam.akismet import Akismet, Values
from comments.spam.answers import NoAnswer

#: As kept in `AkismetState.self_test`: probe, expected, answer, right, ms, alert.
Result = dict[str, Any]


@dataclass(frozen=True)
class Probe:
    """A comment whose verdict Akismet promises, as its documentation on testing says."""

    name: str
    expected: str
    values: Values


_SAMPLE: Values = {
    "user_ip": "127.0.0.1",
    "user_agent": "Marginalia self-test",
    "comment_type": "comment",
    "comment_content": "Does this line work?",
    "is_test": "1",
}
PROBES = (
    Probe("administrator", "ham", {**_SAMPLE, "user_role": "administrator"}),
    Probe("guaranteed spam", "spam", {**_SAMPLE, "comment_author": "akismet-guaranteed-spam"}),
)


def run(akismet: Akismet) -> list[Result]:
    """Ask about the key and about each probe, one after the other. Whatever comes is a result."""
    results = [_timed("key", "valid", lambda: ("valid" if akismet.verify_key() else "invalid", ""))]
    for probe in PROBES:
        results.append(_timed(probe.name, probe.expected, partial(_verdict, akismet, probe)))
    return results


def fault(error: NoAnswer) -> Result:
    """Say that no question could be asked."""
    return {
        "probe": "–",
        "expected": "–",
        "answer": str(error),
        "right": False,
        "ms": 0,
        "alert": "",
    }


def _verdict(akismet: Akismet, probe: Probe) -> tuple[str, str]:
    answer = akismet.check(probe.values)
    return "spam" if answer.verdict == "discard" else answer.verdict, answer.alert


def _timed(name: str, expected: str, ask: Callable[[], tuple[str, str]]) -> Result:
    """Return the answer, what Akismet told the site's owner along with it, and how long it took."""
    started = time.monotonic()
    try:
        answer, alert = ask()
    except NoAnswer as error:
        answer, alert = str(error), error.alert or ""
    return {
        "probe": name,
        "expected": expected,
        "answer": answer,
        "right": answer == expected,
        "ms": round((time.monotonic() - started) * 1000),
        "alert": alert,
    }
