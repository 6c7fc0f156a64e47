"""The rows of an article's form that say what to read next."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.editing.forms import NUMBER
from articles.models import Article, Pick
from articles.publishing import workflow
from articles.publishing.picks import PINS_MOST
from articles.publishing.rows import LookupInline, LookupRows


def choosable(request: HttpRequest) -> QuerySet[Article]:
    """Return what an article's form may link to: what its user sees, and what is chosen already."""
    visible = workflow.visible_to(request.user, Article.objects.all())
    route = request.resolver_match
    where = route.kwargs if route else {}
    number = str(where.get("object_id", where.get("pk", "")))
    if not NUMBER.fullmatch(number):
        return visible
    picked = Pick.objects.filter(article=int(number)).values("other")
    followed = Article.objects.filter(pk=number).values("follows")
    return visible | Article.objects.filter(Q(pk__in=picked) | Q(pk__in=followed))


class PickRows(LookupRows):
    """The rows below an article's form: of pins no more than are shown; numbered as they stand."""

    looks_up = "other"

    def clean(self) -> None:
        super().clean()
        if len(self._pins()) > PINS_MOST:
            raise ValidationError(_("Pin %d articles at most.") % PINS_MOST)

    def save(self, commit: bool = True) -> Any:
        saved = super().save(commit)
        for place, pick in enumerate(self._pins() if commit else (), start=1):
            if pick.place != place:
                pick.place = place
                pick.save(update_fields=["place"])
        return saved

    def _pins(self) -> list[Pick]:
        """The pins that stay, in the order that the form says; equal numbers as its rows stand."""
        pins = [
            each.instance
            for each in self.forms
            if (each.instance.pk or each.has_changed())
            and not getattr(each, "cleaned_data", {}).get("DELETE")
            and each.instance.kind == Pick.Kind.PINNED
        ]
        return sorted(pins, key=lambda pick: pick.place or 0)

    def get_unique_error_message(self, unique_check: Any) -> str:
        return _("Choose each article once.")


class PickInline(LookupInline):
    """What editors say about what to read next."""

    model = Pick
    fk_name = "article"
    formset = PickRows
    fields = ("other", "kind", "place")
    verbose_name_plural = gettext_lazy("Read next")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).defer("other__body")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "other":
            kwargs["queryset"] = choosable(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "other":
            field.widget.can_add_related = False
        return field
