"""Make a site with a million comments, to measure the desk, retention and search on it.

Rows go straight to the database, past the models: COPY on PostgreSQL, `executemany` on SQLite.
What is made is what the worker and moderators would have left behind, in all its tables.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate, islice
from typing import Any, TypeVar

from django.db import connection, models, transaction
from django.utils import timezone

from articles.models import Article, Author
from comments import privacy
from comments.client_address import network_of
from comments.counts import recount
from comments.models import Check, Comment, StatusChange, Submission
from comments.status import SPAM_VERDICTS, HeldFor, Source, Status, Verdict

T = TypeVar("T")

BATCH = 5_000
DAYS = 365
PEOPLE = 20_000
#: Words by how common they are (Zipf): the first is in most comments, the last in a hundred.
WORDS, WORDS_EACH = 20_000, 14
#: Said in half of the spam, and nowhere else but in every so many-th other comment.
SPAM_WORD, SLIPPED = "casino", 10_000
#: Each of these words is in about ten of a million comments: rare0, rare1, …
RARE = 100_000
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
#: Why comments wait and what Akismet said of those in each state: value and how often.
HELD = {
    HeldFor.FIRST_COMMENT: 50, HeldFor.POLICY: 30, HeldFor.LINKS: 10, HeldFor.WORDS: 6,
    HeldFor.SCAM: 3, HeldFor.HONEYPOT: 1,
}  # fmt: skip
VERDICTS = {
    Status.SPAM: {Verdict.SPAM: 890, Verdict.DISCARD: 100, Verdict.HAM: 10},
    Status.PENDING: {Verdict.HAM: 940, Verdict.UNAVAILABLE: 50, Verdict.EXEMPT: 10},
    Status.APPROVED: {Verdict.HAM: 980, Verdict.EXEMPT: 20},
}
_SYLLABLES = (
    "ba", "cor", "del", "fen", "gra", "hil", "jun", "kes", "lom", "mar", "nit", "ol", "pra", "qui",
    "ros", "sta", "tun", "vel", "wex", "zin",
)  # fmt: skip


def seed(articles: Sequence[Article], *, spam: int, pending: int, approved: int) -> Iterator[int]:
    """Store so many comments in each state under `articles`; yields how many are stored so far.

    `articles` are given with the newest first. The same numbers give the same comments. Raises
    ValueError without an article.
    """
    if not articles:
        raise ValueError("there is no article to comment on")
    chance = random.Random(1)
    people = [_person(number) for number in range(PEOPLE)]
    vocabulary = [_word(number) for number in range(WORDS)]
    weights = list(accumulate(1 / (rank + 1) for rank in range(WORDS)))
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
            # Some write a lot; and most is written under what was new at the time.
            person = people[int(PEOPLE * chance.random() ** 3)]
            age = len(articles) * (1 - number / total) + chance.expovariate(0.3)
            article = articles[int(age) % len(articles)]
            words = chance.choices(vocabulary, cum_weights=weights, k=WORDS_EACH)
            said = _said(first + number, status, words, chance)
            rows.append(_comment(first + number, article, status, person, written, said, chance))
        with transaction.atomic():
            for model in (Comment, Submission, StatusChange, Check):
                _insert(model, (row for made in rows for row in made[model]))
        yield start + len(rows)
    _go_on_counting()
    for article in articles:
        recount(article)


def invent_articles(most: int) -> list[Article]:
    """Publish invented articles until the site has `most`; return all, the newest first."""
    published = Article.objects.published()
    for number in range(published.count(), most):
        author = Author.objects.first() or Author.objects.create(name="Seed", slug="seed")
        Article.objects.create(
            title=f"Invented {number}: on {_word(number)}",
            slug=f"invented-{number}",
            summary="An article that only holds comments.",
            body="<p>Nothing is said here.</p>",
            author=author,
            published_at=timezone.now() - timedelta(days=DAYS * (number + 1) / most),
        )
    return list(published.order_by("-published_at", "-pk"))


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


def _word(rank: int) -> str:
    """Return an invented word; short ones are the common ones."""
    syllables, rest = "", rank
    while rest or not syllables:
        rest, number = divmod(rest, len(_SYLLABLES))
        syllables += _SYLLABLES[number]
    return syllables


def _said(pk: int, status: str, words: list[str], chance: random.Random) -> str:
    is_spam = status == Status.SPAM
    text = f"{chance.choice(SENTENCES)} {' '.join(words).capitalize()} rare{pk % RARE} ({pk})."
    slipped = chance.random() < (0.5 if is_spam else 1 / SLIPPED)
    return f"{text} Best {SPAM_WORD} in town." if slipped else text


def _one_of(weights: Mapping[T, int], chance: random.Random) -> T:
    return chance.choices([*weights], [*weights.values()])[0]


def _comment(
    pk: int,
    article: Article,
    status: Status,
    person: dict[str, Any],
    written: datetime,
    said: str,
    chance: random.Random,
) -> dict[type[models.Model], list[dict[str, Any]]]:
    """Return the rows of one comment, by table."""
    judged = written + timedelta(seconds=1)
    decided = judged + timedelta(hours=chance.random() * 8)
    verdict = _one_of(VERDICTS[status], chance)
    by_akismet = Status.SPAM if verdict in SPAM_VERDICTS else Status.PENDING
    held = _one_of(HELD, chance)
    steps = [
        ("", Status.SUBMITTED, Source.READER, written),
        (Status.SUBMITTED, by_akismet, Source.AKISMET, judged),
    ]
    if status != by_akismet:
        steps.append((by_akismet, status, Source.MODERATOR, decided))
    return {
        Comment: [
            {
                "id": pk,
                "article_id": article.pk,
                "name": person["name"],
                "text": said,
                "html": f"<p>{said}</p>\n",
                "created_at": written,
                "status": status,
                "since": steps[-1][3],
                "verdict": verdict,
                "held_for": held if status == Status.PENDING else "",
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
            {
                "comment_id": pk,
                "old": old,
                "new": new,
                "source": source,
                "reason": held if new == Status.PENDING else "",
                "at": at,
            }
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
