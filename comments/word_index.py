"""The index of words that `search.py` asks, as each database keeps it: made, and taken away."""

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

#: SQLite's index. It keeps no texts of its own, so triggers have to tell it what was said before.
TABLE = "comments_words"
_COLUMNS = "name, text, status, article_id, held_for, verdict"
_VALUES = (
    "{0}.id, {0}.name, {0}.text, 's' || {0}.status || ' a' || {0}.article_id || ' h' || "
    "replace({0}.held_for, '_', '') || ' v' || {0}.verdict"
)
_OUT = (
    f"INSERT INTO {TABLE} ({TABLE}, rowid, name, text, facets) "  # noqa: S608 (our names)
    f"VALUES ('delete', {_VALUES.format('old')});"
)
_IN = f"INSERT INTO {TABLE} (rowid, name, text, facets) VALUES ({_VALUES.format('new')});"  # noqa: S608
TRIGGERS = {
    f"{TABLE}_in": f"AFTER INSERT ON comments_comment BEGIN {_IN} END",
    f"{TABLE}_out": f"AFTER DELETE ON comments_comment BEGIN {_OUT} END",
    f"{TABLE}_anew": f"AFTER UPDATE OF {_COLUMNS} ON comments_comment WHEN "
    + " OR ".join(f"old.{each} IS NOT new.{each}" for each in _COLUMNS.split(", "))
    + f" BEGIN {_OUT} {_IN} END",
}

#: PostgreSQL's parser would keep addresses and hyphened words whole: to it all signs are spaces.
SIGNS = """!"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~’‘“”„«»…–—·"""
_TSVECTOR = (
    "to_tsvector('simple', translate(name || ' ' || text, '{}', '{}')) || array_to_tsvector(ARRAY["
    "' a' || article_id::text, ' h' || held_for, ' v' || verdict])"
).format(SIGNS.replace("'", "''"), " " * len(SIGNS))

#: PostgreSQL finds all that says a word before it leaves out what lies elsewhere. What half of the
#: spam says is rare in the queue.
INDEXES = {f"{TABLE}_spam": "status = 'spam'", TABLE: "status <> 'spam'"}


def create(connection: BaseDatabaseWrapper) -> None:
    """Make the index, of all comments that there are."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "ALTER TABLE comments_comment ADD COLUMN words tsvector "
                f"GENERATED ALWAYS AS ({_TSVECTOR}) STORED"
            )
            for name, condition in INDEXES.items():
                # Without a list of what is new: searches would read it, and some comment would
                # have to wait until it is worked off.
                cursor.execute(
                    f"CREATE INDEX {name} ON comments_comment USING gin (words) "
                    f"WITH (fastupdate = off) WHERE {condition}"
                )
            return
        cursor.execute(
            f"CREATE VIRTUAL TABLE {TABLE} USING fts5 (name, text, facets, content='', "
            """columnsize=0, prefix='3', tokenize="unicode61 remove_diacritics 2")"""
        )
        cursor.execute(
            f"INSERT INTO {TABLE} (rowid, name, text, facets) "  # noqa: S608 (our names)
            f"SELECT {_VALUES.format('comments_comment')} FROM comments_comment ORDER BY id"
        )
    keep_up(connection)


def keep_up(connection: BaseDatabaseWrapper) -> None:
    """Let SQLite's index follow the comments.

    Also after a migration that made their table anew, as Django does there, without the triggers.
    """
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM sqlite_master WHERE name = %s", [TABLE])
        if cursor.fetchone():
            for name, trigger in TRIGGERS.items():
                cursor.execute(f"CREATE TRIGGER IF NOT EXISTS {name} {trigger}")


def after_migrate(*, using: str, **_others: object) -> None:
    """Receive Django's word that all migrations were applied."""
    keep_up(connections[using])


def drop(connection: BaseDatabaseWrapper) -> None:
    """Take the index away."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE comments_comment DROP COLUMN words")
            return
        for name in TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
        cursor.execute(f"DROP TABLE {TABLE}")
