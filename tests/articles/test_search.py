"""The search: what is found, in which order, what never leaks, and how it is shown."""

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from modelsearch.models import IndexEntry

from articles.models import Article, Tag
from articles.search import engines, index
from articles.search.query import parse
from config.search import search_backend


@pytest.fixture
def titles(client):
    """Search, and return the titles found, in their order and without their marks."""

    def find(query, **others):
        html = client.get("/search/", {"q": query, **others}).content.decode()
        found = re.findall(r'<h3 class="card-title"><a href="[^"]+">(.*?)</a></h3>', html)
        return [re.sub("</?mark>", "", title) for title in found]

    return find


@pytest.fixture
def page(client):
    def find(query, **others):
        return client.get("/search/", {"q": query, **others}).content.decode()

    return find


# --- what is found --------------------------------------------------------------------------


def test_title_before_summary_before_body_before_tags(make_article, titles):
    tag = Tag.objects.create(name="Turbines", slug="turbines")
    filler = "<p>" + "Other words stand here. " * 20
    tagged = make_article("Fourth", body=filler + "</p>")
    tagged.tags.add(tag)
    make_article("Third", body=f"{filler} Turbines.</p>")
    make_article("Second", summary="Turbines.", body=filler + "</p>")
    make_article("Turbines first", body=filler + "</p>", days_ago=400)
    assert titles("turbines") == ["Turbines first", "Second", "Third", "Fourth"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("memory", True),
        ("MEMORY", True),
        ("memories", True),  # inflected
        ("memory bandwidth", True),
        ("memory zeppelin", False),  # all the words
        ('"memory bandwidth"', True),
        ("“memory bandwidth”", True),
        ('"bandwidth memory"', False),  # in this order
        ("headline memory", True),  # one in the title, one in the text
        ("bandw", True),  # the last word may be a beginning
        ("bandw memory", False),
        ("ban", False),  # too short for one
        ("memory $ bandwidth!", True),
        ("H100", True),
        ("strong", False),  # the name of a tag of HTML
        ("href", False),
        ("AND OR NOT NEAR( memory", False),
        ("memory*", True),
        ("title:memory", False),
        ('"', None),
        ("*", None),
        ("'; DROP TABLE", False),
        ("mem\u0000ory", None),
    ],
)
def test_words_and_quotes(make_article, titles, query, found):
    make_article(
        "A headline",
        summary="In short.",
        body='<p>On <strong>memory</strong> bandwidth and <a href="/x/">H100</a>s, H100.</p>',
    )
    make_article("Another", summary="Else.", body="<p>Nothing of the kind.</p>")
    assert titles(query) == (["A headline"] if found else [])


def test_words_of_two_paragraphs_do_not_run_together(make_article, titles):
    make_article("A", body="<p>alpha</p><p>omega</p><p>foot<strong>note</strong></p>")
    assert titles("alpha") == titles("omega") == titles("footnote") == ["A"]
    assert titles("alphaomega") == []


def test_a_misspelled_word_finds_what_was_meant(make_article, page, titles):
    make_article("Semiconductors and their cycle")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
            if not cursor.fetchone():
                pytest.skip("no pg_trgm here")
    html = page("semicondcutors")
    assert titles("semicondcutors") == ["Semiconductors and their cycle"]
    assert "No article holds “semicondcutors”. These hold “semiconductors”." in html
    assert titles("qqqqqq") == []


def test_no_word_of_a_draft_is_suggested(make_article, page):
    make_article("Zeppelins to come", days_ago=None)
    assert "zeppelins" not in page("zepelins").lower().replace("zepelins", "")


# --- who may be found -----------------------------------------------------------------------


def test_drafts_and_scheduled_articles_are_not_found_until_their_time(make_article, titles):
    draft = make_article("Zeppelin draft", days_ago=None)
    planned = make_article("Zeppelin planned", days_ago=-1)
    assert titles("zeppelin") == []
    # Nothing is indexed again: time alone makes it public.
    Article.objects.filter(pk=planned.pk).update(published_at=timezone.now() - timedelta(seconds=1))
    assert titles("zeppelin") == ["Zeppelin planned"]
    draft.published_at = timezone.now()
    draft.save(update_fields=["published_at"])
    assert sorted(titles("zeppelin")) == ["Zeppelin draft", "Zeppelin planned"]
    Article.objects.update(published_at=None)
    assert titles("zeppelin") == []


def test_what_is_hidden_is_not_even_counted(make_article, page):
    make_article("Zeppelin now")
    make_article("Zeppelin draft", days_ago=None)
    make_article("Zeppelin planned", days_ago=-1)
    assert ">1 article</h2>" in page("zeppelin")


def test_the_index_follows_text_tags_and_deletion(make_article, titles):
    article = make_article("Old heading", summary="In short.")
    article.title = "New heading"
    article.save(update_fields=["title"])
    assert (titles("old"), titles("new")) == ([], ["New heading"])

    tag = Tag.objects.create(name="Photonics", slug="photonics")
    article.tags.add(tag)
    assert titles("photonics") == ["New heading"]
    article.tags.clear()
    assert titles("photonics") == []
    tag.articles.add(article)
    assert titles("photonics") == ["New heading"]
    tag.articles.remove(article)
    assert titles("photonics") == []

    article.delete()
    assert titles("heading") == []
    assert not IndexEntry.objects.exists()


def test_a_tag_with_another_name_is_followed_by_the_worker(make_article, titles):
    article = make_article("Any", tags=["photonics"])
    tag = Tag.objects.get()
    tag.name = "Optics"
    tag.save()
    index.Indexer().run(once=True)
    assert (titles("optics"), titles("photonics")) == (["Any"], [])
    assert not Article.objects.filter(index_due=True).exists()
    tag.delete()
    index.Indexer().run(once=True)
    assert titles("optics") == []
    assert Article.objects.get() == article


def test_the_index_can_be_built_anew(make_article, titles):
    make_article("Turbines")
    IndexEntry.objects.all().delete()
    assert titles("turbines") == []
    call_command("rebuild_modelsearch_index", verbosity=0)
    assert titles("turbines") == ["Turbines"]


def test_a_site_that_gets_the_search_finds_its_articles_at_once(make_article, titles):
    make_article("Turbines")
    IndexEntry.objects.all().delete()

    class Migration:
        app_label, name = "articles", "0007_search_and_disclosures"

    index.fill_when_new(plan=[(Migration, True)], verbosity=0)  # taken back
    assert titles("turbines") == []
    index.fill_when_new(plan=[(Migration, False)], verbosity=0)
    assert titles("turbines") == ["Turbines"]


# --- a search server ------------------------------------------------------------------------


class Server:
    """A backend as modelsearch's, whose server may be away."""

    def __init__(self):
        self.away, self.seen, self.asked = False, [], []

    def add_bulk(self, model, articles):
        if self.away:
            raise ConnectionError
        self.seen += [article.pk for article in articles]

    def search(self, query, articles):
        self.asked.append(query)
        if self.away:
            raise ConnectionError
        return list(articles.filter(pk__in=self.seen))


@pytest.fixture
def server(settings, monkeypatch):
    settings.SEARCH_URL = "opensearch+https://search.example:9200"
    found = Server()
    for module in (engines, index):
        monkeypatch.setattr(module, "get_search_backend", lambda: found)
    return found


def test_no_request_waits_for_the_server_to_index(server, make_article, titles):
    article = make_article("Turbines")
    assert (server.seen, titles("turbines")) == ([], [])
    server.away = True
    index.Indexer().run(once=True)
    assert Article.objects.get().index_due
    server.away = False
    index.Indexer().run(once=True)
    assert (server.seen, titles("turbines")) == ([article.pk], ["Turbines"])
    assert not Article.objects.get().index_due
    Article.objects.update(published_at=None)
    assert titles("turbines") == []


def test_while_the_server_is_away_the_page_says_so(server, client, make_article):
    make_article("Latest one")
    server.away = True
    response = client.get("/search/?q=turbines")
    html = response.content.decode()
    assert response.status_code == 503
    assert "The search does not answer right now." in html
    assert "Latest one" in html
    assert 'value="turbines"' in html


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://search.example:9200", "SEARCH_URL must look like"),
        ("opensearch+ftp://search.example", "SEARCH_URL must look like"),
        ("opensearch+https:///", "SEARCH_URL must look like"),
        ("opensearch+https://search.example:9200", "install the package opensearch-py"),
        ("elasticsearch+http://search.example:9200", "install the package elasticsearch"),
    ],
)
def test_a_wrong_address_stops_the_start(url, said, monkeypatch):
    monkeypatch.setattr("config.search.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=said):
        search_backend(url)


def test_an_address_chooses_the_engine(monkeypatch):
    monkeypatch.setattr("config.search.find_spec", lambda name: object())
    chosen = search_backend("opensearch+https://user:secret@search.example:9200")
    assert chosen["BACKEND"] == "modelsearch.backends.opensearch3"
    assert chosen["URLS"] == ["https://user:secret@search.example:9200"]
    assert search_backend("")["BACKEND"] == "articles.search.index"


# --- the page -------------------------------------------------------------------------------


def test_matched_words_are_marked_and_everything_else_is_text(make_article, page):
    make_article(
        "Chips & <b>dips",
        body="<p>" + "before " * 100 + "the chip &lt;script&gt; here " + "after " * 100 + "</p>",
    )
    html = page("chips")
    assert "<mark>Chips</mark> &amp; &lt;b&gt;dips" in html
    assert "the <mark>chip</mark> &lt;script&gt; here" in html
    excerpt = re.search(r'<p class="hit-excerpt">(.*?)</p>', html)[1]
    assert excerpt.startswith("… ")
    assert excerpt.endswith(" …")
    assert len(re.sub("<[^>]+>", "", excerpt)) < 300


@pytest.mark.parametrize("typed", ['"><script>x</script>', "a&b</title><i>", "{{ q }} %s %(x)s"])
def test_what_was_typed_comes_back_as_text(client, db, typed):
    html = client.get("/search/", {"q": typed}).content.decode()
    assert "<script>x" not in html
    assert "<i>" not in html


def test_pages_of_ten(make_article, titles, client, page):
    for number in range(12):
        make_article(f"Turbine {number}")
    first, second = titles("turbine"), titles("turbine", page=2)
    assert (len(first), len(second), len({*first, *second})) == (10, 2, 12)
    html = page("turbine")
    assert "12 articles" in html
    assert 'href="?q=turbine&amp;page=2"' in html
    for wrong in ("0", "3", "x", "1_0", ""):
        assert client.get("/search/", {"q": "turbine", "page": wrong}).status_code == 404, wrong


def test_more_matches_than_are_ranked(make_article, monkeypatch, page, titles):
    monkeypatch.setattr(engines, "CANDIDATES", 3)
    make_article("Turbine oldest", days_ago=300)
    for number in range(5):
        make_article(f"Number {number}", body="<p>turbine</p>")
    assert titles("turbine")[0] == "Turbine oldest"
    assert "The 4 best of many articles" in page("turbine")


def test_before_anything_is_asked_and_when_nothing_is_found(make_article, client, page):
    make_article("Latest one", tags=["chips"])
    make_article("Secret", days_ago=None, tags=["hidden"])
    for query in ("", "   ", '""', "zeppelin"):
        html = page(query)
        assert "Latest one" in html
        assert "Chips" in html
        assert "Secret" not in html
        assert "Hidden" not in html
        assert ("No article holds “zeppelin”." in html) == (query == "zeppelin")
    assert client.get("/search/").status_code == 200


def test_an_empty_site(client, db):
    assert client.get("/search/").status_code == client.get("/search/?q=a").status_code == 200


def test_a_question_that_is_too_long_stays_typed(client, db):
    typed = "x" * 201
    response = client.get("/search/", {"q": typed})
    html = response.content.decode()
    assert response.status_code == 422
    assert "at most 200 characters; these are 201." in html
    assert f'value="{typed}"' in html
    assert 'aria-invalid="true"' in html
    assert client.get("/search/", {"q": "x" * 200}).status_code == 200


@pytest.mark.parametrize("query", ["NVDA", "$NVDA", "nvda", "nvidia", "earnings of nvda"])
def test_a_ticker_comes_first(make_article, page, query):
    make_article("Chips")
    tag = Tag.objects.create(
        name="NVIDIA", slug="nvda", kind="ticker", symbol="NVDA", exchange="NASDAQ"
    )
    assert 'href="/tickers/NVDA/"' not in page(query)  # no published article carries it
    Article.objects.get().tags.add(tag)
    html = page(query)
    assert html.index('class="suggested"') < html.index("<footer")
    assert 'href="/tickers/NVDA/"' in html.partition('class="suggested"')[2].partition("</ul>")[0]


def test_a_topic_is_named_by_its_signs_too(make_article, page):
    make_article("Chips").tags.add(
        Tag.objects.create(name="C++", slug="c-plus-plus"), Tag.objects.create(name="C", slug="c")
    )
    asked = {query: "/tags/c-plus-plus/" in page(query) for query in ("chips c", "C++", "C#", "C")}
    assert asked == {"chips c": False, "C++": True, "C#": False, "C": False}


def test_nobody_keeps_or_indexes_the_page(client, article):
    for address in ("/search/", "/search/?q=inference", "/search/?q=zeppelin"):
        response = client.get(address)
        assert response["X-Robots-Tag"] == "noindex"
        assert '<meta name="robots" content="noindex">' in response.content.decode()
        assert response["Cache-Control"] == "private, no-store"
        assert not response.cookies
    assert client.post("/search/", {"q": "x"}).status_code == 405


def test_the_number_of_queries_does_not_grow(client, make_article, count_queries):
    make_article("Turbine 0", tags=["chips"])
    client.get("/search/?q=turbine")  # what is remembered of content types
    with_one = len(count_queries(client.get, "/search/?q=turbine"))
    for number in range(1, 25):
        make_article(f"Turbine {number}", tags=["chips", f"t{number}"])
    assert len(count_queries(client.get, "/search/?q=turbine")) == with_one <= 6


def test_every_page_leads_to_the_search(client, article):
    for address in ("/", "/tags/", "/nowhere/", article.get_absolute_url()):
        html = client.get(address).content.decode()
        assert '<form class="header-search" action="/search/" role="search"' in html
        assert '<a class="header-search-link" href="/search/"' in html


# --- words ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "text", "marked"),
    [
        ("price", "pricing and prices", "<mark>pricing</mark> and <mark>prices</mark>"),
        ("ai", "AI aims at air", "<mark>AI</mark> aims at air"),
        ('"gross margin"', "gross margin, gross", "<mark>gross margin</mark>, gross"),
        ("C++", "C++ & C", "<mark>C</mark>++ &amp; <mark>C</mark>"),
        ("zürich", "Zürich", "<mark>Zürich</mark>"),
        # A beginning counts where the search took it for one: last, and where no word is the same.
        ("margin", "Marginalia on margins", "Marginalia on <mark>margins</mark>"),
        ("margin", "In Marginalia", "In <mark>Marginalia</mark>"),
        ("chip prices", "chips, price", "<mark>chips</mark>, <mark>price</mark>"),
        ("margin call", "Marginalia: a call", "Marginalia: a <mark>call</mark>"),
    ],
)
def test_marks(query, text, marked):
    assert parse(query).marked(text) == marked


def test_only_ten_terms_count():
    assert len(parse(" ".join(f"word{n}" for n in range(30))).terms) == 10
