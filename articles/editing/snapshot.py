"""What a revision holds of an article: one table of parts, and nothing else knows them.

A snapshot is what JSON can hold, from a part's name to its value. Rows that an article refers to
(its author, tags, disclosures, other articles) are written with their names, so that an old
snapshot can be read after they are gone; two snapshots are compared without those names.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from articles.models import Article, Author, Disclosure, Pick, Tag

Snapshot = dict[str, Any]
Kind = Literal["text", "html"]


def author_value(author: "Author") -> Snapshot:
    return {"id": author.pk, "name": author.name}


def tag_value(tag: "Tag") -> Snapshot:
    return {"id": tag.pk, "name": tag.label, "kind": tag.kind}


def disclosure_value(row: "Disclosure") -> Snapshot:
    value = {
        "id": row.ticker_id,
        "name": row.ticker.label,
        "position": row.position,
        "as_of": row.as_of.isoformat(),
        "note": row.note,
    }
    # Rows kept before there was a price are equal to those without one.
    return value | {"price": row.price} if row.price else value


def pick_value(row: "Pick") -> Snapshot:
    return {"id": row.other_id, "name": row.other.title, "how": row.kind}


def moment_value(moment: datetime | None) -> str | None:
    """Return a moment as text, to the second: forms know nothing finer."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat() if moment else None


def _moment(value: str | None) -> str:
    if not value:
        return ""
    local = timezone.localtime(datetime.fromisoformat(value))
    return date_format(local, "DATETIME_FORMAT")


def _positions(rows: list[Snapshot]) -> str:
    from articles.models import Disclosure

    names = dict(Disclosure.Position.choices)
    return "\n".join(
        f"{row['name']}: {names.get(row['position'], row['position'])}, {row['as_of']}"
        + (f", {row['price']}" if row.get("price") else "")
        + (f". {row['note']}" if row["note"] else "")
        for row in rows
    )


def _picked(rows: list[Snapshot]) -> str:
    from articles.models import Pick

    names = dict(Pick.Kind.choices)
    return "\n".join(f"{names.get(row['how'], row['how'])}: {row['name']}" for row in rows)


def _ai_use(value: str) -> str:
    from articles.models import Article

    return str(dict(Article.AiUse.choices).get(value, value))


@dataclass(frozen=True)
class Part:
    """One part of an article: how it is read, and how it is shown to people as text."""

    name: str
    label: str | Promise
    kind: Kind = "text"
    #: Whether restoring an old revision brings it back.
    restored: bool = True
    read: Callable[["Article"], Any] | None = None
    show: Callable[[Any], str] = str

    def of(self, article: "Article") -> Any:
        return self.read(article) if self.read else getattr(article, self.name)


def _thesis(value: str) -> str:
    from articles.models import Article

    return str(dict(Article.Thesis.choices).get(value, value))


def article_value(article: "Article | None") -> Snapshot | None:
    return {"id": article.pk, "name": article.title} if article else None


def day_value(day: Any) -> str | None:
    return day.isoformat() if day else None


def _yes_no(value: bool) -> str:
    return _("Yes") if value else _("No")


_l = gettext_lazy

# What is decided about an article from day to day (its address, when it appears, its comments) is
# kept and compared, and stays as it is when an old text is restored.
PARTS: tuple[Part, ...] = (
    Part("title", _l("Title")),
    Part("slug", _l("Slug"), restored=False),
    Part("summary", _l("Summary")),
    Part("body", _l("Body"), "html"),
    Part("picture", _l("Picture"), read=lambda it: it.picture.name or ""),
    Part("picture_alt", _l("Alternative text")),
    Part("picture_caption", _l("Caption")),
    Part("author", _l("Author"), read=lambda it: author_value(it.author),
         show=lambda it: it["name"] if it else ""),
    Part("tags", _l("Tags"), read=lambda it: _in_order(map(tag_value, it.tags.all())),
         show=lambda rows: " · ".join(row["name"] for row in rows)),  # a comma would be of a word
    Part("disclosures", _l("Disclosures"), show=_positions, read=lambda it: _in_order(
         map(disclosure_value, it.disclosures.select_related("ticker")))),
    # In the order in which pins are shown.
    Part("picks", _l("Read next"), show=_picked,
         read=lambda it: [pick_value(row) for row in it.picks.select_related("other")]),
    Part("ai_use", _l("Use of AI"), show=_ai_use),
    Part("ai_reviewed_by", _l("Reviewed by")),
    Part("seo_title", _l("Title for search engines")),
    Part("seo_description", _l("Description for search engines")),
    Part("thesis", _l("Thesis")),
    Part("thesis_as_of", _l("Thesis as of"), read=lambda it: day_value(it.thesis_as_of),
         show=lambda value: value or ""),
    Part("thesis_horizon", _l("Horizon")),
    Part("thesis_status", _l("Status of the thesis"), restored=False, show=_thesis),
    Part("follows", _l("Follow-up to"), restored=False, read=lambda it: article_value(it.follows),
         show=lambda it: it["name"] if it else ""),
    Part("withdrawn_at", _l("Withdrawn at"), restored=False,
         read=lambda it: moment_value(it.withdrawn_at), show=_moment),
    Part("published_at", _l("Published at"), restored=False,
         read=lambda it: moment_value(it.published_at), show=_moment),
    Part("comments_open", _l("Comments open"), restored=False, show=_yes_no),
    Part("comments_held", _l("Hold every comment"), restored=False, show=_yes_no),
    Part("comments_slow_minutes", _l("Minutes between a writer’s comments"), restored=False),
)  # fmt: skip
LABELS = {part.name: part.label for part in PARTS}


def _in_order(rows: Any) -> list[Snapshot]:
    return sorted(rows, key=lambda row: row["id"])


def take(article: "Article") -> Snapshot:
    """Return what `article` is as it stands in memory; its tags and disclosures are looked up."""
    return {part.name: part.of(article) for part in PARTS}


def take_blank() -> Snapshot:
    """Return what an article is of which nothing has been written."""
    from articles.models import Article

    blank = Article()
    rows: Snapshot = {"author": None, "tags": [], "disclosures": [], "picks": []}
    return {
        part.name: rows.get(part.name) if part.name in rows else part.of(blank) for part in PARTS
    }


def changed(before: Snapshot, after: Snapshot) -> list[str]:
    """Return the names of the parts that differ; what only one of the two knows does not count."""
    return [
        part.name
        for part in PARTS
        if part.name in before
        and part.name in after
        and _bare(before[part.name]) != _bare(after[part.name])
    ]


def version(snapshot: Snapshot) -> str:
    """Return a short text that is the same for equal snapshots, and for no others."""
    bare = {name: _bare(value) for name, value in snapshot.items()}
    return hashlib.sha256(json.dumps(bare, sort_keys=True).encode()).hexdigest()[:32]


def _bare(value: Any) -> Any:
    """A value without the names of what it refers to: another name is no change of the article."""
    if isinstance(value, dict):
        return {name: each for name, each in value.items() if name not in ("name", "kind")}
    if isinstance(value, list):
        return [_bare(each) for each in value]
    # Browsers send two characters for the end of a line.
    return value.replace("\r\n", "\n") if isinstance(value, str) else value
