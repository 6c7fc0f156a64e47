"""The rich-text editor of an article's body: a textarea that a script draws anew.

Without the script the textarea is what is written in. Of django-prose-editor the library is used,
not its field and widget: what a body may hold is `articles.html`'s list, in the browser too.
"""

import json
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.forms import Script
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django_prose_editor.widgets import importmap
from js_asset import ImportMap, Media

from articles import html

#: The scripts that import each other by these names: relative addresses would miss their hashes.
MODULES = ("bar", "dialogs", "figures", "html", "paste", "pictures", "schema", "sources", "tables",
           "write")  # fmt: skip
OURS = ImportMap(
    {f"marginalia/editor-text-{name}": f"js/editor-text-{name}.js" for name in MODULES}
)


class RichText(AdminTextareaWidget):
    """The body's textarea, with the list of what may be in it."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        allowed = {
            "tags": sorted(html.ALLOWED_TAGS),
            "attributes": _lists(html.ALLOWED_ATTRIBUTES),
            "classes": _lists(html.ALLOWED_CLASSES),
            "schemes": sorted(html.ALLOWED_SCHEMES),
        }
        super().__init__({"rows": 20, "data-rich-text": json.dumps(allowed), **(attrs or {})})

    @property
    def media(self) -> forms.Media:
        return Media(
            importmap=importmap | OURS,
            css={"all": [f"css/editor-text{part}.css" for part in ("", "-body", "-dialogs")]},
            js=[Script("js/editor-text.js", type="module")],
        )


def _lists(table: dict[str, set[str]]) -> dict[str, list[str]]:
    return {name: sorted(values) for name, values in table.items()}


def with_nonce(media: forms.Media, request: HttpRequest) -> forms.Media:
    """Let the import map, which stands in the page itself, be read there; no other page is asked.

    Reading the nonce is what adds it to the page's Content-Security-Policy.
    """
    return media.with_nonce(str(request.csp_nonce)) if isinstance(media, Media) else media  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Tool:
    """A button: drawn as a path of 20 by 20, or as a few letters."""

    name: str
    label: str | Promise
    path: str = ""
    letters: str = ""
    #: As `aria-keyshortcuts` has it.
    keys: str = ""
    #: Whether it is told as pressed or not.
    toggles: bool = False

    @property
    def title(self) -> str:
        shown = self.keys.replace("Control", "Ctrl")
        return f"{self.label} ({shown})" if shown else str(self.label)


GROUPS: tuple[tuple[Tool, ...], ...] = (
    (
        Tool("bold", _("Bold"), letters="B", keys="Control+B", toggles=True),
        Tool("italic", _("Italic"), letters="I", keys="Control+I", toggles=True),
        Tool("link", _("Link"), keys="Control+K", toggles=True,
             path="M8 12l4-4M9 6l2-2a3.5 3.5 0 0 1 5 5l-2 2M11 14l-2 2a3.5 3.5 0 0 1-5-5l2-2"),
    ),
    (
        Tool("bullets", _("Bulleted list"), keys="Control+Shift+8", toggles=True,
             path="M8 5h9M8 10h9M8 15h9M3.5 5h.01M3.5 10h.01M3.5 15h.01"),
        Tool("numbers", _("Numbered list"), keys="Control+Shift+7", toggles=True,
             path="M9 5h8M9 10h8M9 15h8M3 4l1.5-1v4.5M3 13h2.5L3 16.5h2.5"),
        Tool("quote", _("Quote"), keys="Control+Shift+B", toggles=True,
             path="M8 6H4v5h4zM8 8c0 4-1 6-3 7M16 6h-4v5h4zM16 8c0 4-1 6-3 7"),
    ),
    (
        Tool("code", _("Code within a line"), keys="Control+E", toggles=True,
             path="M7 5l-5 5 5 5M13 5l5 5-5 5"),
        Tool("code-block", _("Block of code"), keys="Control+Alt+C", toggles=True,
             path="M2 3h16v14H2zM8 7l-3 3 3 3M12 7l3 3-3 3"),
        Tool("subscript", _("Subscript"), letters="x₂", toggles=True),
        Tool("superscript", _("Superscript"), letters="x²", toggles=True),
    ),
    (
        Tool("picture", _("Picture"), toggles=True,
             path="M2 3h16v14H2zM2 14l5-5 4 4 3-3 4 4M12.5 6.5h.01"),
        Tool("table", _("Table"), path="M2 3h16v14H2zM2 8h16M2 12.5h16M10 3v14"),
        Tool("rule", _("Line between sections"), path="M2 10h16"),
        Tool("source", _("Source"), letters="[1]"),
    ),
    (
        Tool("undo", _("Undo"), keys="Control+Z", path="M7 3L3 7l4 4M3 7h8a5 5 0 0 1 0 10H7"),
        Tool("redo", _("Redo"), keys="Control+Shift+Z",
             path="M13 3l4 4-4 4M17 7H9a5 5 0 0 0 0 10h4"),
    ),
)  # fmt: skip
#: In a table only.
TABLE = (
    Tool("row-above", _("Row above")),
    Tool("row-below", _("Row below")),
    Tool("column-left", _("Column left")),
    Tool("column-right", _("Column right")),
    Tool("header-row", _("Header row")),
    Tool("table-caption", _("Caption")),
    Tool("row-delete", _("Delete row")),
    Tool("column-delete", _("Delete column")),
    Tool("table-delete", _("Delete table")),
)
HTML = Tool("html", _("HTML"))


def context() -> dict[str, Any]:
    """Return what templates/admin/articles/article/rich_text.html shows."""
    return {
        "groups": GROUPS,
        "table": TABLE,
        "html": HTML,
        "library_url": reverse("admin:articles_picture_library"),
        "upload_url": reverse("admin:articles_picture_upload"),
    }
