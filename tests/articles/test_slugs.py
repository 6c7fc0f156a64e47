"""What was public at an address is found from there: renamed articles, tags, tickers, authors."""

import pytest
from django.urls import reverse
from django.utils import timezone

from articles.models import Article, Author, Tag
from articles.publishing.models import FormerAddress
from comments.models import Comment
from tests.articles.editors import edit, errors, opened, save


def rename(article, slug):
    article.slug = slug
    article.save()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/articles/inference-and-training/", "/articles/better/"),
        ("/articles/inference-and-training/?comments=2", "/articles/better/?comments=2"),
        ("/articles/inference-and-training/feed/", "/articles/better/feed/"),
    ],
)
def test_a_public_article_is_found_at_its_old_address(desk, client, article, old, new):
    edit(desk, article, slug="better")
    desk.logout()
    for method in (client.get, client.head):
        response = method(old)
        assert (response.status_code, response["Location"]) == (301, new)
        assert "s-maxage" in response["Cache-Control"]


def test_a_comment_sent_to_the_old_address_arrives(article, client, post_comment, no_flood):
    old = Article(slug=article.slug)
    rename(article, "better")
    response = post_comment(to=old)
    assert (response.status_code, response["Location"]) == (308, "/articles/better/comments/")
    assert not Comment.objects.exists()
    assert post_comment(to=article).status_code == 302
    assert Comment.objects.get().article == article


def test_a_draft_leaves_nothing_behind(desk, make_article, client):
    draft = make_article("Draft", days_ago=None)
    edit(desk, draft, slug="other")
    assert not FormerAddress.objects.exists()
    assert client.get("/articles/draft/").status_code == 404


def test_an_address_that_never_was_is_not_found(article, client):
    assert client.get("/articles/nothing/").status_code == 404
    assert client.get("/articles/a%00b/").status_code == 404
    assert client.get("/tickers/%00/").status_code == 404


def test_chains_collapse_and_circles_cannot_be(article, client):
    first = article.slug
    for slug in ("two", "three", first, "four"):
        rename(article, slug)
    for old in (first, "two", "three"):
        response = client.get(f"/articles/{old}/")
        assert (response.status_code, response["Location"]) == (301, "/articles/four/")
    rename(article, "two")  # back again
    assert client.get("/articles/two/").status_code == 200
    assert client.get("/articles/four/")["Location"] == "/articles/two/"


def test_what_was_public_and_is_a_draft_is_found_once_it_is_public_again(article, client):
    old, when = article.slug, article.published_at
    article.published_at = None
    article.save(update_fields=["published_at"])
    rename(article, "better")
    assert client.get(f"/articles/{old}/").status_code == 404  # tells nobody the new one
    article.published_at = when
    article.save()
    assert client.get(f"/articles/{old}/")["Location"] == "/articles/better/"


def test_another_article_may_not_take_it_unasked(desk, article, make_article):
    old = article.slug
    rename(article, "better")
    other = make_article("Other")
    response = save(desk, other, opened(desk, other), slug=old)
    (said,) = errors(response)["slug"]
    assert "led to “Inference and training”" in said
    assert f'value="{old}"' in response.content.decode()
    # The explicit choice: the redirect goes, and the address is free.
    row = FormerAddress.objects.get()
    where = reverse("admin:articles_formeraddress_delete", args=[row.pk])
    assert desk.post(where, {"post": "yes"}).status_code == 302
    edit(desk, other, slug=old)
    assert desk.get(f"/articles/{old}/").status_code == 200


def test_its_own_article_may_take_it_back(desk, article):
    old = article.slug
    rename(article, "better")
    edit(desk, article, slug=old)
    assert desk.get(f"/articles/{old}/").status_code == 200
    assert desk.get("/articles/better/")["Location"] == f"/articles/{old}/"


def test_former_addresses_are_seen_and_deleted_but_not_written(desk, article):
    rename(article, "better")
    row = FormerAddress.objects.get()
    page = desk.get("/admin/articles/formeraddress/").content.decode()
    assert "inference-and-training" in page
    assert desk.get("/admin/articles/formeraddress/add/").status_code == 403
    where = reverse("admin:articles_formeraddress_change", args=[row.pk])
    assert desk.post(where, {"key": "x"}).status_code == 403


# --- tags, tickers, authors -----------------------------------------------------------------


def test_a_tag_in_use_is_found_at_its_old_address(desk, make_article, client):
    make_article("One", tags=["chips"])
    tag = Tag.objects.get()
    where = reverse("admin:articles_tag_change", args=[tag.pk])
    data = {"name": "Semis", "slug": "semis", "kind": "topic", "symbol": "", "exchange": ""}
    assert desk.post(where, data).status_code == 302
    assert client.get("/tags/chips/")["Location"] == "/tags/semis/"
    assert client.get("/tags/chips/feed/")["Location"] == "/tags/semis/feed/"
    other = {"name": "Chips", "slug": "chips", "kind": "topic", "symbol": "", "exchange": ""}
    response = desk.post("/admin/articles/tag/add/", other)
    assert "led to “Semis”" in str(errors(response)["slug"])


def test_a_tag_that_nothing_carries_leaves_nothing(db):
    tag = Tag.objects.create(name="Chips", slug="chips")
    tag.slug = "semis"
    tag.save()
    assert not FormerAddress.objects.exists()


@pytest.mark.parametrize("asked", ["FB", "fb"])
def test_a_ticker_is_found_by_its_old_symbol(make_article, client, asked):
    tag = Tag.objects.create(
        name="Meta", slug="meta", kind="ticker", symbol="FB", exchange="NASDAQ"
    )
    make_article("One").tags.add(tag)
    tag.symbol = "META"
    tag.save()
    response = client.get(f"/tickers/{asked}/?page=2")
    assert (response.status_code, response["Location"]) == (301, "/tickers/META/?page=2")


def test_an_author_is_found_at_the_old_address(article, author, client):
    author.slug = "ines"
    author.save()
    assert client.get("/authors/ines-halvorsen/")["Location"] == "/authors/ines/"
    assert client.get("/authors/ines-halvorsen/feed/")["Location"] == "/authors/ines/feed/"
    Author.objects.create(name="New", slug="new")
    assert FormerAddress.objects.count() == 1


def test_a_redirect_costs_few_queries_however_many_there_are(article, client, count_queries):
    counts = []
    for number in range(20):
        rename(article, f"slug-{number}")
        if number in (0, 19):
            counts.append(len(count_queries(client.get, "/articles/inference-and-training/")))
    assert counts[0] == counts[1] <= 5


def test_a_save_that_moves_nothing_asks_little(article, count_queries):
    before = timezone.now()
    assert len(count_queries(article.save, update_fields=["comments_open"])) == 1
    assert article.updated_at is None or article.updated_at < before
