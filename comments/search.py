"""Words in the names and texts of comments, found through an index that the database keeps itself.

Triggers (SQLite, FTS5) or a generated column (PostgreSQL, GIN) follow every change in the very
transaction that makes it: what is edited, erased or deleted can be found no more from then on.
`word_index.py` makes both.

Besides the words the index holds *facets*: status, article, `held_for` and verdict of a comment, as
words of their own kind. So a word that half of the spam says and nothing in the queue is found to
be absent there without reading the spam.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from django.db import connection
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from comments.models import Comment
from comments.status import Status
from comments.word_index import SIGNS, TABLE

#: Values by facet (`s`tatus, `a`rticle, `h`eld for, `v`erdict); of each facet one must fit.
Facets = Mapping[str, Collection[Any]]
#: Shorter beginnings of words would find nearly everything, slowly.
PREFIX_LEAST = 3
_SPACED = dict.fromkeys(map(ord, SIGNS), " ")
_PARTS = re.compile(r'"([^"]*)"?|([^\s"]+)')


def matching(rows: QuerySet[Comment], words: str) -> QuerySet[Comment]:
    """Leave of `rows` what says all of `words` in its name or text: of many rows, a few.

    Words in "quotes" stand side by side; the last word may go on. Case does not matter, nor do
    accents on SQLite; nothing else that is typed has a meaning. No words, nothing found.
    """
    sql, params, _key = found(words, {})
    return rows.filter(pk__in=RawSQL(sql, params))  # noqa: S611 (ours)


def saying(rows: QuerySet[Comment], words: str, among: str) -> QuerySet[Comment]:
    """Leave of `rows`, which are looked at one by one, what `matching` would leave.

    `among` is SQL that selects the ids of all of them.
    """
    if connection.vendor == "sqlite":
        # To ask the index about one row takes as long as about thousands that lie side by side.
        sql = (
            f"comments_comment.id IN (SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s "  # noqa: S608
            f"AND rowid >= (SELECT MIN(id) FROM ({among}) AS first) "
            f"AND rowid <= (SELECT MAX(id) FROM ({among}) AS last))"
        )
        params = [_match(words, {})]
    else:
        query, params = _tsquery(words)
        sql = f"comments_comment.words @@ ({query})"
    return rows.filter(RawSQL(sql, params, output_field=BooleanField()))  # noqa: S611 (ours)


def found(words: str, facets: Facets) -> tuple[str, list[Any], str]:
    """Return SQL, up to its end, that selects through the index the `id` of what fits; its
    parameters; and what it is to be ordered by, so that the index is what is used.
    """
    if connection.vendor == "sqlite":
        sql = f"SELECT rowid AS id FROM {TABLE} WHERE {TABLE} MATCH %s"  # noqa: S608 (our names)
        return sql, [_match(words, facets)], "rowid"
    query, params = _tsquery(words)
    others = {name: values for name, values in facets.items() if name != "s"}
    for name, values in others.items() if params or not words else ():
        query = f"({query}) && %s::tsquery"
        params.append(" | ".join(f"'{facet(name, value)}'" for value in values))
    # Of spam there is an index of its own.
    statuses = {str(status) for status in facets.get("s", Status.values)}
    parts, all_params = [], list[Any]()
    for is_spam, these in (("=", statuses & {"spam"}), ("<>", statuses - {"spam"})):
        if these:
            parts.append(
                f"SELECT id FROM comments_comment WHERE words @@ ({query}) "  # noqa: S608 (ours)
                f"AND status {is_spam} 'spam' AND status = ANY(%s)"
            )
            all_params += [*params, sorted(these)]
    # A sum has no index: the planner would rather walk the tab than believe that a word is rare.
    sql = f"SELECT id FROM ({' UNION ALL '.join(parts)}) AS said WHERE id > 0"  # noqa: S608
    return sql, all_params, "id + 0"


def facet(name: str, value: Any) -> str:
    """Return how a facet stands in the index: no word of a comment can read like it."""
    return f" {name}{value}" if connection.vendor == "postgresql" else f"{name}{value}"


def _terms(words: str) -> list[tuple[str, bool]]:
    """Return words and phrases, and of each whether it is the beginning of a word."""
    parts = [(match[1] or match[2] or "", bool(match[2])) for match in _PARTS.finditer(words)]
    terms = [(part, False) for part, _is_word in parts]
    if parts and parts[-1][1] and len(parts[-1][0]) >= PREFIX_LEAST:
        terms[-1] = (parts[-1][0], True)
    return [(part, begins) for part, begins in terms if any(map(str.isalnum, part))]


def _match(words: str, facets: Facets) -> str:
    """Return what FTS5 is asked: within double quotes nothing has a meaning but the words."""
    terms = _terms(words)
    said = " ".join(f'"{part}"{" *" if begins else ""}' for part, begins in terms)
    asked = [f"{{name text}} : ({said})"] if said else ['""'] if words else []
    return " AND ".join([*asked, *map(_either, facets.items())]) or '""'


def _either(of: tuple[str, Collection[Any]]) -> str:
    name, values = of
    # Of a value such as "first_comment" the index has the letters alone.
    tokens = (facet(name, str(value).replace("_", "")) for value in values)
    return "facets : (" + " OR ".join(f'"{token}"' for token in tokens) + ")"


def _tsquery(words: str) -> tuple[str, list[Any]]:
    """Return an SQL expression of a tsquery that PostgreSQL's own parser makes of each term."""
    parts, params = [], list[Any]()
    for part, begins in _terms(words):
        term = "phraseto_tsquery('simple', %s)"
        if begins:
            term = f"(NULLIF({term}::text, '') || ':*')::tsquery"
        parts.append(f"COALESCE({term}, ''::tsquery)")
        params.append(part.translate(_SPACED))
    # Read once for the whole statement, not for each row.
    return f"SELECT {' && '.join(parts)}" if parts else "''::tsquery", params
