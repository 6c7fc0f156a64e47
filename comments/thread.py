"""The comment section of one article: which threads are on a page, and in what shape."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import BigIntegerField, Count, QuerySet
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils import dateformat, timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from articles.models import Article
from comments import text
from comments.models import Comment, Discussion

#: WordPress's date and time: "March 3, 2026 at 10:14 am".
WHEN = r"F j, Y \a\t g:i a"


@dataclass
class Node:
    """One place in a thread. Without a comment it is where a removed one stood.

    Its texts are ready for the template: formatting there costs several times as much.
    """

    pk: int
    depth: int
    comment: Comment | None = None
    html: str = ""
    when: str = ""
    when_iso: str = ""
    reply_label: str = ""
    # "in reply to NAME", where the place in the thread does not say it already.
    in_reply_to: str = ""
    is_preview: bool = False
    # The list tags that lead here from the node before.
    before: SafeString = SafeString("")


@dataclass
class Section:
    """One page of an article's threads, ready for the template."""

    article: Article
    number: int
    nodes: list[Node] = field(default_factory=list)
    after: SafeString = SafeString("")
    has_next: bool = False

    @property
    def has_previous(self) -> bool:
        return self.number > 1


def section(
    article: Article, discussion: Discussion, *, number: int = 1, preview: Comment | None = None
) -> Section:
    """Return page `number` of the threads of `article`, oldest first; threads are never split.

    `preview` is a comment that is not public and shown to its writer alone; the page is then the
    one it will stand on. Two queries, none while there are no comments. Raises Http404 for a page
    that does not exist.
    """
    size = discussion.comments_per_page
    if preview:
        number = page_of(preview, discussion)
    first = (number - 1) * size
    threads: list[int] = []
    if article.comment_count:
        threads = list(_threads(article).order_by("key")[first : first + size + 1])
    if not threads and number > 1 and not preview:
        raise Http404(_("There is no such page of comments."))
    has_next, threads = len(threads) > size, threads[:size]
    comments = list(_public(article).filter(key__in=threads).defer("text")) if threads else []
    if preview:
        comments.append(preview)
    nodes = arrange(comments, preview=preview)
    depth = nodes[-1].depth if nodes else 0
    return Section(article, number, nodes, _lists(depth, 0), has_next)


def page_of(comment: Comment, discussion: Discussion) -> int:
    """Return the number of the page on which `comment` stands, or will stand."""
    key = comment.thread or comment.pk
    earlier = (
        _public(comment.article)
        .filter(key__lt=key)
        .aggregate(threads=Count("key", distinct=True))["threads"]
    )
    return earlier // discussion.comments_per_page + 1


def arrange(comments: list[Comment], *, preview: Comment | None = None) -> list[Node]:
    """Put comments into the order and depth of their threads, siblings oldest first.

    A comment whose ancestor is missing gets a bare node in its place, so that the thread keeps
    its shape.
    """
    names = {comment.pk: comment.name for comment in comments}
    nodes: list[Node] = []
    placed: set[int] = set()
    for comment in sorted(comments, key=lambda comment: (*comment.ancestors, comment.pk)):
        for level, ancestor in enumerate(comment.ancestors, start=1):
            if ancestor not in placed and ancestor not in names:
                nodes.append(Node(ancestor, level))
                placed.add(ancestor)
        nodes.append(_node(comment, names, is_preview=comment is preview))
        placed.add(comment.pk)
    depth = 0
    for node in nodes:
        node.before = _lists(depth, node.depth)
        depth = node.depth
    return nodes


def _node(comment: Comment, names: dict[int, str], *, is_preview: bool) -> Node:
    written = timezone.localtime(comment.created_at)
    hangs_under = comment.ancestors[-1] if comment.ancestors else None
    answers = names.get(comment.parent_id or 0) if comment.parent_id != hangs_under else None
    return Node(
        comment.pk,
        comment.depth,
        comment,
        text.without_links(comment.html) if is_preview else comment.html,
        when=dateformat.format(written, WHEN),
        when_iso=written.isoformat(timespec="seconds"),
        reply_label=_("Reply to %s") % comment.name,
        in_reply_to=_("in reply to %s") % answers if answers else "",
        is_preview=is_preview,
    )


def _lists(depth: int, next_depth: int) -> SafeString:
    """Return the tags between an item at `depth` (0: none) and one at `next_depth` (0: none)."""
    if next_depth > depth:
        return SafeString('<ol class="thread">')
    if not next_depth:
        return SafeString("</li></ol>" * depth)
    return SafeString("</li>" + "</ol></li>" * (depth - next_depth))


def _public(article: Article) -> QuerySet[Any]:
    return (
        Comment.objects.public()
        .filter(article=article)
        .annotate(key=Coalesce("thread", "id", output_field=BigIntegerField()))
    )


def _threads(article: Article) -> QuerySet:
    return _public(article).values_list("key", flat=True).distinct()
