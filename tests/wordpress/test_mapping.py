"""WordPress's words in ours: dates, slugs, titles, people, and the text of comments."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments.text import clean_text
from wordpress import comment_text, mapping

ZERO = "0000-00-00 00:00:00"


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ({"gmt": "2024-03-01 09:00:00", "local": "2024-03-01 10:00:00"}, "2024-03-01 09:00"),
        ({"gmt": ZERO, "published": "Fri, 01 Mar 2024 09:00:00 +0000"}, "2024-03-01 09:00"),
        ({"gmt": ZERO, "published": "Fri, 01 Mar 2024 09:00:00 -0700"}, "2024-03-01 16:00"),
        ({"gmt": ZERO, "published": "", "local": "2024-03-01 09:00:00"}, "2024-03-01 09:00"),
        ({"gmt": ZERO, "published": "Mon, 30 Nov -0001 00:00:00 +0000", "local": ZERO}, None),
        ({"gmt": "0001-11-30 00:00:00"}, None),
        ({"gmt": "9999-12-31 23:59:59"}, None),
        ({"gmt": "yesterday"}, None),
        ({}, None),
    ],
)
def test_dates_are_read_and_broken_ones_passed_over(stated, expected):
    wanted = expected and datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert mapping.moment(**stated) == wanted


def test_the_sites_own_time_counts_where_there_is_no_other(settings):
    settings.TIME_ZONE = "Europe/Oslo"
    found = mapping.moment(local="2024-07-01 12:00:00")
    assert found == datetime(2024, 7, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stored", "fallback", "expected"),
    [
        ("a-slug_1", "", "a-slug_1"),
        ("%e6%97%a5%e6%9c%ac", "On Japan", "on-japan"),
        ("%c3%a9t%c3%a9", "", "ete"),
        ("", "On Japan", "on-japan"),
        ("", "日本", ""),
        ("x" * 300, "", "x" * 50),
    ],
)
def test_slugs_are_kept_or_derived(stored, fallback, expected):
    assert mapping.slug(stored, fallback, length=50) == expected


@pytest.mark.parametrize(
    ("stored", "body", "expected"),
    [
        ("Plain", "", "Plain"),
        (
            "With <em>marks</em> &amp; signs &#8211; P/E &lt; 20",
            "",
            "With marks & signs – P/E < 20",
        ),
        ("", "<p>1 2 3 4 5 6 7</p><p>eight, nine</p>", "1 2 3 4 5 6 7 eight…"),
        ("", "<p>A short one.</p>", "A short one."),
        (" ", "", "Untitled"),
        ("x" * 300, "", "x" * 199 + "…"),
    ],
)
def test_titles_are_plain_and_never_empty(stored, body, expected):
    assert mapping.title(stored, body=body) == expected


def test_the_summary_is_the_excerpt_or_the_beginning():
    assert mapping.summary("An <b>excerpt</b>", body="<p>Body</p>") == "An excerpt"
    assert mapping.summary("", body="<p>One.</p><p>Two.</p>") == "One. Two."
    assert mapping.summary("", body="") == ""
    long = mapping.summary("word " * 300, body="")
    assert long.endswith("word…")
    assert len(mapping.summary("", body="x" * 900)) <= 400


@pytest.mark.parametrize(
    ("approved", "meta", "expected"),
    [
        ("1", {}, ("approved", "")),
        ("0", {}, ("pending", "")),
        ("spam", {}, ("spam", "")),
        ("trash", {}, ("trash", "")),
        ("trash", {"_wp_trash_meta_status": "1"}, ("trash", "approved")),
        ("trash", {"_wp_trash_meta_status": "spam"}, ("trash", "spam")),
        ("post-trashed", {}, ("trash", "")),
        ("1", {"_wp_trash_meta_status": "0"}, ("approved", "")),
        ("0", {"_marginalia_unjudged": "1"}, ("submitted", "")),
        (
            "trash",
            {"_wp_trash_meta_status": "0", "_marginalia_unjudged": "1"},
            ("trash", "submitted"),
        ),
        ("1", {"_marginalia_unjudged": "1"}, ("approved", "")),
        ("a plugin's own", {}, ("pending", "")),
    ],
)
def test_the_status_of_a_comment(approved, meta, expected):
    assert mapping.comment_status(approved, meta) == expected


@pytest.mark.parametrize(
    ("function", "stored", "expected"),
    [
        (mapping.person, "Rosa &amp; Co.", "Rosa & Co."),
        (mapping.person, "", "Anonymous"),
        (mapping.person, "<b>Ro\u202esa</b>", "Rosa"),
        (mapping.person, "x" * 300, "x" * 245),
        (mapping.web_address, "http://example.org/a?b=1", "http://example.org/a?b=1"),
        (mapping.web_address, "http://", ""),
        (mapping.web_address, "javascript:alert(1)", ""),
        (mapping.web_address, "https://example.org/" + "x" * 200, ""),
        (mapping.ip, "192.0.2.7", "192.0.2.7"),
        (mapping.ip, "2001:db8::1", "2001:db8::1"),
        (mapping.ip, "192.0.2.7, 10.0.0.1", "192.0.2.7"),
        (mapping.ip, "unknown", None),
        (mapping.ip, "", None),
    ],
)
def test_who_wrote(function, stored, expected):
    assert function(stored) == expected


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("One\r\n\r\nTwo", "One\n\nTwo"),
        ("P/E &lt; 20 &amp; growing &#8211; fine", "P/E < 20 & growing – fine"),
        ("<p>One</p>\n<p>Two<br />Three</p>", "One\n\nTwo\nThree"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n\n- b"),
        ('<STRONG class="x">a</strong> <del>b</del>', "<strong>a</strong> b"),
        (
            '<a href="https://a.example/?b=1&amp;c=2" rel="nofollow ugc">d</a>',
            '<a href="https://a.example/?b=1&c=2">d</a>',
        ),
        ('<img class="x" src="https://a.example/b.png" alt="c">', "https://a.example/b.png"),
        ("<script>alert(1)</script>", "alert(1)"),
        ("<!-- note -->a < b", "a < b"),
        ("<code>&lt;b&gt;</code> is bold, 1 &lt; 2", "<code>‹b›</code> is bold, 1 < 2"),
    ],
)
def test_comments_become_what_a_reader_would_write(stored, expected):
    assert comment_text.from_wordpress(stored) == expected


PARTS = ["<b>", "</B>", "<", ">", "&", "&lt;", "&amp;", "&#39;", "\n", "\n\n\n", "<br>", "<p>"]
PARTS += ['<a href="http://a.example/?b=1&copy=2">', '<a\nhref="https://a.example/&gt;"  >', "</a>"]
PARTS += ["<!--", "-->", "<i", "'", '"', "x", "é", "<a href='x'>", "<pre>", "</pre>"]


@given(st.one_of(st.lists(st.sampled_from(PARTS)).map("".join), st.text()))
def test_a_comment_comes_back_from_wordpress_to_the_letter(written):
    text = clean_text(written)
    assert comment_text.from_wordpress(comment_text.to_wordpress(text)) == text
