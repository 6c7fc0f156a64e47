"""Every link of the sample site is followed: none is dead, and every page is sound."""

import json
from collections import Counter
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import feedparser
import pytest
from django.contrib.staticfiles import finders
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import transaction
from django.test import Client, override_settings

from articles.models import Article

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

SITE = "http://testserver"
#: Where readers come in; everything else is found from here.
STARTS = ("/", "/search/?q=capital", "/search/?q=nothing-holds-this", "/sitemap.xml", "/robots.txt")
FEEDS = ("application/rss+xml", "application/atom+xml")
#: Of one shape, and as many as there are comments: only the first few of each are followed.
MANY = ("replytocom=", "/report/", "/error/")
SOME = 5
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source"}


class Page(HTMLParser):
    """What the crawl wants to know of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.files, self.ids, self.rest = [], [], [], Counter()
        self.canonical, self.structured, self.open, self.crooked = [], [], [], []
        self._reads_structured = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.rest[tag] += 1
        if tag not in VOID:
            self.open.append(tag)
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag == "link" and values.get("rel") == "canonical":
            self.canonical.append(values["href"])
        elif tag == "link" and values.get("type") in FEEDS:
            self.links.append(values["href"])
        elif tag == "link" or "src" in values:
            self.files.append(values.get("src") or values["href"])
        if "srcset" in values:
            self.files += [part.split()[0] for part in values["srcset"].split(",")]
        self._reads_structured = values.get("type") == "application/ld+json"
        if values.keys() & {"style", "onclick", "onload", "onsubmit"}:
            self.crooked.append(f"{tag} with inline code")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.crooked.append(f"</{tag}> without its beginning")
        self._reads_structured = False

    def handle_data(self, data):
        if self._reads_structured:
            self.structured.append(json.loads(data))


@pytest.fixture(scope="module")
def crawl(django_db_setup, django_db_blocker, tmp_path_factory):
    """Load the sample, follow every link, and return what was found, by path and query."""
    media = override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media"))
    patch = pytest.MonkeyPatch.context()
    with django_db_blocker.unblock(), media, transaction.atomic(), patch as environment:
        environment.setenv("DEMO_PASSWORD", "demo-pass-1")
        call_command("load_demo", verbosity=0)
        for article in Article.objects.exclude(picture=""):
            assert default_storage.exists(article.picture.name)
        yield _followed(Client())
        transaction.set_rollback(True)


def _followed(client):
    waiting, found, seen = list(STARTS), {}, Counter()
    while waiting:
        address = urldefrag(waiting.pop(0)).url
        shape = next((each for each in MANY if each in address), "")
        if address in found or (shape and seen[shape] >= SOME):
            continue
        seen[shape] += 1
        response = client.get(address)
        found[address] = response
        if response.status_code in (301, 302):
            waiting.append(_path(urljoin(SITE + address, response["Location"])))
        elif response["Content-Type"].startswith("text/html"):
            response.page = Page(response.content.decode())
            waiting += [_path(each) for each in _internal(address, response.page.links)]
    return found


def _internal(address, links):
    whole = [urljoin(SITE + address, link) for link in links]
    return [link for link in whole if link.startswith(SITE + "/")]


def _path(address):
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _pages(found):
    return {address: each for address, each in found.items() if hasattr(each, "page")}


def test_no_link_is_dead(crawl):
    assert len(crawl) > 100
    answers = {address: response.status_code for address, response in crawl.items()}
    assert {a: status for a, status in answers.items() if status not in (200, 301, 302)} == {}


def test_every_link_to_a_place_within_a_page_finds_it(crawl):
    missing = []
    for address, response in _pages(crawl).items():
        for link in _internal(address, response.page.links):
            path, fragment = _path(link), unquote(urldefrag(link).fragment)
            page = getattr(crawl.get(path), "page", None)
            if fragment and page and fragment not in page.ids:
                missing.append((address, link))
    assert missing == []


def test_every_page_is_sound(crawl):
    wrong = []
    for address, response in _pages(crawl).items():
        page = response.page
        twice = [name for name, times in Counter(page.ids).items() if times > 1]
        if twice or page.crooked or page.open:
            wrong.append((address, twice, page.crooked, page.open))
        if any(page.rest[tag] != 1 for tag in ("h1", "title", "main")):
            wrong.append((address, page.rest))
    assert wrong == []


def test_every_page_for_search_engines_names_its_own_address(crawl):
    for address, response in _pages(crawl).items():
        if b'name="robots" content="noindex"' in response.content and not response.page.canonical:
            continue
        (canonical,) = response.page.canonical
        assert canonical.startswith(f"{SITE}/"), address
        assert crawl[_path(canonical)].status_code == 200, address


def test_structured_data_can_be_read(crawl):
    kinds = Counter(
        node["@type"]
        for response in _pages(crawl).values()
        for graph in response.page.structured
        for node in graph.get("@graph", [graph])
    )
    published = Article.objects.published().count()
    assert kinds["Article"] >= kinds["BreadcrumbList"] >= published > 0


def test_feeds_can_be_read(crawl):
    feeds = [a for a, r in crawl.items() if "/feed/" in a and r.status_code == 200]
    assert len(feeds) > 30
    for address in feeds:
        parsed = feedparser.parse(crawl[address].content)
        assert parsed.bozo == 0, (address, parsed.get("bozo_exception"))


def test_every_file_that_a_page_loads_is_there(crawl):
    files = {file for response in _pages(crawl).values() for file in response.page.files}
    assert len(files) > 15
    for file in files:
        kind, _slash, name = file.lstrip("/").partition("/")
        there = {"static": finders.find, "media": default_storage.exists}[kind]
        assert there(unquote(name)), file


def test_every_answer_has_the_headers_that_protect_readers(crawl):
    for address, response in crawl.items():
        policy = response["Content-Security-Policy"]
        assert "unsafe" not in policy, address
        assert "default-src 'none'" in policy, address
        assert "frame-ancestors 'none'" in policy, address
        assert response["X-Content-Type-Options"] == "nosniff", address
        assert response["Referrer-Policy"] == "same-origin", address
        assert response["Cross-Origin-Opener-Policy"] == "same-origin", address
        assert "camera=()" in response["Permissions-Policy"], address
        assert not response.cookies, address
