"""Feeds, the archive, sitemaps and robots.txt, through the front door."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit
from xml.etree import ElementTree

import feedparser
import pytest
from django.utils import timezone

from articles.models import Article, Author, Tag

pytestmark = pytest.mark.django_db
FEEDS = ("/feed/", "/feed/atom/", "/tags/chips/feed/", "/authors/ines-halvorsen/feed/")


def entries(client, address):
    response = client.get(address)
    assert response.status_code == 200
    feed = feedparser.parse(response.content)
    assert feed.bozo == 0, feed.get("bozo_exception")
    return feed, feed.entries


@pytest.fixture
def chips(make_article):
    return make_article(
        "Chips & “margins”",
        slug="chips",
        tags=["chips"],
        summary="Less <than> you think.",
        body='<p>See <a href="/tags/">tags</a> and <img src="/media/x.png" alt="x">.</p>'
        '<p>A claim.<sup><a href="#source-1">[1]</a></sup></p>'
        '<ol class="sources"><li>A report</li></ol>',
    )


@pytest.mark.parametrize("address", FEEDS)
def test_a_feed_holds_the_whole_text(client, chips, address):
    feed, (entry,) = entries(client, address)
    assert entry.title == "Chips & “margins”"
    assert entry.link == "http://testserver/articles/chips/"
    assert entry.id == f"tag:testserver,2026:article/{chips.pk}"
    assert entry.author == "Ines Halvorsen"
    assert "http://testserver/tags/" in entry.content[0].value
    assert "http://testserver/media/x.png" in entry.content[0].value
    # A program that reads feeds shows many articles on one page.
    assert 'href="http://testserver/articles/chips/#source-1"' in entry.content[0].value
    assert entry.summary == "Less &lt;than&gt; you think."
    assert [tag.term for tag in entry.tags] == ["Chips"]
    links = {link.href for link in feed.feed.links if link.rel == "self"}
    assert links == {f"http://testserver{address}"}


@pytest.mark.parametrize("address", FEEDS)
def test_a_feed_shows_what_is_published_and_nothing_else(client, chips, make_article, address):
    make_article("Draft", days_ago=None, tags=["chips"])
    make_article("Planned", days_ago=-1, tags=["chips"])
    _feed, found = entries(client, address)
    assert [entry.title for entry in found] == [chips.title]


@pytest.mark.parametrize("address", FEEDS)
def test_a_feed_holds_the_latest_twenty_in_a_bounded_number_of_queries(
    client, make_article, count_queries, address
):
    make_article("Number 0", tags=["chips"], days_ago=0.5)
    with_one = len(count_queries(client.get, address))
    for number in range(1, 25):
        make_article(f"Number {number}", tags=["chips", "margins"], days_ago=number)
    assert len(count_queries(client.get, address)) == with_one <= 5
    _feed, found = entries(client, address)
    assert [entry.title for entry in found] == [f"Number {number}" for number in range(20)]


@pytest.mark.parametrize("address", [*FEEDS, "/comments/feed/", "/articles/chips/feed/"])
def test_who_has_the_newest_gets_a_304(client, chips, make_comment, address):
    make_comment("First.", article=chips)
    first = client.get(address)
    assert not first.cookies
    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    Article.objects.update(title="Changed")
    make_comment("Second.", article=chips)
    assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize(
    "address",
    ["/tags/nothing/feed/", "/authors/nobody/feed/", "/articles/nothing/feed/", "/tags/idle/feed/"],
)
def test_a_feed_of_nothing_is_a_404(client, chips, address):
    Tag.objects.create(name="Idle", slug="idle")
    assert client.get(address).status_code == 404


def test_an_empty_site_has_an_empty_feed(client):
    assert entries(client, "/feed/")[1] == []
    assert entries(client, "/comments/feed/")[1] == []


def test_the_comments_feed_shows_public_comments_only(client, chips, make_comment, make_article):
    other = make_article("Other")
    shown = make_comment("Shown <b>boldly</b>.", article=chips, name="Ada & Co")
    for status in ("pending", "spam", "trash", "submitted"):
        make_comment(f"Hidden {status}.", article=chips, status=status)
    elsewhere = make_comment("Elsewhere.", article=other)
    draft = make_article("Draft", days_ago=None)
    make_comment("Under a draft.", article=draft)
    _feed, found = entries(client, "/comments/feed/")
    assert [entry.id for entry in found] == [
        f"tag:testserver,2026:comment/{comment.pk}" for comment in (elsewhere, shown)
    ]
    assert found[1].title == "Ada & Co on “Chips & “margins””"
    assert found[1].link == f"http://testserver/comments/{shown.pk}/"
    assert "<b>boldly</b>" in found[1].summary
    _feed, found = entries(client, "/articles/chips/feed/")
    assert [entry.link for entry in found] == [f"http://testserver/comments/{shown.pk}/"]
    assert client.get("/articles/draft/feed/").status_code == 404


def test_pages_name_their_feeds(client, chips):
    for page, feed in (
        ("/", "/feed/"),
        ("/tags/chips/", "/tags/chips/feed/"),
        ("/authors/ines-halvorsen/", "/authors/ines-halvorsen/feed/"),
    ):
        assert f'href="{feed}"' in client.get(page).content.decode()


# --- the archive ----------------------------------------------------------------------------


def test_the_archive_counts_by_month(client, make_article):
    zone = timezone.get_current_timezone()
    for title, when in (("Old", (2025, 12, 31)), ("New", (2026, 1, 1)), ("Newer", (2026, 1, 31))):
        make_article(title, published_at=datetime(*when, 12, tzinfo=zone))
    make_article("Draft", days_ago=None)
    page = client.get("/archive/").content.decode()
    assert page.index('href="/archive/2026/01/"') < page.index('href="/archive/2025/12/"')
    assert "2 articles" in page
    january = client.get("/archive/2026/01/").content.decode()
    assert "Newer" in january
    assert "Old" not in january
    assert "January 2026" in january


@pytest.mark.parametrize(
    "address",
    [
        f"/archive/{month}/"
        for month in "2026/02 2026/13 2026/1 26/01 0000/01 9999/12 2026/00".split()
    ],
)
def test_a_month_without_articles_is_a_404(client, make_article, address):
    make_article("One", published_at=datetime(2026, 1, 5, tzinfo=timezone.get_current_timezone()))
    assert client.get(address).status_code == 404


def test_an_empty_archive_says_so(client):
    assert "Nothing has been published yet." in client.get("/archive/").content.decode()


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "UTC"])
@pytest.mark.parametrize("month", ["9999/12", "1000/01", "0000/01", "0001/01", "2999/12"])
def test_no_month_is_beyond_the_clock(client, db, settings, zone, month):
    settings.TIME_ZONE = zone
    assert client.get(f"/archive/{month}/").status_code == 404


# --- for search engines -----------------------------------------------------------------------

NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


def addresses(client, path):
    root = ElementTree.fromstring(client.get(path).content)
    return {
        urlsplit(node.findtext("s:loc", "", NAMES)).path: node.findtext("s:lastmod", "", NAMES)
        for node in root
    }


def test_the_sitemap_lists_every_public_page_and_no_other(client, chips, make_article):
    make_article("Draft", days_ago=None, tags=["secret"])
    Author.objects.create(name="Nobody Yet", slug="nobody-yet")
    found = {}
    for section in addresses(client, "/sitemap.xml"):
        found |= addresses(client, section)
    assert set(found) == {
        "/", "/tags/", "/archive/", "/articles/chips/", "/tags/chips/", "/authors/ines-halvorsen/",
    }  # fmt: skip
    for path in found:
        assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/sitemap.xml", "/sitemap-articles.xml", "/feed/"])
@pytest.mark.parametrize("host", ["testserver:6666", "localhost"])
def test_it_names_the_site_by_whatever_host_it_is_asked(client, chips, path, host):
    page = client.get(path, headers={"Host": host}).content.decode()
    assert "<loc>http://testserver/" in page or path == "/feed/"
    assert host not in page


def test_lastmod_is_the_last_change_of_the_text(client, chips, make_comment):
    published = addresses(client, "/sitemap-articles.xml")["/articles/chips/"]
    assert published == chips.published_at.date().isoformat()
    make_comment("New.", article=chips)
    assert addresses(client, "/sitemap-articles.xml")["/articles/chips/"] == published
    Article.objects.update(updated_at=timezone.now() + timedelta(days=2))
    assert addresses(client, "/sitemap-articles.xml")["/articles/chips/"] > published


def test_robots_are_shown_the_sitemap(client):
    response = client.get("/robots.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert "Sitemap: http://testserver/sitemap.xml" in response.content.decode()
    assert "Disallow: /moderation/" in response.content.decode()


def test_no_character_breaks_a_feed(client, make_article, make_comment, post_comment):
    article = make_article("Odd \ufffe title\x0b", slug="odd", body="<p>\uffff\ufffe.</p>")
    make_comment("Odd \uffff text.", article=article, name="O\ufffedd")
    for address in (*FEEDS[:2], "/comments/feed/", "/articles/odd/feed/"):
        entries(client, address)
