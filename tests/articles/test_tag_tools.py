"""Tags: how many articles carry each, and how two are made one with nothing lost."""

import re
from datetime import date

import pytest
from django.contrib.auth.models import Group

from articles.models import Disclosure, Tag
from articles.publishing.models import FormerAddress
from articles.search.index import catch_up

LIST = "/admin/articles/tag/"


@pytest.fixture
def ticker(db):
    def make(symbol):
        return Tag.objects.create(
            name=symbol, slug=symbol.lower(), kind="ticker", symbol=symbol, exchange="NYSE"
        )

    return make


def merge(client, *tags, into=None):
    data = {"action": "merge", "_selected_action": [tag.pk for tag in tags]}
    if into:
        data |= {"into": into.pk, "sure": "yes"}
    return client.post(LIST, data, follow=True)


def named(slug):
    return Tag.objects.get(slug=slug)


def test_two_topics_become_one(desk, make_article, client):
    one = make_article("One", tags=["semis"])
    both = make_article("Both", tags=["semis", "chips"])
    semis, chips = named("semis"), named("chips")
    asked = merge(desk, semis, chips).content.decode()
    assert "Which tag stays?" in asked
    assert re.search(r"Semis, 2 articles", asked)
    page = merge(desk, semis, chips, into=chips).content.decode()
    assert "“Semis” was merged into “Chips”; 2 articles carried it." in page
    assert list(Tag.objects.all()) == [chips]
    assert list(one.tags.all()) == list(both.tags.all()) == [chips]
    assert client.get("/tags/semis/")["Location"] == "/tags/chips/"
    assert client.get("/tags/semis/feed/")["Location"] == "/tags/chips/feed/"
    catch_up()
    assert "One" in client.get("/search/?q=chips").content.decode()


def test_former_addresses_of_the_other_lead_there_too(desk, make_article, client):
    make_article("One", tags=["semis", "chips"])
    semis, chips = named("semis"), named("chips")
    semis.slug = "silicon"
    semis.save()
    merge(desk, semis, chips, into=chips)
    for old in ("semis", "silicon"):
        assert client.get(f"/tags/{old}/")["Location"] == "/tags/chips/"


def test_two_tickers_with_their_disclosures(desk, make_article, ticker, client):
    old, new = ticker("FB"), ticker("META")
    article = make_article()
    article.tags.add(old)
    Disclosure.objects.create(article=article, ticker=old, position="long", as_of=date(2026, 1, 1))
    merge(desk, old, new, into=new)
    assert Disclosure.objects.get().ticker == new
    assert client.get("/tickers/FB/")["Location"] == "/tickers/META/"


def test_what_cannot_be_one_stays_two(desk, make_article, ticker):
    a, b, topic = ticker("A"), ticker("B"), Tag.objects.create(name="T", slug="t")
    article = make_article("Two holdings")
    for each in (a, b):
        Disclosure.objects.create(
            article=article, ticker=each, position="long", as_of=date(2026, 1, 1)
        )
    page = merge(desk, a, b, topic, into=b).content.decode()
    assert "“A ($A)” stays: “Two holdings” discloses both tickers" in page
    assert "“T” stays: A topic and a ticker cannot be merged." in page
    assert Tag.objects.count() == 3
    assert not FormerAddress.objects.exists()


@pytest.mark.parametrize("count", [1, 51])
def test_too_few_and_too_many_are_refused(desk, count):
    tags = [Tag.objects.create(name=f"T{n}", slug=f"t{n}") for n in range(count)]
    page = merge(desk, *tags, into=tags[0]).content.decode()
    assert "Choose 2 to 50 tags." in page
    assert Tag.objects.count() == count


def test_without_a_choice_it_asks_again(desk, make_article):
    make_article("One", tags=["semis", "chips"])
    data = {"action": "merge", "sure": "yes", "into": "999",
            "_selected_action": [tag.pk for tag in Tag.objects.all()]}  # fmt: skip
    assert "Choose the tag that stays." in desk.post(LIST, data).content.decode()
    assert Tag.objects.count() == 2


def test_writers_and_moderators_merge_nothing(client, moderator, editor, make_article):
    make_article("One", tags=["semis", "chips"])
    tags = list(Tag.objects.all())
    client.force_login(moderator)
    assert merge(client, *tags, into=tags[0]).status_code == 403
    moderator.groups.set(Group.objects.filter(name="Writers"))
    merge(client, *tags, into=tags[0])
    assert Tag.objects.count() == 2


def test_the_list_tells_and_sorts_by_use_in_few_queries(desk, make_article, count_queries):
    counts = []
    for number in range(20):
        make_article(f"Number {number}", tags=["chips", f"tag-{number}"])
        if number in (0, 19):
            counts.append(len(count_queries(desk.get, f"{LIST}?o=-5")))
    shown = desk.get(f"{LIST}?o=-5").context["cl"].result_list
    assert (shown[0].slug, shown[0].uses) == ("chips", 20)
    assert counts[0] == counts[1]
