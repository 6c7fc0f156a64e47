"""Is this spam? Answers, never acts: rules without a network, and Akismet over one."""

import json

from django.conf import settings

from comments.models import Comment
from comments.privacy import UNREADABLE
from comments.spam.akismet import Akismet, Values
from comments.spam.answers import Answer, NoAnswer
from comments.spam.rules import Draft

__all__ = ["HONEYPOT_FIELD", "Akismet", "Answer", "NoAnswer", "draft_of", "question", "repeat"]

#: The field that people do not see. No real field is called so, or browsers would fill it in.
HONEYPOT_FIELD = "second_thoughts"


def question(comment: Comment, *, reason: str = "", with_email: bool = True) -> Values:
    """Return everything Akismet should know about `comment`, under Akismet's own names.

    `reason` says why it is asked again (`retry`, `edit`, …). An unknown value is sent empty: a
    missing user agent or referrer must never keep a comment from being checked. So is the
    writer's address unless it goes along (`with_email`).
    """
    submission, article = comment.submission, comment.article
    values: Values = {
        "user_ip": submission.ip or "127.0.0.1",
        "user_agent": submission.user_agent,
        "referrer": submission.referrer,
        "permalink": settings.SITE_URL + article.get_absolute_url(),
        "comment_type": "reply" if comment.ancestors else "comment",
        "comment_author": comment.name,
        "comment_author_email": _readable(submission.email) if with_email else "",
        "comment_author_url": comment.url,
        "comment_content": comment.text,
        "comment_date_gmt": comment.created_at.isoformat(timespec="seconds"),
        "comment_post_modified_gmt": (
            (article.updated_at or article.published_at or comment.created_at).isoformat(
                timespec="seconds"
            )
        ),
        "blog_lang": "en",
        "blog_charset": "UTF-8",
        "comment_context[]": [tag.symbol or tag.name for tag in article.tags.all()],
        "comment_post_ID": str(article.pk),
        "honeypot_field_name": HONEYPOT_FIELD,
        HONEYPOT_FIELD: submission.honeypot,
    }
    if comment.parent_id:
        values["comment_parent"] = str(comment.parent_id)
    if reason:
        values["recheck_reason"] = reason
    return values


def repeat(comment: Comment, *, reporter: str = "", with_email: bool = True) -> Values:
    """Return the values of the original check, to send with feedback on it.

    One whose copy was deleted meanwhile is described afresh.
    """
    sent = _readable(comment.submission.sent)
    values: Values = json.loads(sent) if sent else question(comment, with_email=with_email)
    values.pop("recheck_reason", None)
    if reporter:
        values["reporter"] = reporter
    return values


def _readable(text: str) -> str:
    """Return "" for what was encrypted under a key that is lost: unknown values are sent empty."""
    return "" if text == UNREADABLE else text


def draft_of(comment: Comment) -> Draft:
    """Return what the local rules look at, from the stored halves of `comment`."""
    submission = comment.submission
    return Draft(
        name=comment.name,
        email=submission.email,
        text=comment.text,
        url=comment.url,
        parent_id=comment.parent_id,
        honeypot=submission.honeypot,
        ip=submission.ip,
        user_agent=submission.user_agent,
        referrer=submission.referrer,
    )
