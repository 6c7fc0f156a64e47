"""The pages that say no: the right status, the site's look, a way on, and no search engine."""

import re

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory

from articles import errors

SEARCH = 'action="/search/"'


def body(response):
    return response.content.decode()


def is_ours(response):
    page = body(response)
    return (
        '<link rel="stylesheet" href="/static/css/site.css">' in page
        and page.count("<h1>") == 1
        and '<meta name="robots" content="noindex">' in page
        and f'<p class="kicker">{response.status_code}</p>' in page
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/nowhere/", "/articles/nowhere/", "/?page=99", "/tickers/NONE/", "/tags/none/"]
)
def test_what_is_not_there_leads_on(client, path):
    response = client.get(path)
    assert response.status_code == 404
    assert is_ours(response)
    main = body(response).split("<main")[1]
    assert SEARCH in main
    assert [address in main for address in ('href="/"', 'href="/tags/"', 'href="/archive/"')] == [
        True
    ] * 3


@pytest.mark.django_db
def test_a_page_that_is_not_there_asks_nothing_of_the_database(client, count_queries):
    client.get("/nowhere/")
    assert len(count_queries(client.get, "/nowhere/")) <= 1  # the old addresses of WordPress


@pytest.mark.django_db
def test_a_request_that_cannot_be_read(client):
    response = client.post(
        "/articles/x/comments/", "a=b&" * 2000, "application/x-www-form-urlencoded"
    )
    assert response.status_code == 400
    assert is_ours(response)


@pytest.mark.django_db
def test_a_login_that_may_not(client, editor):
    client.force_login(editor)
    response = client.get("/admin/auth/user/")
    assert response.status_code == 403
    assert is_ours(response)
    assert "Log out" in body(response)


@pytest.mark.django_db
def test_a_form_that_is_too_old(moderator):
    client = Client(enforce_csrf_checks=True)
    client.force_login(moderator)
    response = client.post("/admin/logout/")
    assert response.status_code == 403
    assert is_ours(response)
    assert "Please send that again" in body(response)


@pytest.fixture
def broken(client, monkeypatch):
    """Let every article's page fail with an error, and ask for one."""
    client.raise_request_exception = False

    def ask(error):
        def fail(*_args, **_options):
            raise error

        monkeypatch.setattr("articles.views.related_to", fail)
        return client.get("/articles/inference-and-training/")

    return ask


@pytest.mark.filterwarnings("ignore")
def test_a_fault_of_ours(broken, article):
    response = broken(RuntimeError("secret"))
    assert response.status_code == 500
    assert is_ours(response)
    assert "secret" not in body(response)
    assert 'href="/"' in body(response)
    assert "no-store" in response["Cache-Control"]
    assert "Retry-After" not in response


@pytest.mark.filterwarnings("ignore")
def test_a_database_that_is_away_is_a_503(broken, article):
    response = broken(OperationalError("server closed the connection"))
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert is_ours(response)
    assert "no-store" in response["Cache-Control"]


def test_neither_needs_a_database_nor_a_request():
    """No database is allowed in this test."""
    for template, status in (("500.html", 500), ("503.html", 503)):
        response = errors._alone(template, status)
        assert is_ours(response)


def test_even_the_page_for_errors_may_fail(monkeypatch, caplog):
    def fail(*_args):
        raise ValueError("no such file in the manifest")

    monkeypatch.setattr(errors, "render_to_string", fail)
    response = errors._alone("500.html", 500)
    assert (response.status_code, response["Content-Type"]) == (500, "text/plain")
    assert "could not be made" in caplog.text


@pytest.mark.django_db
def test_what_was_withdrawn():
    request = RequestFactory().get("/articles/old/")
    response = errors.gone(request)
    assert is_ours(response)
    assert SEARCH in body(response).split("<main")[1]


@pytest.mark.parametrize("address", ["/moderation/nonsense/", "/moderation/999/receipt/"])
def test_the_desk_leads_back_to_itself(client, moderator, address):
    desk = Client()
    desk.force_login(moderator)
    response = desk.get(address)
    assert response.status_code == 404
    page = body(response).split("<main")[1]
    assert '<a class="button" href="/moderation/">To the moderation desk</a>' in page
    assert SEARCH not in page
    assert "moderation" not in body(client.get("/nowhere/"))


@pytest.mark.django_db
def test_titles_name_the_trouble(client):
    title = re.search(r"<title>([^<]+)</title>", body(client.get("/nowhere/")))[1]
    assert title == "There is no such page – Marginalia"
