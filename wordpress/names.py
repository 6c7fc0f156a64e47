"""Authors and tags: found again by an earlier import or by their slug, else made."""

from collections import Counter
from typing import Any

from django.db import transaction
from django.db.models import Model, Q

from articles.models import SYMBOL, Author, Tag
from wordpress import mapping, pieces
from wordpress.models import Origin
from wordpress.origins import Origins


class NameImporter:
    """Remembers during one run what each login and each slug is here."""

    def __init__(self, origins: Origins, *, counts: Counter[str]) -> None:
        self._origins = origins
        self._counts = counts
        self._authors: dict[str, Author] = {}
        self._tags: dict[str, Tag | None] = {}

    def author(self, known: pieces.Author) -> Author:
        """Return our author for a login of WordPress's."""
        if known.login not in self._authors:
            with transaction.atomic():
                self._authors[known.login] = self._find_author(known)
        return self._authors[known.login]

    def tag(self, term: pieces.Term) -> Tag | None:
        """Return our tag for a category or tag; of the same slug or name they are one here.

        None for one that says nothing, or that was deleted here since an earlier import.
        """
        says_nothing = mapping.NO_TOPIC in (term.slug, term.name.lower())
        if term.kind not in mapping.TAXONOMIES or says_nothing:
            return None
        wp_id = (term.slug or term.name.lower())[:300]
        if wp_id not in self._tags:
            with transaction.atomic():
                self._tags[wp_id] = self._find_tag(term, wp_id)
        return self._tags[wp_id]

    def _find_author(self, known: pieces.Author) -> Author:
        origin = self._origins.find(Origin.Kind.AUTHOR, known.login)
        author = Author.objects.filter(pk=origin).first() if origin else None
        if author:
            return author
        slug = mapping.slug(known.login, known.name, length=100)
        author = Author.objects.filter(slug=slug).first() if slug else None
        if author is None:
            author = Author.objects.create(
                name=(mapping.plain(known.name) or "Unknown author")[:100],
                slug=unused_slug(Author, slug or "author", length=100),
                role=known.role[:100],
                bio=known.bio,
            )
            self._counts["authors"] += 1
        self._origins.remember(Origin.Kind.AUTHOR, known.login, author)
        return author

    def _find_tag(self, term: pieces.Term, wp_id: str) -> Tag | None:
        origin = self._origins.find(Origin.Kind.TAG, wp_id)
        if origin:
            return Tag.objects.filter(pk=origin).first()
        name = mapping.plain(term.name)[:60].strip() or wp_id[:60]
        slug = mapping.slug(term.slug, name, length=60)
        tag = Tag.objects.filter(Q(slug=slug) & ~Q(slug="") | Q(name__iexact=name)).first()
        if tag is None:
            tag = Tag.objects.create(
                name=name,
                slug=unused_slug(Tag, slug or "topic", length=60),
                description=mapping.plain(term.description),
                **_ticker(term),
            )
            self._counts["tags"] += 1
        self._origins.remember(Origin.Kind.TAG, wp_id, tag)
        return tag


def _ticker(term: pieces.Term) -> dict[str, Any]:
    """Return what makes a tag a ticker, if our own export says that it was one."""
    symbol = term.meta.get(mapping.SYMBOL, "")[:12]
    exchange = term.meta.get(mapping.EXCHANGE, "")[:12]
    if not (exchange and SYMBOL.fullmatch(symbol)) or Tag.objects.filter(symbol=symbol).exists():
        return {}
    return {"kind": Tag.Kind.TICKER, "symbol": symbol, "exchange": exchange}


def unused_slug(model: type[Model], wanted: str, *, length: int) -> str:
    """Return the slug, with a number if another row has it."""
    rows = model._default_manager
    slug, number = wanted[:length], 1
    while rows.filter(slug=slug).exists():
        number += 1
        slug = f"{wanted[: length - len(str(number)) - 1]}-{number}"
    return slug
