"""The only writer of `Comment.status`. Every change asks who, and leaves a StatusChange.

What counts as seen decides: `UPDATE … WHERE id AND status = seen`. When no row changes, somebody
was faster; nothing is overwritten and the caller learns who it was.
"""

from comments.moderation.endings import due_for_purge, erase, purge, still_owed
from comments.moderation.entrance import html_of, submit, take_over
from comments.moderation.filters import discard, hand_over, hold_reported, judge, release
from comments.moderation.many import (
    Outcome,
    Seen,
    decide_many,
    delete_many,
    log_deletion,
    undo_many,
)
from comments.moderation.moves import AlreadyDecided
from comments.moderation.people import (
    FROM_MAIL,
    approve,
    decide,
    hold,
    keep,
    restore,
    revise,
    spam,
    trash,
    undo,
)
from comments.moderation.writers import edit, rewrite, withdraw

__all__ = [
    "FROM_MAIL",
    "AlreadyDecided",
    "Outcome",
    "Seen",
    "approve",
    "decide",
    "decide_many",
    "delete_many",
    "discard",
    "due_for_purge",
    "edit",
    "erase",
    "hand_over",
    "hold",
    "hold_reported",
    "html_of",
    "judge",
    "keep",
    "log_deletion",
    "purge",
    "release",
    "restore",
    "revise",
    "rewrite",
    "spam",
    "still_owed",
    "submit",
    "take_over",
    "trash",
    "undo",
    "undo_many",
    "withdraw",
]
