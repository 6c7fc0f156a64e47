"""How one article takes comments, set by moderators at the desk, and what each setting does."""

import threading
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.utils import timezone

from articles import generation
from articles.models import Article
from comments import standing
from comments.models import Comment, Discussion, Submission
from comments.status import HeldFor, Verdict


def page_of(article):
    return f"/moderation/articles/{article.pk}/"


def said(response):
    return response.content.decode()


def switches(article):
    article.refresh_from_db()
    return article.comments_open, article.comments_held, article.comments_slow_minutes


def put(desk, article, mode="open", slow="", seen=None):
    if seen is None:
        seen = desk.get(page_of(article)).context["version"]
    data = {"mode": mode, "slow_minutes": slow, "seen": seen}
    return desk.post(page_of(article), data)


MOVES = [
    ("held", "", (True, True, 0), "open → held"),
    ("closed", "", (False, False, 0), "open → closed"),
    ("open", "10", (True, False, 10), "open → open, slow mode 10 min"),
    ("held", "1440", (True, True, 1440), "open → held, slow mode 1440 min"),
]


@pytest.mark.parametrize(("mode", "slow", "stored", "done"), MOVES)
def test_a_moderator_sets_how_an_article_takes_comments(
    desk, moderator, article, mode, slow, stored, done
):
    assert not moderator.has_perm("articles.change_article")
    updated = article.updated_at
    response = put(desk, article, mode, slow)
    assert response.status_code == 302
    assert switches(article) == stored
    assert article.updated_at == updated
    page = desk.get(response["Location"])
    assert done in said(page)
    assert f'value="{mode}" required checked' in said(page)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (moderator, str(article.pk))
    assert entry.change_message == f"Comments: {done}"


def test_it_is_undone_as_easily(desk, article):
    for mode in ("closed", "held", "closed", "open"):
        assert put(desk, article, mode).status_code == 302
    assert switches(article) == (True, False, 0)
    assert LogEntry.objects.count() == 4


def test_what_is_as_it_was_is_not_noted(desk, article):
    page = desk.get(put(desk, article)["Location"])
    assert "nothing was changed" in said(page)
    assert "Nobody has changed this from the desk yet." in said(page)
    assert not LogEntry.objects.exists()


def test_readers_see_it_at_once(desk, client, article, django_capture_on_commit_callbacks):
    before = generation.Generation().current()
    with django_capture_on_commit_callbacks(execute=True):
        put(desk, article, "closed")
    assert generation.Generation().current() != before
    assert "Comments are closed." in said(Client().get(article.get_absolute_url()))


@pytest.mark.parametrize(
    ("mode", "slow", "error"),
    [
        ("", "", "Please choose one."),
        ("nonsense", "", "Please choose one of these."),
        ("open", "-1", "0 or more, please."),
        ("open", "1441", "At most 1440 minutes: a day."),
        ("open", "a while", "Whole minutes, please."),
        ("open", "9" * 30, "At most 1440 minutes: a day."),
    ],
)
def test_what_cannot_be_set_is_refused_and_kept(desk, article, mode, slow, error):
    response = put(desk, article, mode, slow)
    assert response.status_code == 422
    assert error in said(response)
    if slow:
        assert f'value="{slow}"' in said(response)
    assert switches(article) == (True, False, 0)
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("seen", ["", "nonsense", "11-0", "10-5"])
def test_a_stale_form_is_refused_and_shows_what_is(desk, article, seen):
    response = put(desk, article, "closed", seen=seen)
    assert response.status_code == 409
    assert "Somebody set this article meanwhile." in said(response)
    assert 'value="open" required checked' in said(response)
    assert switches(article) == (True, False, 0)
    assert put(desk, article, "closed").status_code == 302


@pytest.mark.parametrize("days_ago", [None, -1])
def test_what_is_not_published_is_not_named(desk, make_article, days_ago):
    hidden = make_article("A secret plan", days_ago=days_ago)
    assert desk.get(page_of(hidden)).status_code == 404
    assert desk.post(page_of(hidden), {"mode": "closed"}).status_code == 404
    assert desk.get("/moderation/articles/999/").status_code == 404
    assert desk.get(f"/moderation/articles/{2**70}/").status_code == 404


def test_a_form_of_another_site_sets_nothing(moderator, article):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(moderator)
    assert put(strict, article, "closed").status_code == 403
    assert switches(article) == (True, False, 0)


def test_what_editors_did_to_the_article_is_not_told(desk, article, editor):
    LogEntry.objects.log_actions(editor.pk, [article], 2, "Secret plans changed.")
    assert "Secret plans" not in said(desk.get(page_of(article)))


@pytest.mark.parametrize(
    ("tuned", "told"),
    [
        ({}, "The site’s settings hold every comment anyway."),
        ({"trust_known_writers": True}, ""),
        (
            {"trust_known_writers": True, "akismet_log_only": True},
            "The site’s settings hold every comment anyway.",
        ),
        ({"close_after_days": 14}, "The site closes comments 14 days after publication"),
    ],
)
def test_settings_of_the_site_that_weigh_more_are_told(desk, make_article, tuned, told):
    Discussion(**tuned).save()
    page = said(desk.get(page_of(make_article("Old", days_ago=15))))
    for each in ("settings hold every", "The site closes comments"):
        assert (each in page) is (each in told)


def test_any_number_of_changes_costs_as_much(desk, article, count_queries):
    put(desk, article, "held")
    desk.get(page_of(article))
    one = len(count_queries(desk.get, page_of(article)))
    for number in range(1, 21):
        put(desk, article, "held", str(number))
    desk.get(page_of(article))  # says what was done last
    page = desk.get(page_of(article))
    assert said(page).count(" → ") == 10
    assert len(count_queries(desk.get, page_of(article))) == one <= 7


@pytest.mark.django_db(transaction=True)
def test_of_two_moderators_at_once_one_is_told(make_article, django_user_model):
    article = make_article("Hot")
    chief = django_user_model.objects.create_superuser("chief")
    clients = [Client(), Client()]
    for each in clients:
        each.force_login(chief)
    barrier, answers = threading.Barrier(2), []

    def send(client, mode):
        barrier.wait(10)
        answers.append(put(client, article, mode, seen="10-0").status_code)
        connections.close_all()

    threads = [
        threading.Thread(target=send, args=each)
        for each in zip(clients, ("held", "closed"), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [302, 409]
    assert LogEntry.objects.count() == 1


# --- held -----------------------------------------------------------------------------------


@pytest.fixture
def known(akismet, make_comment):
    """A site that publishes known writers at once, and one of them."""
    Discussion(
        trust_known_writers=True, flood_seconds=0, flood_per_minute=0, flood_per_hour=0
    ).save()
    then = timezone.now() - timedelta(days=30)
    return make_comment("Long ago.", email="rosa@example.com", created_at=then, since=then)


def judged(post_comment, *, proven=True, to=None, text="A thought."):
    assert post_comment(email="rosa@example.com", to=to, text=text).status_code == 302
    comment = Comment.objects.latest("pk")
    if proven:
        Submission.objects.filter(pk=comment.pk).update(confirmed_at=timezone.now())
    call_command("work", once=True)
    comment.refresh_from_db()
    return comment


def hold(article, held=True):
    Article.objects.filter(pk=article.pk).update(comments_held=held)


def test_on_a_held_article_known_writers_wait_too(known, post_comment, article, make_article):
    hold(article)
    comment = judged(post_comment)
    assert (comment.status, comment.held_for) == ("pending", HeldFor.POLICY)
    assert comment.held_detail == "on this article"
    elsewhere = judged(post_comment, to=make_article("Another"), text="Another thought.")
    assert elsewhere.status == "approved"
    hold(article, held=False)
    assert judged(post_comment, text="A third.").status == "approved"


def test_what_was_posted_before_waits_too_if_it_is_judged_afterwards(known, post_comment, article):
    post_comment(email="rosa@example.com")
    Submission.objects.update(confirmed_at=timezone.now())
    hold(article)
    call_command("work", once=True)
    assert Comment.objects.latest("pk").status == "pending"


def test_confirming_an_address_does_not_publish_on_a_held_article(known, post_comment, article):
    comment = judged(post_comment, proven=False)
    assert comment.held_for == HeldFor.UNCONFIRMED
    Submission.objects.filter(pk=comment.pk).update(confirmed_at=timezone.now())
    hold(article)
    assert standing.release_if_trusted(comment) is False
    hold(article, held=False)
    assert standing.release_if_trusted(comment) is True


def test_staff_do_not_wait_on_a_held_article(post_comment, article, client, editor):
    hold(article)
    client.force_login(editor)
    post_comment()
    comment = Comment.objects.get()
    assert (comment.status, comment.verdict) == ("approved", Verdict.EXEMPT)
