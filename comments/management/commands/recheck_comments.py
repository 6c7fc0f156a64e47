"""`manage.py recheck_comments`: have what stands in the moderation queue checked again."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from comments import recheck


class Command(BaseCommand):
    help = (
        "Have the worker ask Akismet once more about what stands in the moderation queue, the "
        "oldest first. What it calls spam leaves the queue; nothing is published by it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--most", type=int, default=recheck.MOST, help="How many (default: %(default)s)."
        )
        what.add_argument("--stop", action="store_true", help="Ask about no more of them.")
        what.add_argument("--left", action="store_true", help="Only say how many are left.")

    def handle(self, *args: Any, most: int, stop: bool, left: bool, **options: Any) -> None:
        if left:
            self.stdout.write(f"{recheck.left()} are still to be asked about.")
        elif stop:
            self.stdout.write(f"Stopped: {recheck.stop()} stay as they are.")
        elif most < 1:
            raise CommandError("--most must be 1 or more.")
        elif not settings.AKISMET_API_KEY:
            raise CommandError("AKISMET_API_KEY is not set: there is nobody to ask.")
        else:
            seconds = int(recheck.STEP_EVERY.total_seconds())
            marked = recheck.begin(most)
            self.stdout.write(
                f"{marked} will be asked about by the worker, {recheck.STEP} every {seconds} s."
            )
