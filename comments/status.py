"""The life cycle of a comment, as data: DESIGN.md sections 2 and 3 in tables.

Nothing here changes anything; `comments/moderation/` reads these tables and acts.
"""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Status(TextChoices):
    """Where a comment stands."""

    SUBMITTED = "submitted", _("Awaiting check")
    PENDING = "pending", _("In the queue")
    APPROVED = "approved", _("Approved")
    SPAM = "spam", _("Spam")
    TRASH = "trash", _("Trash")


class Verdict(TextChoices):
    """What the spam filter thinks of it."""

    UNCHECKED = "unchecked", _("Not checked")
    HAM = "ham", _("Not spam, says Akismet")
    SPAM = "spam", _("Spam, says Akismet")
    DISCARD = "discard", _("Blatant spam, says Akismet")
    UNAVAILABLE = "unavailable", _("Not checked: Akismet gave no answer")
    EXEMPT = "exempt", _("Exempt from the check")


class HeldFor(TextChoices):
    """Why a comment waits for a person."""

    POLICY = "policy", _("Every comment is held")
    FIRST_COMMENT = "first_comment", _("First comment from this address")
    UNCONFIRMED = "unconfirmed", _("Nobody proved to hold this address")
    REJECTED_BEFORE = "rejected_before", _("Others by this writer were rejected lately")
    LINKS = "links", _("Links")
    WORDS = "words", _("Words")
    SCAM = "scam", _("Reads like an investment scam")
    HONEYPOT = "honeypot", _("Filled in the field that people do not see")
    STAFF_NAME = "staff_name", _("Uses the name or address of somebody on the staff")
    EDITED = "edited", _("Edited by its writer")
    REPORTED = "reported", _("Reported by readers")
    LOG_ONLY = "log_only", _("Akismet’s verdict is only noted")
    UNAVAILABLE = "unavailable", _("Akismet gave no answer")
    MODERATOR = "moderator", _("Held by a moderator")


class Source(TextChoices):
    """Who or what changed a status."""

    READER = "reader", _("Reader")
    RULES = "rules", _("Local rules")
    AKISMET = "akismet", _("Akismet")
    MODERATOR = "moderator", _("Moderator")
    IMPORT = "import", _("Import")
    RETENTION = "retention", _("Retention")


#: Verdicts that call a comment spam; and the statuses the constraint forbids while unchecked.
SPAM_VERDICTS = frozenset({Verdict.SPAM, Verdict.DISCARD})
NEEDS_VERDICT = frozenset({Status.PENDING, Status.APPROVED})


@dataclass(frozen=True)
class Verb:
    """Something a moderator can do: from which statuses, to which (None: where it was before)."""

    name: str
    label: Promise | str
    done: Promise | str
    sources: frozenset[str]
    target: Status | None


def _verb(name: str, label: Promise, done: Promise, sources: str, target: Status | None) -> Verb:
    return Verb(name, label, done, frozenset(sources.split()), target)


VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        # name, button, what is said afterwards, from, to
        _verb(
            "approve", _("Approve"), _("approved"), "submitted pending spam", Status.APPROVED
        ),
        _verb("hold", _("Hold"), _("put back into the queue"), "approved spam", Status.PENDING),
        _verb("spam", _("Spam"), _("marked as spam"), "submitted pending approved", Status.SPAM),
        _verb(
            "trash", _("Trash"), _("moved to the trash"), "submitted pending approved spam",
            Status.TRASH,
        ),
        _verb("restore", _("Restore"), _("restored"), "trash", None),
    )
}  # fmt: skip

#: For what readers reported and is fine: it stands (again), and the reports are dealt with.
KEEP = _verb("keep", _("Keep"), _("kept"), "pending approved", Status.APPROVED)


def verbs_from(status: str) -> list[Verb]:
    """The verbs that a comment of this status allows, in the order of their buttons."""
    return [verb for verb in VERBS.values() if status in verb.sources]
