"""`manage.py run_retention`: the chores that the worker does every hour, now."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from comments import day_counts
from comments.models import Discussion
from comments.personal import retention


class Command(BaseCommand):
    help = (
        "Delete what has been kept as long as the discussion settings say. The worker does the "
        "same once an hour; to do both at once is harmless."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="Only count what would go; change nothing."
        )

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        settings = Discussion.load()
        if not dry_run:
            day_counts.keep()  # while all rows are there
        gone = retention.run(dry_run=dry_run)
        self.stdout.write(f"{'':32} {'days':>5} {'would go' if dry_run else 'went':>10}")
        for chore in retention.CHORES:
            count = gone[chore.name]
            self.stdout.write(f"{chore.label!s:32} {chore.days(settings):>5} {count:>10}")
