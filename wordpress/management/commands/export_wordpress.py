"""`manage.py export_wordpress [FILE]`: every article and comment, to keep or to move elsewhere."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from wordpress import exporter, json_lines

FORMATS = {"wxr": exporter.wxr, "jsonl": json_lines.json_lines}


class Command(BaseCommand):
    help = (
        "Export authors, tags, articles and comments as WXR 1.2, which WordPress and "
        "import_wordpress read, or as JSON lines. The export holds private data: email and IP "
        "addresses of readers, drafts, spam. A file is readable for its owner alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="default: standard output")
        parser.add_argument("--format", choices=FORMATS, default="wxr", help="default: wxr")

    def handle(self, *args: Any, file: Path | None, format: str, **options: Any) -> None:
        parts = FORMATS[format]()
        if file is None:
            for part in parts:
                self.stdout.write(part, ending="")
            return
        try:
            _write(file, parts)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        self.stderr.write(
            f"{file} holds email and IP addresses of readers, drafts and spam: keep it private."
        )


def _write(file: Path, parts: Iterator[str]) -> None:
    """Write the file whole or not at all, with mode 0600 from its first byte on."""
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.writelines(parts)
        os.replace(name, file)
    except BaseException:
        os.unlink(name)
        raise
