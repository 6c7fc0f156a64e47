"""The HTML of comments, put together in one pass: a template a comment costs ten times as much.

Whatever a reader typed goes through `escape`; only `Comment.html`, which comments/text.py made,
stands as it is. The empty form, which is the same on every page, is made once.
"""

from datetime import datetime
from functools import lru_cache
from html import escape

from crispy_forms.utils import render_crispy_form
from django.conf import settings
from django.urls import get_script_prefix, reverse
from django.utils import dateformat, timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from comments import text
from comments.forms import CommentForm
from comments.looks import Looks
from comments.models import Comment
from comments.places import Place
from comments.thread import Node

#: WordPress's date and time, "March 3, 2026 at 10:14 am", without its last word: Django has "a.m."
WHEN = r"F j, Y \a\t g:i"

#: Stands in the form for the address that it posts to.
_ACTION = "/the-address-of-the-form/"
MANAGE_WHY = gettext_lazy(
    "tells what becomes of it, and lets you edit or delete it. Whoever has its address can, too."
)


class Markup:
    """Writes lists of comments, with the words and addresses that are the same in each.

    `replies` offers to answer; `manage_url` is told to the writer of a comment in preview.
    """

    def __init__(self, article_url: str, *, replies: bool, manage_url: str = "") -> None:
        self.article_url = escape(article_url)
        self.replies = replies
        self.manage_url = escape(manage_url)
        self.zone = timezone.get_current_timezone()
        self.language = get_language()
        self.permalink = _address("comments:permalink", get_script_prefix())
        self.report = _address("comments:report", get_script_prefix())
        self.words = _words(self.language)

    def write(self, nodes: list[Node]) -> SafeString:
        """Return nested lists, an item for each of `nodes`."""
        parts, depth = [], 0
        here = {node.pk for node in nodes if node.comment}
        for node in nodes:
            parts.append(_lists(depth, node.depth))
            parts.append(self._item(node, here))
            depth = node.depth
        parts.append(_lists(depth, 0))
        return SafeString("".join(parts))

    def write_draft(self, comment: Looks) -> SafeString:
        """Return a comment that is not stored yet, as it would look, without what leads to it."""
        name = escape(comment.shown_name)
        return SafeString(
            f'<article class="comment">\n<header>\n{_avatar(comment)}\n'
            f"<p>{self._name(comment, name, linked=True)}{self._badge(comment)}<br>\n"
            f'<span class="when">{self._time(timezone.now())}</span></p>\n</header>\n'
            f'<div class="comment-text">{comment.html}</div>\n</article>'
        )

    def _item(self, node: Node, here: set[int]) -> str:
        if node.others:
            said = ngettext(
                "Show the other %d comment of this thread",
                "Show the other %d comments of this thread",
                node.others,
            )
            address = f"{self.article_url}{escape(str(Place(2, thread=node.pk)))}#comments"
            return (
                f'<li class="place more"><a href="{address}" rel="nofollow">'
                f"{escape(said % node.others)}</a>"
            )
        if node.comment is None:
            said = self.words["withdrawn" if node.withdrawn else "removed"]
            return f'<li id="comment-{node.pk}" class="place"><p class="removed">{said}</p>'
        return f'<li id="comment-{node.pk}" class="place">{self._comment(node, node.comment, here)}'

    def _comment(self, node: Node, comment: Looks, here: set[int]) -> str:
        words = self.words
        name = escape(comment.shown_name)
        marks = self._badge(comment)
        if node.answers:
            pk, other = node.answers
            address = f"#comment-{pk}" if pk in here else self.permalink % pk
            link = f'<a href="{address}" rel="nofollow"><bdi>{escape(other)}</bdi></a>'
            marks += f' <span class="in-reply-to">{words["answers"] % link}</span>'
        edited = ""
        if comment.edited_at:
            when = self._time(comment.edited_at)
            edited = f' <span class="edited">({words["edited"]} {when})</span>'
        html, above, below = comment.html, "", ""
        if node.is_preview:
            html = text.without_links(html)
            above = f'<p class="notice" role="status">{words["waits"]}</p>\n'
            below = (
                f'<p class="manage-link"><a rel="nofollow" href="{self.manage_url}">'
                f"{words['manage']}</a> {words['manage_why']}</p>\n"
            )
        else:
            if self.replies:
                below = (
                    f'<a class="reply-link" rel="nofollow" '
                    f'href="{self.article_url}?replytocom={node.pk}#respond" '
                    f'aria-label="{words["reply_to"] % name}">{words["reply"]}</a> '
                )
            below = (
                f'<p class="reply">{below}<a class="report-link" rel="nofollow" '
                f'href="{self.report % node.pk}" '
                f'aria-label="{words["report_by"] % name}">{words["report"]}</a></p>\n'
            )
        return (
            f'<article class="comment{" comment-preview" if node.is_preview else ""}">\n<header>\n'
            f"{_avatar(comment)}\n"
            f"<p>{self._name(comment, name, linked=not node.is_preview)}{marks}<br>\n"
            f'<a class="when" href="{self.permalink % node.pk}" rel="nofollow">'
            f"{self._time(comment.created_at)}</a>{edited}</p>\n</header>\n"
            f'{above}<div class="comment-text">{html}</div>\n{below}</article>'
        )

    def _badge(self, comment: Looks) -> str:
        return f' <span class="badge">{self.words["staff"]}</span>' if comment.is_staff else ""

    def _name(self, comment: Looks, name: str, *, linked: bool) -> str:
        if linked and (url := comment.shown_url):
            name = f'<a href="{escape(url)}" rel="{text.LINK_REL}">{name}</a>'
        return f'<bdi class="name">{name}</bdi>'

    def _time(self, moment: datetime) -> str:
        local = moment.astimezone(self.zone)
        minute = local.replace(second=0, microsecond=0, tzinfo=None)
        shown = formatted(minute, self.language)
        return f'<time datetime="{local.isoformat(timespec="seconds")}">{shown}</time>'


def blank_form(action: str) -> SafeString:
    """Return the comment form that posts to `action`, with nothing filled in."""
    # A template that is being worked on should be seen at once.
    make = _form.__wrapped__ if settings.DEBUG else _form
    made = make(get_language(), settings.MAIL_ENABLED, bool(settings.AKISMET_API_KEY))
    return SafeString(made.replace(_ACTION, escape(action)))


@lru_cache(maxsize=16)
def _form(language: str | None, with_mail: bool, uses_akismet: bool) -> str:
    form = CommentForm(action=_ACTION)
    return render_crispy_form(form, context={"form": form, "uses_akismet": uses_akismet})


def _avatar(comment: Looks) -> str:
    """Return the writer's initials on a round ground: drawn here, so no picture is asked for."""
    return _drawn(comment.thread or comment.pk, comment.name)


@lru_cache(maxsize=4096)
def _drawn(thread: int, name: str) -> str:
    comment = Comment(thread=thread, name=name)
    return (
        f'<svg class="avatar hue-{comment.hue}" viewBox="0 0 40 40" aria-hidden="true">'
        '<circle cx="20" cy="20" r="20"/>'
        f'<text x="20" y="25">{escape(comment.initials)}</text></svg>'
    )


@lru_cache(maxsize=4096)
def formatted(minute: datetime, language: str | None) -> str:
    """Return a moment as comments have it: "March 3, 2026 at 10:14 am"."""
    half = dateformat.format(minute, "A").lower()
    return escape(f"{dateformat.format(minute, WHEN)} {half}")


@lru_cache(maxsize=16)
def _address(name: str, prefix: str) -> str:
    """Return the address of the page `name` of any comment, with %d in the place of its id."""
    before, _zero, after = reverse(name, args=[0]).rpartition("0")
    return f"{before.replace('%', '%%')}%d{after}"


@lru_cache(maxsize=16)
def _words(language: str | None) -> dict[str, str]:
    """Return the words that are the same in each comment."""
    return {
        "reply": escape(_("Reply")),
        "reply_to": escape(_("Reply to %s")),
        "report": escape(_("Report")),
        "report_by": escape(_("Report the comment by %s")),
        "answers": escape(_("in reply to %s")),
        "edited": escape(_("edited")),
        "staff": escape(_("Staff")),
        "waits": escape(
            _(
                "Your comment is awaiting moderation. This is a preview; your comment will be "
                "visible after it has been approved."
            )
        ),
        "manage": escape(_("Your comment’s own page")),
        "manage_why": escape(str(MANAGE_WHY)),
        "removed": escape(_("Comment removed")),
        "withdrawn": escape(_("Comment removed by its author")),
    }


def _lists(depth: int, next_depth: int) -> str:
    """Return the tags between an item at `depth` (0: none) and one at `next_depth` (0: none)."""
    if next_depth > depth:
        return '<ol class="thread">'
    if not next_depth:
        return "</li></ol>" * depth
    return "</li>" + "</ol></li>" * (depth - next_depth)
