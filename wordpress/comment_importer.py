"""Take the comments of one post over: each once, in its thread, as it stood in WordPress."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from articles.models import Article
from comments import moderation
from comments.models import Comment, Discussion
from comments.spam.rules import Draft
from wordpress import comment_text, mapping
from wordpress.models import Origin
from wordpress.origins import Origins, batches
from wordpress.pieces import Post, PostComment

#: A comment of ours: its id, and the ids above it.
Place = tuple[int, list[int]]


class CommentImporter:
    """Stores the comments of one post after the other and counts what became of them."""

    def __init__(
        self, origins: Origins, *, counts: Counter[str], left_out: Counter[str], otherwise: datetime
    ) -> None:
        self._origins = origins
        self._counts = counts
        self._left_out = left_out
        # The date of a comment that has none, on an article that has none.
        self._otherwise = otherwise
        self._depth = Discussion.load().depth

    def store(self, post: Post, article: Article, *, adopted: bool) -> None:
        """Store what is new; call it within the transaction of the article.

        `adopted` says that the article was here by another way than an import, perhaps with the
        same comments.
        """
        kept = [each for each in post.comments if each.type in mapping.COMMENT_TYPES]
        others = (each.type for each in post.comments if each.type not in mapping.COMMENT_TYPES)
        self._left_out.update(f"comments ({kind})" for kind in others)
        if not kept:
            return
        known = self._origins.known(Origin.Kind.COMMENT, (each.id for each in kept))
        here = dict(_places(list(known.values())))
        # Of what is here, by WordPress's id; grows as we go.
        places = {wp_id: (pk, here[pk]) for wp_id, pk in known.items() if pk in here}
        twins = _twins(article) if adopted else {}
        new: dict[str, int] = {}
        for comment, parent in in_order(post.comments):
            if comment.type not in mapping.COMMENT_TYPES:
                continue
            if comment.id in known:
                gone = comment.id not in places
                self._counts["comments deleted here" if gone else "comments known"] += 1
                continue
            date = mapping.moment(gmt=comment.date_gmt, local=comment.date)
            draft = _draft(comment, places.get(parent))
            place = twins.pop((date, draft.name, draft.text), None)
            if place:
                self._counts["comments known"] += 1
            else:
                place = self._take_over(comment, article, draft, places.get(parent), date)
            places[comment.id] = place
            new[comment.id] = place[0]
        self._origins.remember_new(Origin.Kind.COMMENT, new)

    def _take_over(
        self,
        comment: PostComment,
        article: Article,
        draft: Draft,
        above: Place | None,
        date: datetime | None,
    ) -> Place:
        status, before = mapping.comment_status(comment.approved, comment.meta)
        if date is None:
            self._counts["without a date"] += 1
        stored = moderation.take_over(
            article,
            draft,
            # A reply that WordPress shows deeper stands at our last level.
            ancestors=[*above[1], above[0]][: self._depth - 1] if above else [],
            status=status,
            before=before,
            created_at=date or article.published_at or self._otherwise,
        )
        self._counts[f"comments {status}"] += 1
        return stored.pk, stored.ancestors


def _draft(comment: PostComment, above: Place | None) -> Draft:
    return Draft(
        name=mapping.person(comment.name),
        email=comment.email,
        text=comment_text.from_wordpress(comment.content),
        url=mapping.web_address(comment.url),
        parent_id=above[0] if above else None,
        ip=mapping.ip(comment.ip),
    )


def in_order(comments: list[PostComment]) -> Iterator[tuple[PostComment, str]]:
    """Yield the comments oldest first, but none before what it replies to; each with that one's id.

    Our threads are sorted by our ids, so the order of storing is the order of showing. A reply to
    a comment that does not come over, such as a pingback, goes to the next above; in a circle, the
    first one met opens the thread.
    """
    by_id = {comment.id: comment for comment in comments}
    done: set[str] = set()

    def parent_of(comment: PostComment) -> str:
        seen = {comment.id}
        parent = by_id.get(comment.parent)
        while parent and parent.type not in mapping.COMMENT_TYPES and parent.id not in seen:
            seen.add(parent.id)
            parent = by_id.get(parent.parent)
        return parent.id if parent else ""

    for comment in sorted(by_id.values(), key=lambda each: (each.date_gmt, each.date)):
        line: dict[str, PostComment] = {}
        current: PostComment | None = comment
        while current and current.id not in done and current.id not in line:
            line[current.id] = current
            current = by_id.get(parent_of(current))
        for each in reversed(line.values()):
            done.add(each.id)
            yield each, parent_of(each)


def _places(pks: list[int]) -> Iterator[tuple[int, list[int]]]:
    for some in batches(pks):
        yield from Comment.objects.filter(pk__in=some).values_list("pk", "ancestors")


def _twins(article: Article) -> dict[tuple[datetime | None, str, str], Place]:
    """Return the comments that are here already, by what tells them apart: second, name, text."""
    rows = Comment.objects.filter(article=article).values_list(
        "created_at", "name", "text", "pk", "ancestors"
    )
    return {
        (at - timedelta(microseconds=at.microsecond), name, text): (pk, ancestors)
        for at, name, text, pk, ancestors in rows
    }
