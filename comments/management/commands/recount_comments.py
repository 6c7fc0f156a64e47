"""`manage.py recount_comments`: for databases that were changed by hand."""

from typing import Any

from django.core.management.base import BaseCommand

from articles.models import Article
from comments.counts import recount


class Command(BaseCommand):
    help = "Count the public comments of every article and thread anew, and say what was wrong."

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        for article in Article.objects.order_by("pk").only("pk", "slug", "comment_count"):
            count = recount(article)
            if count != article.comment_count:
                wrong += 1
                self.stdout.write(f"{article.slug}: {count} comments, not {article.comment_count}")
        self.stdout.write(f"{wrong} articles had a wrong count." if wrong else "All was right.")
