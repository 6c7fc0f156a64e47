"""Queries whose statement is written once: Django writes longer than a database takes to answer.

    @prepared
    def _newest(most: int, /, *, author: int, now: datetime) -> QuerySet[Article]:
        return Article.objects.published(now).filter(author=author)[:most]

    articles = _newest(10, author=author.pk, now=timezone.now())

What is positional is part of the statement, so it should take few values; what has a name may
differ each time. The queryset is one like any other, with the gates that all readers' pages use;
only its values come later. Measured in docs/performance.md.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache, partial, wraps
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet
from django.db.models.query import ModelIterable, get_related_populators
from django.utils.dateparse import parse_datetime

#: How many statements one function may have, one for each set of positional arguments.
STATEMENTS = 64
#: Where a value will stand: its name, and its place where it is a list.
Slot = tuple[str, int]


@dataclass(frozen=True)
class Statement:
    """What Django made of a queryset; in `parameters` a Slot for each value that comes later."""

    sql: str
    parameters: tuple[Any, ...]
    # By column: what makes of the database's value the field's.
    converters: tuple[tuple[int, Any, Any], ...]
    make: Callable[[list[Any]], Any]

    def ask(self, alias: str, values: dict[str, Any]) -> "Found":
        """Read the rows; models, or tuples of values, are made of them when somebody looks."""
        connection = connections[alias]
        parameters = [
            _adapted(_at(values[each[0]], each[1]), connection) if isinstance(each, tuple) else each
            for each in self.parameters
        ]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, parameters)
            rows = tuple(cursor.fetchall())
        return Found(rows, partial(self.read, alias, rows))

    def read(self, alias: str, found: Iterable[Sequence[Any]]) -> list[Any]:
        """Return what rows of the database stand for; columns of their own may follow."""
        connection = connections[alias]
        rows = list(map(list, found))
        for place, convert, expression in self.converters:
            for row in rows:
                row[place] = convert(row[place], expression, connection)
        return [self.make(row) for row in rows]


class Found(Sequence[Any]):
    """What was found: read already, and made into what it is when somebody looks at it.

    `version` can be a key: where two are equal, so is all that can be said of what was found. So
    what is written of it once need not be made, nor written, again.
    """

    def __init__(self, version: tuple[Any, ...], make: Callable[[], list[Any]]) -> None:
        self.version = version
        self._make = make

    @cached_property
    def _all(self) -> list[Any]:
        return self._make()

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, str):  # a template's first try at `found.version`
            raise TypeError
        return self._all[place]

    def __len__(self) -> int:
        return len(self._all)


def prepared(build: Callable[..., QuerySet[Any, Any]]) -> Callable[..., Found]:
    """Make of a function that returns a queryset one that returns what is found.

    Values with a name are integers, texts, moments, days or lists of integers that are not empty.
    """

    @lru_cache(maxsize=STATEMENTS)
    def statement(alias: str, shape: tuple[Any, ...], kinds: tuple[Any, ...]) -> Statement:
        return _write(build, alias, shape, kinds)

    @wraps(build)
    def ask(*shape: Any, **values: Any) -> Found:
        values = {name: _filled_up(value) for name, value in values.items()}
        kinds = tuple((name, type(value), _length(value)) for name, value in values.items())
        return statement(DEFAULT_DB_ALIAS, shape, kinds).ask(DEFAULT_DB_ALIAS, values)

    return ask


def written(queryset: QuerySet[Any, Any]) -> Statement:
    """Return the statement of a queryset as it is, to become part of a larger one."""
    return _write(lambda: queryset, DEFAULT_DB_ALIAS, (), ())


def _write(
    build: Callable[..., QuerySet[Any, Any]],
    alias: str,
    shape: tuple[Any, ...],
    kinds: Iterable[tuple[str, type, int]],
) -> Statement:
    """Have Django write the statement for values that occur nowhere, and note where they stand."""
    connection = connections[alias]
    slots: dict[Any, Slot] = {}
    values: dict[str, Any] = {}
    for name, kind, length in kinds:
        marks = [_mark(kind, len(slots) + place) for place in range(length or 1)]
        slots |= {_adapted(mark, connection): (name, place) for place, mark in enumerate(marks)}
        values[name] = marks if kind is list else marks[0]
    queryset = build(*shape, **values).using(alias)
    compiler = queryset.query.get_compiler(alias)
    sql, written = compiler.as_sql()
    parameters = tuple(slots.get(each, each) for each in written)
    if missing := set(slots.values()) - set(parameters):
        raise TypeError(f"{build.__name__} makes no use of {sorted(missing)}")
    if any(_is_moment(each) for each in parameters):
        # The clock of the first who asked, for all who ask later.
        raise TypeError(f"{build.__name__} reads the clock: let it be told what time it is")
    converters = compiler.get_converters([each[0] for each in compiler.select])
    return Statement(
        sql,
        parameters,
        tuple((place, each, of) for place, (all_, of) in converters.items() for each in all_),
        _maker(compiler, alias) if issubclass(queryset._iterable_class, ModelIterable) else tuple,
    )


def _maker(compiler: Any, alias: str) -> Callable[[list[Any]], Any]:
    """Return what makes a model of a row, with its relations: as Django's ModelIterable does."""
    model, columns = compiler.klass_info["model"], compiler.klass_info["select_fields"]
    own = slice(columns[0], columns[-1] + 1)
    names = [column[0].target.attname for column in compiler.select[own]]
    populators: Any = get_related_populators
    relations = populators(compiler.klass_info, compiler.select, alias)
    annotations = list((compiler.annotation_col_map or {}).items())

    def make(row: list[Any]) -> Any:
        made = model.from_db(alias, names, row[own])
        for relation in relations:
            relation.populate(row, made)
        for name, place in annotations:
            setattr(made, name, row[place])
        return made

    return make


def _mark(kind: type, number: int) -> Any:
    """Return a value of `kind` that no query of ours holds."""
    if kind is datetime:
        return datetime(9000, 1, 1, microsecond=number, tzinfo=UTC)
    if kind is date:
        return date(9000 + number, 1, 1)
    return f"\N{REPLACEMENT CHARACTER}{number}" if kind is str else 1_900_000_000 + number


def _is_moment(parameter: Any) -> bool:
    if isinstance(parameter, str):
        return len(parameter) > 10 and parse_datetime(parameter) is not None
    return isinstance(parameter, datetime)


def _adapted(value: Any, connection: Any) -> Any:
    """Return `value` as the database's driver takes it."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    return value


def _at(value: Any, place: int) -> Any:
    return value[place] if isinstance(value, list) else value


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0


def _filled_up(value: Any) -> Any:
    """Return a list with its last entry repeated, so that few lengths need a statement."""
    if not isinstance(value, list):
        return value
    length = 1 << (len(value) - 1).bit_length()
    return value + value[-1:] * (length - len(value))
