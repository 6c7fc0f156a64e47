"""Old permalinks lead to the article, for good; no other page is any different for it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from articles.models import Article
from wordpress.models import OldAddress
from wordpress.old_addresses import keys


@pytest.fixture
def moved(export, item, run):
    """An article that was https://old.example/2024/03/café/ once."""
    link = "https://old.example/2024/03/caf%c3%a9/"
    run(export(item(123, "Moved", post_name="moved", link=link)))
    return Article.objects.get()


@pytest.mark.parametrize(
    "address",
    [
        "/2024/03/caf%C3%A9/",
        "/2024/03/café",
        "/2024/03/café/?utm_source=x",
        "/?p=123",
        "/?preview=true&p=123",
    ],
)
@pytest.mark.parametrize("method", ["get", "head"])
def test_every_form_leads_to_the_article_for_good(client, moved, address, method):
    response = getattr(client, method)(address)
    assert response.status_code == 301
    assert response["Location"] == "/articles/moved/"


def test_a_new_slug_is_followed(client, moved):
    Article.objects.update(slug="renamed")
    assert client.get("/?p=123")["Location"] == "/articles/renamed/"


@pytest.mark.parametrize("days", [None, 1])
def test_a_short_address_does_not_tell_what_is_not_published(client, moved, days):
    Article.objects.update(published_at=days and timezone.now() + timedelta(days=days))
    hidden, unknown = client.get("/?p=123"), client.get("/?p=999")
    assert hidden.status_code == unknown.status_code == 200
    assert hidden.content == unknown.content


@pytest.mark.parametrize("days", [None, 1])
def test_what_is_not_published_is_not_found(client, moved, days):
    Article.objects.update(published_at=days and timezone.now() + timedelta(days=days))
    response = client.get("/2024/03/café/")
    assert response.status_code == 404
    assert "There is no such page" in response.content.decode()


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/", 200),
        ("/?p=124", 200),
        ("/?p=x", 200),
        ("/?p=" + "9" * 40, 200),
        ("/?page=99", 404),
        ("/2024/03/", 404),
        ("/2024/03/caf%C3%A9/feed/", 404),
        ("/2024/03/caf%00/", 404),
        ("/" + "x" * 2000, 404),
        ("/articles/none/", 404),
        ("/articles/moved/?comments=99", 404),
        ("/articles/moved", 301),
    ],
)
def test_other_addresses_answer_as_without_us(client, moved, address, status):
    response = client.get(address)
    assert response.status_code == status
    if status == 301:
        assert response["Location"] == "/articles/moved/"


def test_an_article_whose_old_address_is_its_own_leads_nowhere_else(export, item, run, client):
    run(export(item(1, link="https://old.example/articles/post-1/")))
    assert client.get("/articles/post-1/").status_code == 200
    assert client.get("/articles/post-1/?comments=99").status_code == 404


def test_a_post_request_is_never_redirected(client, moved):
    assert client.post("/2024/03/café/").status_code == 404
    assert client.post("/?p=123").status_code == 405


@pytest.mark.parametrize("address", ["/", "/articles/moved/", "/tags/"])
def test_pages_that_are_found_cost_no_query_more(client, moved, count_queries, address):
    statements = count_queries(client.get, address)
    assert not [sql for sql in statements if "wordpress_oldaddress" in sql]


@pytest.mark.parametrize("address", ["/2024/03/café/", "/2024/03/none/", "/?p=123"])
def test_an_old_address_costs_one_query(client, moved, count_queries, address):
    assert len(count_queries(client.get, address)) == 1


def test_the_address_goes_with_the_article(client, moved):
    moved.delete()
    assert not OldAddress.objects.exists()
    assert client.get("/2024/03/café/").status_code == 404


@pytest.mark.parametrize(
    ("link", "site", "expected"),
    [
        ("https://a.example/x/", "https://a.example", {"/x", "/?p=7"}),
        ("http://A.example/x", "https://a.example/", {"/x", "/?p=7"}),
        ("https://a.example/blog/x/", "https://a.example/blog", {"/blog/x", "/blog?p=7"}),
        ("https://a.example/?p=7", "https://a.example", {"/?p=7"}),
        ("https://a.example/blog/", "https://a.example/blog", {"/blog?p=7"}),
        ("https://a.example/", "https://a.example", {"/?p=7"}),
        ("https://evil.example/x/", "https://a.example", {"/?p=7"}),
        ("", "https://a.example", {"/?p=7"}),
        ("https://a.example/" + "x" * 900, "https://a.example", {"/?p=7"}),
        ("https://a.example/%00", "https://a.example", {"/?p=7"}),
    ],
)
def test_the_addresses_of_a_post(link, site, expected):
    assert keys(link, post_id="7", site_link=site) == expected


def test_two_posts_of_one_address_leave_it_to_the_first(export, item, run, client):
    link = "https://old.example/same/"
    run(export(item(1, link=link), item(2, link=link)))
    assert client.get("/same/")["Location"] == "/articles/post-1/"
