"""The field in which an article's tags are typed, also such as do not exist yet."""

from typing import Any

from django.contrib.admin.widgets import AutocompleteSelectMultiple

from articles.editing.forms import Rows
from articles.models import Tag
from articles.publishing import tags

#: How the name of a new tag begins in what is sent; all else is a row's number.
NEW = "+"


class TypedTags(Rows):
    """Tags, old and new; the new ones come without a key, and are saved with the article."""

    def clean(self, value: Any) -> list[Tag]:
        chosen = value if isinstance(value, list | tuple) else []
        known = super().clean([each for each in chosen if not _is_new(each)])
        typed = [tags.named(each.removeprefix(NEW)) for each in chosen if _is_new(each)]
        return list({tag.slug: tag for tag in [*typed[::-1], *known]}.values())

    def prepare_value(self, value: Any) -> Any:
        shown = super().prepare_value(value)
        return [*shown, *filter(_is_new, value)] if isinstance(value, list | tuple) else shown


class TypedTagsSelect(AutocompleteSelectMultiple):
    """What was typed stays in the field while the form is put right."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        groups = super().optgroups(name, [each for each in value if not _is_new(each)], attr)
        options = groups[0][1]
        for each in filter(_is_new, value):
            text = each.removeprefix(NEW)
            options.append(self.create_option(name, each, text, True, len(options)))
        return groups


def _is_new(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(NEW)
