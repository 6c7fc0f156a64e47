"""Corrections: written in the admin, shown below the article, in feeds and to search engines."""

import json
import re
from datetime import date, timedelta

import pytest
from django.utils import timezone

from articles.models import Article
from articles.publishing.models import Correction
from tests.articles.editors import opened, save

SAID = "A plant was said to open in 2025 & <more>; it opens in 2026."
SHOWN = "A plant was said to open in 2025 &amp; &lt;more&gt;; it opens in 2026."


def correct(desk, article, day, said):
    row = {"corrections-TOTAL_FORMS": 1, "corrections-0-day": day, "corrections-0-said": said}
    return save(desk, article, opened(desk, article), **row)


def structured(page):
    graph = json.loads(re.search(r'ld\+json">(.*?)</script>', page)[1])["@graph"]
    return graph[0]


def test_readers_feeds_and_search_engines_are_told(desk, article, client):
    old = timezone.now() - timedelta(minutes=5)
    Article.objects.filter(pk=article.pk).update(updated_at=old)
    assert correct(desk, article, "2026-03-04", SAID).status_code == 302
    article.refresh_from_db()
    assert article.updated_at > old
    desk.logout()
    page = client.get(article.get_absolute_url()).content.decode()
    assert "Corrections</h2>" in page
    assert SHOWN in page
    told = structured(page)
    assert told["correction"] == [
        {"@type": "CorrectionComment", "text": SAID, "datePublished": "2026-03-04"}
    ]
    assert told["dateModified"] == article.updated_at.isoformat(timespec="seconds")
    for feed in ("/feed/", "/feed/atom/"):
        assert "it opens in 2026." in client.get(feed).content.decode()


def test_without_one_nothing_is_said(article, client):
    page = client.get(article.get_absolute_url()).content.decode()
    assert "Corrections" not in page
    assert "correction" not in structured(page)
    assert "Corrections" not in client.get("/feed/").content.decode()


def test_they_stand_in_the_order_of_their_days(article, client):
    for day in (3, 1, 2):
        Correction.objects.create(article=article, day=date(2026, 1, day), said=f"Number {day}.")
    page = client.get(article.get_absolute_url()).content.decode()
    assert re.findall(r"Number \d", page.partition("</script>")[2]) == [
        "Number 1", "Number 2", "Number 3",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("day", "said", "field"),
    [("", SAID, "day"), ("2999-01-01", SAID, "day"), ("2026-01-01", "", "said"),
     ("2026-01-01", "x" * 601, "said")],
)  # fmt: skip
def test_a_wrong_one_is_told_beside_its_field(desk, article, day, said, field):
    response = correct(desk, article, day, said)
    assert response.status_code == 200
    (found,) = response.context["inline_admin_formsets"][1].formset.errors
    assert list(found) == [field]
    assert not Correction.objects.exists()


def test_one_that_precedes_publication_dates_nothing_back(make_article, client):
    draft = make_article("Draft", days_ago=None)
    Correction.objects.create(article=draft, day=date(2026, 1, 1), said="Early.")
    draft.refresh_from_db()
    assert draft.updated_at is None
    draft.published_at = timezone.now() - timedelta(seconds=1)
    draft.save(update_fields=["published_at"])
    told = structured(client.get(draft.get_absolute_url()).content.decode())
    assert told["dateModified"] == told["datePublished"]
    assert told["correction"]


def test_a_change_before_it_appeared_again_is_no_change_to_anybody(article, client):
    Article.objects.update(updated_at=article.published_at - timedelta(days=1))
    told = structured(client.get(article.get_absolute_url()).content.decode())
    assert told["dateModified"] == told["datePublished"]


def test_taking_one_away_is_a_change_too(article):
    row = Correction.objects.create(article=article, day=date(2026, 1, 1), said="Wrong.")
    old = timezone.now() - timedelta(minutes=5)
    Article.objects.update(updated_at=old)
    row.delete()
    article.refresh_from_db()
    assert article.updated_at > old


def test_pages_and_feeds_cost_the_same_however_many_there_are(article, client, count_queries):
    costs = []
    for number in range(20):
        Correction.objects.create(article=article, day=date(2026, 1, 1), said=f"No. {number}")
        if number in (0, 19):
            costs.append(
                [
                    len(count_queries(client.get, each))
                    for each in (article.get_absolute_url(), "/feed/")
                ]
            )
    assert costs[0] == costs[1]
