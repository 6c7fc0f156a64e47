"""Take the articles and comments of a WordPress export over. A second run adds only what is new.

Each article is stored together with its comments in one transaction, with a note of where it came
from; so a run that was killed is simply started again.
"""

import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from articles.models import Article
from wordpress import body, mapping, old_addresses, wxr
from wordpress.comment_importer import CommentImporter
from wordpress.mapping import State
from wordpress.models import OldAddress, Origin
from wordpress.names import NameImporter, unused_slug
from wordpress.origins import Origins
from wordpress.pieces import Author, Post, Site, Term

_PICTURE = re.compile(r'<img\b[^>]*\ssrc="([^"]*)"')


class _TakeBack(Exception):
    """Ends the transaction of a dry run."""


class Importer:
    """One run over one file. `counts`, `left_out` and `shortcodes` tell what was done."""

    def __init__(self, path: Path, *, progress: Callable[[int, int], None]) -> None:
        self.path = path
        self.counts: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self.shortcodes: Counter[str] = Counter()
        self._progress = progress

    def run(self, *, dry_run: bool = False) -> None:
        """Import the file; with `dry_run`, do all of it in one transaction and take that back.

        Raises wxr.WxrError, before anything is stored, for a file that cannot be read to its end.
        """
        total = sum(isinstance(piece, Post) for piece in wxr.read(self.path))
        if not dry_run:
            self._run(total)
            return
        try:
            with transaction.atomic():
                self._run(total)
                raise _TakeBack
        except _TakeBack:
            return

    def _run(self, total: int) -> None:
        done = 0
        for piece in wxr.read(self.path):
            match piece:
                case Site():
                    self._begin(piece)
                case Author():
                    self._names.author(piece)
                case Term():
                    self._names.tag(piece)
                case Post():
                    self._post(piece)
                    done += 1
                    self._progress(done, total)

    def _begin(self, site: Site) -> None:
        self._site = site
        self._exported = mapping.moment(published=site.exported) or timezone.now()
        self._origins = Origins(site.link)
        self._names = NameImporter(self._origins, counts=self.counts)
        self._comments = CommentImporter(
            self._origins, counts=self.counts, left_out=self.left_out, otherwise=self._exported
        )

    def _post(self, post: Post) -> None:
        state = mapping.POST_STATUS.get(post.status, State.DRAFT)
        if post.type != "post" or state is State.LEFT_OUT:
            kind = f"posts ({post.status})" if post.type == "post" else post.type
            self.left_out[kind] += 1
            self.left_out["comments on what was left out"] += len(post.comments)
            return
        wp_id = (post.id or post.link)[:300]
        with transaction.atomic():
            origin = self._origins.find(Origin.Kind.ARTICLE, wp_id)
            article = Article.objects.filter(pk=origin).first() if origin else None
            if origin and article is None:
                self.counts["articles deleted here"] += 1
                return
            adopted = False
            if article is None:
                draft, converted = self._article(post, state)
                twin = _twin(draft)
                adopted = twin is not None
                article = twin or self._store(draft, post, converted)
                self._origins.remember(Origin.Kind.ARTICLE, wp_id, article)
            if origin or adopted:
                self.counts["articles known"] += 1
            self._comments.store(post, article, adopted=adopted)
            self._store_old_addresses(post, article)

    def _article(self, post: Post, state: State) -> tuple[Article, body.Body]:
        """Return the article that a post will be, not stored yet."""
        converted = body.convert(post.content, host=urlsplit(self._site.link).netloc)
        title = mapping.title(post.title, body=converted.html)
        article = Article(
            title=title,
            slug=mapping.slug(post.slug, title, f"post-{post.id}", length=200),
            summary=mapping.summary(post.excerpt, body=converted.html),
            body=converted.html,
            published_at=self._published_at(post, state),
            comments_open=post.comment_status == "open",
        )
        modified = mapping.moment(gmt=post.modified_gmt)
        if article.published_at and modified and modified > article.published_at:
            article.updated_at = modified
        return article, converted

    def _published_at(self, post: Post, state: State) -> datetime | None:
        if state is State.DRAFT or post.password:
            return None
        return mapping.moment(gmt=post.date_gmt, published=post.published, local=post.date) or (
            self._exported
        )

    def _store(self, article: Article, post: Post, converted: body.Body) -> Article:
        article.slug = unused_slug(Article, article.slug, length=200)
        article.author = self._names.author(Author(login=post.creator, name=post.creator))
        article.save()
        tags = (self._names.tag(term) for term in post.terms)
        article.tags.set({tag for tag in tags if tag})
        # What there is to tell about it.
        state = "scheduled" if article.published_at else "drafts"
        self.counts["published" if article.is_published else state] += 1
        self.counts["drafts that had a password"] += bool(post.password)
        self.counts["without a title"] += not mapping.plain(post.title)
        self.counts["without a date"] += article.published_at == self._exported
        self.shortcodes += converted.shortcodes
        for source in _PICTURE.findall(article.body):
            at_home = source.startswith("/") and not source.startswith("//")
            self.counts["pictures at home" if at_home else "pictures elsewhere"] += 1
        return article

    def _store_old_addresses(self, post: Post, article: Article) -> None:
        keys = old_addresses.keys(post.link, post_id=post.id, site_link=self._site.link)
        known = set(OldAddress.objects.filter(path__in=keys).values_list("path", flat=True))
        new = [OldAddress(path=path, article=article) for path in sorted(keys - known)]
        if new:
            self.counts["old addresses"] += len(OldAddress.objects.bulk_create(new))


def _twin(article: Article) -> Article | None:
    """Return the article that is here already by another way: of the same slug and second.

    So an export of this very site can be read back, and adds only what is missing.
    """
    same = Article.objects.filter(slug=article.slug)
    if article.published_at is None:
        return same.filter(published_at=None, title=article.title).first()
    second = article.published_at, article.published_at + timedelta(microseconds=999_999)
    return same.filter(published_at__range=second).first()
