"""`manage.py reencrypt`: after a change of SECRET_KEY, leave nothing to the former ones.

Finds every encrypted column by itself, and every model that can `seal_anew`, and goes through the
rows in small batches. A row that is under the current key already is left alone, so it may be
stopped and started again at will; one that somebody changes meanwhile keeps what they wrote.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import transaction
from django.db.models import Model, TextField
from django.db.models.functions import Cast

from comments import privacy
from comments.models import Address
from comments.personal.retention import PAUSE_SECONDS

BATCH = 200


class Command(BaseCommand):
    help = (
        "Encrypt readers' addresses and the secrets of authenticator apps anew with the current "
        "SECRET_KEY, and renew the hashes that addresses are found by. Afterwards "
        "SECRET_KEY_FALLBACKS may be emptied."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        unreadable = 0
        for model in apps.get_models():
            for name, renew in _what_to_renew(model):
                done, failed = renew()
                unreadable += failed
                said = f"{name}: {done} renewed"
                self.stdout.write(f"{said}, {failed} unreadable" if failed else said)
        if unreadable:
            self.stdout.write(
                f"{unreadable} values were encrypted under a key that is neither SECRET_KEY nor in "
                "SECRET_KEY_FALLBACKS. They are left as they are: add that key and run this again."
            )
        else:
            self.stdout.write("Nothing is left under a former key.")


def _what_to_renew(model: type[Model]) -> Iterator[tuple[str, Callable[[], tuple[int, int]]]]:
    for field in model._meta.concrete_fields:
        if isinstance(field, privacy.EncryptedTextField):
            yield f"{model._meta.label}.{field.name}", partial(_renew, model, field.name)
    # What other apps encrypt in their own way: they are not imported here.
    if seal_anew := getattr(model, "seal_anew", None):
        yield model._meta.label, seal_anew


def _renew(model: type[Model], column: str) -> tuple[int, int]:
    """Go through one column; return how many values were renewed, and how many nobody can read."""
    renewed = unreadable = 0
    last: Any = 0
    manager = model._default_manager
    # Read through a cast: the field itself would decrypt.
    rows = manager.annotate(raw=Cast(column, TextField())).exclude(raw="").order_by("pk")
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        last = batch[-1].pk
        stale = [row for row in batch if not _is_current(row, column)]
        readable = [row for row in stale if getattr(row, column) != privacy.UNREADABLE]
        unreadable += len(stale) - len(readable)
        if readable:
            with transaction.atomic():
                renewed += sum(_write(row, column) for row in readable)
            time.sleep(PAUSE_SECONDS)  # others write, too
    return renewed, unreadable


def _is_current(row: Any, column: str) -> bool:
    if not privacy.is_current(row.raw):
        return False
    return column != "email" or row.email_hash == privacy.address_hash(row.email)


def _write(row: Any, column: str) -> int:
    """Write one value under the current key, if it is still the one that was read."""
    text = getattr(row, column)
    values = {column: text}
    if column == "email":
        values["email_hash"] = privacy.address_hash(text)
        if isinstance(row, Address):
            _take_in_twin(row, values["email_hash"])
    same = type(row)._default_manager.annotate(raw=Cast(column, TextField()))
    return same.filter(pk=row.pk, raw=row.raw).update(**values)


def _take_in_twin(address: Address, new_hash: str) -> None:
    """Join the row that the same address got since the key was changed: a hash is there once."""
    twin = Address.objects.filter(email_hash=new_hash).exclude(pk=address.pk).first()
    if twin is None:
        return
    twin.delete()
    Address.objects.filter(pk=address.pk).update(
        asked_at=max(filter(None, [address.asked_at, twin.asked_at]), default=None),
        confirmed_at=min(filter(None, [address.confirmed_at, twin.confirmed_at]), default=None),
        muted_at=min(filter(None, [address.muted_at, twin.muted_at]), default=None),
    )
