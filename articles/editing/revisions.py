"""Keep what an article was each time it is saved; tell what was; bring it back.

All of these are called within a transaction that holds the article's lock.
"""

from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from articles.editing import checklist, snapshot
from articles.editing.markup import elements
from articles.editing.models import Revision
from articles.editing.snapshot import Snapshot
from articles.models import Article, Author, Disclosure, Pick, Tag
from articles.pictures import uses

#: Parts that are rows of their own.
ROWS = ("tags", "disclosures", "picks")


class Refused(Exception):
    """The article may not become this; `messages` say why."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__(*messages)
        self.messages = messages


def newest(article_id: int) -> Revision | None:
    return Revision.objects.filter(article=article_id).select_related("by").order_by("-pk").first()


def note_found(article_id: int, stored: Snapshot) -> None:
    """Keep the state before a change, unless the newest revision is that already.

    So nothing is lost of what was there before there were revisions, or came by another way.
    """
    last = newest(article_id)
    if last is None or snapshot.changed(last.data, stored):
        _add(article_id, stored, last, by=None, why=Revision.Why.FOUND)


def keep(
    article_id: int,
    *,
    by: User | None,
    why: str = Revision.Why.SAVED,
    source: Revision | None = None,
) -> Revision | None:
    """Keep what the article now is in the database; None where nothing has changed."""
    now = snapshot.take(Article.objects.select_related("author").get(pk=article_id))
    last = newest(article_id)
    if last and not snapshot.changed(last.data, now):
        return None
    return _add(article_id, now, last, by=by, why=why, source=source)


def _add(article_id: int, data: Snapshot, last: Revision | None, **fields: Any) -> Revision:
    names = snapshot.changed(last.data, data) if last else []
    shown = [data["picture"], *(each.get("src", "") for each in elements(data["body"], "img"))]
    uses.note_past(article_id, data["picture"], data["body"])
    return Revision.objects.create(
        article_id=article_id,
        data=data,
        changed=names,
        files="\n".join(filter(None, shown)),
        **fields,
    )


def change(article_id: int, *, by: User, **values: Any) -> bool:
    """Set fields of one article, with a revision before and after; False where they were so.

    Raises Refused where the checklist stands against it.
    """
    with transaction.atomic():
        Article.objects.lock(article_id)
        article = Article.objects.select_related("author").get(pk=article_id)
        stored = snapshot.take(article)
        for name, value in values.items():
            setattr(article, name, value)
        if not snapshot.changed(stored, wanted := snapshot.take(article)):
            return False
        if hindrances := checklist.hindrances(stored, wanted):
            raise Refused([str(each) for each in hindrances])
        note_found(article_id, stored)
        article.save(update_fields=list(values))
        keep(article_id, by=by)
    return True


def restore(revision: Revision, *, by: User) -> list[str]:
    """Make the article what it was in `revision`; return what could not be brought back.

    Its address, the time it appears and its comments stay as they are now. The state that is
    replaced stays as a revision. Raises Refused, with nothing changed.
    """
    with transaction.atomic():
        Article.objects.lock(revision.article_id)
        article = Article.objects.select_related("author").get(pk=revision.article_id)
        stored = snapshot.take(article)
        lost = _apply(revision.data, article)
        try:
            article.full_clean()
        except ValidationError as error:
            raise Refused(error.messages) from error
        note_found(article.pk, stored)
        article.save()
        lost += _apply_rows(revision.data, article)
        if hindrances := checklist.hindrances(stored, snapshot.take(article)):
            raise Refused([str(each) for each in hindrances])  # takes the transaction back
        keep(article.pk, by=by, why=Revision.Why.RESTORED, source=revision)
    return lost


def _apply(data: Snapshot, article: Article) -> list[str]:
    """Set the article's own columns; return what could not be set."""
    lost = []
    for part in snapshot.PARTS:
        if not part.restored or part.name not in data or part.name in ROWS:
            continue
        value = data[part.name]
        if part.name == "picture":
            if value and not article.picture.storage.exists(value):
                lost.append(_("The picture’s file is gone; the present picture stays."))
                continue
        elif part.name == "author":
            value = Author.objects.filter(pk=value["id"]).first()
            if value is None:
                lost.append(_("The author is gone; the present one stays."))
                continue
        setattr(article, part.name, value)
    return lost


def _apply_rows(data: Snapshot, article: Article) -> list[str]:
    """Set tags, disclosures and what to read next; return what could not be set."""
    lost = []
    if "tags" in data:
        tags = Tag.objects.in_bulk([row["id"] for row in data["tags"]])
        article.tags.set(tags.values())
        lost += [
            _("The tag “%s” is gone.") % row["name"]
            for row in data["tags"]
            if row["id"] not in tags
        ]
    if "disclosures" in data:
        rows = data["disclosures"]
        tickers = Tag.objects.filter(kind=Tag.Kind.TICKER).in_bulk([row["id"] for row in rows])
        article.disclosures.all().delete()
        for row in rows:
            if row["id"] not in tickers:
                lost.append(_("The ticker “%s” is gone, and its disclosure.") % row["name"])
                continue
            Disclosure.objects.create(
                article=article,
                ticker=tickers[row["id"]],
                position=row["position"],
                as_of=row["as_of"],
                price=row.get("price", ""),
                note=row["note"],
            )
    if "picks" in data:
        others = Article.objects.only("pk").in_bulk([row["id"] for row in data["picks"]])
        article.picks.all().delete()
        for place, row in enumerate(data["picks"], start=1):
            if row["id"] not in others:
                lost.append(_("The article “%s” is gone.") % row["name"])
                continue
            Pick.objects.create(
                article=article, other=others[row["id"]], kind=row["how"], place=place
            )
    return lost
