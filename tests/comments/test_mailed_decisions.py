"""Deciding from a mail: a page that shows, a button that acts once, and everything it refuses."""

import re
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from articles.models import Author
from comments import moderation, tokens
from comments.models import Comment, Discussion, StatusChange
from comments.status import HeldFor, Status

BUTTON = '<p class="own-buttons"><button'
SAME = {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}


@pytest.fixture
def comment(make_comment):
    return make_comment(
        'Margins <a href="https://x.example/">fall</a>.',
        status=Status.PENDING,
        name="Rosa Reader",
        email="rosa@private.example",
        ip="203.0.113.7",
        held_for=HeldFor.LINKS,
        held_detail="1 link",
    )


def page_of(comment, user, verb="approve", since=None):
    since = (since or comment.since).isoformat()
    return f"/moderation/mailed/{tokens.MAILED_DECISION.make([comment.pk, user.pk, verb, since])}/"


def press(client, page, headers=SAME, **fields):
    """Press the button that the page shows, as a browser does."""
    shown = client.get(page).content.decode()
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', shown))
    return client.post(page, form | fields, headers=headers)


def said(response):
    return response.content.decode()


def status_of(comment):
    return Comment.objects.get(pk=comment.pk).status


def test_the_page_shows_the_comment_and_one_button(client, comment, moderator):
    response = client.get(page_of(comment, moderator))
    page = said(response)
    assert response.status_code == 200
    for shown in ("Rosa Reader", "Inference and training", "https://x.example/", "1 link", "kim"):
        assert shown in page
    assert re.findall(r'<p class="own-buttons"><button>([^<]+)<', page) == ["Approve"]
    assert "private.example" not in page
    assert "203.0.113.7" not in page
    assert response["X-Robots-Tag"] == "noindex"
    assert response["Referrer-Policy"] == "strict-origin"
    assert "no-store" in response["Cache-Control"]
    assert response.cookies == {}


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_mail_scanner_changes_nothing(client, comment, moderator, method):
    for verb in ("approve", "spam", "trash"):
        assert getattr(client, method)(page_of(comment, moderator, verb)).status_code == 200
    assert status_of(comment) == Status.PENDING
    assert StatusChange.objects.count() == 1


@pytest.mark.parametrize(
    ("verb", "status"),
    [("approve", Status.APPROVED), ("spam", Status.SPAM), ("trash", Status.TRASH)],
)
def test_the_button_decides_as_the_moderator(client, desk, comment, moderator, verb, status):
    page, stranger = page_of(comment, moderator, verb), Client()
    response = press(stranger, page)
    assert (response.status_code, response["Location"]) == (302, page)
    assert status_of(comment) == status
    step = StatusChange.objects.latest("pk")
    assert (step.by, step.source) == (moderator, "moderator")
    assert step.reason == "from a mail: links: 1 link"
    assert "Done: it is" in said(stranger.get(page))
    assert stranger.cookies == {}
    history = said(desk.get(f"/moderation/{comment.pk}/receipt/"))
    assert "from a mail" in history


def test_it_counts_and_owes_as_at_the_desk(client, comment, moderator, article):
    press(client, page_of(comment, moderator, "spam"))
    assert StatusChange.objects.latest("pk").feedback == "spam"
    press(client, page_of(comment, moderator, "spam"), undo="1")
    press(client, page_of(Comment.objects.get(), moderator, "approve"))
    article.refresh_from_db()
    assert article.comment_count == 1


def test_it_works_once(client, comment, moderator):
    page = page_of(comment, moderator)
    press(client, page)
    again = client.post(page, headers=SAME)
    assert again.status_code == 409
    assert "decided by kim" in said(again)
    assert "Nothing was changed." in said(again)
    assert StatusChange.objects.count() == 2


def test_who_was_slower_reads_who_decided(client, comment, moderator):
    other = User.objects.create_user("max", is_staff=True)
    page = page_of(comment, moderator)
    shown = client.get(page)
    moderation.spam(comment, by=other, seen=Status.PENDING)
    response = client.post(page, headers=SAME)
    assert response.status_code == 409
    assert status_of(comment) == Status.SPAM
    for answer in (response, client.get(page)):
        assert "decided by max" in said(answer)
        assert BUTTON not in said(answer)
    assert shown.status_code == 200


def test_what_went_and_came_back_is_not_what_was_mailed(client, comment, moderator):
    page = page_of(comment, moderator)
    moderation.trash(comment, by=moderator, seen=Status.PENDING)
    moderation.restore(comment, by=moderator, seen=Status.TRASH)
    assert press(client, page).status_code == 409
    assert status_of(comment) == Status.PENDING


def test_a_text_that_changed_is_read_once_more(client, comment, moderator):
    page = page_of(comment, moderator)
    form = re.search(r'name="version" value="([^"]*)"', said(client.get(page)))
    moderation.revise(comment, "Now it says this.", by=moderator, seen=None)
    response = client.post(page, {"version": form[1]}, headers=SAME)
    assert response.status_code == 409
    assert "Its text was changed meanwhile" in said(response)
    assert "Now it says this." in said(response)
    assert status_of(comment) == Status.PENDING
    assert press(client, page).status_code == 302


# --- undo ---------------------------------------------------------------------------------------


def test_a_slip_is_taken_back(client, comment, moderator):
    page = page_of(comment, moderator, "spam")
    press(client, page)
    assert 'name="undo"' in said(client.get(page))
    assert press(client, page, undo="1").status_code == 302
    comment.refresh_from_db()
    assert (comment.status, comment.held_for, comment.held_detail) == (
        Status.PENDING, HeldFor.LINKS, "1 link",
    )  # fmt: skip
    page = said(client.get(page))
    assert BUTTON not in page, "the mail's word was used"
    assert "It is in the queue again." in page


def test_what_was_decided_from_a_mail_is_undone_at_the_desk(desk, comment, moderator):
    press(Client(), page_of(comment, moderator, "approve"))
    desk.post(f"/moderation/{comment.pk}/undo/", {f"seen-{comment.pk}": "approved"})
    comment.refresh_from_db()
    assert (comment.status, comment.held_for) == (Status.PENDING, HeldFor.LINKS)


@pytest.mark.parametrize("case", ["too late", "decided at the desk", "by another"])
def test_nothing_else_is_taken_back(client, comment, moderator, case):
    page = page_of(comment, moderator, "spam")
    other = User.objects.create_user("max", is_staff=True)
    if case == "too late":
        press(client, page)
        StatusChange.objects.update(at=timezone.now() - timedelta(minutes=11))
    elif case == "decided at the desk":
        moderation.spam(comment, by=moderator, seen=Status.PENDING)
    else:
        press(client, page_of(comment, moderator_like(moderator, other), "spam"))
    assert 'name="undo"' not in said(client.get(page))
    assert client.post(page, {"undo": "1"}, headers=SAME).status_code == 409
    assert status_of(comment) == Status.SPAM


def moderator_like(moderator, other):
    other.groups.set(moderator.groups.all())
    return other


# --- refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", ["right", "login", "user"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_may_not_decide_any_more(client, comment, moderator, lost, method):
    page = page_of(comment, moderator)
    if lost == "right":
        moderator.groups.clear()
    elif lost == "login":
        User.objects.update(is_active=False)
    else:
        moderator.delete()
    response = getattr(client, method)(page)
    assert response.status_code == 403
    assert "Margins" not in said(response)
    assert "/moderation/" in said(response)
    assert status_of(comment) == Status.PENDING


def test_an_author_decides_on_their_own_articles_alone(client, comment):
    user = User.objects.create_user("ines", is_staff=True)
    Author.objects.update(user=user)
    page = page_of(comment, user)
    assert client.get(page).status_code == 403, "authors do not moderate"
    Discussion(authors_moderate=True).save()
    assert client.get(page).status_code == 200
    Author.objects.update(user=None)
    assert press(client, page).status_code == 403
    Author.objects.update(user=user)
    assert press(client, page).status_code == 302
    assert StatusChange.objects.latest("pk").by == user


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}]
)
def test_another_site_cannot_press_it(client, comment, moderator, headers):
    response = press(client, page_of(comment, moderator), headers=headers)
    assert response.status_code == 403
    assert "from another site" in said(response)
    assert status_of(comment) == Status.PENDING


def test_after_seven_days_it_leads_to_the_desk(client, comment, moderator):
    page = page_of(comment, moderator)
    for days, status in ((6.9, 200), (7.1, 410)):
        later = timezone.now().timestamp() + days * tokens.DAY
        with patch("time.time", return_value=later):
            response = client.get(page)
            assert response.status_code == status
    with patch("time.time", return_value=later):
        assert client.post(page, headers=SAME).status_code == 410
    assert "This link has expired." in said(response)
    assert 'href="/moderation/"' in said(response)
    assert status_of(comment) == Status.PENDING


def test_what_is_gone_leads_to_the_desk(client, comment, moderator):
    page = page_of(comment, moderator)
    comment.delete()
    response = client.get(page)
    assert response.status_code == 410
    assert "This comment is gone." in said(response)


@pytest.mark.parametrize("kind", [tokens.MANAGE, tokens.DIGEST_OFF, tokens.CONFIRM])
def test_a_token_for_something_else_is_none(client, comment, moderator, kind):
    value = [comment.pk, moderator.pk, "approve", comment.since.isoformat()]
    assert client.post(f"/moderation/mailed/{kind.make(value)}/").status_code == 404
    assert status_of(comment) == Status.PENDING


def test_a_database_that_fails_says_so(client, comment, moderator):
    page = page_of(comment, moderator)
    with patch("comments.moderation.decide", side_effect=OperationalError):
        response = press(client, page)
    assert response.status_code == 503
    assert "Retry-After" in response


def test_the_page_takes_few_queries(client, comment, moderator, count_queries):
    assert len(count_queries(client.get, page_of(comment, moderator))) <= 8


def test_the_token_stays_out_of_the_log(comment, moderator):
    from config.logs import mask

    page = page_of(comment, moderator)
    token = page.split("/")[3]
    for line in (f"GET {page}", f"GET {page[:-30]}", f"GET /moderation/no-mail/{token[:12]}"):
        assert token[:12] not in mask(line)
    assert mask("GET /moderation/bulk/approve/") == "GET /moderation/bulk/approve/"
