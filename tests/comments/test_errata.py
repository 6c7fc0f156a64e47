"""Readers report an error in an article; nothing of it is public, and nobody is bothered by it."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from threading import Barrier
from unittest.mock import patch

import pytest
from django.db import OperationalError, connection, connections
from django.test import Client
from django.utils import timezone

from comments import bans, privacy
from comments.errata import passages
from comments.models import Ban, Discussion, ErrorReport
from comments.personal import retention, rights

HEADERS = {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}
EMAIL = "rosa.reader@private.example"
FILLED_IN = {
    "quote": "Doubling the bandwidth makes it fifteen.",
    "claim": "Twice ten is twenty.",
    "source": "",
    "name": "",
    "email": "",
    "second_thoughts": "",
}


def page_of(article):
    return f"/articles/{article.slug}/error/"


@pytest.fixture
def report(article):
    """POST the form as a browser does."""

    def send(*, to=None, ip="192.0.2.1", headers=HEADERS, **fields):
        data = FILLED_IN | fields
        return Client().post(page_of(to or article), data, headers=headers, REMOTE_ADDR=ip)

    return send


def said(response):
    return unescape(response.content.decode())


# --- the form ---------------------------------------------------------------------------------


def test_the_article_leads_to_the_form_and_the_form_back(client, article):
    page = said(client.get(article.get_absolute_url()))
    assert f'<a rel="nofollow" href="{page_of(article)}">Report a factual error</a>' in page
    response = client.get(page_of(article))
    assert response.status_code == 200
    assert f'href="{article.get_absolute_url()}"' in said(response)
    assert response["X-Robots-Tag"] == "noindex"
    assert response.cookies == {}
    assert "csrf" not in said(response)


def test_the_link_costs_no_query(client, article, count_queries):
    client.get(article.get_absolute_url())
    queries = count_queries(client.get, article.get_absolute_url())
    assert not [each for each in queries if "errorreport" in each]


def test_a_report_is_stored_and_thanked_for(client, article, report):
    response = report(source="example.org/data", name=" Rosa ", email=EMAIL)
    assert response.status_code == 302
    stored = ErrorReport.objects.get()
    assert (stored.article, stored.state, stored.held_for) == (article, "open", "")
    assert stored.quote == FILLED_IN["quote"]
    assert (stored.source, stored.name) == ("https://example.org/data", "Rosa")
    assert (stored.email, stored.tell, stored.network) == (EMAIL, False, "192.0.2.0/24")
    thanks = client.get(response["Location"])
    assert "Your report is noted." in said(thanks)
    assert thanks["X-Robots-Tag"] == "noindex"
    assert thanks.cookies == {}


def test_the_address_is_stored_encrypted_and_found_by_its_hash(report):
    report(email=EMAIL)
    with connection.cursor() as cursor:
        cursor.execute("SELECT email, email_hash FROM comments_errorreport")
        email, email_hash = cursor.fetchone()
    assert "rosa" not in email
    assert "private" not in email
    assert email_hash == privacy.address_hash(EMAIL)


def test_mail_is_offered_only_where_it_can_be_sent(client, article, report, settings):
    assert "Tell me by mail" not in said(client.get(page_of(article)))
    report(email=EMAIL, tell="on")
    assert ErrorReport.objects.get().tell is False
    settings.MAIL_ENABLED = True
    assert "Tell me by mail" in said(client.get(page_of(article)))
    report(claim="Another.", email=EMAIL, tell="on")
    assert ErrorReport.objects.first().tell is True


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"quote": " \u200b "}, "quote", "Please copy the sentence"),
        ({"quote": "x" * 1001}, "quote", "shorten this to 1000 characters; it has 1001."),
        ({"claim": ""}, "claim", "Please say what is wrong"),
        ({"claim": "y" * 2001}, "claim", "shorten this to 2000 characters"),
        ({"source": "javascript:alert(1)"}, "source", "does not look like a web address"),
        ({"source": "ftp://example.org/"}, "source", "does not look like a web address"),
        ({"name": "Ro\x07sa"}, "name", "cannot be shown"),
        ({"email": "nonsense"}, "email", "does not look like an email address"),
        ({"tell": "on"}, "email", "untick the box"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_all_is_kept(
    report, settings, fields, field, words
):
    settings.MAIL_ENABLED = True
    response = report(**{"name": "Rosa R.", **fields})
    page = said(response)
    assert response.status_code == 422
    error = re.search(rf'<p class="field-error" id="error-{field}_error">([^<]*)</p>', page)
    assert error
    assert words in error[1]
    tag = re.search(rf'<[^>]* id="error-{field}"[^>]*>', page)[0]
    assert "autofocus" in tag
    assert f"error-{field}_error" in tag
    kept = FILLED_IN | {"name": "Rosa R."} | fields
    for name in ("quote", "claim", "name"):
        assert kept[name].strip("\x07") in page.replace("\x07", "") or field == name
    assert ErrorReport.objects.count() == 0


# --- what protects it -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}],
)
def test_a_form_of_another_site_reports_nothing(report, headers):
    response = report(headers=headers)
    assert response.status_code == 403
    assert FILLED_IN["claim"] in said(response)
    assert ErrorReport.objects.count() == 0


def test_only_articles_that_readers_see(client, make_article, article, report):
    for hidden in (make_article("Draft", days_ago=None), make_article("Plan", days_ago=-1)):
        assert client.get(page_of(hidden)).status_code == 404
        assert report(to=hidden).status_code == 404
    assert client.get("/articles/nowhere/error/").status_code == 404
    article.withdrawn_at, article.published_at = timezone.now(), None
    article.save()
    assert client.get(page_of(article)).status_code == 410
    assert report().status_code == 410


def test_an_article_that_moved_is_found_and_the_form_sent_there_again(client, article, report):
    old = page_of(article)
    article.slug = "moved"
    article.save()
    assert client.get(old)["Location"] == page_of(article)
    response = client.post(old, FILLED_IN, headers=HEADERS)
    assert (response.status_code, response["Location"]) == (308, page_of(article))


def test_the_same_words_are_stored_once(report):
    for _ in range(2):
        assert report().status_code == 302
    response = report(ip="198.51.100.1")
    assert response.status_code == 409
    assert "somebody reported exactly this before you" in said(response)
    assert ErrorReport.objects.count() == 1


def test_five_an_hour_and_twenty_a_day_from_one_network(report):
    def tried(number, ip="192.0.2.1"):
        return report(claim=f"Number {number}.", ip=ip)

    for number in range(5):
        assert tried(number, ip=f"192.0.2.{number}").status_code == 302
    response = tried(5)
    assert response.status_code == 429
    assert 3500 < int(response["Retry-After"]) <= 3600
    assert "Number 5." in said(response)
    assert tried(5, ip="198.51.100.1").status_code == 302
    for number in range(6, 21):
        hour_ago = timezone.now() - timedelta(minutes=61)
        ErrorReport.objects.filter(network="192.0.2.0/24", at__gt=hour_ago).update(at=hour_ago)
        assert tried(number).status_code == 302
    ErrorReport.objects.filter(at__gt=hour_ago).update(at=hour_ago)
    response = tried(99)
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 3600


@pytest.mark.django_db(transaction=True)
def test_of_eight_at_the_same_moment_five_get_through(report):
    barrier = Barrier(8, timeout=20)

    def send(number):
        barrier.wait()
        try:
            return report(claim=f"Number {number}.").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert Counter(pool.map(send, range(8))) == {302: 5, 429: 3}
    assert ErrorReport.objects.count() == 5


def test_whoever_is_banned_is_told_so(report, moderator):
    bans.make(Ban(network="192.0.2.0/24"), by=moderator)
    bans.make(Ban(email=EMAIL), by=moderator)
    for banned in (report(), report(ip="198.51.100.1", email=EMAIL)):
        assert banned.status_code == 403
        assert "You cannot report errors here at the moment." in said(banned)
    assert report(ip="198.51.100.1").status_code == 302


def test_a_disallowed_word_makes_it_spam_and_its_writer_learns_nothing(report):
    Discussion(disallowed_words="casino").save()
    assert report(claim="Visit my Casino.").status_code == 302
    stored = ErrorReport.objects.get()
    assert (stored.state, stored.held_for, stored.held_detail) == ("spam", "words", "casino")


@pytest.mark.parametrize(
    ("fields", "held_for"),
    [
        ({"second_thoughts": "filled in"}, "honeypot"),
        ({"claim": "https://a.example/ https://b.example/"}, "links"),
        ({"claim": "A lottery."}, "words"),
        ({"claim": "My mentor helped me. WhatsApp +1 555 010 4477"}, "scam"),
        ({"claim": "See https://a.example/", "source": "https://b.example/"}, ""),
    ],
)
def test_what_the_local_rules_find_is_suspicious_and_open(report, fields, held_for):
    Discussion(hold_words="lottery").save()
    assert report(**fields).status_code == 302
    stored = ErrorReport.objects.get()
    assert (stored.state, stored.held_for) == ("open", held_for)


def test_a_database_that_fails_keeps_what_was_typed(report, article):
    with patch("comments.errata.intake.take_in", side_effect=OperationalError("locked")):
        response = report(name="Rosa R.", source="https://example.org/")
    assert response.status_code == 503
    assert response["Retry-After"] == "30"
    for kept in (FILLED_IN["quote"], FILLED_IN["claim"], "Rosa R.", "https://example.org/"):
        assert kept in said(response)
    with patch("comments.errata.views.get_object_or_404", side_effect=OperationalError("away")):
        response = report()
    assert response.status_code == 503
    assert FILLED_IN["claim"] in said(response)
    assert report().status_code == 302


def test_taking_in_costs_the_same_with_one_and_with_twenty(report, count_queries, make_article):
    one = len(count_queries(report))
    for number in range(20):
        report(claim=f"{number}", ip=f"203.0.{number}.1")
    assert len(count_queries(report, claim="Next.", ip="203.0.113.9")) == one <= 8


# --- personal data ----------------------------------------------------------------------------


def test_it_is_in_an_export_and_goes_with_an_erasure(report, editor):
    report(name="Rosa R.", email=EMAIL, source="https://hidden-source.example/")
    report(claim="Omar’s.", email="omar@private.example")
    stored = ErrorReport.objects.get(name="Rosa R.")
    stored.decisions.create(old="open", new="rejected", by=editor, note="hidden-note")
    hashes = privacy.address_hashes(EMAIL)
    assert rights.known_about(hashes)["errors"] == 1
    text = rights.as_json(rights.export_address(hashes))
    for known in (EMAIL, "Rosa R.", "Twice ten", "hidden-source", "192.0.2.0/24", "hidden-note"):
        assert known in text
    for others in ("eddie", "omar", hashes[0]):
        assert others not in text
    rights.erase_address(hashes, actor="staff")
    assert ErrorReport.objects.get().email == "omar@private.example"


def test_what_is_past_its_time_goes(report):
    def after(days, **fields):
        report(claim=f"{days} {fields}", name="Rosa R.", email=EMAIL, ip=f"203.0.{days}.1")
        moment = timezone.now() - timedelta(days=days)
        newest = ErrorReport.objects.latest("pk")
        ErrorReport.objects.filter(pk=newest.pk).update(at=moment, since=moment, **fields)
        return newest

    old, open_one = after(91, state="rejected"), after(60)
    decided, spam = after(31, state="corrected"), after(16, state="spam")
    fresh, fresh_spam = after(29, state="corrected"), after(14, state="spam")
    gone = retention.run()
    assert (gone["error_networks"], gone["error_readers"], gone["error_spam"]) == (1, 2, 1)
    assert not ErrorReport.objects.filter(pk=spam.pk).exists()
    for row in (old, decided):
        row.refresh_from_db()
        assert (row.name, row.email, row.email_hash) == ("", "", "")
    assert old.network == ""
    for row in (open_one, fresh, fresh_spam):
        row.refresh_from_db()
        assert (row.name, row.email) == ("Rosa R.", EMAIL)
        assert row.network


# --- the passage ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "quote", "found"),
    [
        ("<p>It grew by 12%, they say.</p>", "it grew by 12%", "It grew by 12%"),
        (
            "<p>It <em>grew</em> by <a href='x'>12%</a>, so.</p>",
            "It grew by 12%, so.",
            "It grew by 12%, so",
        ),
        ("<p>One.</p><p>Two.</p>", "One. Two.", "One. Two"),
        (
            "<p>The firm’s “moat” – wide</p>",
            'The firm\'s "moat" - wide',
            "The firm’s “moat” – wide",
        ),
        ("<p>A &lt; B &amp; C</p>", "“A < B & C”", "A < B & C"),
        ("<p>İstanbul grew.</p>", "istanbul grew", None),
        ("<p>Nothing.</p>", "Something", None),
        ("<p>Nothing.</p>", "…", None),
    ],
)
def test_the_passage_that_is_quoted(body, quote, found):
    passage = passages.find(body, quote)
    assert (passage and passage.quoted) == found


def test_a_passage_has_its_surroundings():
    before, quoted, after = passages.find(f"<p>{'a ' * 300}here{' b' * 300}</p>", "here")
    assert quoted == "here"
    assert before.startswith("… a")
    assert after.endswith("b …")
    assert len(before) <= passages.AROUND + 2
