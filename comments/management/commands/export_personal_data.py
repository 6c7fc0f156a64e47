"""`manage.py export_personal_data EMAIL`: all that is known under an address, as JSON."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from comments import privacy
from comments.management.people import read_address
from comments.models import PrivacyEvent
from comments.personal import rights


class Command(BaseCommand):
    help = (
        "Write all that is known under an email address as JSON. It is noted that this was done, "
        "not for whom."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="The address; - reads it from the standard input.")
        parser.add_argument(
            "--output", type=Path, help="A new file, readable for its owner alone (default: here)."
        )

    def handle(self, *args: Any, email: str, output: Path | None, **options: Any) -> None:
        hashes = privacy.address_hashes(read_address(email))
        target = _create(output) if output else None
        data = rights.export_address(hashes, actor=PrivacyEvent.Actor.COMMAND)
        if target is None:
            self.stdout.write(rights.as_json(data), ending="")
            return
        with os.fdopen(target, "w", encoding="utf-8") as file:
            file.write(rights.as_json(data))
        self.stdout.write(f"Wrote {len(data['comments'])} comments.")


def _create(path: Path) -> int:
    """Open a file that was not there, for its owner alone."""
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from None
