"""Rows below an article's form that look something up, without a query for each of them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import QuerySet
from django.http import HttpRequest

from articles.editing.forms import Row


class Lookup(AutocompleteSelect):
    """What is typed is looked up; the label of what is chosen comes with the row."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known: dict[str, str] = {}

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        if not value or any(each not in self.known for each in value):
            return super().optgroups(name, value, attr)
        options = [
            self.create_option(name, each, self.known[each], True, number)
            for number, each in enumerate(value)
        ]
        return [(None, options, 0)]


class LookupRows(forms.BaseInlineFormSet):
    #: The field that looks up.
    looks_up: str

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        chosen = form.instance.pk and getattr(form.instance, self.looks_up)
        if chosen and self.looks_up in form.fields:
            form.fields[self.looks_up].widget.widget.known = {str(chosen.pk): str(chosen)}


class LookupInline(admin.TabularInline):
    """A table whose rows look up `formset.looks_up`."""

    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related(self.formset.looks_up)  # type: ignore[attr-defined]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == self.formset.looks_up:  # type: ignore[attr-defined]
            kwargs |= {"form_class": Row, "widget": Lookup(db_field, self.admin_site)}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
