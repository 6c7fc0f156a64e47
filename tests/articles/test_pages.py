"""The readers' pages, through the front door: what stands on them, and what never does."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from articles.models import Article, Author, Tag

MISSING = "There is no such page"


@pytest.fixture
def nvda(db):
    return Tag.objects.create(
        name="NVIDIA", slug="nvidia", kind="ticker", symbol="NVDA", exchange="NASDAQ"
    )


@pytest.fixture
def chips(db):
    return Tag.objects.create(name="Chips", slug="chips")


@pytest.fixture
def travel(monkeypatch):
    """Let the site believe that it is so many days later."""

    def to(days):
        later = timezone.now() + timedelta(days=days)
        monkeypatch.setattr(timezone, "now", lambda: later)

    return to


def titles(response):
    return [article.title for article in response.context["page"]]


def canonical(response):
    return re.findall(r'<link rel="canonical" href="([^"]*)">', response.content.decode())


# --- the list -------------------------------------------------------------------------------


def test_the_list_holds_ten_articles_newest_first(client, make_article):
    for day in (5, 1, 12, 3, 8, 2, 11, 4, 9, 6, 10, 7):
        make_article(f"Day {day:02}", days_ago=day)

    first, second = client.get("/"), client.get("/?page=2")
    assert titles(first) == [f"Day {day:02}" for day in range(1, 11)]
    assert titles(second) == ["Day 11", "Day 12"]
    page = first.content.decode()
    assert [page.index(title) for title in titles(first)] == sorted(
        page.index(title) for title in titles(first)
    )
    assert 'rel="next" href="?page=2"' in page
    assert 'rel="prev"' not in page
    assert 'rel="prev" href="/"' in second.content.decode()
    assert 'rel="next"' not in second.content.decode()


def test_articles_of_the_same_moment_keep_one_order(client, make_article):
    moment = timezone.now() - timedelta(days=1)
    for number in range(12):
        make_article(f"Number {number:02}", published_at=moment)
    assert titles(client.get("/")) == [f"Number {number:02}" for number in range(11, 1, -1)]
    assert titles(client.get("/?page=2")) == ["Number 01", "Number 00"]


def test_an_empty_site_says_so(client, db):
    response = client.get("/")
    assert response.status_code == 200
    assert "Nothing has been published here yet" in response.content.decode()


@pytest.mark.parametrize(
    "number", ["2", "0", "-1", "", "x", "1.5", "1%00", "0_1", "%D9%A1", "9" * 30, "9" * 5000]
)
@pytest.mark.parametrize("address", ["/", "/tags/chips/", "/authors/ines-halvorsen/"])
def test_a_page_that_does_not_exist_is_not_found(client, make_article, chips, address, number):
    make_article(tags=["chips"])
    response = client.get(f"{address}?page={number}")
    assert response.status_code == 404
    assert MISSING in response.content.decode()


# --- what readers must not see --------------------------------------------------------------


@pytest.mark.parametrize("days_ago", [None, -1])
def test_drafts_and_scheduled_articles_stand_nowhere(client, make_article, chips, nvda, days_ago):
    make_article("In the open", tags=["chips", "nvidia"])
    hidden = make_article("Under wraps", tags=["chips", "nvidia"], days_ago=days_ago)
    for address in (
        "/",
        "/tags/chips/",
        "/tickers/NVDA/",
        "/authors/ines-halvorsen/",
        "/articles/in-the-open/",
        "/tags/",
    ):
        page = client.get(address).content.decode()
        assert hidden.title not in page, address
        assert hidden.slug not in page, address
    assert [tag.uses for tag in client.get("/tags/").context["tags"]] == [1, 1]
    for method in (client.get, client.head):
        assert method(hidden.get_absolute_url()).status_code == 404


def test_staff_see_no_more_than_readers(client, editor, make_article):
    hidden = make_article("Under wraps", days_ago=None)
    client.force_login(editor)
    assert client.get(hidden.get_absolute_url()).status_code == 404
    assert "Under wraps" not in client.get("/").content.decode()


def test_a_scheduled_article_appears_when_its_time_comes(client, make_article, chips, travel):
    soon = make_article("Tomorrow", tags=["chips"], days_ago=-1)
    addresses = (soon.get_absolute_url(), "/tags/chips/")
    assert [client.get(address).status_code for address in addresses] == [404, 404]
    travel(1.01)
    assert [client.get(address).status_code for address in addresses] == [200, 200]
    assert titles(client.get("/")) == ["Tomorrow"]
    assert [tag.uses for tag in client.get("/tags/").context["tags"]] == [1]


# --- tags, tickers, authors -----------------------------------------------------------------


def test_a_topic_shows_its_articles_alone(client, make_article, chips):
    make_article("On chips", tags=["chips"])
    make_article("On power", tags=["power"])
    response = client.get("/tags/chips/")
    assert titles(response) == ["On chips"]
    assert "<h1>Chips</h1>" in response.content.decode()


def test_a_ticker_shows_its_symbol_and_exchange(client, make_article, nvda):
    make_article("On NVIDIA", tags=["nvidia"])
    response = client.get("/tickers/NVDA/")
    assert titles(response) == ["On NVIDIA"]
    assert "NASDAQ: NVDA" in response.content.decode()
    assert 'href="/tickers/NVDA/"' in client.get("/articles/on-nvidia/").content.decode()


@pytest.mark.parametrize("address", ["/tags/nvidia/", "/tickers/nvda/", "/tickers/Nvda/"])
def test_a_ticker_has_one_address(client, make_article, nvda, address):
    make_article(tags=["nvidia"])
    response = client.get(address)
    assert (response.status_code, response["Location"]) == (301, "/tickers/NVDA/")


@pytest.mark.parametrize(
    "address",
    [
        "/tags/chips/",  # carried by a draft alone
        "/tickers/NVDA/",  # carried by nothing
        "/tags/unheard-of/",
        "/tickers/CHIPS/",
        "/tickers/%00/",
        "/authors/nobody/",
        "/articles/nothing/",
        "/nowhere/",
    ],
)
def test_what_is_not_there_is_answered_with_the_sites_own_page(
    client, make_article, chips, nvda, address
):
    make_article(tags=["chips"], days_ago=None)
    response = client.get(address)
    page = response.content.decode()
    assert response.status_code == 404
    assert MISSING in page
    assert 'href="/tags/"' in page
    assert "css/site.css" in page


def test_the_tag_index_counts_published_articles(client, make_article, chips, nvda):
    Tag.objects.create(name="Unused", slug="unused")
    make_article("One", tags=["chips", "nvidia"])
    make_article("Two", tags=["chips"])
    make_article("Three", tags=["chips"], days_ago=None)
    response = client.get("/tags/")
    assert {tag.slug: tag.uses for tag in response.context["tags"]} == {"chips": 2, "nvidia": 1}
    page = re.sub(r"<[^>]+>", "", response.content.decode())
    assert re.search(r"Chips\s+2 articles", page)
    assert re.search(r"NVIDIA\s+NVDA\s+1 article\b", page)
    assert "Unused" not in page


def test_an_author_has_a_page_with_what_they_wrote(client, make_article, author):
    author.role, author.bio = "Analyst", "Reads footnotes."
    author.save()
    other = Author.objects.create(name="Somebody Else", slug="somebody-else")
    make_article("Mine")
    Article.objects.filter(pk=make_article("Theirs").pk).update(author=other)
    response = client.get("/authors/ines-halvorsen/")
    page = response.content.decode()
    assert titles(response) == ["Mine"]
    assert "Ines Halvorsen" in page
    assert "Analyst" in page
    assert "Reads footnotes." in page


# --- an article -----------------------------------------------------------------------------


def test_an_article_shows_all_its_parts(client, make_article):
    make_article("A <title>", slug="parts", summary="In short & clear.", body="<h2>Part one</h2>")
    page = client.get("/articles/parts/").content.decode()
    assert "<h1>A &lt;title&gt;</h1>" in page
    assert '<meta name="description" content="In short &amp; clear.">' in page
    assert '<h2 id="section-part-one">Part one</h2>' in page
    assert '<a rel="author" href="/authors/ines-halvorsen/">Ines Halvorsen</a>' in page
    assert "Nothing here is investment, legal or tax advice." in page


@pytest.mark.parametrize(
    ("count", "said"), [(0, "No comments"), (1, "1 comment"), (2, "2 comments")]
)
def test_comments_are_counted_in_words(client, article, make_comment, count, said):
    for number in range(count):
        make_comment(f"Thought {number}")
    for status in ("submitted", "pending", "spam", "trash"):
        make_comment(f"Unseen {status}", status=status)
    link = re.escape(f'href="{article.get_absolute_url()}#comments"')
    card = re.findall(link + r"[^>]*>([^<]*)<", client.get("/").content.decode())
    assert card == [said]
    page = client.get(article.get_absolute_url()).content.decode()
    assert re.findall(r'href="#comments"[^>]*>([^<]*)<', page) == [said]


def test_a_picture_has_its_text_size_and_caption(client, make_article, make_picture):
    article = make_article(
        picture=make_picture(size=(64, 36)),
        picture_alt='Two "waves" crossing',
        picture_caption="Fig. 1 <drawn>",
    )
    page = client.get(article.get_absolute_url()).content.decode()
    hero = re.search(r'<img [^>]*alt="Two[^>]*>', page)[0]
    assert 'alt="Two &quot;waves&quot; crossing"' in hero
    assert f'src="{article.picture.url}"' in hero
    assert 'width="64" height="36"' in hero
    assert "Fig. 1 &lt;drawn&gt;</figcaption>" in page
    assert article.picture.url in client.get("/").content.decode()


def test_an_article_without_a_picture_has_none(client, article):
    for address in ("/", article.get_absolute_url()):
        page = client.get(address).content.decode()
        assert "<img" not in page
        assert "<figcaption" not in page


# --- "Updated" ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "updated"),
    [
        ({"title": "A better title"}, True),
        ({"body": "<p>A better body.</p>"}, True),
        ({"body": "<p>Body.</p><script>x</script>"}, False),  # cleaned, it is the same
        ({"summary": "A better summary."}, False),
        ({"comments_open": False}, False),
        ({}, False),
    ],
)
@pytest.mark.parametrize("only_these", [True, False])
def test_an_article_is_updated_when_its_title_or_body_changes(
    client, article, change, updated, only_these
):
    for name, value in change.items():
        setattr(article, name, value)
    article.save(update_fields=change.keys() if only_these else None)
    article.refresh_from_db()
    assert bool(article.updated_at) is updated
    assert ("Updated" in client.get(article.get_absolute_url()).content.decode()) is updated


@pytest.mark.parametrize("days_ago", [None, -1])
def test_what_changes_before_publication_is_no_update(client, make_article, days_ago):
    article = make_article(days_ago=days_ago)
    article.body = "<p>Still writing.</p>"
    article.save()
    article.body, article.published_at = "<p>Done.</p>", timezone.now()
    article.save()
    assert article.updated_at is None
    assert "Updated" not in client.get(article.get_absolute_url()).content.decode()


def test_what_changed_before_a_second_publication_is_no_update(client, make_article):
    article = make_article(days_ago=9)
    article.title = "Corrected"
    article.save()
    assert "Updated" in client.get(article.get_absolute_url()).content.decode()
    Article.objects.filter(pk=article.pk).update(published_at=timezone.now())
    assert "Updated" not in client.get(article.get_absolute_url()).content.decode()


# --- addresses and methods ------------------------------------------------------------------


def test_every_page_names_its_one_address(client, make_article, chips, nvda):
    for number in range(11):
        make_article(f"Number {number}", tags=["chips", "nvidia"])
    for address, expected in {
        "/": "/",
        "/?page=1": "/",
        "/?page=2": "/?page=2",
        "/?utm_source=mail": "/",
        "/tags/": "/tags/",
        "/tags/chips/?page=2": "/tags/chips/?page=2",
        "/tickers/NVDA/": "/tickers/NVDA/",
        "/authors/ines-halvorsen/": "/authors/ines-halvorsen/",
        "/articles/number-1/": "/articles/number-1/",
        "/articles/number-1/?replytocom=1": "/articles/number-1/",
        "/comment-data/": "/comment-data/",
    }.items():
        assert canonical(client.get(address)) == [f"http://testserver{expected}"], address


def test_a_variation_of_an_article_is_not_for_search_engines(client, article):
    address = article.get_absolute_url()
    assert "X-Robots-Tag" not in client.get(address)
    assert client.get(f"{address}?replytocom=1")["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/tags/",
        "/tags/chips/",
        "/tickers/NVDA/",
        "/authors/ines-halvorsen/",
        "/articles/a-title/",
        "/comment-data/",
    ],
)
def test_pages_are_read_and_set_no_cookie(client, make_article, chips, nvda, address):
    make_article(tags=["chips", "nvidia"])
    shown, head = client.get(address), client.head(address)
    assert (shown.status_code, head.status_code) == (200, 200)
    assert head.content == b""
    assert not shown.cookies
    assert "Cookie" not in shown.get("Vary", "")
    for method in (client.post, client.put, client.delete):
        assert method(address).status_code == 405


@pytest.mark.parametrize(
    ("address", "target"),
    [("/tags", "/tags/"), ("/articles/a-title", "/articles/a-title/")],
)
def test_a_missing_slash_is_added(client, make_article, address, target):
    make_article()
    response = client.get(address)
    assert (response.status_code, response["Location"]) == (301, target)


def test_a_request_for_another_host_gets_a_page_of_the_site(client, db):
    response = client.get("/", headers={"host": "evil.example"})
    page = response.content.decode()
    assert response.status_code == 400
    assert "That request could not be read" in page
    assert "evil.example" not in page


# --- what they cost -------------------------------------------------------------------------


def test_a_list_costs_the_same_however_long_it_is(
    client, make_article, make_picture, chips, nvda, count_queries
):
    addresses = ("/", "/tags/", "/tags/chips/", "/tickers/NVDA/", "/authors/ines-halvorsen/")
    costs = []
    for number in range(20):
        picture = {"picture": make_picture(), "picture_alt": "A chart"} if number < 10 else {}
        make_article(f"Number {number}", tags=["chips", "nvidia", f"tag-{number}"], **picture)
        if number in (0, 19):
            costs.append([len(count_queries(client.get, address)) for address in addresses])
    assert costs[0] == costs[1]
    assert max(costs[0]) <= 6, dict(zip(addresses, costs[0], strict=True))


@pytest.mark.parametrize("articles", [1, 20])
@pytest.mark.parametrize("comments", [1, 20])
def test_an_article_costs_at_most_eight_queries(
    client, article, make_article, make_comment, chips, count_queries, articles, comments
):
    article.tags.add(chips)
    for number in range(articles - 1):
        make_article(f"Number {number}", tags=["chips", f"tag-{number}"])
    above = None
    for number in range(comments):
        above = make_comment(f"Thought {number}", parent=above if number % 4 else None)
    statements = count_queries(client.get, article.get_absolute_url())
    assert len(statements) <= 8, "\n".join(statements)
