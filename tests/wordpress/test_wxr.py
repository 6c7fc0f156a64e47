"""Reading export files: every version, and clear words about what is none."""

import tracemalloc

import pytest

from wordpress.pieces import Author, Post, Site, Term
from wordpress.wxr import WxrError, read

AUTHOR = """<wp:author><wp:author_login>ines</wp:author_login>
<wp:author_display_name><![CDATA[Ines Halvorsen]]></wp:author_display_name></wp:author>"""
TERMS = """<wp:category><wp:category_nicename>chips</wp:category_nicename>
<wp:cat_name><![CDATA[Chips]]></wp:cat_name></wp:category>
<wp:tag><wp:tag_slug>power</wp:tag_slug>
<wp:tag_name><![CDATA[Power &amp; light]]></wp:tag_name></wp:tag>"""


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_every_version_reads_alike(export, item, comment, version, scheme):
    file = export(AUTHOR, TERMS, item(7, "T", comment(3)), version=version, scheme=scheme)
    site, author, category, tag, post = read(file)
    assert site == Site("https://old.example", "Mon, 04 Mar 2024 10:00:00 +0000")
    assert author == Author("ines", "Ines Halvorsen")
    assert category == Term("category", "chips", "Chips")
    assert tag == Term("post_tag", "power", "Power &amp; light")
    assert (post.id, post.title, post.content) == ("7", "T", "First.\n\nSecond.")
    assert [(each.id, each.name, each.ip) for each in post.comments] == [
        ("3", "Rosa Reader", "192.0.2.7")
    ]


def test_the_terms_of_the_oldest_version_are_named_once(export, item):
    post = item(1).replace(
        "</item>",
        '<category>Chips</category><category domain="tag" nicename="ai">AI</category></item>',
    )
    *_rest, read_post = read(export(post, version="1.0"))
    assert read_post.terms == [Term("post_tag", "ai", "AI")]


def test_a_site_without_posts_is_an_export(export):
    assert list(read(export())) == [Site("https://old.example", "Mon, 04 Mar 2024 10:00:00 +0000")]


RSS = '<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel>\n'
VERSION = "<wp:wxr_version>1.2</wp:wxr_version>\n"


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("", 1, "not XML"),
        ("a letter to the editor", 1, "not XML"),
        ("{}", 1, "not XML"),
        ("\n<html><body/></html>", 2, "not a WordPress export but <html>"),
        ("<rss><channel><title>News</title></channel></rss>", 1, "an RSS feed"),
        (RSS + "<item/></channel></rss>", 1, "an RSS feed"),
        (RSS + VERSION.replace("1.2", "2.0") + "<item/></channel></rss>", 1, "WXR 2.0"),
        (RSS + VERSION + "<item>\n<title>On", 4, "the file ends in the middle"),
        (RSS + VERSION + "<item>\n<title><![CDATA[On", 4, "the file ends in the middle"),
        (RSS + VERSION + "<item>\n</title></item>", 4, "not XML (mismatched tag)"),
        (RSS + VERSION + "<item>&laquo;</item>", 3, "not XML (undefined entity)"),
        ("\n\n" + RSS + VERSION + "<item>\n", 6, "the file ends in the middle"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(tmp_path, content, line, reason):
    file = tmp_path / "broken.xml"
    file.write_text(content)
    with pytest.raises(WxrError) as error:
        list(read(file))
    assert error.value.line == line
    assert str(error.value).startswith(f"line {line}: ")
    assert reason in str(error.value)


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/rss.dtd">',
    ],
)
def test_a_document_type_is_refused_before_anything_is_read(tmp_path, declaration):
    file = tmp_path / "hostile.xml"
    file.write_text(f"{declaration}\n{RSS}{VERSION}<item><title>&a;</title></item></channel></rss>")
    pieces = read(file)
    with pytest.raises(WxrError, match="line 1: this has a document type"):
        next(pieces)


def test_what_plugins_and_readers_leave_in_a_file_does_no_harm(export, item):
    file = export(item(1, "Bell\x07 and \x0b tab\tand é"))
    file.write_bytes(b"\r\n \n\xef\xbb\xbf" + file.read_bytes())
    *_rest, post = read(file)
    assert post.title == "Bell and  tab\tand é"


def test_only_one_post_is_held_at_a_time(export, item):
    file = export(*(item(pk, content="x" * 20_000) for pk in range(300)))
    tracemalloc.start()
    posts = sum(isinstance(piece, Post) for piece in read(file))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert posts == 300
    assert file.stat().st_size > 6_000_000
    assert peak < 1_500_000
