"""`manage.py import_wordpress FILE`: the articles and comments of a WordPress export."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from wordpress.importer import Importer
from wordpress.wxr import WxrError

#: What is told of a run: the heading, and (count, words) in their order.
REPORT = (
    (
        "Articles",
        (
            ("published", "published"),
            ("scheduled", "scheduled"),
            ("drafts", "drafts"),
            ("articles known", "here already, left as they are"),
            ("articles deleted here", "deleted here after an earlier import, not brought back"),
            ("authors", "authors"),
            ("tags", "tags"),
            ("old addresses", "old addresses that lead to them"),
        ),
    ),
    (
        "Comments",
        (
            ("comments approved", "approved"),
            ("comments pending", "pending"),
            ("comments spam", "spam"),
            ("comments trash", "in the trash"),
            ("comments submitted", "that wait for the spam check"),
            ("comments known", "here already, left as they are"),
            ("comments deleted here", "deleted here after an earlier import, not brought back"),
        ),
    ),
    (
        "To look after",
        (
            ("drafts that had a password", "protected by a password: drafts now"),
            ("without a title", "articles without a title: named by their first words"),
            ("without a date", "without a date: given that of the article, or of the export"),
            ("pictures at home", "pictures on the old site itself: copy wp-content/uploads"),
            ("pictures elsewhere", "pictures on other sites: not downloaded; browsers block them"),
        ),
    ),
)
#: Counts of what is new; without any of these a run has changed nothing.
NEW = (
    "published", "scheduled", "drafts", "authors", "tags", "old addresses", "comments approved",
    "comments pending", "comments spam", "comments trash", "comments submitted",
)  # fmt: skip


class Command(BaseCommand):
    help = (
        "Import posts, authors, categories, tags and comments from a WordPress export file (WXR). "
        "No mail is sent, Akismet is not asked, nothing is fetched from the old site. Run it again "
        "after an interruption, or with a newer export: it adds only what is new."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="from Tools → Export → All content")
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Do it all, tell, and take it back. On SQLite nobody can comment meanwhile.",
        )

    def handle(self, *args: Any, file: Path, dry_run: bool, **options: Any) -> None:
        importer = Importer(file, progress=self._progress)
        try:
            importer.run(dry_run=dry_run)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except WxrError as error:
            raise CommandError(f"{file}, {error}. Nothing was imported.") from error
        self._tell(importer)
        if dry_run:
            self.stdout.write("A dry run: nothing was stored.")
        elif not any(importer.counts[name] for name in NEW):
            self.stdout.write("Nothing new: nothing was changed.")

    def _progress(self, done: int, total: int) -> None:
        """Count along on a terminal; in a log one line for every thousandth is enough."""
        if sys.stderr.isatty():
            self.stderr.write(f"\r{done} of {total}", ending="\n" if done == total else "")
        elif done % 1000 == 0:
            self.stderr.write(f"{done} of {total}")

    def _tell(self, importer: Importer) -> None:
        for heading, lines in REPORT:
            rows = [(importer.counts[name], words) for name, words in lines]
            if heading == "To look after":
                rows += [
                    (number, f"shortcodes taken out: [{name}]")
                    for name, number in importer.shortcodes.most_common()
                ]
            self._table(heading, rows)
        self._table("Left out", [(n, name) for name, n in importer.left_out.most_common()])

    def _table(self, heading: str, rows: list[tuple[int, str]]) -> None:
        rows = [(number, words) for number, words in rows if number]
        if rows:
            self.stdout.write(heading)
            for number, words in rows:
                self.stdout.write(f"{number:>8,}  {words}")
