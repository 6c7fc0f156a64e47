"""Finds published articles by their words, in the database's own index or on a search server.

Each engine answers with primary keys, best first: articles with all the words in the title, then
by how often and where the words stand. Ranking looks at the newest `CANDIDATES` articles that
match and at the newest `TITLES` by title: over very common words, ranking all would take seconds
that nobody has.
"""

import logging
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.transaction import atomic
from modelsearch import query as asked
from modelsearch.backends import get_search_backend

from articles.models import Article
from articles.search.query import Query, Term, variants

logger = logging.getLogger(__name__)

CANDIDATES, TITLES = 250, 200
#: As modelsearch gives them to the boosts in Article.search_fields: tags, text, summary, title.
TSVECTOR_WEIGHTS = "{0.1, 0.2, 0.4, 1.0}"
#: How alike a word of the index must be to stand for one that is not in it.
ALIKE = 0.75
#: In an index of so many articles all words with one first letter are read in 20 ms.
WHOLE_LETTER = 20_000


class SearchAway(Exception):
    """The search server gave no answer."""


@dataclass(frozen=True)
class Found:
    """Published articles, best first. `more`: there are others that nobody ranked.

    `instead` is the query that was answered where the reader's own found nothing.
    """

    pks: Sequence[int]
    more: bool = False
    instead: Query | None = None


def find(query: Query) -> Found:
    """Return what readers may see of what was found. Raises SearchAway.

    Misspelled words are exchanged for the nearest in the index, if that finds something.
    """
    _engine, nearest = _in_use()
    found = _published(keys(query))
    if found.pks:
        return found
    words = {term.text: nearest(term.text.lower()) for term in query.terms if term.is_word}
    better = {word: other for word, other in words.items() if other and other != word.lower()}
    if better:
        instead = query.with_words(better)
        corrected = _published(keys(instead))
        if corrected.pks:
            return Found(corrected.pks, corrected.more, instead)
    return found


def keys(query: Query) -> Sequence[int]:
    """Return the keys of what has all the words, best first, whoever may see it. Raises SearchAway.

    CANDIDATES and TITLES at most, the newest.
    """
    engine, _nearest = _in_use()
    return engine(query)


def _in_use() -> "Engine":
    return ENGINES["server" if settings.SEARCH_URL else connection.vendor]


def _published(pks: Sequence[int]) -> Found:
    """Keep those that readers may see; the index knows nothing of drafts and dates."""
    public = set(Article.objects.published().filter(pk__in=pks).values_list("pk", flat=True))
    return Found([pk for pk in pks if pk in public], more=len(pks) >= CANDIDATES)


def _first_come(title: Sequence[int], anywhere: Sequence[int]) -> Sequence[int]:
    return list(dict.fromkeys([*title, *anywhere]))


def _keys(sql: str, parameters: dict[str, Any]) -> Sequence[int]:
    parameters["kind"] = ContentType.objects.get_for_model(Article).pk
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [int(key) for (key,) in cursor.fetchall()]


# --- SQLite ---------------------------------------------------------------------------------

# In the order of its row ids an FTS5 table is read without a sort, and only as far as needed.
# The weights of bm25 are those of the columns: summary, everything, title.
_SQLITE = """
    SELECT entry.object_id FROM (
        SELECT rowid AS id, bm25(modelsearch_indexentry_fts, 4.0, 1.0, 10.0) AS score
        FROM modelsearch_indexentry_fts
        WHERE modelsearch_indexentry_fts MATCH %(match)s
        ORDER BY modelsearch_indexentry_fts.rowid DESC LIMIT %(most)s
    ) AS found JOIN modelsearch_indexentry AS entry ON entry.id = found.id
    WHERE entry.content_type_id = %(kind)s ORDER BY found.score, found.id DESC
"""
_SQLITE_WORDS = """
    CREATE VIRTUAL TABLE IF NOT EXISTS temp.search_words
    USING fts5vocab('main', 'modelsearch_indexentry_fts', 'row')
"""
_SQLITE_ALIKE = (
    "SELECT term FROM temp.search_words WHERE term >= %s AND term < %s"
    " AND length(term) BETWEEN %s AND %s"
)


def _sqlite(query: Query) -> Sequence[int]:
    if not query.terms:
        return []
    match = " AND ".join(_sqlite_term(term) for term in query.terms)
    return _first_come(
        _keys(_SQLITE, {"match": f"title : ({match})", "most": TITLES}),
        _keys(_SQLITE, {"match": match, "most": CANDIDATES}),
    )


def _sqlite_term(term: Term) -> str:
    """Return one term in FTS5's language; it knows no inflection, so both numbers are asked for."""
    forms = variants(term.text) if term.is_word else [term.text.replace('"', " ")]
    return "(" + " OR ".join(f'"{form}"{"*" if term.prefix else ""}' for form in forms) + ")"


def _sqlite_nearest(word: str) -> str | None:
    """Of the words that begin with the same two letters; else, in a short index, with the first."""
    with connection.cursor() as cursor:
        cursor.execute(_SQLITE_WORDS)

        def nearest(*beginnings: str) -> str | None:
            found: set[str] = set()
            for beginning in beginnings:
                end = beginning[:-1] + chr(ord(beginning[-1]) + 1)
                cursor.execute(_SQLITE_ALIKE, [beginning, end, len(word) - 2, len(word) + 2])
                found |= {term for (term,) in cursor.fetchall()}
            return _most_alike(word, found)

        alike = nearest(word[:2], word[1::-1])
        if alike is None:
            cursor.execute("SELECT MAX(id) FROM modelsearch_indexentry")
            if (cursor.fetchone()[0] or 0) <= WHOLE_LETTER:
                alike = nearest(word[0])
        return alike


# --- PostgreSQL -----------------------------------------------------------------------------

_POSTGRESQL = """
    SELECT object_id FROM (
        SELECT id, object_id, body FROM modelsearch_indexentry
        WHERE content_type_id = %(kind)s AND {column} @@ {match} ORDER BY id DESC LIMIT {most}
    ) AS found
    ORDER BY ts_rank('{weights}', body, {match}) DESC, id DESC
"""
_WORD, _BEGINNING = (
    "phraseto_tsquery('english', %(term{n})s)",
    "to_tsquery('english', %(term{n})s || ':*')",
)
_SIMILAR_TITLES = """
    SELECT title_text FROM modelsearch_indexentry WHERE %(word)s <%% title_text
    ORDER BY word_similarity(%(word)s, title_text) DESC LIMIT 20
"""


def _postgresql(query: Query) -> Sequence[int]:
    if not query.terms:
        return []
    match = " && ".join(
        (_BEGINNING if term.prefix else _WORD).format(n=n) for n, term in enumerate(query.terms)
    )
    terms: dict[str, Any] = {f"term{n}": term.text for n, term in enumerate(query.terms)}

    def found(column: str, most: int) -> Sequence[int]:
        sql = _POSTGRESQL.format(
            column=column, match=f"({match})", most=most, weights=TSVECTOR_WEIGHTS
        )
        return _keys(sql, terms)

    return _first_come(found("title", TITLES), found("body", CANDIDATES))


def _postgresql_nearest(word: str) -> str | None:
    with atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        if not cursor.fetchone():
            return None
        cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', '0.4', true)")
        cursor.execute(_SIMILAR_TITLES, {"word": word})
        titles = " ".join(title.lower() for (title,) in cursor.fetchall())
    return _most_alike(word, set(re.findall(r"\w+", titles)))


def _most_alike(word: str, words: Collection[str]) -> str | None:
    return next(iter(get_close_matches(word, sorted(words), n=1, cutoff=ALIKE)), None)


# --- OpenSearch, Elasticsearch --------------------------------------------------------------


def _server(query: Query) -> Sequence[int]:
    if not query.terms:
        return []
    words = " ".join(term.text for term in query.terms if term.is_word)
    parts = [asked.Phrase(term.text) for term in query.terms if not term.is_word]
    if words:
        exact = asked.PlainText(words, operator="and")
        # The server knows best what was meant; what is spelled right comes first.
        parts.append(asked.Or([exact, asked.Fuzzy(words, operator="and")]))
    articles = Article.objects.only("pk").order_by()
    try:
        results = get_search_backend().search(asked.And(parts), articles)
        return [article.pk for article in results[:CANDIDATES]]
    except Exception as error:  # whatever the client of the server raises
        logger.error("the search server gave no answer (%s)", type(error).__name__)
        raise SearchAway from error


def _no_nearest(word: str) -> str | None:
    return None


#: Who looks words up, and who knows the nearest word to one that is not found.
Engine = tuple[Callable[[Query], Sequence[int]], Callable[[str], str | None]]
ENGINES: dict[str, Engine] = {
    "sqlite": (_sqlite, _sqlite_nearest),
    "postgresql": (_postgresql, _postgresql_nearest),
    "server": (_server, _no_nearest),
}
