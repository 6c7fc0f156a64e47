"""`/comment-data/` says what is true under the settings in force."""

import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from comments.models import Discussion

PAGE = "/comment-data/"


def words(client):
    page = client.get(PAGE).content.decode()
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def period(client, what):
    """What the table says about `what`."""
    page = unescape(client.get(PAGE).content.decode())
    found = re.search(rf'<th scope="row">{re.escape(what)}</th><td>([^<]*)</td>', page)
    return found and found[1]


# --- the table of periods -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "field", "default"),
    [
        ("IP address, browser’s name, referring page", "origin_days", 90),
        ("IP address of who reports a comment", "origin_days", 90),
        ("The network that a reported error came from", "origin_days", 90),
        ("Comments taken for spam", "spam_days", 15),
        ("Removed comments", "trash_days", 30),
        ("Copy of what Akismet received", "sent_days", 15),
    ],
)
def test_each_period_is_the_setting(client, db, what, field, default):
    assert period(client, what) == f"{default} days"
    Discussion(**{field: 7}).save()
    assert period(client, what) == "7 days"
    Discussion(**{field: 1}).save()
    assert period(client, what) == "1 day"


# --- Akismet ------------------------------------------------------------------------------


def test_without_a_key_nobody_else_receives_anything(client, db, settings):
    assert "What Akismet receives" in words(client)
    settings.AKISMET_API_KEY = ""
    text = words(client)
    assert "Nobody. No outside spam filter is in use here" in text
    assert "Akismet receive" not in text
    assert period(client, "Copy of what Akismet received") is None


def test_it_says_whether_akismet_gets_the_address(client, db):
    assert "your name, email address and website, the IP address" in words(client)
    Discussion(akismet_gets_email=False).save()
    text = words(client)
    assert "your name and website, the IP address" in text
    assert "It does not receive your email address." in text
    assert "your name, email address" not in text.partition("What Akismet")[2].partition("Mail")[0]


def test_it_says_what_becomes_of_spam(client, db):
    assert "What it calls spam is not shown" in words(client)
    assert "is not kept at all" not in words(client)
    Discussion(akismet_log_only=True, discard_blatant_spam=True).save()
    text = words(client)
    assert "Its answer is only noted at the moment" in text
    assert "What it calls spam is not shown" not in text
    assert "certain to be spam is not kept at all" in text


def test_links_to_others_tell_them_nothing(client, db):
    page = client.get(PAGE).content.decode()
    links = re.findall(r"<a [^>]*https?://[^>]*>", page.partition("<main")[2])
    assert links
    for link in links:
        assert 'rel="nofollow noopener"' in link


# --- mail, editing, whom to ask -----------------------------------------------------------


def test_it_speaks_of_mail_only_where_there_is_some(client, db, settings):
    settings.MAIL_ENABLED = False
    assert "This site sends no mail to readers." in words(client)
    assert "follow replies" not in words(client)
    assert period(client, "The note that a mail was sent") is None
    settings.MAIL_ENABLED = True
    text = words(client)
    assert "You get mail only if you ask for it" in text
    assert "at most once a day" in text
    assert "follow replies to it" in text
    assert "you confirmed your address" in text
    assert "a link to everything that is kept under your address" in text
    assert period(client, "The note that a mail was sent") == "30 days"
    assert "sends no mail" not in text


def test_it_says_how_long_one_may_edit(client, db):
    assert "edit the comment for 5 minutes, until somebody replies" in words(client)
    Discussion(edit_minutes=1).save()
    assert "edit the comment for 1 minute," in words(client)
    Discussion(edit_minutes=0).save()
    assert "edit the comment for" not in words(client)
    assert "works for 365 days" in words(client)


@pytest.mark.parametrize(
    ("contact", "href"),
    [
        ("privacy@example.org", "mailto:privacy@example.org"),
        ("https://example.org/imprint", "https://example.org/imprint"),
    ],
)
def test_it_says_whom_to_ask(client, db, settings, contact, href):
    assert "Please use the own page of your comment" in words(client)
    settings.PRIVACY_CONTACT = contact
    assert f'<a href="{href}" rel="nofollow noopener">{contact}</a>' in (
        client.get(PAGE).content.decode()
    )
    assert "Please use the own page" not in words(client)


@pytest.mark.parametrize("contact", ["somebody", "http://example.org/", "javascript:alert(1)"])
def test_a_contact_that_leads_nowhere_stops_the_start(contact):
    done = subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        cwd=Path(__file__).parent.parent.parent,
        env=os.environ | {"PRIVACY_CONTACT": contact},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "PRIVACY_CONTACT must be an email address or begin with https://" in done.stderr


# --- the page itself ----------------------------------------------------------------------


def test_each_entry_of_the_contents_leads_somewhere(client, db):
    page = client.get(PAGE).content.decode()
    contents = re.findall(r'<li><a href="#([a-z]+)">([^<]+)</a>', page)
    assert len(contents) == 8
    for anchor, title in contents:
        assert f'<h2 id="{anchor}">{title}</h2>' in page


def test_it_is_the_same_for_all_and_cheap(client, db, count_queries):
    response = client.get(PAGE)
    assert response.status_code == 200
    assert not response.cookies
    assert len(count_queries(client.get, PAGE)) == 1
    assert client.post(PAGE).status_code == 405
