"""Signed links: each good for one thing and for so long. A token of one kind is none of another."""

from dataclasses import dataclass
from typing import Any

from django.core import signing

DAY = 24 * 60 * 60


class Invalid(Exception):
    """Nobody of ours made this token, or not for this."""


class Expired(Invalid):
    """It was ours; `value` is what it stood for."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


@dataclass(frozen=True)
class Kind:
    """What a token is good for, and for how many seconds."""

    salt: str
    seconds: int

    def make(self, value: Any) -> str:
        """Return a token for `value` (what JSON can hold), safe in an address."""
        return signing.dumps(value, salt=self.salt)

    def read(self, token: str) -> Any:
        """Return what `make` was given. Raises Expired, or else Invalid."""
        try:
            return signing.loads(token, salt=self.salt, max_age=self.seconds)
        except signing.SignatureExpired:
            raise Expired(signing.loads(token, salt=self.salt)) from None
        except signing.BadSignature:
            raise Invalid from None


#: The preview after posting: a comment's id.
PREVIEW = Kind("comments.preview", 600)
#: The writer's own page: a comment's id. Whoever posted it has the link, proven address or not.
MANAGE = Kind("comments.writer.manage", 365 * DAY)
#: Only ever mailed: [comment id, hash of the address]. Opening it and pressing a button proves
#: that the address is the writer's.
CONFIRM = Kind("comments.confirm", 7 * DAY)
#: Only ever mailed: an address, encrypted, so that it is known whatever was erased or renewed
#: since. Everything under it may be exported and erased.
ADDRESS = Kind("comments.address", DAY)
#: In the header and at the foot of each mail: [comment id, hash of the address].
UNSUBSCRIBE = Kind("comments.unsubscribe", 365 * DAY)
#: In a mail to a moderator, for one button under one comment: [comment id, user id, verb, since
#: when it waits]. Whoever has it decides as that moderator, if they still may.
MAILED_DECISION = Kind("comments.mailed_decision", 7 * DAY)
#: In the header and at the foot of the mails about the queue: a user id.
DIGEST_OFF = Kind("comments.digest_off", 365 * DAY)
#: Kept, if they agree, in the browser of somebody who confirmed: the hash of the address.
PROOF = Kind("comments.proof", 365 * DAY)
