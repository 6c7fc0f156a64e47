"""`{% comments_for article %}`: an article's comment section, and the form below it."""

from typing import Any

from django import template
from django.conf import settings
from django.http import Http404
from django.template import Context
from django.urls import reverse
from django.utils.translation import gettext as _

from articles.models import Article
from comments.forms import CommentForm
from comments.models import Comment, Discussion
from comments.thread import section

register = template.Library()


@register.inclusion_tag("comments/section.html", takes_context=True)
def comments_for(context: Context, article: Article) -> dict[str, Any]:
    """Show one page of the threads of `article`, and the form or why there is none.

    What a view puts into the context comes first: `comment_form` (filled in, with its errors),
    `comment_preview` (shown to its writer alone), `preview_expired`.
    """
    request = context["request"]
    form = context.get("comment_form")
    preview = context.get("comment_preview")
    shown = section(
        article, Discussion.load(), number=_number(request.GET.get("comments")), preview=preview
    )
    reply_to = _reply_to(article, request.GET.get("replytocom"), form)
    if form is None:
        form = CommentForm(
            action=reverse("comments:post", args=[article.slug]),
            initial={"parent": reply_to.pk if reply_to else None},
        )
    return {
        "section": shown,
        "article": article,
        "article_url": article.get_absolute_url(),
        "form": form,
        "reply_to": reply_to,
        "preview_expired": context.get("preview_expired"),
        "uses_akismet": bool(settings.AKISMET_API_KEY),
    }


def _number(value: str | None) -> int:
    if value is None:
        return 1
    if not (value.isascii() and value.isdigit() and len(value) <= 9 and int(value)):
        raise Http404(_("There is no such page of comments."))
    return int(value)


def _reply_to(article: Article, asked: str | None, form: CommentForm | None) -> Comment | None:
    """Return the comment that the form replies to; an address that names none is a plain form."""
    pk = str((form["parent"].value() if form else asked) or "")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19) or not article.comments_open:
        return None
    return Comment.objects.public().filter(article=article, pk=pk).only("name").first()
