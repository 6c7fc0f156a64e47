"""What an article claims, as of when and at which price; and the articles that follow it up."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from articles.models import Disclosure, Tag
from articles.publishing.standing import is_old
from tests.articles.editors import disclose, edit, errors, opened, save


@pytest.fixture
def nvda(db):
    return Tag.objects.create(
        name="NVIDIA", slug="nvda", kind="ticker", symbol="NVDA", exchange="NASDAQ"
    )


def claim(article, **fields):
    for name, value in {
        "thesis": "Margins <hold>.",
        "thesis_as_of": timezone.localdate(),
        "thesis_status": "open",
        **fields,
    }.items():
        setattr(article, name, value)
    article.save()
    return article


def page_of(client, article):
    response = client.get(article.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


def test_a_thesis_is_written_in_the_form_and_read_on_the_page(desk, article, nvda):
    row = {"ticker": nvda.pk, "position": "long", "as_of": "2026-03-04", "price": "US$134.20"}
    data = disclose(opened(desk, article), row)
    fields = {"thesis": "Margins <hold>.", "thesis_as_of": "2026-03-04",
              "thesis_horizon": "12 to 18 months"}  # fmt: skip
    assert save(desk, article, data, tags=[nvda.pk], **fields).status_code == 302
    article.refresh_from_db()
    assert article.thesis_status == "open"
    page = page_of(desk, article)
    for said in ("Margins &lt;hold&gt;.", "12 to 18 months", "US$134.20", "Open</span>"):
        assert said in page
    assert "thesis" in article.revisions.first().changed
    assert article.revisions.first().data["disclosures"][0]["price"] == "US$134.20"


def test_without_a_thesis_nothing_is_said(article, client):
    page = page_of(client, article)
    assert 'class="thesis"' not in page
    assert "Follow" not in page


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"thesis": "Up."}, "thesis_as_of"),
        ({"thesis": "Up.", "thesis_as_of": "2999-01-01"}, "thesis_as_of"),
        ({"thesis": "Up.", "thesis_as_of": "soon"}, "thesis_as_of"),
        ({"thesis_horizon": "A year"}, "thesis"),
        ({"thesis_status": "broke"}, "thesis"),
        ({"thesis_status": "sideways"}, "thesis_status"),
        ({"thesis": "x" * 301, "thesis_as_of": "2026-01-01"}, "thesis"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(desk, article, fields, field):
    response = save(desk, article, opened(desk, article), **fields)
    assert field in errors(response)


def test_an_article_does_not_follow_itself(desk, article):
    response = save(desk, article, opened(desk, article), follows=article.pk)
    assert list(errors(response)) == ["follows"]


@pytest.mark.parametrize(
    ("status", "days", "old"),
    [("open", 90, False), ("open", 91, True), ("played_out", 400, False), ("broke", 400, False),
     ("withdrawn", 400, False)],
)  # fmt: skip
def test_only_an_open_thesis_grows_old(article, client, status, days, old):
    day = timezone.localdate() - timedelta(days=days)
    claim(article, thesis_as_of=day, thesis_status=status)
    assert ("more than 90 days old" in page_of(client, article)) is old


def test_age_is_counted_in_days(article):
    claim(article, thesis_as_of=date(2026, 1, 1))
    assert not is_old(article, date(2026, 4, 1))
    assert is_old(article, date(2026, 4, 2))


def test_follow_ups_link_both_ways(desk, article, make_article, client):
    later = make_article("A year later", days_ago=0.01)
    edit(desk, later, follows=article.pk)
    desk.logout()
    assert "Followed up by" in page_of(client, article)
    assert f'<a href="{later.get_absolute_url()}">A year later</a>' in page_of(client, article)
    assert "Follow-up to" in page_of(client, later)
    assert f'<a href="{article.get_absolute_url()}">{article.title}</a>' in page_of(client, later)


@pytest.mark.parametrize("days_ago", [None, -1])
def test_what_is_not_public_is_not_named(make_article, client, article, days_ago):
    hidden = make_article("Secret", days_ago=days_ago, follows=article)
    assert "Secret" not in page_of(client, article)
    article.follows = hidden
    article.save()
    assert "Secret" not in page_of(client, article)


def test_twenty_follow_ups_cost_what_one_does(make_article, client, article, count_queries):
    costs = []
    for number in range(20):
        make_article(f"Number {number}", follows=article)
        if number in (0, 19):
            costs.append(len(count_queries(client.get, article.get_absolute_url())))
    assert costs[0] == costs[1] <= 8


def test_an_old_revision_without_prices_is_no_other_one(desk, article, nvda):
    """Rows kept before there were prices must not look as if somebody had changed them."""
    article.tags.add(nvda)
    Disclosure.objects.create(article=article, ticker=nvda, position="none", as_of=date(2026, 1, 1))
    edit(desk, article, title="Changed")
    assert "price" not in article.revisions.first().data["disclosures"][0]
    assert article.revisions.first().changed == ["title"]
