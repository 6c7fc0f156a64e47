"""The product with a fault in it, for tests of what it writes down: exceptions that tell all.

`granian … tests.broken_site:application` is a site on which no comment can be stored;
`python -m tests.broken_site` a worker that fails at every question and then dies.
"""

import sys
from typing import Any

import django
from django.conf import settings

# Tests do not collect static files, so their names carry no hash.
settings.STORAGES["staticfiles"]["BACKEND"] = (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
)
django.setup()

from comments import intake, moderation  # noqa: E402
from comments.spam.akismet import Akismet  # noqa: E402
from config.wsgi import application  # noqa: E402

__all__ = ["application"]


def _tells_all(*args: Any, **kwargs: Any) -> Any:
    try:
        raise ValueError(f"inner: {args} {kwargs}")
    except ValueError as error:
        raise RuntimeError(f"outer: {args} {kwargs}") from error


intake.moderation.submit = moderation.submit = _tells_all  # type: ignore[assignment]
Akismet.check = _tells_all  # type: ignore[method-assign]


if __name__ == "__main__":
    from django.core.management import call_command

    call_command("work", once=True)
    _tells_all(sys.argv)
