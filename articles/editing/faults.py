"""What was refused in an article's form, in one list: it is long, and its rows are far below."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.utils.text import capfirst


class Fault(NamedTuple):
    """One refusal; `anchor` is where in the page it can be put right."""

    anchor: str
    label: str
    said: str


def faults(form: Any, formsets: Iterable[Any]) -> Iterator[Fault]:
    """Yield what the fields of `form` were refused for, then the rows of the `formsets` below it.

    What is said of no field stands at the head of the form by itself.
    """
    yield from _of_fields(form)
    for formset in formsets:
        name = capfirst(formset.model._meta.verbose_name)
        for said in formset.non_form_errors():
            yield Fault(f"{formset.prefix}-group", name, said)
        for number, row in enumerate(formset.forms, start=1):
            label = f"{name} {number}"
            for said in row.non_field_errors():
                yield Fault(f"{formset.prefix}-group", label, said)
            for fault in _of_fields(row):
                yield fault._replace(label=f"{label}, {fault.label.lower()}")


def _of_fields(form: Any) -> Iterator[Fault]:
    for bound in form:
        for said in bound.errors:
            # Of a field in parts, the first: a date before its time.
            parts = getattr(bound.field.widget, "widgets", ())
            yield Fault(f"{bound.auto_id}_0" if parts else bound.auto_id, str(bound.label), said)
