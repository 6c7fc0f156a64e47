"""Checking the queue again: what is asked about, what becomes of it, and the stop."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from comments import moderation, recheck
from comments.models import Check, Comment, Discussion, StatusChange, Submission

ADDRESS = "/moderation/akismet/recheck/"


def work():
    call_command("work", once=True)


def state(comment):
    comment.refresh_from_db()
    return comment.status, comment.verdict, comment.held_for


@pytest.fixture
def waiting(make_comment):
    """A comment that Akismet let pass and a rule holds."""
    return make_comment(status="pending", held_for="links", held_detail="2 links")


def test_what_is_spam_now_leaves_the_queue_and_the_rest_stays(akismet, desk, make_comment, waiting):
    late = make_comment("Late spam", status="pending", name="akismet-guaranteed-spam")
    response = desk.post(ADDRESS)
    assert response["Location"] == "/moderation/akismet/?of=2#recheck"
    work()

    assert state(waiting) == ("pending", "ham", "links")
    assert waiting.held_detail == "2 links"
    assert waiting.check_due is None
    assert state(late)[:2] == ("spam", "spam")
    step = StatusChange.objects.latest("pk")
    assert (step.comment, step.old, step.new, step.source) == (late, "pending", "spam", "akismet")
    calls = akismet.calls("comment-check")
    assert [call.params["recheck_reason"] for call in calls] == ["recheck_queue"] * 2


@pytest.mark.parametrize("held_for", ["moderator", "reported", "edited", "links"])
def test_it_publishes_nothing_that_waits_for_a_person(akismet, make_comment, held_for):
    Discussion(trust_known_writers=True, hold_scams=False).save()
    for name in ("One", "Two"):
        make_comment(name)
    Submission.objects.update(confirmed_at=timezone.now())
    comment = make_comment("Three", status="pending", held_for=held_for)
    Submission.objects.update(confirmed_at=timezone.now())
    assert recheck.begin() == 1
    work()
    assert state(comment) == ("pending", "ham", held_for)


def test_without_an_answer_it_stays_as_it_is_and_is_tried_again(akismet, waiting):
    recheck.begin()
    akismet.script([{"status": 503}])
    work()
    assert state(waiting) == ("pending", "ham", "links")
    assert waiting.check_due > timezone.now() + timedelta(seconds=50)
    Comment.objects.update(check_due=timezone.now())
    work()
    assert akismet.calls("comment-check")[-1].params["recheck_reason"] == "retry"
    assert state(waiting) == ("pending", "ham", "links")


def test_a_hundred_at_a_time_are_due(make_comment, waiting):
    first = waiting
    rows = [
        Comment(
            article=first.article, name="R", text=f"{n}", html="", status="pending", verdict="ham"
        )
        for n in range(recheck.STEP)
    ]
    for comment in Comment.objects.bulk_create(rows):
        Submission.objects.create(comment=comment, email=f"{comment.pk}@example.com")
    assert recheck.begin() == recheck.STEP + 1
    assert Comment.objects.due_for_check().count() == recheck.STEP
    last = Comment.objects.order_by("check_due", "pk").last()
    assert last.check_due - first_due() == recheck.STEP_EVERY
    assert recheck.left() == recheck.STEP + 1
    assert recheck.begin() == 0  # pressed twice


def first_due():
    return Comment.objects.order_by("check_due").first().check_due


def test_the_bound_takes_the_oldest(make_comment, waiting):
    newer = make_comment("Newer", status="pending")
    assert recheck.begin(1) == 1
    waiting.refresh_from_db()
    newer.refresh_from_db()
    assert waiting.check_due is not None
    assert newer.check_due is None


def test_stopped_it_asks_about_no_more(akismet, desk, make_comment, waiting):
    handed_over = make_comment("Handed over", status="pending", verdict="unavailable")
    retried = make_comment(
        "Tried", status="pending", verdict="unavailable", held_for="unavailable",
        check_attempts=3, check_due=timezone.now(),
    )  # fmt: skip
    recheck.begin()
    response = desk.post("/moderation/akismet/recheck/stop/", follow=True)
    assert "Stopped: 2 comments stay as they are." in response.content.decode()
    for comment in (waiting, handed_over):
        comment.refresh_from_db()
        assert comment.check_due is None
    retried.refresh_from_db()
    assert retried.check_due is not None


def test_stopped_it_does_not_try_once_more_what_was_not_answered(akismet, desk, make_comment):
    comment = make_comment("Links", status="pending", held_for="links")
    recheck.begin()
    akismet.script([{"status": 503}])
    work()
    comment.refresh_from_db()
    assert (comment.check_attempts, comment.check_due is None) == (1, False)
    assert recheck.left() == 1
    page = desk.post("/moderation/akismet/recheck/stop/", follow=True)
    assert "Stopped: 1 comment stays as it is." in page.content.decode()
    comment.refresh_from_db()
    assert comment.check_due is None
    assert (comment.status, comment.held_for) == ("pending", "links")


def test_some_are_never_shown_to_akismet(make_comment, waiting):
    make_comment("Import", status="pending", verdict="exempt")
    promised = make_comment("No key then", status="pending", verdict="unavailable")
    Check.objects.create(comment=promised, error="no_key")
    erased = make_comment("Erased", status="pending")
    Submission.objects.filter(pk=erased.pk).update(email_hash="")
    make_comment("Public")
    assert recheck.begin() == 1
    waiting.refresh_from_db()
    assert waiting.check_due is not None


def test_decided_meanwhile_it_is_not_asked_about(akismet, moderator, waiting):
    recheck.begin()
    moderation.approve(waiting, by=moderator, seen="pending")
    work()
    assert akismet.log == []
    assert state(waiting)[0] == "approved"


def test_after_an_outage_the_steps_stay_steps(akismet, make_comment, waiting):
    from comments.worker import FAILURES_TO_PROBE, Worker

    recheck.begin()
    far = timezone.now() + timedelta(minutes=30)
    Comment.objects.update(check_due=far)
    retried = make_comment("Tried", status="submitted", check_attempts=3, check_due=far)
    worker = Worker(None)
    worker._failures_in_row = FAILURES_TO_PROBE
    worker._all_well()
    waiting.refresh_from_db()
    retried.refresh_from_db()
    assert waiting.check_due == far
    assert retried.check_due <= timezone.now()


@pytest.mark.parametrize("address", [ADDRESS, "/moderation/akismet/recheck/stop/"])
def test_only_moderators_and_only_a_button(client, editor, desk_free, waiting, address):
    assert client.post(address)["Location"].startswith("/admin/login/")
    client.force_login(editor)
    assert client.post(address).status_code == 403
    assert desk_free.get(address).status_code == 405
    assert recheck.left() == 0


@pytest.fixture
def desk_free(moderator):
    from django.test import Client

    browser = Client()
    browser.force_login(moderator)
    return browser


def test_without_a_key_there_is_nobody_to_ask(desk, settings, waiting):
    settings.AKISMET_API_KEY = ""
    response = desk.post(ADDRESS, follow=True)
    assert "There is nothing in the queue that may be checked again." in response.content.decode()
    assert recheck.left() == 0
    with pytest.raises(CommandError, match="nobody to ask"):
        call_command("recheck_comments")


def test_the_same_from_a_terminal(capsys, waiting):
    call_command("recheck_comments")
    call_command("recheck_comments", left=True)
    call_command("recheck_comments", stop=True)
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "1 will be asked about by the worker, 100 every 10 s.",
        "1 are still to be asked about.",
        "Stopped: 1 stay as they are.",
    ]
    with pytest.raises(CommandError, match="1 or more"):
        call_command("recheck_comments", most=0)
