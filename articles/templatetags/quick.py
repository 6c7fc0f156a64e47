"""What stands on every page, made once; dates, made once each.

`{% once site_name here=request.path %}…{% endonce %}` is made once for each language and set of
values, and knows nothing else: what depends on the reader cannot get into it. What is made of rows
is remembered by their content: `{% once by version article number %}…{% endonce %}` is made anew
for another `version`, or where a value that is a text or a number differs; each time where there is
no version.
"""

from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.template.base import FilterExpression, NodeList, Parser, Token, token_kwargs
from django.template.context import Context
from django.urls import get_script_prefix
from django.utils import dateformat, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()

#: So many sets of values a place in a template may have at a time, and versions, which are larger.
REMEMBERED, VERSIONS = 128, 32
#: Of what stands in a block by version, these are compared too.
PLAIN = (str, SafeString, int, bool, type(None))
#: What is longer is not remembered: two in memory, the rows and what was made of them.
LONGEST = 64_000


class OnceNode(template.Node):
    """Keeps what it made, by language, prefix of our addresses, and values."""

    def __init__(
        self,
        nodelist: NodeList,
        values: dict[str, FilterExpression],
        version: FilterExpression | None = None,
    ) -> None:
        self.nodelist = nodelist
        self.values = values
        self.version = version
        self.most = VERSIONS if version else REMEMBERED
        self._made: dict[tuple[Any, ...], SafeString] = {}

    def render(self, context: Context) -> SafeString:
        values = {name: value.resolve(context) for name, value in self.values.items()}
        version: Any = None
        by = list(values.values())
        if self.version:
            version = self.version.resolve(context)
            # What is lazy stays so: its type is asked for, not its class.
            by = [version, *(each for each in by if type(each) in PLAIN)]
        key = (get_language(), get_script_prefix(), *by)
        made = self._made.get(key)
        # A template that is being worked on should be seen at once.
        if made is None or settings.DEBUG:
            made = self.nodelist.render(context.new(values))
            if not self.version or (version and len(made) <= LONGEST):
                self._remember(key, made)
        return made

    def _remember(self, key: tuple[Any, ...], made: SafeString) -> None:
        while len(self._made) >= self.most:
            # The oldest; another thread may have taken it away already, or be adding: so of a list,
            # which is made in one step.
            self._made.pop(next(iter(list(self._made)), None), None)  # type: ignore[arg-type]
        self._made[key] = made


@register.tag
def once(parser: Parser, token: Token) -> OnceNode:
    """Make what stands up to `endonce` once for each set of the named values, or each version."""
    values: dict[str, FilterExpression] = {}
    version = None
    bits = token.split_contents()[1:]
    if bits[:1] == ["by"]:
        version, bits = parser.compile_filter(bits[1]), bits[2:]
    while bits:
        named = token_kwargs(bits, parser)
        if not named:
            bit = bits.pop(0)
            named = {bit: parser.compile_filter(bit)}
        values |= named
    nodelist = parser.parse(("endonce",))
    parser.delete_first_token()
    return OnceNode(nodelist, values, version)


@register.filter
def iso(moment: datetime | None) -> str:
    """Write a moment as machines read it, to the second: HTML takes no microseconds."""
    return timezone.localtime(moment).isoformat(timespec="seconds") if moment else ""


@register.simple_tag
def day(moment: date | None) -> str:
    """Write a day, or that of a moment in the site's time zone: "March 3, 2026", as a `time`."""
    if moment is None:
        return ""
    written = iso(moment) if isinstance(moment, datetime) else moment.isoformat()
    return _day(written, get_language())


# By its text: as keys, equal moments in two time zones would be one.
@lru_cache(maxsize=2_048)
def _day(moment: str, language: str | None) -> SafeString:
    shown = dateformat.format(datetime.fromisoformat(moment), "F j, Y")
    return format_html('<time datetime="{}">{}</time>', moment, shown)
