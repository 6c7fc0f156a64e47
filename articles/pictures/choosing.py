"""The fields of forms in which a picture is uploaded, or chosen in the library."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminFileWidget
from django.forms.models import ModelChoiceIterator
from django.urls import reverse_lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from articles.models import Picture
from articles.pictures import elements

#: How many the list holds for who has no scripts; with them, all can be looked through.
LISTED = 50
#: Characters of what a picture shows, in the list.
LABEL_MOST = 70


class PictureInput(AdminFileWidget):
    """A file to choose; the one that is stored is seen above it."""

    def render(self, name: str, value: Any, *args: Any, **kwargs: Any) -> SafeString:
        shown = super().render(name, value, *args, **kwargs)
        if not self.is_initial(value):
            return shown
        article = value.instance
        copies = getattr(article, "picture_copies", None) or {}
        is_made = copies.get("source") == value.name
        address = elements.smallest(copies) if is_made else value.url
        return format_html(
            '<div class="picture-input"><img src="{}" alt="" width="{}" height="{}">{}</div>',
            address,
            article.picture_width or "",
            article.picture_height or "",
            shown,
        )


class _Newest(ModelChoiceIterator):
    """The newest pictures, and whichever was chosen: see static/js/picture-choice.js."""

    def __iter__(self) -> Iterator[Any]:
        yield ("", self.field.empty_label)
        for picture in self.queryset[:LISTED]:
            yield self.choice(picture)


class LibrarySelect(forms.Select):
    def optgroups(self, name: str, value: list[str], attrs: Any = None) -> Any:
        """List the chosen picture too, where it is not among the newest."""
        groups = super().optgroups(name, value, attrs)
        listed = {str(option["value"]) for _name, options, _index in groups for option in options}
        choices: Any = self.choices
        field = choices.field
        if missing := [each for each in value if each and each not in listed]:
            for picture in field.queryset.filter(pk__in=missing):
                label = field.label_from_instance(picture)
                option = self.create_option(name, picture.pk, label, True, len(groups))
                groups.append((None, [option], len(groups)))
        return groups


class LibraryField(forms.ModelChoiceField):
    iterator = _Newest
    widget = LibrarySelect(
        attrs={
            "class": "picture-choice",
            "data-library": reverse_lazy("admin:articles_picture_library"),
            "data-credit": _("Credit: %s"),
        }
    )

    def __init__(self) -> None:
        super().__init__(
            Picture.objects.all(),
            required=False,
            label=_("Or from the library"),
            help_text=_("Alternative text and caption come with it where you wrote none."),
        )

    def prepare_value(self, value: Any) -> Any:
        """Show again only what a database can be asked for."""
        shown = super().prepare_value(value)
        return shown if len(str(shown)) <= 18 and str(shown).isdecimal() else None

    def label_from_instance(self, obj: Any) -> str:
        return f"{Truncator(obj.label).chars(LABEL_MOST)} ({obj})"
