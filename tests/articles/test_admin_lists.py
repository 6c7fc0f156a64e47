"""The lists in the admin say what matters, find it, and cost the same however long they are."""

from datetime import UTC, datetime
from html import unescape

import pytest
from django.utils import timezone

from articles.admin import ArticleAdmin
from articles.models import Article, Author, Disclosure, Pick, Tag
from articles.publishing.models import FormerAddress
from articles.search import engines
from tests.articles.editors import address

LIST = "/admin/articles/article/"


def found(response):
    assert response.status_code == 200
    return [article.title for article in response.context["cl"].result_list]


# --- what the list says ---------------------------------------------------------------------


def test_a_row_names_the_tags(desk, make_article):
    article = make_article("Out", tags=["chips", "power"])
    article.tags.create(name="NVIDIA", slug="nv", kind="ticker", symbol="NVDA", exchange="NASDAQ")
    page = desk.get(LIST).content.decode()
    assert '<td class="field-tagged">Chips, Power, $NVDA</td>' in page


def test_pages_are_in_order_and_whole(desk, make_article):
    titles = [make_article(f"Number {n}", days_ago=n / 24, slug=f"n-{n}").title for n in range(53)]
    assert found(desk.get(LIST)) == titles[:50]
    assert found(desk.get(f"{LIST}?p=2")) == titles[50:]
    assert found(desk.get(f"{LIST}?o=5&p=2")) == titles[2::-1]


def test_the_most_and_the_least_discussed(desk, make_article):
    for number in range(4):
        article = make_article(f"Number {number}")
        Article.objects.filter(pk=article.pk).update(comment_count=number // 2)
    assert found(desk.get(f"{LIST}?o=-6")) == ["Number 3", "Number 2", "Number 1", "Number 0"]
    assert found(desk.get(f"{LIST}?o=6")) == ["Number 0", "Number 1", "Number 2", "Number 3"]


# --- filters and search ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("published=2024", ["Last of 2024", "March"]),
        ("published=2024-03", ["March"]),
        ("published=2024-12", ["Last of 2024"]),
        ("published=2025", ["First of 2025"]),
        ("published=2023", []),
        ("published=2024&q=march", ["March"]),
    ],
)
def test_by_year_and_month(desk, make_article, query, expected):
    zone = timezone.get_default_timezone()
    for title, moment in (
        ("March", datetime(2024, 3, 9, 12, tzinfo=UTC)),
        ("Last of 2024", datetime(2024, 12, 31, 23, 59, tzinfo=zone)),
        ("First of 2025", datetime(2025, 1, 1, tzinfo=zone)),
    ):
        make_article(title, published_at=moment)
    make_article("Draft", days_ago=None)
    response = desk.get(f"{LIST}?{query}")
    assert found(response) == expected
    page = response.content.decode()
    assert 'href="?published=2025' in page
    assert ("March 2024" in page) == query.startswith("published=2024")


@pytest.mark.parametrize(
    "query",
    ["published=x", "published=0", "published=2024-13", "published=99999", "published=2024-x",
     "author__id__exact=x", "tags__id__exact=%D9%A3", "tags__id__exact=" + "9" * 30],
)  # fmt: skip
def test_a_wrong_filter_leads_to_the_whole_list(desk, make_article, query):
    make_article("Out")
    response = desk.get(f"{LIST}?{query}")
    assert (response.status_code, response["Location"]) == (302, f"{LIST}?e=1")
    assert found(desk.get(f"{LIST}?e=1")) == ["Out"]


def test_a_year_that_began_before_all_years_leads_there_too(desk, settings, article):
    settings.TIME_ZONE = "Asia/Tokyo"
    assert desk.get(f"{LIST}?published=1")["Location"] == f"{LIST}?e=1"


def test_a_list_without_dates(desk, make_article):
    make_article("Draft", days_ago=None)
    assert found(desk.get(LIST)) == ["Draft"]


def test_filters_look_names_up_and_keep_the_others(desk, make_article, author):
    make_article("Out", tags=["chips"])
    another = make_article("Another", tags=["chips"])
    another.author = Author.objects.create(name="Kim", slug="kim")
    another.save()
    make_article("Third")
    tag = Tag.objects.get()
    query = f"tags__id__exact={tag.pk}&author__id__exact={author.pk}&o=-5"
    response = desk.get(f"{LIST}?{query}")
    assert found(response) == ["Out"]
    page = unescape(response.content.decode())
    assert f'<option value="{author.pk}" selected>Ines Halvorsen</option>' in page
    # In the form that asks for the author.
    assert f'<input type="hidden" name="tags__id__exact" value="{tag.pk}">' in page
    assert f'<a href="?author__id__exact={author.pk}&o=-5">All</a>' in page
    # Names nobody asked for are not in the page.
    assert "Ines Halvorsen</option>" not in desk.get(LIST).content.decode()


def test_it_is_searched_by_all_words_also_of_drafts(desk, make_article):
    make_article("Grid power", days_ago=None, body="<p>Transformers are sold out.</p>")
    make_article("Another")
    for query in ("transformers", "grid sold", "powe", "transf"):
        assert found(desk.get(LIST, {"q": query})) == ["Grid power"], query
    for query in ("grid another", "'\"%_\\"):
        assert found(desk.get(LIST, {"q": query})) == [], query


def test_of_very_many_those_are_found_by_title_that_the_index_left_out(
    desk, make_article, monkeypatch, count_queries
):
    monkeypatch.setattr(engines, "CANDIDATES", 3)
    monkeypatch.setattr(engines, "TITLES", 3)
    old = make_article("Margins of old", days_ago=900)
    for number in range(5):
        make_article(f"Margins {number}")
    query = {"q": "margins", "published": old.published_at.year}
    assert found(desk.get(LIST, query)) == ["Margins of old"]
    # Where they do fill a page, nothing more is looked for: it takes a walk over all titles.
    monkeypatch.setattr(ArticleAdmin, "list_per_page", 2)
    searches = count_queries(desk.get, LIST, {"q": "margins"})
    assert not [sql for sql in searches if "LIKE" in sql]
    assert found(desk.get(LIST, {"q": "nothing"})) == []


def test_without_the_search_server_titles_are_searched(desk, make_article, monkeypatch):
    def away(query):
        raise engines.SearchAway

    monkeypatch.setattr(engines, "keys", away)
    make_article("Grid power")
    assert found(desk.get(LIST, {"q": "rid pow"})) == ["Grid power"]


# --- queries --------------------------------------------------------------------------------


def test_lists_cost_the_same_however_long_they_are(desk, make_article, author, count_queries):
    counts = []
    filtered = f"{LIST}?author__id__exact={author.pk}&published=2024"
    pages = [LIST, filtered, f"{LIST}?o=-6", f"{LIST}?q=number", "/admin/articles/tag/",
             "/admin/articles/author/", "/admin/articles/formeraddress/"]  # fmt: skip
    for number in range(20):
        tags = ["chips", f"tag-{number}"]
        moment = datetime(2024, 1, 1 + number, tzinfo=UTC)
        article = make_article(f"Number {number}", tags=tags, published_at=moment)
        FormerAddress.objects.create(kind="article", key=f"was-{number}", article=article)
        Author.objects.create(name=f"Author {number}", slug=f"author-{number}")
        if number in (0, 19):
            desk.get(LIST)
            counts.append([len(count_queries(desk.get, page)) for page in pages])
    assert counts[0] == counts[1]
    assert max(counts[1]) <= 13, counts


def test_a_form_costs_the_same_however_many_rows_it_has(desk, make_article, count_queries):
    article = make_article("Out", tags=["chips"])
    counts = []
    for number in range(20):
        ticker = Tag.objects.create(name=f"C {number}", slug=f"c-{number}", kind="ticker",
                                    symbol=f"C{number}", exchange="NYSE")  # fmt: skip
        Disclosure.objects.create(article=article, ticker=ticker, position="none",
                                  as_of=timezone.localdate())  # fmt: skip
        other = make_article(f"Other {number}")
        Pick.objects.create(article=article, other=other, kind="left_out")
        if number in (0, 19):
            desk.get(address("change", article))
            counts.append(len(count_queries(desk.get, address("change", article))))
    assert counts[0] == counts[1]
    page = desk.get(address("change", article)).content.decode()
    assert "C 7 ($C7)</option>" in page
    assert "Other 7</option>" in page
    assert page.count("C 7 ($C7)</option>") == 1
