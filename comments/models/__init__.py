"""The tables of the comments app, by what they are about."""

from comments.models.comment import (
    EMAIL_LENGTH,
    NAME_LENGTH,
    TEXT_LENGTH,
    URL_LENGTH,
    Comment,
    CommentQuerySet,
    Submission,
)
from comments.models.discussion import Discussion
from comments.models.history import Check, StatusChange

__all__ = [
    "EMAIL_LENGTH",
    "NAME_LENGTH",
    "TEXT_LENGTH",
    "URL_LENGTH",
    "Check",
    "Comment",
    "CommentQuerySet",
    "Discussion",
    "StatusChange",
    "Submission",
]
