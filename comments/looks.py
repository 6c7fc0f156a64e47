"""How a comment looks to readers, whether all of its row was read or only what pages show."""

from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.urls import reverse
from django.utils.crypto import salted_hmac


@lru_cache(maxsize=4096)
def _masked(name: str) -> str:
    from comments.spam import scams  # which reads the models

    return scams.mask(name)


class Looks:
    """What pages say of a comment, by these of its fields."""

    __slots__ = ()

    pk: Any
    parent_id: Any
    ancestors: Any
    thread: Any
    name: Any
    url: Any
    html: Any
    user_id: Any
    created_at: Any
    edited_at: Any

    @property
    def depth(self) -> int:
        """1 for a comment that opens a thread, 2 for a reply to it, and so on."""
        return len(self.ancestors) + 1

    @property
    def is_staff(self) -> bool:
        """Written by somebody who was signed in as staff; a claimed name proves nothing."""
        return self.user_id is not None

    @property
    def shown_name(self) -> str:
        """The name as pages show it: a scammer's contact in it is masked like one in the text."""
        return self.name if self.is_staff else _masked(self.name)

    @property
    def shown_url(self) -> str:
        """The website as pages link it: none where it is a scammer's contact."""
        from comments.spam import scams  # which reads the models

        return "" if self.url and scams.is_contact(self.url) else self.url

    @property
    def initials(self) -> str:
        """One or two letters for the avatar."""
        words = [word for word in self.name.split() if word[0].isalnum()]
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"

    @property
    def hue(self) -> int:
        """The avatar's color, 0 to 11: the same for one name within one thread, and no wider."""
        digest = salted_hmac("comments.avatar", f"{self.thread or self.pk}:{self.name}").digest()
        return digest[0] % 12

    def get_absolute_url(self) -> str:
        return reverse("comments:permalink", args=[self.pk])


@dataclass(slots=True, eq=False)
class Shown(Looks):
    """What a page reads of a comment: models would cost more than all the rest of its list."""

    pk: int
    parent_id: int | None
    ancestors: list[int]
    thread: int | None
    name: str
    url: str
    html: str
    user_id: int | None
    created_at: datetime
    edited_at: datetime | None


#: The columns of `Shown`, in its order.
SHOWN_FIELDS = tuple(each.name for each in fields(Shown))
