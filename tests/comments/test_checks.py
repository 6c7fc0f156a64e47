"""System checks of the comments, and the proxy that nobody named."""

from datetime import date, timedelta

import pytest
from django.core import checks
from django.db import OperationalError
from django.utils import timezone

from comments import forwarded
from comments.checks import forwarding_headers_are_explained
from comments.models import Comment, Tally

FROM_A_PROXY = {"X-Forwarded-For": "198.51.100.7", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch):
    monkeypatch.setattr(forwarded, "_noted_on", None)


def found(**options):
    """The ids of what the checks say and nobody has silenced."""
    said = checks.run_checks(**options)
    return [message.id for message in said if not message.is_silenced()]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("AKISMET_API_KEY", "", "comments.W001"),
        ("AKISMET_API_URL", "http://akismet.example", "comments.E001"),
        ("TRUSTED_PROXIES", ["10.0.0.0/33"], "comments.E002"),
        ("TRUSTED_PROXIES", ["proxy"], "comments.E002"),
    ],
)
def test_a_dangerous_setting_is_said_out_loud(settings, name, value, expected):
    settings.TRUSTED_PROXIES = ["10.0.0.1"]
    assert expected not in found(include_deployment_checks=True)
    setattr(settings, name, value)
    assert expected in found(include_deployment_checks=True)


def test_https_without_a_named_proxy_is_said_out_loud(settings):
    settings.SECURE_SSL_REDIRECT = True
    assert "comments.W002" in found(include_deployment_checks=True)
    settings.TRUSTED_PROXIES = ["10.0.0.1"]
    assert "comments.W002" not in found(include_deployment_checks=True)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_a_proxy_that_nobody_named_is_noticed(post_comment, no_flood, caplog, header):
    assert found(databases=["default"]) == []
    headers = {"Sec-Fetch-Site": "same-origin", header: "for=198.51.100.7"}
    assert post_comment(headers=headers).status_code == 302
    assert found(databases=["default"]) == ["comments.W003"]
    assert caplog.text.count("TRUSTED_PROXIES is empty") == 1
    assert "198.51.100.7" not in caplog.text

    post_comment(headers=headers, text="Another.")  # once a process and day
    assert Tally.objects.get(what="forwarded").count == 1
    assert caplog.text.count("TRUSTED_PROXIES is empty") == 1
    # Whatever a header says, it decides nothing.
    assert {comment.submission.ip for comment in Comment.objects.all()} == {"127.0.0.1"}


def test_the_next_day_it_is_counted_again(post_comment, no_flood, monkeypatch):
    post_comment(headers=FROM_A_PROXY)
    monkeypatch.setattr(forwarded, "_noted_on", timezone.localdate() - timedelta(days=1))
    post_comment(headers=FROM_A_PROXY, text="Another.")
    assert Tally.objects.get(what="forwarded").count == 2


def test_a_named_proxy_is_no_news(post_comment, settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    post_comment(headers=FROM_A_PROXY)
    assert not Tally.objects.exists()
    assert Comment.objects.get().submission.ip == "198.51.100.7"


def test_readers_who_send_such_headers_themselves_are_no_proxy(client, article):
    data = {"text": "A thought.", "name": "Rosa", "email": "rosa@example.com"}
    address = f"/articles/{article.slug}/comments/"
    client.post(address, data, headers=FROM_A_PROXY, REMOTE_ADDR="8.8.4.4")
    assert Comment.objects.get().submission.ip == "8.8.4.4"
    assert not Tally.objects.exists()


def test_what_is_refused_counts_nothing(post_comment, article):
    article.comments_open = False
    article.save()
    assert post_comment(headers=FROM_A_PROXY).status_code == 403
    assert not Tally.objects.exists()


def test_old_news_is_none(post_comment, db):
    Tally.objects.create(day=date(2020, 1, 1), what=Tally.What.FORWARDED, count=3)
    assert found(databases=["default"]) == []


def test_only_the_database_that_is_asked_about_is_looked_at(post_comment):
    post_comment(headers=FROM_A_PROXY)
    assert found() == []
    assert forwarding_headers_are_explained(None, databases=["replica"]) == []
    assert len(forwarding_headers_are_explained(None, databases=["default"])) == 1


def test_named_since_it_is_quiet(post_comment, settings):
    post_comment(headers=FROM_A_PROXY)
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    assert found(databases=["default"]) == []


def test_the_comment_is_stored_whatever_becomes_of_the_count(post_comment, monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise OperationalError("disk full")

    monkeypatch.setattr(Tally, "add", fail)
    assert post_comment(headers=FROM_A_PROXY).status_code == 302
    assert Comment.objects.exists()
    assert "could not be counted (OperationalError)" in caplog.text


def test_before_the_first_migration_the_check_is_silent(db, monkeypatch):
    def fail(*args, **kwargs):
        raise OperationalError("no such table")

    monkeypatch.setattr(Tally.objects, "filter", fail)
    assert "comments.W003" not in found(databases=["default"])


def test_taking_in_costs_no_query_more_once_it_was_noted(post_comment, count_queries, no_flood):
    post_comment(headers=FROM_A_PROXY)
    statements = count_queries(post_comment, headers=FROM_A_PROXY, text="Another.")
    assert len(statements) <= 6
