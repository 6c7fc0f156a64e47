"""The article's form: it overwrites nobody's work, and lets nothing appear that is not ready.

It carries the version of the article that it was opened on (`version`), and the name under which
the browser keeps what is being typed (`draft`): see static/js/editor-autosave.js.
"""

import re
from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import html
from articles.editing import checklist, collisions, models, snapshot
from articles.editing.rich_text import RichText
from articles.editing.snapshot import Snapshot
from articles.models import Article, Author, Pick, Tag
from articles.pictures.choosing import LibraryField
from articles.publishing.forms import FreeAddress

#: The number of a row, as it may stand in a request.
NUMBER = re.compile(r"[0-9]{1,18}")


class Possible:
    """Of what was sent as rows' numbers, shows again only what a database can be asked for."""

    def prepare_value(self, value: Any) -> Any:
        shown = super().prepare_value(value)  # type: ignore[misc]
        if isinstance(shown, list | tuple):
            return [each for each in shown if NUMBER.fullmatch(str(each))]
        # Nothing stays what it is: else a row that nobody filled in would count as changed.
        return shown if shown == "" or NUMBER.fullmatch(str(shown)) else None


class Row(Possible, forms.ModelChoiceField):
    """A chosen row."""


class Rows(Possible, forms.ModelMultipleChoiceField):
    """Chosen rows; a number larger than any row's is a wrong choice, as one that is not there."""

    def clean(self, value: Any) -> Any:
        for each in value if isinstance(value, list | tuple) else ():
            if not NUMBER.fullmatch(str(each)):
                wrong = self.error_messages["invalid_pk_value"] % {"pk": str(each)[:40]}
                raise ValidationError(wrong, code="invalid_pk_value")
        return super().clean(value)


class ArticleForm(FreeAddress):
    library = LibraryField()

    #: What stands between this form and being saved: somebody else was faster.
    collision: collisions.Collision | None = None
    #: What the article would be, as it was before any field was told that it is not ready.
    _read: Snapshot | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: What the database holds; None for an article that is still to be added.
        self.stored = snapshot.take(self.instance) if self.instance.pk else None
        self.stored_version = snapshot.version(self.stored) if self.stored else ""

    @property
    def version(self) -> str:
        """The version that the editor has seen."""
        return self.data.get("version", "") if self.is_bound else self.stored_version

    @property
    def draft(self) -> str:
        return str(self.data.get("draft", ""))[:36] if self.is_bound else ""

    @property
    def saves_over(self) -> bool:
        """Whether the editor was told what is stored now, and wants to replace it."""
        return bool(self.stored_version) and self.data.get("_over") == self.stored_version

    @property
    def is_stale(self) -> bool:
        """Whether somebody has saved the article since this form was opened."""
        return bool(self.stored and self.version and self.version != self.stored_version)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._take_from_library(cleaned)
        self._read = typed = self.typed()
        if self.stored and self.is_stale and not self.saves_over:
            self.collision = collisions.Collision.of(self.instance.pk, self.stored, typed)
            if self.collision.differences:
                self.add_error(None, self.collision.said)
        for problem in checklist.hindrances(self.stored, typed):
            # The model itself insists on the alternative text, of drafts too.
            if problem.field != "picture_alt":
                self.add_error(*self._beside(problem))
        return cleaned

    def _save_m2m(self) -> None:
        if "tags" in self.cleaned_data:
            # A new one may have been made by somebody else meanwhile.
            self.cleaned_data["tags"] = [
                tag if tag.pk else Tag.objects.get_or_create({"name": tag.name}, slug=tag.slug)[0]
                for tag in self.cleaned_data["tags"]
            ]
        super()._save_m2m()  # type: ignore[misc]

    def _take_from_library(self, cleaned: dict[str, Any]) -> None:
        """Show what was chosen in the library, with its texts where the editor wrote none."""
        chosen = cleaned.get("library")
        if chosen is None or "picture" not in cleaned:
            return
        if isinstance(cleaned["picture"], UploadedFile):
            self.add_error("library", _("Choose a file or a picture of the library, not both."))
            return
        cleaned["picture"] = name = str(chosen.file)
        if self.stored and self.stored["picture"] == name:
            return
        texts = {"picture_alt": chosen.alt, "picture_caption": chosen.legend}
        for field, text in texts.items():
            # What nobody touched tells of the picture before.
            if field in cleaned and (not cleaned[field] or field not in self.changed_data):
                cleaned[field] = text or (cleaned[field] if field == "picture_alt" else "")

    def _beside(self, problem: checklist.Problem) -> tuple[str | None, str]:
        """Return the field to which a problem belongs, and what is said there."""
        said = _("Before the article can appear: %s") % problem.said
        if problem.field in self.fields:
            return problem.field, said
        return ("tags", said) if "tags" in self.fields else (None, said)

    def typed(self) -> Snapshot:
        """Return what the article would be; what cannot be read stays as it was typed, or empty."""
        if self._read is not None:
            return self._read
        blank = snapshot.take_blank() if self.stored is None else self.stored
        found = {part.name: self._typed(part.name, blank[part.name]) for part in snapshot.PARTS}
        found["body"] = html.clean(found["body"])
        found["disclosures"] = self._disclosures(blank["disclosures"])
        found["picks"] = self._picks(blank["picks"])
        return found

    def _typed(self, name: str, otherwise: Any) -> Any:
        if name not in self.fields:
            return otherwise
        if name not in self.cleaned_data:
            empty = snapshot.take_blank()[name]
            return str(self.data.get(name, "")) if isinstance(empty, str) else empty
        value = self.cleaned_data[name]
        if name == "picture":
            return str(getattr(value, "name", value) or "") if value else ""
        if isinstance(value, Author):
            return snapshot.author_value(value)
        if isinstance(value, Article):
            return snapshot.article_value(value)
        if isinstance(value, date) and not isinstance(value, datetime):
            return snapshot.day_value(value)
        if name == "tags":
            return sorted(map(snapshot.tag_value, value), key=lambda row: row["id"] or 0)
        return snapshot.moment_value(value) if name == "published_at" else value

    def _rows(self, part: str, key: str, *names: str) -> dict[int, Snapshot] | None:
        """Return the rows of a part below the form, which have a form of their own each.

        By the number of what each is about, with what is typed beside it; None: not on the page.
        """
        if f"{part}-TOTAL_FORMS" not in self.data:
            return None
        rows = {}
        for field in self.data:
            row, _dash, name = field.rpartition("-")
            about = str(self.data.get(field, ""))
            if (
                name == key
                and re.fullmatch(rf"{part}-\d+", row)
                and NUMBER.fullmatch(about)
                and not self.data.get(f"{row}-DELETE")
            ):
                rows[int(about)] = {each: str(self.data.get(f"{row}-{each}", "")) for each in names}
        return rows

    def _disclosures(self, otherwise: list[Snapshot]) -> list[Snapshot]:
        rows = self._rows("disclosures", "ticker", "position", "as_of", "note", "price")
        if rows is None:
            return otherwise
        tickers = Tag.objects.in_bulk(list(rows)) if rows else {}
        for row in rows.values():
            if not row["price"]:
                del row["price"]
        return [
            {"id": pk, "name": tickers[pk].label, **rows[pk]}
            for pk in sorted(rows)
            if pk in tickers
        ]

    def _picks(self, otherwise: list[Snapshot]) -> list[Snapshot]:
        rows = self._rows("picks", "other", "kind", "place")
        if rows is None:
            return otherwise
        # Whoever may not choose an article is not told its title either.
        field: Any = self.fields.get("follows")
        others = field.queryset.only("title").in_bulk(list(rows)) if rows and field else {}

        def order(pk: int) -> tuple[bool, int]:
            place = rows[pk]["place"]
            pinned = rows[pk]["kind"] == Pick.Kind.PINNED
            return not pinned, int(place) if NUMBER.fullmatch(place) else 0

        return [
            {"id": pk, "name": others[pk].title, "how": rows[pk]["kind"]}
            for pk in sorted(rows, key=order)
            if pk in others
        ]

    class Meta:
        model = Article
        fields = "__all__"
        widgets = {"body": RichText}
        help_texts = {
            "body": gettext_lazy(
                "Headings from the second level. What is not allowed is taken out when you save."
            )
        }


class EditorialRulesForm(forms.ModelForm):
    blocking = forms.MultipleChoiceField(
        label=models.EditorialRules._meta.get_field("blocking").verbose_name,
        required=False,
        choices=lambda: [(each.name, each.label) for each in checklist.CHECKS],
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = models.EditorialRules
        fields = ("blocking",)
