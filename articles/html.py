"""Clean the HTML that editors write. Pure functions, no database."""

import re
from collections.abc import Mapping
from functools import lru_cache
from html import escape, unescape
from urllib.parse import urljoin

import nh3

#: What an article's body may be made of. Headings begin at h2: the title is the page's h1.
ALLOWED_TAGS = frozenset(
    "p h2 h3 h4 ul ol li blockquote strong em b i a br hr code pre sub sup abbr cite "
    "table caption thead tbody tfoot tr th td figure figcaption img".split()
)
ALLOWED_ATTRIBUTES = {
    "*": {"lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "loading"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
#: A list of sources is a list like others to a reader of HTML alone; see articles/sources.py.
ALLOWED_CLASSES = {"ol": {"sources"}}
ALLOWED_SCHEMES = {"http", "https", "mailto"}
_TAG = re.compile(r"<([a-z][a-z0-9]*)")
_NO_CLASS = re.compile(r'(<ol\b[^>]*?) class=""')
# A quoted value may hold a ">".
_ANY_TAG = re.compile(r"""</?([a-zA-Z][a-zA-Z0-9]*)(?:"[^"]*"|[^">])*>""")
_WITHIN_A_WORD = frozenset({"strong", "em", "b", "i", "a", "sub", "sup", "abbr", "code"})
#: `$NVDA`, `$BRK.B`: a letter first, for `$100` is a price; capitals, for a shell's $path is none.
_CASHTAG = re.compile(r"(?<![\w$&])\$([A-Z][A-Z0-9]*(?:[.-][A-Z0-9]+)*)(?![\w$])")
_TAGS_APART = re.compile(r"""(<(?:"[^"]*"|[^">])*>)""")
_NO_LINKS_WITHIN = re.compile(r"</?(?:a|code|pre)\b.*", re.DOTALL)
# As `clean` leaves an address that begins at the root of the site, and not at another host's; or
# one within the page.
_LOCAL_ADDRESS = re.compile(r'(<(?:a|img)\b[^>]*?\s(?:href|src)=")(/(?!/)|#)')
#: Of so many bodies what pages say of them is remembered.
BODIES = 64
#: More than two were never needed but for markup made to need them.
PASSES = 10


def clean(html: str) -> str:
    """Return `html` with every tag, attribute and address that is not allowed taken out.

    Relative addresses stay, so that articles may link to each other. What is clean already
    comes back unchanged, so saving an article twice is no change of it.
    """
    # Without a tag, parsers may read the rest differently (<h3><div><h3>): go on till it settles.
    for _ in range(PASSES):
        before, html = html, _clean_once(html)
        if html == before:
            break
    return html


def _clean_once(html: str) -> str:
    cleaned = nh3.clean(
        html,
        tags=set(ALLOWED_TAGS),
        attributes={tag: set(names) for tag, names in ALLOWED_ATTRIBUTES.items()},
        allowed_classes={tag: set(names) for tag, names in ALLOWED_CLASSES.items()},
        url_schemes=ALLOWED_SCHEMES,
        # A wide table scrolls within itself, so a keyboard must be able to get there.
        set_tag_attribute_values={"table": {"tabindex": "0"}},
        link_rel="noopener",
    )
    # Where no class is left, an empty one is.
    cleaned = _NO_CLASS.sub(r"\1", cleaned)
    # Parsers drop the line break after <pre>, one each time they read it.
    return re.sub(r"<pre>\n+", "<pre>", cleaned).strip()


def taken_out(before: str, after: str) -> list[str]:
    """Return the names of the tags of `before` that `after`, the cleaned form, has none of."""
    return sorted(set(_TAG.findall(before.lower())) - set(_TAG.findall(after.lower())))


def foreign_pictures(html: str) -> list[str]:
    """Return the addresses of pictures that other sites hold; our pages do not load them."""
    return re.findall(r'<img[^>]+src="(https?://[^"]+)"', html)


def with_absolute_links(html: str, page: str) -> str:
    """Return cleaned `html` with addresses within the site in full, for readers elsewhere.

    `page` is the full address of the page that `html` belongs to: what leads to a place within the
    text leads there.
    """
    starts = {"/": urljoin(page, "/"), "#": f"{page}#"}
    return _LOCAL_ADDRESS.sub(lambda found: found[1] + escape(starts[found[2]]), html)


def plain_text(html: str) -> str:
    """Return the words a reader sees in cleaned `html`, as text, with single spaces."""
    return " ".join(unescape(_ANY_TAG.sub(_gap, html)).split())


def _gap(tag: re.Match[str]) -> str:
    """What stands for a tag in plain text: words of two blocks do not run into one."""
    return "" if tag[1].lower() in _WITHIN_A_WORD else " "


def tickers_named(html: str) -> set[str]:
    """Return the symbols that `html` names as `$NVDA`; some may be no ticker of ours."""
    return {found[1] for found in _CASHTAG.finditer(html)}


def with_ticker_links(html: str, addresses: Mapping[str, str]) -> str:
    """Return cleaned `html` with each `$NVDA` that is in `addresses` a link, but in code and links.

    `addresses` maps symbols to the paths of their pages.
    """
    parts, depth = [], 0
    for part in _TAGS_APART.split(html):
        if part.startswith("<"):
            if _NO_LINKS_WITHIN.fullmatch(part):
                depth += -1 if part.startswith("</") else 1
        elif not depth:
            part = _CASHTAG.sub(lambda found: _ticker_link(found, addresses), part)
        parts.append(part)
    return "".join(parts)


def _ticker_link(found: re.Match[str], addresses: Mapping[str, str]) -> str:
    address = addresses.get(found[1])
    return f'<a class="cashtag" href="{escape(address)}">{found[0]}</a>' if address else found[0]


@lru_cache(maxsize=BODIES)
def word_count(html: str) -> int:
    """Count the words a reader sees in `html`."""
    return len(nh3.clean(html.replace("<", " <"), tags=set()).split())
