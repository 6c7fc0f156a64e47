"""The site that the benchmarks of pages measure: the sample content, and articles with comments.

`python -m benchmarks.site` fills the empty database that DATABASE_URL names, and prints the
addresses of its pages.
"""

import os
from pathlib import Path
from typing import Any

COMMENTS = 50
FEW, MANY = 100, 10_000
#: The article with COMMENTS comments, and one that is open and has none.
DISCUSSED, QUIET = "ai-inference-vs-training", "power-is-the-slow-variable"
#: Two articles each, the one with FEW and the other with MANY comments.
IN_ONE_THREAD = ("custom-silicon-and-the-merchant-question", "export-controls-as-a-line-item")
IN_THREADS_OF_THEIR_OWN = (
    "gross-margin-when-every-query-costs-money",
    "how-much-ai-do-you-already-own",
)


def settings_in(folder: str) -> dict[str, str]:
    """Return the environment of a site that keeps all it has in `folder`."""
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": "benchmarks-only-" + "k" * 40,
        "DATABASE_URL": os.environ.get("DATABASE_URL", f"sqlite:///{folder}/db.sqlite3"),
        "AKISMET_API_KEY": "valid-key-01",
        "STATIC_ROOT": f"{folder}/static",
        "MEDIA_ROOT": f"{folder}/media",
        "LOG_LEVEL": "ERROR",
    }


def fill() -> None:
    """Store the sample articles with their pictures, one with COMMENTS comments, four with more.

    Stops where there are articles already.
    """
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from articles.models import Article
    from articles.sample import load_articles
    from comments import intake
    from comments.models import Comment, Discussion
    from comments.spam.rules import Draft

    call_command("migrate", verbosity=0)
    if Article.objects.exists():
        raise SystemExit("The benchmarks fill an empty database; the one they were given is not.")
    Path(os.environ["STATIC_ROOT"]).mkdir(exist_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    load_articles()
    Discussion(flood_seconds=0, flood_per_minute=0, flood_per_hour=0).save()
    staff = User.objects.create_user("staff", is_staff=True)
    parent: Comment | None = None
    for number in range(COMMENTS):
        draft = Draft(
            name=f"Reader {number}",
            email=f"reader{number}@example.com",
            text=f"A thought, the {number}th, of about the usual length. " * 4,
            parent_id=parent.pk if parent else None,
        )
        comment = intake.take_in(DISCUSSED, draft, user=staff)
        parent = comment if comment.depth < 5 else None
    for slugs, in_one_thread in ((IN_ONE_THREAD, True), (IN_THREADS_OF_THEIR_OWN, False)):
        for slug, number in zip(slugs, (FEW, MANY), strict=True):
            _comment_on(slug, number, in_one_thread)


def _comment_on(slug: str, number: int, in_one_thread: bool) -> None:
    from articles.models import Article
    from comments.counts import recount
    from comments.models import Comment

    article = Article.objects.get(slug=slug)
    opener: Comment | None = None
    rows = []
    for each in range(number):
        row = Comment(
            article=article,
            parent=opener,
            thread=opener.pk if opener else None,
            ancestors=[opener.pk] if opener else [],
            name=f"Reader {each}",
            text="A thought.",
            html="<p>A thought of about the usual length, and a second sentence to it.</p>",
            status="approved",
            verdict="ham",
        )
        if in_one_thread and opener is None:
            row.save()
            opener = row
        else:
            rows.append(row)
    Comment.objects.bulk_create(rows, batch_size=1_000)
    recount(article)


def public_addresses() -> list[str]:
    """Return the path of every kind of page, and of every article."""
    from articles.models import Article, Author, Tag

    shown: list[Any] = [
        *Article.objects.published(),
        *Author.objects.in_print(),
        *Tag.objects.in_use(),
    ]
    return [
        *("/", "/?page=2", "/tags/", "/archive/", "/feed/", "/comments/feed/", "/sitemap.xml"),
        *(each.get_absolute_url() for each in shown),
    ]


if __name__ == "__main__":
    import django

    django.setup()
    fill()
    print(*public_addresses(), sep="\n")
