"""From the HTML that WordPress stores to HTML that `articles.html.clean` leaves whole. Pure.

WordPress finishes a body only when it shows it: paragraphs come from blank lines, shortcodes and
addresses on a line of their own become what they stand for. Here that is done once, on the way in.
"""

import re
from collections import Counter
from dataclasses import dataclass

from articles import html

#: What stands at the top level of a body by itself, not within a paragraph.
BLOCKS = frozenset(
    "p h2 h3 h4 ul ol li blockquote pre hr table caption thead tbody tfoot tr th td "
    "figure figcaption".split()
)
# What cleaning would drop, and what says the same: (for the opening tag, for the closing tag).
_INSTEAD: dict[str, tuple[str, str]] = {
    "h1": ("<h2>", "</h2>"),
    "h5": ("<h4>", "</h4>"),
    "h6": ("<h4>", "</h4>"),
    "q": ("“", "”"),
    "dt": ("\n\n<strong>", "</strong>\n\n"),
    **dict.fromkeys("kbd samp tt var".split(), ("<code>", "</code>")),
    # Without their tags the texts on both sides would grow together.
    **dict.fromkeys(
        "address article aside button center dd details div dl fieldset footer form header main "
        "nav option section summary".split(),
        ("\n\n", "\n\n"),
    ),
}
#: Shortcodes that mean nothing without WordPress even when they stand alone and bare.
_BARE = {"gallery", "playlist", "audio", "video", "embed", "caption", "wp_caption"}

_TAG = re.compile(r"""(<!--.*?-->|</?[a-zA-Z](?:[^>"']|"[^"]*"|'[^']*')*>)""", re.DOTALL)
_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")
# What the author wrote as HTML of their own; the pattern's group is kept to the letter.
_VERBATIM = re.compile(r"<!-- wp:html(?:\s+\{.*?\})?\s+-->\n?(.*?)\n?<!-- /wp:html -->", re.DOTALL)
_PRE = re.compile(r"(<pre\b.*?</pre>)", re.DOTALL | re.IGNORECASE)
_BREAK = re.compile(r"<!--\s*(?:more|nextpage)\b.*?-->", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_CAPTION = re.compile(r"\[(wp_caption|caption)\b([^\]]*)\](.*?)\[/\1\]", re.DOTALL | re.IGNORECASE)
_CAPTION_TEXT = re.compile(r"""\bcaption=(?:"([^"]*)"|'([^']*)')""")
_PICTURE = re.compile(
    r"\s*((?:<a\b[^>]*>)?\s*<img\b[^>]*>\s*(?:</a>)?)(.*)", re.DOTALL | re.IGNORECASE
)
_SHORTCODE = re.compile(r"(\[?)\[(/?)([a-zA-Z][\w-]*)((?:\s[^\[\]<]*?)?)/?\](\]?)")
_PLAYER = re.compile(
    r"<(iframe|video|audio|object)\b.*?</\1\s*>|<embed\b[^>]*>", re.DOTALL | re.IGNORECASE
)
_SOURCE = re.compile(r"""\b(?:src|data)\s*=\s*["']((?:https?:)?//[^"']+)""", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^\s\"'<>\[\]]+")
_LONELY_ADDRESS = re.compile(r"^[ \t]*(https?://[^\s\"'<>\[\]]+)[ \t]*$", re.MULTILINE)
_EMPTY = re.compile(
    r"<(p|h[2-4]|ul|ol|li|blockquote|figure|strong|em|b|i|code)>(?:\s|&nbsp;|<br>)*</\1>"
)


@dataclass(frozen=True)
class Body:
    """HTML for `Article.body`, and how often each shortcode had to be taken out."""

    html: str
    shortcodes: Counter[str]


def convert(stored: str, *, host: str = "") -> Body:
    """Return the body of a post as HTML that needs no WordPress to be shown.

    Links and pictures on `host`, the site's own, become relative, so that they lead to wherever
    the articles live now. Custom HTML blocks are kept to the letter.
    """
    shortcodes: Counter[str] = Counter()
    is_blocks = "<!-- wp:" in stored
    parts = []
    for index, part in enumerate(_VERBATIM.split(stored)):
        if index % 2:
            parts.append(_PLAYER.sub(_link_to_player, part))
            continue
        pieces = _PRE.split(part)
        pieces[::2] = [_translate(piece, shortcodes, host) for piece in pieces[::2]]
        # Blocks bring their paragraphs along; only what lost its own tags needs some.
        markup = paragraphs("".join(pieces), line_breaks=not is_blocks)
        parts.append(_tidy(html.clean(markup)))
    return Body("\n".join(part for part in parts if part), shortcodes)


def paragraphs(markup: str, *, line_breaks: bool = True) -> str:
    """Wrap in <p> what stands outside of every block, parted by blank lines.

    `line_breaks` turns the line ends within such a paragraph into <br>.
    """
    out: list[str] = []
    run: list[str] = []  # what will be wrapped
    inside: list[str] = []  # blocks that are open
    for token in _TAG.split(markup):
        found = _NAME.match(token)
        name = found[1].lower() if found else ""
        if name not in BLOCKS:
            is_loose = all(block == "blockquote" for block in inside)
            (run if is_loose else out).append(token)
            continue
        out.append(_wrap("".join(run), line_breaks))
        run.clear()
        if token.startswith("</"):
            if name not in inside:
                continue  # a stray end tag; parsers make an empty paragraph of </p>
            while inside.pop() != name:
                pass
        elif name != "hr":
            # A block ends the paragraph before it, as an item does the item before it.
            if inside and (inside[-1] == "p" or inside[-1] == name == "li"):
                inside.pop()
            inside.append(name)
        out.append(token)
    out.append(_wrap("".join(run), line_breaks))
    return "".join(out)


def _tidy(markup: str) -> str:
    """Remove what encloses nothing any more, and the gaps it leaves."""
    before = ""
    while markup != before:
        before, markup = markup, _EMPTY.sub("", markup)
    pieces = _PRE.split(markup)
    pieces[::2] = [re.sub(r"\s*\n\s*\n\s*", "\n", piece) for piece in pieces[::2]]
    return "".join(pieces).strip()


def _wrap(run: str, line_breaks: bool) -> str:
    wrapped = []
    for paragraph in re.split(r"\n\s*\n", run.strip()):
        text = paragraph.strip()
        if line_breaks:
            text = re.sub(r"(?:\s*<br\s*/?>)?\s*\n\s*", "<br>\n", text)
        if text:
            wrapped.append(f"<p>{text}</p>")
    gap = "\n" if "\n" in run else ""
    return f"{gap}{chr(10).join(wrapped)}{gap}" if wrapped else gap


def _translate(markup: str, shortcodes: Counter[str], host: str) -> str:
    """Put what the site can show in place of what only WordPress can."""
    markup = markup.replace("\r\n", "\n").replace("\r", "\n")
    markup = _COMMENT.sub("", _BREAK.sub("\n\n", markup))
    markup = _CAPTION.sub(_figure, markup)
    markup = _without_shortcodes(markup, shortcodes)
    markup = _PLAYER.sub(_link_to_player, markup)
    markup = _LONELY_ADDRESS.sub(r'<a href="\1">\1</a>', markup)
    markup = _TAG.sub(lambda match: _instead(match[0]), markup)
    if host:
        own = re.compile(
            rf"""(\b(?:href|src)\s*=\s*["'])https?://{re.escape(host)}(/?)(?=[/"'?#\w])""", re.I
        )
        markup = own.sub(r"\1/", markup)
    return markup


def _figure(match: re.Match[str]) -> str:
    picture = _PICTURE.fullmatch(match[3])
    if not picture:
        return match[3]
    attribute = _CAPTION_TEXT.search(match[2])
    caption = picture[2].strip() or (attribute and (attribute[1] or attribute[2])) or ""
    caption = f"<figcaption>{caption}</figcaption>" if caption else ""
    return f"\n\n<figure>{picture[1].strip()}{caption}</figure>\n\n"


def _without_shortcodes(markup: str, shortcodes: Counter[str]) -> str:
    """Take shortcodes out and leave what they enclose; "[1]" and "[sic]" are none.

    One that names an address, as of a video, becomes that address on a line of its own.
    """
    closed = {name.lower() for name in re.findall(r"\[/([a-zA-Z][\w-]*)\]", markup)}

    def replace(match: re.Match[str]) -> str:
        before, slash, name, attributes, after = match.groups()
        if before and after:  # [[name]] is how WordPress writes [name]
            return match[0][1:-1]
        name = name.lower()
        if name not in _BARE and name not in closed and not slash and "=" not in attributes:
            address = _ADDRESS.search(attributes)  # [youtube https://…]
            if not address:
                return match[0]
        address = _ADDRESS.search(attributes)
        if address:
            return f"{before}\n\n{address[0]}\n\n{after}"
        if not slash:
            shortcodes[name] += name != "embed"  # what it encloses is all there was
        return before + after

    return _SHORTCODE.sub(replace, markup)


def _link_to_player(match: re.Match[str]) -> str:
    """Return a link in place of a player: it would be fetched from elsewhere, with cookies."""
    source = _SOURCE.search(match[0])
    if not source:
        return ""
    address = f"https:{source[1]}" if source[1].startswith("//") else source[1]
    return f'\n\n<a href="{address}">{address}</a>\n\n'


def _instead(tag: str) -> str:
    found = _NAME.match(tag)
    pair = _INSTEAD.get(found[1].lower()) if found else None
    return pair[tag.startswith("</")] if pair else tag
