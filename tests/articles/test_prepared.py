"""Statements written once: they answer as their querysets would, with any values, at any time."""

from datetime import timedelta

import pytest
from django.utils import timezone

from articles.models import Article
from articles.prepared import prepared


@prepared
def by_slug(*, slug, now):
    return Article.objects.published(now).filter(slug=slug).select_related("author")


@prepared
def by_ids(most, /, *, ids):
    return Article.objects.filter(pk__in=ids).order_by("pk").values_list("pk", "title")[:most]


@prepared
def forgets_a_value(*, slug, other):
    return Article.objects.filter(slug=slug)


@prepared
def looks_at_the_clock(*, slug):
    return Article.objects.published().filter(slug=slug)


@prepared
def on(*, day):
    return Article.objects.filter(published_at__date=day).values_list("slug", flat=True)


def test_days_are_values_too(make_article):
    make_article("One", published_at=timezone.now())
    make_article("Two", published_at=timezone.now() - timedelta(days=3))
    today = timezone.localdate()
    for ago, slug in ((0, "one"), (3, "two")):
        assert list(on(day=today - timedelta(days=ago))) == [(slug,)]
    assert on(day=today - timedelta(days=1)) == []


def test_each_call_has_its_own_values(make_article, count_queries):
    first, second = make_article("One"), make_article("Two")
    now = timezone.now()
    assert list(by_slug(slug="one", now=now)) == [first]
    found = []
    assert len(count_queries(lambda: found.extend(by_slug(slug="two", now=now)))) == 1
    assert [(each.title, each.author.name) for each in found] == [("Two", second.author.name)]
    assert found[0].published_at == second.published_at
    assert list(by_slug(slug="' or 1=1 --", now=now)) == []


def test_the_clock_is_that_of_the_call(make_article):
    make_article("Tomorrow", days_ago=-1)
    now = timezone.now()
    assert list(by_slug(slug="tomorrow", now=now)) == []
    assert len(by_slug(slug="tomorrow", now=now + timedelta(days=2))) == 1
    assert list(by_slug(slug="tomorrow", now=now)) == []


@pytest.mark.parametrize("number", [1, 2, 3, 5, 8])
def test_lists_may_have_any_length(make_article, number):
    ids = [make_article(f"Number {each}").pk for each in range(9)]
    expected = [(pk, f"Number {each}") for each, pk in enumerate(ids[:number])]
    assert list(by_ids(9, ids=ids[:number])) == expected
    assert list(by_ids(2, ids=ids[:number])) == expected[:2]


def test_a_change_is_seen_at_once(make_article):
    article = make_article("One")
    assert by_slug(slug="one", now=timezone.now())[0].title == "One"
    Article.objects.filter(pk=article.pk).update(title="Changed")
    assert by_slug(slug="one", now=timezone.now())[0].title == "Changed"


def test_what_would_answer_wrongly_is_refused(db):
    with pytest.raises(TypeError, match="no use of"):
        forgets_a_value(slug="a", other="b")
    with pytest.raises(TypeError, match="reads the clock"):
        looks_at_the_clock(slug="a")
