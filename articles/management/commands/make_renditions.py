"""`manage.py make_renditions`: the copies of pictures and the cards of articles, without a wait."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from articles.pictures import drawing


class Command(BaseCommand):
    help = (
        "Make the smaller copies of pictures and the cards that other sites show for a link. The "
        "worker does this by itself; here it is done at once, and what failed before is tried "
        "again. Says which pictures cannot be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--all",
            action="store_true",
            help="Look at every picture and card again: after a change of SITE_NAME, say.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        for model, _make in drawing.KINDS:
            rows = model._default_manager.all()
            (rows if options["all"] else rows.exclude(problem="")).update(due=now, attempts=0)
        drawing.Draftsman().run(once=True)
        for model, _make in drawing.KINDS:
            rows = model._default_manager.all()
            made = rows.filter(made_at__gte=now).count()
            self.stdout.write(f"{model._meta.verbose_name_plural}: {made} made or found right")
            for row in rows.exclude(problem=""):
                self.stderr.write(f"{row}: {row.problem}")
