"""`{% comments_for article %}`: an article's comment section, and the form below it."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.template import Context
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from articles.addresses import address
from articles.models import Article
from comments.forms import CommentForm
from comments.looks import Looks
from comments.markup import MANAGE_WHY, Markup, blank_form, formatted
from comments.models import Comment, Discussion
from comments.opening import accepts_comments
from comments.places import ORDERS, Place
from comments.structured import json_ld
from comments.thread import Section, section

register = template.Library()


@register.filter
def count_of_comments(number: int) -> str:
    """Say how many comments there are, as WordPress does: "No comments", "1 comment"."""
    return _counted(number, get_language())


@lru_cache(maxsize=1_024)
def _counted(number: int, language: str | None) -> str:
    if not number:
        return _("No comments")
    shown = {"number": number_format(number, force_grouping=True)}
    return ngettext("%(number)s comment", "%(number)s comments", number) % shown


@register.filter
def minute(moment: datetime) -> str:
    """Write a moment as it stands above a comment: "March 3, 2026 at 10:14 am"."""
    return formatted(timezone.localtime(moment).replace(second=0, microsecond=0), get_language())


@register.simple_tag
def address_for_errors(article: Article) -> str:
    """Return where readers report an error in `article`."""
    return address("comments:error", article.slug)


@register.inclusion_tag("comments/section.html", takes_context=True)
def comments_for(context: Context, article: Article) -> dict[str, Any]:
    """Show one page of the comments of `article`, and the form or why there is none.

    What a view puts into the context comes first: `comment_form` (filled in, with its errors),
    `comment_draft` (a comment to be looked at before it is posted), `comment_preview` (one that
    was posted, shown to its writer alone), `preview_expired`, `manage_url` (its writer's page).
    """
    request = context["request"]
    form = context.get("comment_form")
    discussion = Discussion.load()
    is_open = accepts_comments(article, discussion)
    place = Place.read(request.GET)
    shown = section(article, discussion, place, preview=context.get("comment_preview"))
    asked = form["parent"].value() if form else request.GET.get("replytocom")
    reply_to = _reply_to(article, asked, shown) if is_open else None
    action = address("comments:post", article.slug)
    if form is None and reply_to:
        form = CommentForm(action=action, initial={"parent": reply_to.pk})
    manage_url = context.get("manage_url") or ""
    markup = Markup(article.get_absolute_url(), replies=is_open, manage_url=manage_url)
    return {
        "section": shown,
        # Written only where the same comments have not been.
        "list": SimpleLazyObject(lambda: markup.write(shown.nodes)),
        "structured": SimpleLazyObject(lambda: json_ld(article, shown.nodes)),
        "draft": _written(markup, context.get("comment_draft")),
        "orders": [
            (label, Place(order=order), order == shown.place.order)
            for order, (label, _columns) in ORDERS.items()
        ],
        "article": article,
        "article_url": article.get_absolute_url(),
        "is_open": is_open,
        "was_removed": request.GET.get("removed") == "1",
        "form": form,
        "blank_form": blank_form(action) if form is None and is_open else "",
        "reply_to": reply_to,
        "reply_is_here": reply_to and any(node.comment == reply_to for node in shown.nodes),
        "preview_expired": context.get("preview_expired"),
        "manage_why": MANAGE_WHY,
        "uses_akismet": bool(settings.AKISMET_API_KEY),
    }


def _written(markup: Markup, draft: Comment | None) -> SafeString | None:
    return markup.write_draft(draft) if draft else None


def _reply_to(article: Article, asked: Any, shown: Section) -> Looks | None:
    """Return the comment that the form replies to; an address that names none is a plain form."""
    pk = str(asked or "")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None
    for node in shown.nodes:
        if node.pk == int(pk) and node.comment and not node.is_preview:
            return node.comment
    return Comment.objects.public().filter(article=article, pk=pk).only("name", "user").first()
