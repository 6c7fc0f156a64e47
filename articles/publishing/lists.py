"""The list of articles in the admin, as quick with a hundred thousand of them as with ten.

It finds a page by an index alone, then reads the rows of that page; and its filters name what they
are asked for instead of listing all there is. Measured by benchmarks/admin.py.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from articles.editing.forms import NUMBER
from articles.models import Article

#: More than any list has; a count of so many keeps its order.
MOST = 10**9


class KeysFirst(Paginator):
    """Pages of a queryset whose keys are looked up before its rows: those before it stay unread."""

    #: Whether to count in the order of the list. Where each row is asked for something else, as its
    #: tags, neighbors are then found side by side; SQLite took the smallest index, and five times
    #: as long.
    counts_in_order = False

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return rows.values("pk")[:MOST].count() if self.counts_in_order else super().count

    def page(self, number: Any) -> Page:
        page: Any = super().page(number)
        keys = list(page.object_list.values_list("pk", flat=True))
        rows: Any = self.object_list
        page.object_list = rows.filter(pk__in=keys)
        return page


class ArticleList(ChangeList):
    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet:
        rows = super().get_queryset(request, exclude_parameters)
        return rows.defer("body").prefetch_related("tags")

    def get_ordering(self, request: HttpRequest, queryset: QuerySet) -> list[Any]:
        """Let equal rows follow the direction of the rest, as the indexes have them."""
        first, *others = super().get_ordering(request, queryset)
        if isinstance(first, str) and not first.startswith("-") and others == ["-pk"]:
            return [first, "pk"]
        return [first, *others]


class PublishedFilter(admin.SimpleListFilter):
    """By year, and by month of the chosen year: from the first to the last, with or without any."""

    title = _("date")
    parameter_name = "published"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        dated = Article.objects.filter(published_at__isnull=False)
        ends = (dated.order_by(by).values_list("published_at").first() for by in _ENDS)
        first, last = (timezone.localtime(*end).date() if end else None for end in ends)
        if not first or not last:
            return []
        chosen, found = self._chosen(), []
        for year in range(last.year, first.year - 1, -1):
            found.append((str(year), str(year)))
            if chosen and chosen[0] == year:
                months = (date(year, month, 1) for month in range(12, 0, -1))
                found += [
                    (f"{month:%Y-%m}", date_format(month, "YEAR_MONTH_FORMAT"))
                    for month in months
                    if first.replace(day=1) <= month <= last
                ]
        return found

    def _chosen(self) -> tuple[int, int | None] | None:
        """The year and the month that the address names."""
        value = self.value()
        if not value:
            return None
        year, _dash, month = value.partition("-")
        if not (NUMBER.fullmatch(year) and (not month or NUMBER.fullmatch(month))):
            raise IncorrectLookupParameters
        return int(year), int(month) if month else None

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        chosen = self._chosen()
        if chosen is None:
            return queryset
        year, month = chosen
        try:
            begin = date(year, month or 1, 1)
            end = date(year + (month in (None, 12)), (month or 12) % 12 + 1, 1)
            return queryset.filter(
                published_at__gte=_midnight(begin), published_at__lt=_midnight(end)
            )
        except (ValueError, OverflowError) as error:
            raise IncorrectLookupParameters from error


_ENDS = ("published_at", "-published_at")


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min)).astimezone(UTC)


class Named(admin.SimpleListFilter):
    """By a row that is typed and looked up, since there may be thousands."""

    template = "admin/articles/article/named_filter.html"
    parameter_name: str
    field: str

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.site = model_admin.admin_site

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return []

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: Any) -> Iterator[Any]:
        """The form that asks, as the only choice: what the template shows."""
        field: Any = Article._meta.get_field(self.field)
        lookup = forms.ModelChoiceField(
            field.related_model.objects.all(),
            label=self.title,
            required=False,
            widget=AutocompleteSelect(field, self.site),
        )
        form = forms.Form({self.parameter_name: self.value()}, auto_id="filter_%s")
        form.fields[self.parameter_name] = lookup
        others = {k: v for k, v in changelist.filter_params.items() if k != self.parameter_name}
        yield {
            "form": form,
            "others": [(name, each) for name, values in others.items() for each in values],
            "all": changelist.get_query_string(remove=[self.parameter_name]),
            "selected": bool(self.value()),
        }

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        if not value:
            return queryset
        if not NUMBER.fullmatch(value):
            raise IncorrectLookupParameters
        return queryset.filter(self.condition(value))

    def condition(self, value: str) -> Any:
        return Q(**{self.field: value})


class AuthorFilter(Named):
    title = _("author")
    parameter_name = "author__id__exact"
    field = "author"


class TagFilter(Named):
    title = _("tag")
    parameter_name = "tags__id__exact"
    field = "tags"

    def condition(self, value: str) -> Exists:
        # Asked of each article in the order of the list: a join sorts all that carry the tag.
        tagging = Article.tags.through.objects
        return Exists(tagging.filter(article=OuterRef("pk"), tag=int(value)))


class CommentsFilter(admin.SimpleListFilter):
    title = _("comments")
    parameter_name = "comments_open__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("Open")), ("0", _("Closed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() not in ("0", "1"):
            return queryset
        # For "not comments_open", as Django would say it, SQLite uses no index.
        return queryset.filter(comments_open__in=[self.value() == "1"])
