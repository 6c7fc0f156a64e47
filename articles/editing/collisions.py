"""Two editors at one article: the second is told who saved what, and overwrites nothing."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from articles.editing import compare, revisions, snapshot
from articles.editing.snapshot import Snapshot


@dataclass(frozen=True)
class Collision:
    """What is stored and what was typed are not the same, and the editor had not seen the first.

    `version` is that of what is stored: whoever wants to replace it must name it.
    """

    said: str
    version: str
    differences: list[compare.Difference]

    @classmethod
    def of(cls, article_id: int, stored: Snapshot, typed: Snapshot) -> "Collision":
        names = snapshot.changed(stored, typed)
        return cls(
            said=_who(article_id, stored),
            version=snapshot.version(stored),
            differences=compare.differences(stored, typed, names),
        )


def _who(article_id: int, stored: Snapshot) -> str:
    last = revisions.newest(article_id)
    if last is None or last.by is None or snapshot.changed(last.data, stored):
        return _(
            "Not saved: the article was changed while you were writing. What you wrote is still "
            "here; what differs stands under “Two versions”."
        )
    return _(
        "Not saved: %(who)s saved this article on %(when)s, while you were writing. What you "
        "wrote is still here; what differs stands under “Two versions”."
    ) % {
        "who": last.by.get_full_name() or last.by.get_username(),
        "when": date_format(timezone.localtime(last.at), "DATETIME_FORMAT"),
    }
