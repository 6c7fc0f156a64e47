"""What an author holds, who pays them and what AI tools wrote: said under each article."""

import json
import re
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from articles.models import Article, Disclosure, Tag


@pytest.fixture
def nvda():
    return Tag.objects.create(
        name="NVIDIA", slug="nvda", kind="ticker", symbol="NVDA", exchange="NASDAQ"
    )


@pytest.fixture
def disclosed(article, nvda):
    Disclosure.objects.create(
        article=article, ticker=nvda, position="long", as_of=date(2026, 3, 4), note="Since <2024>."
    )
    return article


def text_of(html):
    return " ".join(re.sub("<[^>]+>", " ", html).split())


def shown(client, article):
    """The disclosure as words, or nothing."""
    page = client.get(article.get_absolute_url()).content.decode()
    found = re.search(r'<section class="disclosure".*?</section>', page, re.DOTALL)
    return text_of(found[0]) if found else ""


# --- what readers see -----------------------------------------------------------------------


def test_an_article_without_anything_to_disclose_says_nothing(client, article):
    assert shown(client, article) == ""
    assert "For education only." in client.get(article.get_absolute_url()).content.decode()


def test_positions_stand_at_the_end_before_the_disclaimer(client, disclosed):
    said = "$NVDA Long , as of March 4, 2026 . Since &lt;2024&gt;."
    assert shown(client, disclosed) == f"Disclosure {said}"
    page = client.get(disclosed.get_absolute_url()).content.decode()
    assert page.index('id="disclosure"') < page.index("For education only.")
    assert 'href="/tickers/NVDA/"' in page


def test_a_price_stands_beside_the_thesis_or_else_here(client, disclosed):
    Disclosure.objects.update(price="US$134.20")
    disclosed.save()
    assert "as of March 4, 2026 (US$134.20). Since" in shown(client, disclosed)
    disclosed.thesis = "It doubles."
    disclosed.save()
    assert "US$134.20" not in shown(client, disclosed)
    assert "US$134.20" in client.get(disclosed.get_absolute_url()).content.decode()


def test_the_author_speaks_where_no_position_is_named(client, article):
    article.author.relationships = "Paid by this publication & nobody else."
    article.author.save()
    assert shown(client, article) == "Disclosure Paid by this publication &amp; nobody else."


@pytest.mark.parametrize(
    ("use", "reviewer", "said"),
    [
        ("none", "", "Written without AI tools."),
        ("assisted", "", "Written with the help of AI tools."),
        ("assisted", "Kim", "Written with the help of AI tools. Reviewed by Kim."),
        ("generated", "Kim", "Drafted by AI tools. Reviewed by Kim."),
    ],
)
def test_the_use_of_ai_is_said(client, article, use, reviewer, said):
    Article.objects.update(ai_use=use, ai_reviewed_by=reviewer)
    assert shown(client, article) == f"Disclosure {said}"
    page = client.get(article.get_absolute_url()).content.decode()
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page)[1])
    assert data["@graph"][0]["backstory"] == said


def test_search_engines_are_told_of_interests_and_ai_tools(client, disclosed):
    disclosed.author.relationships = "Paid by this publication & nobody else."
    disclosed.author.save()
    Article.objects.update(ai_use="none")
    page = client.get(disclosed.get_absolute_url()).content.decode()
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page)[1])
    assert data["@graph"][0]["backstory"] == (
        "Position in $NVDA: Long, as of 2026-03-04. Since <2024>. "
        "Paid by this publication & nobody else. Written without AI tools."
    )


@pytest.mark.parametrize("address", ["/feed/", "/feed/atom/", "/authors/ines-halvorsen/feed/"])
def test_feeds_hold_it_too(client, disclosed, address):
    feed = client.get(address).content.decode()
    assert "&lt;strong&gt;Long&lt;/strong&gt;, as of" in feed
    assert "http://testserver/tickers/NVDA/" in feed


def test_one_query_for_any_number(client, article, nvda, count_queries):
    def add(number):
        ticker = Tag.objects.create(
            name=f"N{number}", slug=f"n{number}", kind="ticker", symbol=f"N{number}", exchange="X"
        )
        article.disclosures.create(ticker=ticker, position="none", as_of=date(2026, 1, 1))

    add(0)
    with_one = len(count_queries(client.get, article.get_absolute_url()))
    for number in range(1, 20):
        add(number)
    assert len(count_queries(client.get, article.get_absolute_url())) == with_one


# --- what editors may write -----------------------------------------------------------------


def test_a_ticker_is_disclosed_once(disclosed, nvda):
    again = Disclosure(article=disclosed, ticker=nvda, position="none", as_of=date(2026, 1, 1))
    with pytest.raises(ValidationError, match="disclosed already"):
        again.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save()


@pytest.fixture
def send(client, editor, article):
    """Save the article in the admin with one row of disclosure, and return the response."""
    client.force_login(editor)

    def send(others=None, **row):
        data = {name: getattr(article, name) for name in ("title", "slug", "summary", "body")}
        data |= {"author": article.author_id, "comments_slow_minutes": 0, "comments_open": "on"}
        data |= {"disclosures-TOTAL_FORMS": 1, "disclosures-INITIAL_FORMS": 0}
        data |= {"corrections-TOTAL_FORMS": 0, "corrections-INITIAL_FORMS": 0}
        data |= {"picks-TOTAL_FORMS": 0, "picks-INITIAL_FORMS": 0}
        data |= {f"disclosures-0-{name}": value for name, value in row.items()} | (others or {})
        return client.post(reverse("admin:articles_article_change", args=[article.pk]), data)

    return send


def test_an_editor_discloses(send, article, nvda):
    row = {"ticker": nvda.pk, "position": "short", "as_of": "2026-03-04", "note": "Hedged."}
    assert send(**row).status_code == 302
    found = article.disclosures.get()
    assert (found.ticker, found.position, found.as_of) == (nvda, "short", date(2026, 3, 4))


def test_wrong_rows_are_refused_beside_the_field_and_kept(send, article, nvda):
    topic = Tag.objects.create(name="Chips", slug="chips")
    row = {"ticker": nvda.pk, "position": "long", "as_of": "2026-03-04", "note": "Kept text."}
    tomorrow = timezone.localdate() + timedelta(days=2)
    for wrong, said in (
        ({"as_of": f"{tomorrow}"}, "This day has not come yet."),
        ({"as_of": ""}, "This field is required."),
        ({"position": "both"}, "Select a valid choice."),
        ({"ticker": topic.pk}, "Select a valid choice."),
        ({"note": "x" * 201}, "at most 200 characters"),
    ):
        response = send(**row | wrong)
        page = response.content.decode()
        assert response.status_code == 200, wrong
        assert said in page, wrong
        assert wrong.get("note", "Kept text.") in page
        assert not article.disclosures.exists()


def test_a_row_that_nobody_filled_in_is_none(send, article):
    blank = {"picks-TOTAL_FORMS": 1, "picks-0-other": "", "picks-0-kind": "pinned"}
    row = {"ticker": "", "position": "", "as_of": "", "price": "", "note": ""}
    assert send(blank | {"picks-0-place": "5"}, **row).status_code == 302
    assert not article.disclosures.exists()


def test_what_was_refused_is_listed_above_the_form_and_leads_there(send, article, nvda):
    wrong = {"title": "", "published_at_0": "x", "published_at_1": "10:00"}
    response = send(wrong, ticker=nvda.pk, position="both", as_of="2026-03-04")
    page = response.content.decode()
    listed = page.partition('<ul class="editor-faults">')[2].partition("</ul>")[0]
    links = dict(re.findall(r'<a href="#([^"]+)">([^<]+)</a>: [A-Z]', listed))
    assert links == {
        "id_title": "Title",
        "id_published_at_0": "Published at",
        "id_disclosures-0-position": "Disclosure 1, position",
    }
    assert all(f'id="{anchor}"' in page for anchor in links)


def test_who_checked_must_be_said_where_ai_wrote(send, nvda, article):
    row = {"ticker": nvda.pk, "position": "none", "as_of": "2026-03-04"}
    refused = send({"ai_use": "generated"}, **row)
    assert "Say who checked what AI tools wrote." in refused.content.decode()
    assert send({"ai_use": "generated", "ai_reviewed_by": "Kim"}, **row).status_code == 302
    article.refresh_from_db()
    assert article.ai_statement == "Drafted by AI tools. Reviewed by Kim."


def test_a_disclosed_ticker_is_not_deleted_from_under_its_disclosure(client, editor, disclosed):
    client.force_login(editor)
    tag = Tag.objects.get()
    address = reverse("admin:articles_tag_delete", args=[tag.pk])
    assert "protected" in client.get(address).content.decode()
    client.post(address, {"post": "yes"})
    assert Tag.objects.filter(pk=tag.pk).exists()
    disclosed.delete()
    assert not Disclosure.objects.exists()
