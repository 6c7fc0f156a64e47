"""Make a site with a million comments, to measure the desk, retention and search on it.

Rows go straight to the database, past the models: COPY on PostgreSQL, `executemany` on SQLite.
What is made is what the worker and moderators would have left behind, in all its tables.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from articles.models import Article
from comments import privacy, text
from comments.client_address import network_of
from comments.counts import recount
from comments.models import Check, Comment, StatusChange, Submission
from comments.status import HeldFor, Source, Status, Verdict

BATCH = 5_000
DAYS = 365
PEOPLE = 5_000
SENTENCES = (
    "The margin moves before the volume does.",
    "I would like to see that by quarter.",
    "Nobody is paid to say so in a filing.",
    "Capacity is a promise, and utilization the keeping of it.",
    "The footnote says more than the headline.",
    "Depreciation is where the optimism is kept.",
    "We tried it at work and went back.",
    "Cheap followers, best price, visit our shop today.",
    "My advisor doubled it in a week, ask me how.",
)
HELD = (HeldFor.POLICY, HeldFor.FIRST_COMMENT, HeldFor.LINKS, HeldFor.WORDS, HeldFor.SCAM)


def seed(articles: Sequence[Article], *, spam: int, pending: int, approved: int) -> Iterator[int]:
    """Store so many comments in each state under `articles`; yields how many are stored so far.

    The same numbers give the same comments. Raises ValueError without an article.
    """
    if not articles:
        raise ValueError("there is no article to comment on")
    chance = random.Random(1)
    people = [_person(number) for number in range(PEOPLE)]
    first = (Comment.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    total = spam + pending + approved
    now = timezone.now()
    shelves = iter(
        chance.sample(
            (Status.SPAM, Status.PENDING, Status.APPROVED),
            counts=(spam, pending, approved),
            k=total,
        )
    )
    for start in range(0, total, BATCH):
        rows = []
        for offset, status in enumerate(islice(shelves, BATCH)):
            number = start + offset
            written = now - timedelta(days=DAYS) * (1 - number / total)
            person = people[chance.randrange(PEOPLE)]
            article = articles[min(int(chance.expovariate(0.3)), len(articles) - 1)]
            rows.append(_comment(first + number, article, status, person, written, chance))
        with transaction.atomic():
            for model in (Comment, Submission, StatusChange, Check):
                _insert(model, (row for made in rows for row in made[model]))
        yield start + len(rows)
    _go_on_counting()
    for article in articles:
        recount(article)


def _person(number: int) -> dict[str, Any]:
    email = f"reader{number}@example.com"
    ip = f"198.18.{number // 250}.{number % 250 + 1}"
    return {
        "name": f"Reader {number}",
        "email": privacy.encrypt(email),
        "email_hash": privacy.address_hash(email),
        "ip": ip,
        "network": network_of(ip),
    }


def _comment(
    pk: int,
    article: Article,
    status: Status,
    person: dict[str, Any],
    written: datetime,
    chance: random.Random,
) -> dict[type[models.Model], list[dict[str, Any]]]:
    """Return the rows of one comment, by table."""
    said = " ".join(chance.choices(SENTENCES, k=3)) + f" ({pk})"
    judged = written + timedelta(seconds=1)
    decided = judged + timedelta(hours=chance.random() * 8)
    is_spam = status == Status.SPAM
    verdict = Verdict.SPAM if is_spam else Verdict.HAM
    steps = [("", Status.SUBMITTED, Source.READER, written)]
    steps.append(
        (Status.SUBMITTED, Status.SPAM if is_spam else Status.PENDING, Source.AKISMET, judged)
    )
    if status == Status.APPROVED:
        steps.append((Status.PENDING, Status.APPROVED, Source.MODERATOR, decided))
    return {
        Comment: [
            {
                "id": pk,
                "article_id": article.pk,
                "name": person["name"],
                "text": said,
                "html": text.render(said) if status != Status.SPAM else f"<p>{said}</p>",
                "created_at": written,
                "status": status,
                "since": steps[-1][3],
                "verdict": verdict,
                "held_for": chance.choice(HELD) if status == Status.PENDING else "",
            }
        ],
        Submission: [
            {
                "comment_id": pk,
                **{name: person[name] for name in ("email", "email_hash", "ip", "network")},
                "user_agent": "Mozilla/5.0 (seeded)",
                "at": written,
            }
        ],
        StatusChange: [
            {"comment_id": pk, "old": old, "new": new, "source": source, "at": at}
            for old, new, source, at in steps
        ],
        Check: [{"comment_id": pk, "at": judged, "verdict": verdict, "duration_ms": pk % 900 + 50}],
    }


def _insert(model: type[models.Model], rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows given by column; a column that is not given has the field's default."""
    fields = [
        field
        for field in model._meta.concrete_fields
        if model is Comment or not isinstance(field, models.AutoField)
    ]
    columns = [str(field.column) for field in fields]
    plan = [
        (column, _to_database(field), _default(field))
        for column, field in zip(columns, fields, strict=True)
    ]

    def values(row: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(
            prepare(row[column]) if column in row else default for column, prepare, default in plan
        )

    quoted = ", ".join(connection.ops.quote_name(column) for column in columns)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({quoted}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(values(row))
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(
                f"INSERT INTO {table} ({quoted}) VALUES ({marks})",  # noqa: S608  (names are ours)
                [values(row) for row in rows],
            )


def _to_database(field: models.Field) -> Callable[[Any], Any]:
    """Return what turns a value into the database's form; most are in it already."""
    if isinstance(field, models.DateTimeField):
        return lambda value: field.get_db_prep_save(value, connection)
    return lambda value: value


def _default(field: models.Field) -> Any:
    """Return what a row holds where nothing is said of `field`."""
    return None if field.primary_key else field.get_db_prep_save(field.get_default(), connection)


def _go_on_counting() -> None:
    """Let the next comment have the next number: ids were given by hand."""
    from django.core.management.color import no_style

    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [Comment]):
            cursor.execute(statement)
