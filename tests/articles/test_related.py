"""What to read next: the rarer a shared tag, the more it counts."""

import pytest
from django.db.models import prefetch_related_objects

from articles import related
from articles.publishing.standing import standing_of
from articles.related import related_to


def read_next(article):
    standing = standing_of(article)
    return related_to(article, pinned=standing.pinned, left_out=standing.left_out)


def names(article):
    return [found.title for found in read_next(article)]


@pytest.fixture
def read(make_article):
    """The article that has just been read; it carries one common and one rare tag."""
    return make_article("Read", tags=["common", "rare"])


def test_a_rare_tag_outweighs_a_common_one_and_both_outweigh_either(make_article, read):
    make_article("Common 1", tags=["common"], days_ago=2)
    make_article("Common 2", tags=["common"], days_ago=3)
    make_article("Rare", tags=["rare"], days_ago=8)
    make_article("Both", tags=["common", "rare"], days_ago=9)
    assert names(read) == ["Both", "Rare", "Common 1", "Common 2"]


def test_two_common_tags_do_not_outweigh_a_rare_one(make_article):
    read = make_article("Read", tags=["a", "b", "rare"])
    for number in range(4):
        make_article(f"Common {number}", tags=["a", "b"], days_ago=1 + number)
    make_article("Rare", tags=["rare"], days_ago=9)
    # 1/2 for the rare tag; 1/5 + 1/5 for the two common ones.
    assert names(read) == ["Rare", "Common 0", "Common 1", "Common 2", "Common 3"]


def test_a_tag_is_as_rare_as_readers_see_it(make_article):
    read = make_article("Read", tags=["a", "b"])
    for number in range(9):
        make_article(f"Hidden {number}", tags=["a"], days_ago=None if number % 2 else -1)
    make_article("A", tags=["a"], days_ago=9)
    make_article("B", tags=["b"], days_ago=8)
    make_article("Another B", tags=["b"], days_ago=7)
    assert names(read) == ["A", "Another B", "B"]


def test_ties_go_to_the_newest(make_article, read):
    for day in (5, 2, 4, 3):
        make_article(f"Day {day}", tags=["common"], days_ago=day)
    assert names(read) == ["Day 2", "Day 3", "Day 4", "Day 5"]


def test_at_most_five_are_shown(make_article, read):
    for day in range(1, 9):
        make_article(f"Day {day}", tags=["common"], days_ago=day)
    assert names(read) == [f"Day {day}" for day in range(1, 6)]


@pytest.mark.parametrize(
    ("sharing", "expected"),
    [
        (0, ["Other 1", "Other 2", "Other 3"]),
        (1, ["Shared 0", "Other 1", "Other 2"]),
        (2, ["Shared 0", "Shared 1", "Other 1"]),
        (3, ["Shared 0", "Shared 1", "Shared 2"]),
    ],
)
def test_the_latest_fill_up_to_three(make_article, read, sharing, expected):
    for number in range(sharing):
        make_article(f"Shared {number}", tags=["common"], days_ago=50 + number)
    for day in range(1, 6):
        make_article(f"Other {day}", tags=["elsewhere"], days_ago=day)
    assert names(read) == expected


def test_the_latest_may_be_those_that_share_a_tag(make_article, read):
    make_article("Shared 1", tags=["common"], days_ago=1)
    make_article("Shared 2", tags=["rare"], days_ago=2)
    for day in range(3, 6):
        make_article(f"Other {day}", days_ago=day)
    assert names(read) == ["Shared 2", "Shared 1", "Other 3"] or names(read) == [
        "Shared 1",
        "Shared 2",
        "Other 3",
    ]


@pytest.mark.parametrize("days_ago", [None, -1])
def test_never_a_draft_a_scheduled_article_or_itself(make_article, read, days_ago):
    for number in range(4):
        make_article(f"Hidden {number}", tags=["common", "rare"], days_ago=days_ago)
    make_article("In the open", tags=["common"], days_ago=3)
    assert names(read) == ["In the open"]


@pytest.mark.parametrize("others", [0, 1, 2])
def test_a_small_site_shows_what_it_has(client, make_article, read, others):
    for number in range(others):
        make_article(f"Other {number}", days_ago=1 + number)
    assert names(read) == [f"Other {number}" for number in range(others)]
    page = client.get(read.get_absolute_url()).content.decode()
    assert ("Read next" in page) is bool(others)


def test_an_article_without_tags_leads_to_the_latest(make_article):
    read = make_article("Read")
    for day in range(1, 6):
        make_article(f"Day {day}", days_ago=day, tags=["common"])
    assert names(read) == ["Day 1", "Day 2", "Day 3"]


@pytest.mark.parametrize("others", [1, 20])
def test_it_takes_one_query(make_article, read, count_queries, others):
    for number in range(others):
        make_article(f"Other {number}", tags=["common", "rare"][: number % 3])

    prefetch_related_objects([read], "tags")  # as a page does

    def show():
        found = related_to(read, pinned=(), left_out=())
        return [(each.title, each.author.name, str(each.score)) for each in found]

    assert len(count_queries(show)) == 1


def test_of_a_tag_that_many_carry_only_the_last_are_looked_at(make_article, monkeypatch):
    monkeypatch.setattr(related, "OF_A_TAG", 4)
    # As many tags as no other test has, since the statement is written once for each number.
    tags = ["everywhere", *(f"tag {number}" for number in range(10))]
    read = make_article("Read", tags=tags)
    make_article("Old and rare", tags=["tag 1"], days_ago=90)
    for number in range(8):
        make_article(f"Common {number}", tags=["everywhere"], days_ago=20 - number)
    found = names(read)
    assert found == ["Old and rare", "Common 7", "Common 6", "Common 5", "Common 4"]
    # "everywhere" counts a quarter, not a ninth.
    assert [each.score for each in read_next(read)] == [0.5, *[0.25] * 4]
