"""From what a reader typed to what readers see: nothing is lost and nothing gets in."""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from comments.text import clean_name, clean_text, has_control_characters, render, without_links

REL = 'rel="nofollow ugc noopener"'
TYPED_TAG = re.compile(r"</?(?:b|strong|i|em|code|pre|blockquote)>", re.I)
TYPED_LINK = re.compile(
    r'<a\s+href="https?://[^"<>\s]+"(?:\s+(?:title|rel|target)="[^"<>]*")*\s*>(.*?)</a>',
    re.I | re.S,
)


class Markup(HTMLParser):
    """What a browser finds in a piece of HTML: tags with attributes, and text."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tags, self.words = [], ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words += data

    def handle_comment(self, data):
        self.tags.append(("<!--", {}))

    handle_decl = handle_pi = unknown_decl = handle_comment


@pytest.mark.parametrize(
    ("typed", "html"),
    [
        ("One.", "<p>One.</p>"),
        ("One\nTwo", "<p>One<br>Two</p>"),
        ("One\n\nTwo\n\n\n\nThree", "<p>One</p><p>Two</p><p>Three</p>"),
        # What only looks like a tag stays as it was typed.
        ("P/E < 20", "<p>P/E &lt; 20</p>"),
        ("P/E<20 and >3", "<p>P/E&lt;20 and &gt;3</p>"),
        ("AT&T &amp; &lt;b&gt;", "<p>AT&amp;T &amp;amp; &amp;lt;b&amp;gt;</p>"),
        ("a < b && c > d", "<p>a &lt; b &amp;&amp; c &gt; d</p>"),
        ("List<String>", "<p>List&lt;String&gt;</p>"),
        ("<3", "<p>&lt;3</p>"),
        ("<u>x</u>", "<p>&lt;u&gt;x&lt;/u&gt;</p>"),
        ("<!-- x -->", "<p>&lt;!-- x --&gt;</p>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("<b onclick=x>y</b>", "<p>&lt;b onclick=x&gt;y</p>"),
        ("<img src=x onerror=alert(1)>", "<p>&lt;img src=x onerror=alert(1)&gt;</p>"),
        # Allowed tags, in any case.
        ("<b>x</b>", "<p><b>x</b></p>"),
        ("<STRONG>x</STRONG>", "<p><strong>x</strong></p>"),
        ("<i>x</i> <em>y</em> <code>z</code>", "<p><i>x</i> <em>y</em> <code>z</code></p>"),
        # Unbalanced ones are closed, and stray ends vanish.
        ("<b>x", "<p><b>x</b></p>"),
        ("x</b>", "<p>x</p>"),
        ("<b><i>x</b>y</i>", "<p><b><i>x</i></b><i>y</i></p>"),
        # Blocks stand on their own.
        ("<pre>a\n\nb</pre>", "<pre>a\n\nb</pre>"),
        ("x <pre>a < b</pre> y", "<p>x</p><pre>a &lt; b</pre><p>y</p>"),
        ("<blockquote>a\n\nb</blockquote>c", "<blockquote><p>a</p><p>b</p></blockquote><p>c</p>"),
        # Links a reader made.
        ('<a href="https://e.com/">x</a>', f'<p><a href="https://e.com/" {REL}>x</a></p>'),
        ('<A HREF="http://e.com/">x</A>', f'<p><a href="http://e.com/" {REL}>x</a></p>'),
        (
            '<a href="https://e.com/?a=1&b=2">x</a>',
            f'<p><a href="https://e.com/?a=1&amp;b=2" {REL}>x</a></p>',
        ),
        (
            '<a href="https://e.com/" title="t" target="_blank">x</a>',
            f'<p><a href="https://e.com/" {REL}>x</a></p>',
        ),
        ("x</a>", "<p>x&lt;/a&gt;</p>"),
        (
            '<a href="javascript:alert(1)">x</a>',
            '<p>&lt;a href="javascript:alert(1)"&gt;x&lt;/a&gt;</p>',
        ),
        (
            '<a href="https://e.com/" onclick="x">y</a>',
            f'<p>&lt;a href="<a href="https://e.com/" {REL}>https://e.com/</a>" '
            'onclick="x"&gt;y&lt;/a&gt;</p>',
        ),
        (
            '<a href="https://e.com/&quot;onclick=x">y</a>',
            f'<p><a href="https://e.com/&quot;onclick=x" {REL}>y</a></p>',
        ),
        ('<a href="//e.com/">x</a>', '<p>&lt;a href="//e.com/"&gt;x&lt;/a&gt;</p>'),
        # Links made by themselves.
        ("https://e.com/x", f'<p><a href="https://e.com/x" {REL}>https://e.com/x</a></p>'),
        ("see www.e.com.", f'<p>see <a href="http://www.e.com" {REL}>www.e.com</a>.</p>'),
        (
            "(https://e.com/a_(b))",
            f'<p>(<a href="https://e.com/a_(b)" {REL}>https://e.com/a_(b)</a>)</p>',
        ),
        (
            "https://e.com/?id=5&section=2&currency=USD",
            f'<p><a href="https://e.com/?id=5&amp;section=2&amp;currency=USD" {REL}>'
            "https://e.com/?id=5&amp;section=2&amp;currency=USD</a></p>",
        ),
        (
            "<https://e.com/>",
            f'<p>&lt;<a href="https://e.com/" {REL}>https://e.com/</a>&gt;</p>',
        ),
        ("<code>https://e.com/</code>", "<p><code>https://e.com/</code></p>"),
        ("<pre>https://e.com/</pre>", "<pre>https://e.com/</pre>"),
        ("javascript:alert(1)", "<p>javascript:alert(1)</p>"),
        # Mail addresses are never linked.
        ("jane@example.com", "<p>jane@example.com</p>"),
        ("mailto:jane@example.com", "<p>mailto:jane@example.com</p>"),
        ("ftp://example.com/x", "<p>ftp://example.com/x</p>"),
        ("", ""),
    ],
)
def test_examples(typed, html):
    assert render(typed) == html


def test_a_preview_holds_no_link_and_all_words():
    html = render('<a href="https://e.com/">x</a> <b>https://e.org/</b>')
    assert html.count("<a ") == 2
    assert without_links(html) == "<p>x <b>https://e.org/</b></p>"


FRAGMENTS = st.sampled_from(
    [
        *("<b>", "</b>", "<i>", "</i>", "<pre>", "</pre>", "<blockquote>", "</blockquote>"),
        *("<code>", "</code>", "</a>", '<a href="https://e.com/?a=1&lt=2">', "<a href='x'>"),
        *('<a href="https://e.com/&#34;&gt;&lt;x">', '<a href="javascript:x">', "<p>", "<br>"),
        *("<script>", "</script>", "<style>", "<!--", "-->", "<![CDATA[", "<?", "<svg/onload=x>"),
        *("&lt;", "&amp;", "&#0;", "&#x41;", "&", ";", '"', "'", "<", ">", "/", "=", "`"),
        *("https://e.com/?x&section=1", "www.e.com", "a@e.com", "\n", "\n\n", " ", "word"),
        *("<math>", "<textarea>", "</title>", "<plaintext>", "<template>", "</p>", "<table>"),
    ]
)
TEXTS = st.text(max_size=60) | st.lists(FRAGMENTS | st.text(max_size=5), max_size=12).map("".join)


@given(TEXTS)
@example('<a href="https://e.com/">' * 3)
@example("<b>\n\n</b><blockquote>\n\n<pre>\n\n</blockquote>x</pre>")
def test_whatever_is_typed_only_safe_markup_comes_out(text):
    html = render(clean_text(text))
    for tag, attributes in Markup(html).tags:
        assert tag in {"a", "b", "strong", "i", "em", "code", "pre", "blockquote", "p", "br"}
        assert attributes.keys() <= ({"href", "rel"} if tag == "a" else set())
        if tag == "a":
            assert attributes["rel"] == "nofollow ugc noopener"
        if "href" in attributes:
            assert urlsplit(attributes["href"]).scheme.lower() in ("http", "https")
    assert not any(tag == "a" for tag, _attributes in Markup(without_links(html)).tags)


@given(TEXTS)
@example("P/E < 20 &lt; <b")
def test_whatever_is_typed_every_visible_word_is_kept(text):
    text = clean_text(text)
    seen = Markup(render(text)).words
    unlinked = TYPED_LINK.sub(r"\1", text)
    assert "".join(seen.split()) == "".join(TYPED_TAG.sub("", unlinked).split())
    assert "".join(Markup(without_links(render(text))).words.split()) == "".join(seen.split())


@given(TEXTS)
def test_rendering_is_stable(text):
    """What was rendered once passes the same gate unchanged, so no second parse can differ."""
    from comments.text import ALLOWED_TAGS, _sanitize

    html = render(clean_text(text))
    assert _sanitize(html, ALLOWED_TAGS | {"p", "br"}) == html


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("  Rosa \t Reader \n", "Rosa Reader"),
        ("R\u202eosa\u2066", "Rosa"),
        ("Ro\u200bsa\ufeff\u00ad", "Rosa"),
        ("e\u0301", "é"),
        ("\u200b\u202e", ""),
        ("김민수 李", "김민수 李"),
        ("<b>Rosa</b>", "<b>Rosa</b>"),
        ("👩\u200d👧", "👩\u200d👧"),  # a joiner is part of a visible character
    ],
)
def test_clean_name(typed, cleaned):
    assert clean_name(typed) == cleaned


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("a\r\nb\rc", "a\nb\nc"),
        (" \n a \n ", "a"),
        ("a\tb", "a\tb"),
        ("a\x00b\x07c\x7fd\x9fe", "abcde"),
        ("a\u202eb\u2067c", "abc"),
        ("Zurück, 戻る, ارجع", "Zurück, 戻る, ارجع"),
        ("a\u200bb", "a\u200bb"),
    ],
)
def test_clean_text(typed, cleaned):
    assert clean_text(typed) == cleaned


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text):
    assert clean_name(clean_name(text)) == clean_name(text)
    assert clean_text(clean_text(text)) == clean_text(text)
    assert not has_control_characters(clean_name(text).replace("\x00", "")) or any(
        ord(character) < 32 or 127 <= ord(character) < 160 for character in text
    )


@pytest.mark.parametrize("text", ["a\x00", "\x1b[1m", "a\nb", "a\tb", "\x85"])
def test_control_characters_are_found(text):
    assert has_control_characters(text)
    assert not has_control_characters("Rosa Reader – 李")
