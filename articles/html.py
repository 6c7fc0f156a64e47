"""Clean the HTML that editors write. Pure functions, no database."""

import re

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
ALLOWED_SCHEMES = {"http", "https", "mailto"}
_TAG = re.compile(r"<([a-z][a-z0-9]*)")
# As `clean` leaves an address that begins at the root of the site, and not at another host's.
_LOCAL_ADDRESS = re.compile(r'(<(?:a|img)\b[^>]*?\s(?:href|src)=")/(?!/)')
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
        url_schemes=ALLOWED_SCHEMES,
        # A wide table scrolls within itself, so a keyboard must be able to get there.
        set_tag_attribute_values={"table": {"tabindex": "0"}},
        link_rel="noopener",
    )
    # Parsers drop the line break after <pre>, one each time they read it.
    return re.sub(r"<pre>\n+", "<pre>", cleaned).strip()


def taken_out(before: str, after: str) -> list[str]:
    """Return the names of the tags of `before` that `after`, the cleaned form, has none of."""
    return sorted(set(_TAG.findall(before.lower())) - set(_TAG.findall(after.lower())))


def foreign_pictures(html: str) -> list[str]:
    """Return the addresses of pictures that other sites hold; our pages do not load them."""
    return re.findall(r'<img[^>]+src="(https?://[^"]+)"', html)


def with_absolute_links(html: str, site_url: str) -> str:
    """Return cleaned `html` with addresses within the site in full, for readers elsewhere."""
    return _LOCAL_ADDRESS.sub(rf"\1{site_url}/", html)


def word_count(html: str) -> int:
    """Count the words a reader sees in `html`."""
    return len(nh3.clean(html.replace("<", " <"), tags=set()).split())
