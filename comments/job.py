"""What the worker has under way with Akismet."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from comments.spam.answers import NoAnswer


@dataclass
class Job:
    """One call under way, and what to do with its outcome in the main thread.

    `counts` says whether its failure is one in a row; a key that is known is no verdict.
    """

    name: str
    done: Callable[[Any], None]
    failed: Callable[[NoAnswer], None]
    counts: bool = True
