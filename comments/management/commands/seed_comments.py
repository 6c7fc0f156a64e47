"""`manage.py seed_comments`: a crowded site, for measuring."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from comments.seeding import invent_articles, seed


class Command(BaseCommand):
    help = (
        "Add invented comments to the published articles, and with --articles invented articles "
        "too, for measuring on a crowded site. Never run it on a site that people read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--spam", type=int, default=900_000)
        parser.add_argument("--pending", type=int, default=50_000)
        parser.add_argument("--approved", type=int, default=50_000)
        parser.add_argument(
            "--articles", type=int, default=0, help="invent articles until there are so many"
        )

    def handle(
        self, *args: Any, spam: int, pending: int, approved: int, articles: int, **options: Any
    ) -> None:
        started = time.monotonic()
        places, stored = invent_articles(articles), 0
        try:
            for stored in seed(places, spam=spam, pending=pending, approved=approved):
                if stored % 100_000 == 0:
                    self.stdout.write(f"{stored:,} …")
        except ValueError as error:
            raise CommandError(f"{error}: publish one, or run load_demo.") from error
        self.stdout.write(f"{stored:,} comments in {time.monotonic() - started:.0f} s.")
