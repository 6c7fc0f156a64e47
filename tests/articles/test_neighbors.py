"""At the end of an article, the one before it and the one after it."""

import re

import pytest
from django.utils import timezone

from articles.publishing.standing import standing_of


def names(article):
    around = standing_of(article)
    return tuple(each and each.title for each in (around.previous, around.next))


def links(client, article):
    page = client.get(article.get_absolute_url()).content.decode()
    found = re.search(r'<nav class="neighbors".*?</nav>', page, re.DOTALL)
    return re.findall(r'rel="(prev|next)" href="(.*?)"', found[0]) if found else []


def test_the_nearest_in_time_on_both_sides(make_article):
    first, middle, last = (
        make_article(name, days_ago=days) for name, days in (("a", 9), ("b", 5), ("c", 1))
    )
    assert names(first) == (None, "b")
    assert names(middle) == ("a", "c")
    assert names(last) == ("b", None)


def test_articles_of_one_moment_are_in_the_order_of_lists(make_article):
    moment = timezone.now()
    first, middle, last = (make_article(name, published_at=moment) for name in "abc")
    assert [names(each) for each in (first, middle, last)] == [
        (None, "b"),
        ("a", "c"),
        ("b", None),
    ]


@pytest.mark.parametrize("days_ago", [None, -1])
def test_never_what_readers_may_not_see(client, make_article, days_ago):
    article = make_article("In the open")
    make_article("Under wraps", days_ago=days_ago)
    assert names(article) == (None, None)
    assert links(client, article) == []


def test_a_draft_has_none(make_article):
    make_article("Another")
    assert names(make_article("Draft", days_ago=None)) == (None, None)


def test_the_page_leads_to_both(client, make_article):
    middle = make_article("b", days_ago=5)
    make_article("a", days_ago=9)
    make_article("c", days_ago=1)
    assert links(client, middle) == [("prev", "/articles/a/"), ("next", "/articles/c/")]


@pytest.mark.parametrize("others", [1, 20])
def test_one_query_however_many_there_are(make_article, count_queries, others):
    article = make_article("Read", days_ago=50)
    for number in range(others):
        make_article(f"Other {number}", days_ago=40 + number)
    assert len(count_queries(standing_of, article)) == 1
