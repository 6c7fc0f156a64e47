"""The pages behind links that are mailed: to confirm, to stop mails, to all of an address."""

import json
import re
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from comments import moderation, privacy, tokens
from comments.mail import notifications
from comments.models import Address, Comment, Discussion, Submission
from comments.status import HeldFor, Status

pytestmark = pytest.mark.usefixtures("mail_enabled")


def said(response):
    return response.content.decode()


# --- the link that confirms -------------------------------------------------------------------


def confirm_page(comment, hashed=None):
    hashed = hashed or comment.submission.email_hash
    return f"/comments/confirm/{tokens.CONFIRM.make([comment.pk, hashed])}/"


@pytest.fixture
def asked(make_comment):
    """A comment whose writer was mailed a link to confirm the address."""
    comment = make_comment("A thought about margins.", status=Status.PENDING)
    Submission.objects.update(notify=True)
    notifications.owe_confirmation(comment)
    return Comment.objects.get()


def test_opening_the_link_does_nothing(client, asked):
    response = client.get(confirm_page(asked))
    assert "Yes, I wrote it" in said(response)
    assert "A thought about margins." in said(response)
    assert "reader@example.com" not in said(response)
    assert 'data-proof="' not in said(response)
    assert Address.objects.get().confirmed_at is None


def test_the_button_confirms(client, asked):
    response = client.post(confirm_page(asked))
    assert response.status_code == 302
    assert Address.objects.get().confirmed_at is not None
    first = Submission.objects.get().confirmed_at
    assert first is not None
    shown = said(client.get(response["Location"]))
    assert "Your address is confirmed" in shown
    proof = shown.partition('data-proof="')[2].partition('"')[0]
    assert tokens.PROOF.read(proof) == privacy.address_hash("reader@example.com")
    client.post(confirm_page(asked))
    assert Submission.objects.get().confirmed_at == first


def test_confirming_publishes_what_waited_only_for_that(client, make_comment):
    Discussion(trust_known_writers=True).save()
    make_comment("An earlier one.")
    comment = make_comment("Waits.", status=Status.PENDING, held_for=HeldFor.UNCONFIRMED)
    client.post(confirm_page(comment))
    comment.refresh_from_db()
    assert comment.status == Status.APPROVED


def test_confirming_for_a_comment_of_another_address_is_refused(client, make_comment):
    comment = make_comment(email="one@example.com")
    other = make_comment(email="two@example.com")
    address = confirm_page(comment, other.submission.email_hash)
    assert client.get(address).status_code == 410
    assert client.post(address).status_code == 410
    assert not Address.objects.exists()


def test_confirming_an_erased_or_deleted_comment_is_refused(client, make_comment):
    comment = make_comment()
    address = confirm_page(comment)
    Submission.objects.update(email="")
    assert client.get(address).status_code == 410
    Comment.objects.all().delete()
    assert client.post(address).status_code == 410


def test_an_expired_confirmation_says_so(client, asked):
    address = confirm_page(asked)
    later = timezone.now().timestamp() + 8 * tokens.DAY
    with patch("django.core.signing.time.time", return_value=later):
        assert client.post(address).status_code == 410
    assert Address.objects.get().confirmed_at is None


def test_a_foreign_form_confirms_nothing(client, asked):
    response = client.post(confirm_page(asked), headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403
    assert Address.objects.get().confirmed_at is None


def test_after_the_key_was_changed_old_links_confirm(client, asked, settings):
    address = confirm_page(asked)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-" + "k" * 40
    client.post(address)
    assert Address.objects.get().confirmed_at is not None


def test_confirming_wants_mail_again(client, asked):
    Address.objects.update(muted_at=timezone.now())
    client.post(confirm_page(asked))
    assert Address.objects.get().muted_at is None


# --- stop mails -------------------------------------------------------------------------------


def unsubscribe_page(comment):
    value = [comment.pk, comment.submission.email_hash]
    return f"/comments/unsubscribe/{tokens.UNSUBSCRIBE.make(value)}/"


def test_one_click_stops_the_mails_about_one_comment(client, asked):
    """RFC 8058: without cookies, without an Origin, answered without a redirect."""
    response = client.post(unsubscribe_page(asked), {"List-Unsubscribe": "One-Click"})
    assert response.status_code == 200
    assert "is not told of replies" in said(response)
    assert not Submission.objects.get().notify
    assert Address.objects.get().muted_at is None
    assert response.cookies == {}


def test_looking_at_it_stops_nothing(client, asked):
    response = client.get(unsubscribe_page(asked))
    assert "Stop mails about this comment" in said(response)
    assert "Stop all mail" in said(response)
    assert Submission.objects.get().notify


def test_all_mail_stops_and_comes_back(client, asked):
    response = client.post(unsubscribe_page(asked), {"what": "all"})
    assert response.status_code == 302
    assert "gets no mail" in said(client.get(response["Location"]))
    assert Address.objects.get().muted_at is not None
    client.post(unsubscribe_page(asked), {"what": "resume"})
    assert Address.objects.get().muted_at is None
    client.post(unsubscribe_page(asked), {"what": "comment"})
    assert not Submission.objects.get().notify


def test_all_mail_stops_for_an_address_that_was_never_asked(client, make_comment):
    client.post(unsubscribe_page(make_comment()), {"what": "all"})
    assert Address.objects.get().muted_at is not None


def test_stopping_works_for_ever(client, asked):
    address = unsubscribe_page(asked)
    later = timezone.now().timestamp() + 500 * tokens.DAY
    with patch("django.core.signing.time.time", return_value=later):
        assert client.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Submission.objects.get().notify
    Comment.objects.all().delete()
    assert client.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert client.post(address, {"what": "all"}).status_code == 302
    assert Address.objects.get().muted_at is not None


def test_stopping_is_refused_to_other_pages_and_other_words(client, asked):
    foreign = {"Origin": "https://evil.example"}
    one_click = {"List-Unsubscribe": "One-Click"}
    assert client.post(unsubscribe_page(asked), one_click, headers=foreign).status_code == 403
    assert client.post(unsubscribe_page(asked), {"what": "nothing"}).status_code == 422
    assert client.get("/comments/unsubscribe/nonsense/").status_code == 404
    assert Submission.objects.get().notify


# --- everything under an address --------------------------------------------------------------


def address_page(email="reader@example.com"):
    return f"/comments/address/{tokens.ADDRESS.make(privacy.encrypt(email))}/"


def test_all_comments_of_an_address_are_listed(client, make_comment):
    mine = [make_comment(), make_comment(status=Status.SPAM)]
    make_comment(email="other@example.com")
    response = client.get(address_page())
    shown = said(response)
    assert "2 comments" in shown
    assert "r•••@example.com" in shown
    assert shown.count("/comments/manage/") == 2
    found = [part.partition("/")[0] for part in shown.split("/comments/manage/")[1:]]
    assert {tokens.MANAGE.read(token) for token in found} == {each.pk for each in mine}
    assert response["X-Robots-Tag"] == "noindex"
    assert response.cookies == {}


def test_an_address_of_many_comments_is_a_bounded_page(client, make_comment, count_queries):
    for _ in range(3):
        make_comment(status=Status.TRASH)
    few = len(count_queries(client.get, address_page()))
    for _ in range(50):
        make_comment(status=Status.TRASH)
    response = client.get(address_page())
    assert said(response).count("/comments/manage/") == 50
    assert "3 older comments are in the file below." in said(response)
    assert len(count_queries(client.get, address_page())) == few


def test_an_address_with_nothing(client, db):
    response = client.get(address_page())
    assert response.status_code == 200
    assert "Nothing is kept" in said(response)


def test_export_and_erasure_of_an_address(client, make_comment):
    make_comment("First of mine.")
    make_comment("Second of mine.", status=Status.PENDING)
    other = make_comment("By another.", email="other@example.com")
    data = json.loads(client.post(address_page(), {"do": "export"}).content)
    assert "First of mine." in str(data)
    assert "Second of mine." in str(data)
    assert "By another." not in str(data)
    assert "Yes, erase everything" in said(client.get(address_page() + "?ask=erase"))
    assert Submission.objects.exclude(email="").count() == 3
    response = client.post(address_page(), {"do": "erase"})
    assert [each.pk for each in Comment.objects.exclude(submission__email="")] == [other.pk]
    assert Comment.objects.count() == 2
    assert "is erased" in said(client.get(response["Location"]))


def test_an_address_page_is_for_a_day(client, make_comment):
    make_comment()
    address = address_page()
    later = timezone.now().timestamp() + tokens.DAY + 60
    with patch("django.core.signing.time.time", return_value=later):
        assert client.post(address, {"do": "erase"}).status_code == 410
    assert Submission.objects.get().email


@pytest.mark.parametrize("do", ["export", "erase", "all"])
def test_a_foreign_form_does_nothing_to_an_address(client, make_comment, do):
    make_comment()
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.post(address_page(), {"do": do}, headers=headers).status_code == 403
    assert client.post(address_page(), {"do": "nonsense"}).status_code == 422
    assert Submission.objects.get().email
    assert not Address.objects.exists()


# --- whatever happens ---


@pytest.mark.parametrize("page", ["confirm", "unsubscribe", "address"])
def test_a_database_that_fails_is_said_on_the_other_pages_too(client, make_comment, page):
    comment = make_comment()
    hashed = comment.submission.email_hash
    address = {
        "confirm": confirm_page(comment),
        "unsubscribe": unsubscribe_page(comment),
        "address": address_page(),
    }[page]
    with patch("django.db.models.query.QuerySet.update", side_effect=OperationalError("locked")):
        response = client.post(address, {"do": "all", "what": "all"})
    assert response.status_code == 503
    assert response["Referrer-Policy"] == "strict-origin"
    assert hashed not in said(response)
    assert not Address.objects.exclude(confirmed_at=None, muted_at=None).exists()


def test_words_that_changed_since_they_were_read_are_not_confirmed(client, asked):
    page = confirm_page(asked)
    asked_for = re.search(r'name="version" value="([^"]*)"', client.get(page).content.decode())[1]
    moderation.edit(asked, "Other words.", seen=asked.status)
    response = client.post(page, {"version": asked_for})
    assert response.status_code == 409
    assert "Other words." in said(response)
    asked.refresh_from_db()
    assert Submission.objects.get(pk=asked.pk).confirmed_at is None
    again = re.search(r'name="version" value="([^"]*)"', response.content.decode())[1]
    assert client.post(page, {"version": again}).status_code == 302
    assert Submission.objects.get(pk=asked.pk).confirmed_at is not None


def test_the_link_to_an_address_outlives_a_change_of_the_key(client, make_comment, settings):
    make_comment("Mine.")
    page = address_page()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the-key-of-next-year-" + "n" * 40
    call_command("reencrypt", verbosity=0)
    assert "Mine." in str(json.loads(client.post(page, {"do": "export"}).content))
    client.post(page, {"do": "erase"})
    assert not Submission.objects.exclude(email="").exists()
