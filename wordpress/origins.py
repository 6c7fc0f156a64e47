"""The notes of one import: what of a WordPress site is which row of ours."""

from collections.abc import Iterable
from itertools import islice
from typing import TypeVar
from urllib.parse import urlsplit

from django.db.models import Model

from wordpress.models import Origin

T = TypeVar("T")

#: Values in one query; databases allow a few ten thousand.
BATCH = 5_000


class Origins:
    """Reads and writes `Origin` for the site that `link` names."""

    def __init__(self, link: str) -> None:
        site = urlsplit(link)
        self._site = (site.netloc.lower() + site.path.rstrip("/"))[:300]

    def known(self, kind: Origin.Kind, wp_ids: Iterable[str]) -> dict[str, int]:
        """Return our ids for those of WordPress's that were imported before."""
        rows = Origin.objects.filter(site=self._site, kind=kind)
        return {
            wp_id: pk
            for some in batches(wp_ids)
            for wp_id, pk in rows.filter(wp_id__in=some).values_list("wp_id", "object_id")
        }

    def find(self, kind: Origin.Kind, wp_id: str) -> int | None:
        return self.known(kind, [wp_id]).get(wp_id)

    def remember(self, kind: Origin.Kind, wp_id: str, row: Model) -> None:
        """Note that this is `row` now, whatever it was before."""
        Origin.objects.update_or_create(
            site=self._site, kind=kind, wp_id=wp_id, defaults={"object_id": row.pk}
        )

    def remember_new(self, kind: Origin.Kind, ids: dict[str, int]) -> None:
        """Note several that were not known: our ids by WordPress's."""
        Origin.objects.bulk_create(
            (
                Origin(site=self._site, kind=kind, wp_id=wp_id, object_id=pk)
                for wp_id, pk in ids.items()
            ),
            batch_size=BATCH,
        )


def batches(values: Iterable[T]) -> Iterable[list[T]]:
    """Yield the values in lists that one query can take."""
    rest = iter(values)
    while some := list(islice(rest, BATCH)):
        yield some
