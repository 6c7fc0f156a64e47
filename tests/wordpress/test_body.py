"""Bodies: from what WordPress stores to HTML that needs no WordPress."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles import html
from wordpress.body import convert


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("One.\n\nTwo.", "<p>One.</p>\n<p>Two.</p>"),
        ("One\nline\r\n\r\n\r\nTwo", "<p>One<br>\nline</p>\n<p>Two</p>"),
        ("One<br />\nline", "<p>One<br>\nline</p>"),
        ("A <b>bold</b> word", "<p>A <b>bold</b> word</p>"),
        ("<p>Done</p>\n\n<p>already</p>", "<p>Done</p>\n<p>already</p>"),
        ("Before\n<h3>Title</h3>\nafter", "<p>Before</p>\n<h3>Title</h3>\n<p>after</p>"),
        ("<ul>\n<li>a</li>\n</ul>\nb", "<ul>\n<li>a</li>\n</ul>\n<p>b</p>"),
        ("<ul><li>a<li>b</ul>\nc", "<ul><li>a</li><li>b</li></ul>\n<p>c</p>"),
        ("<p>open\n<ul><li>a</li></ul>\nb", "<p>open\n</p><ul><li>a</li></ul>\n<p>b</p>"),
        ("a</p>\n\nb", "<p>a</p>\n<p>b</p>"),
        (
            "<blockquote>a\n\nb</blockquote>",
            "<blockquote>\n<p>a</p>\n<p>b</p>\n</blockquote>",
        ),
        ("<pre>a\n\n\nb</pre>", "<pre>a\n\n\nb</pre>"),
        ("a<!--more-->b<!--nextpage-->c", "<p>a</p>\n<p>b</p>\n<p>c</p>"),
        ("<p>&nbsp;</p>\n<p><strong></strong></p>a", "<p>a</p>"),
        ("<h1>a</h1><h6>b</h6>", "<h2>a</h2><h4>b</h4>"),
        ("<div>a</div><div>b</div>", "<p>a</p>\n<p>b</p>"),
        ("<dl><dt>a</dt><dd>b</dd></dl>", "<p><strong>a</strong></p>\n<p>b</p>"),
        ("<kbd>x</kbd> <q>y</q>", "<p><code>x</code> “y”</p>"),
        ('<script>alert(1)</script><p onclick="x">a</p>', "<p>a</p>"),
    ],
)
def test_classic_bodies_get_their_paragraphs(stored, expected):
    assert convert(stored).html == expected


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (
            "<!-- wp:paragraph -->\n<p>a\nb</p>\n<!-- /wp:paragraph -->\n\n"
            '<!-- wp:heading {"level":3} -->\n<h3 class="x">c</h3>\n<!-- /wp:heading -->',
            "<p>a\nb</p>\n<h3>c</h3>",
        ),
        ("<!-- wp:latest-posts /-->\n\n<!-- wp:spacer -->\n<div></div>\n<!-- /wp:spacer -->", ""),
        (
            '<!-- wp:group --><div class="g"><!-- wp:paragraph --><p>a</p><!-- /wp:paragraph -->'
            "</div><!-- /wp:group -->",
            "<p>a</p>",
        ),
        (
            '<!-- wp:html -->\n<p>kept [as] it is</p>\n\n<a href="https://old.example/x">y</a>\n'
            "<!-- /wp:html -->",
            '<p>kept [as] it is</p>\n\n<a href="https://old.example/x">y</a>',
        ),
        (
            '<!-- wp:embed {"url":"https://v.example/1"} -->\n<figure><div>\n'
            "https://v.example/1\n</div></figure>\n<!-- /wp:embed -->",
            '<figure>\n<a href="https://v.example/1" rel="noopener">https://v.example/1</a>\n'
            "</figure>",
        ),
    ],
)
def test_blocks_lose_their_marks_and_keep_their_contents(stored, expected):
    assert convert(stored, host="old.example").html == expected


LINK = '<p><a href="https://v.example/1" rel="noopener">https://v.example/1</a></p>'


@pytest.mark.parametrize(
    ("stored", "expected", "taken_out"),
    [
        (
            '[caption id="a" width="3"]<a href="/b"><img src="/c.jpg" alt="d" /></a> e <i>f</i>'
            "[/caption]",
            '<figure><a href="/b" rel="noopener"><img src="/c.jpg" alt="d"></a>'
            "<figcaption>e <i>f</i></figcaption></figure>",
            {},
        ),
        (
            '[caption caption="e"]<img src="/c.jpg" alt="d">[/caption]',
            '<figure><img src="/c.jpg" alt="d"><figcaption>e</figcaption></figure>',
            {},
        ),
        ("[caption]no picture[/caption]", "<p>no picture</p>", {}),
        ("a [gallery] b", "<p>a  b</p>", {"gallery": 1}),
        ('[gallery ids="1,2"]\n\n[gallery]', "", {"gallery": 2}),
        ('[chart id="7"]', "", {"chart": 1}),
        ("[box]inner[/box]", "<p>inner</p>", {"box": 1}),
        ("[embed]https://v.example/1[/embed]", LINK, {}),
        ('[video src="https://v.example/1"][/video]', LINK, {}),
        ("[youtube https://v.example/1]", LINK, {}),
        ("see\n\nhttps://v.example/1\n", "<p>see</p>\n" + LINK, {}),
        ('<iframe src="//v.example/1"></iframe>', LINK, {}),
        ("[[gallery]] and [1], [sic], [P/E]", "<p>[gallery] and [1], [sic], [P/E]</p>", {}),
        ("<pre>[gallery]</pre>", "<pre>[gallery]</pre>", {}),
    ],
)
def test_shortcodes_and_players_become_what_can_be_shown(stored, expected, taken_out):
    body = convert(stored)
    assert body.html == expected
    assert +body.shortcodes == taken_out


def test_own_addresses_become_relative_and_others_stay():
    body = convert(
        '<a href="http://old.example/2020/x/">a</a> <a href="https://OLD.example">b</a> '
        '<img src="https://old.example/wp-content/c.jpg"> '
        '<a href="https://old.example.org/d">e</a> <a href="https://files.old.example/f">g</a>',
        host="old.example",
    )
    for part in ('"/2020/x/"', '"/"', '"/wp-content/c.jpg"', "//old.example.org/d", "//files.old"):
        assert part in body.html


PARTS = ["a", "\n", "\n\n", "<p>", "</p>", "<li>", "</ul>", "<div>", "<blockquote>", "</div>", "<"]
PARTS += ["<!--", "-->", "<!-- wp:html -->", "<!-- /wp:html -->", "[gallery]", "[/b]", "[b x]"]
PARTS += ["<pre>", "</pre>", '<img alt="', '">', "<iframe ", "https://v.example/", "&lt;"]


@given(st.lists(st.sampled_from(PARTS)).map("".join))
def test_whatever_is_stored_comes_out_clean_and_stays(stored):
    cleaned = html.clean(convert(stored).html)
    assert html.clean(cleaned) == cleaned
