"""The tables of the comments app, by what they are about."""

from comments.models.comment import (
    EMAIL_LENGTH,
    IS_SHOWN,
    NAME_LENGTH,
    TEXT_LENGTH,
    URL_LENGTH,
    Comment,
    CommentQuerySet,
    Submission,
    Thread,
)
from comments.models.desk import AkismetState, Ban, ModeratorPreference
from comments.models.discussion import Discussion
from comments.models.errata import ErrorDecision, ErrorReport
from comments.models.history import Check, Edit, Report, StatusChange, Tally
from comments.models.people import Address, Mail, PrivacyEvent

__all__ = [
    "EMAIL_LENGTH",
    "IS_SHOWN",
    "NAME_LENGTH",
    "TEXT_LENGTH",
    "URL_LENGTH",
    "Address",
    "AkismetState",
    "Ban",
    "Check",
    "Comment",
    "CommentQuerySet",
    "Discussion",
    "Edit",
    "ErrorDecision",
    "ErrorReport",
    "Mail",
    "ModeratorPreference",
    "PrivacyEvent",
    "Report",
    "StatusChange",
    "Submission",
    "Tally",
    "Thread",
]
