"""`manage.py page_cache`: how well the pages kept ready serve."""

import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from articles.page_counts import NOTE_EVERY, Counts, known

COLUMNS = ("hits", "misses", "pages", "bytes")


class Command(BaseCommand):
    help = (
        "Show hits, misses, pages and bytes of the page cache of each web process since its start, "
        f"as noted every {NOTE_EVERY:.0f} seconds while it is asked anything, and of all together."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="For programs to read.")

    def handle(self, *args: Any, **options: Any) -> None:
        processes = known()
        total = {name: sum(each[name] for each in processes.values()) for name in COLUMNS}
        if options["json"]:
            self.stdout.write(json.dumps({"processes": processes, "all": total}))
            return
        if not processes:
            self.stdout.write("No process has noted anything within the last hour.")
            return
        row = "{:<28} {:>10} {:>10} {:>6} {:>7} {:>9}  {}"
        self.stdout.write(row.format("process", *COLUMNS[:2], "hit %", "pages", "MB", "noted"))
        for name, counts in sorted(processes.items()):
            noted = f"{time.time() - counts['at']:.0f} s ago"
            self.stdout.write(row.format(name, *_told(counts), noted))
        self.stdout.write(row.format("all", *_told(total), "").rstrip())


def _told(counts: Counts) -> tuple[str, ...]:
    asked = counts["hits"] + counts["misses"]
    share = f"{100 * counts['hits'] / asked:.1f}" if asked else "–"
    return (
        f"{counts['hits']:,}",
        f"{counts['misses']:,}",
        share,
        f"{counts['pages']:,}",
        f"{counts['bytes'] / 2**20:.1f}",
    )
