"""Rules on trial: what a change would have held, before it is saved."""

from datetime import timedelta

import pytest
from django.utils import timezone

from comments import trial
from comments.models import Comment, Discussion


def tick(response):
    return response.context["adminform"].form.tick


def outcome(response):
    return response.context["adminform"].form.outcome


CHANGES = [
    # what is set before, what is changed, the text that it finds, what is said of it
    ({}, {"hold_words": "moon"}, "To the MOON", "moon"),
    ({}, {"disallowed_words": "/mo+n/"}, "To the moooon", "/mo+n/"),
    ({"hold_words": "sun"}, {"hold_words": "sun\nmoon"}, "To the moon", "moon"),
    ({"links_to_hold": 2}, {"links_to_hold": "1"}, "https://a.example", "1 link"),
    (
        {"hold_scams": False},
        {"hold_scams": "on"},
        "Text me on WhatsApp +1 555 010 9999",
        "messenger: WhatsApp +1 555 010 9999",
    ),
]


@pytest.mark.parametrize(("before", "fields", "text", "said"), CHANGES)
def test_what_would_have_held_an_approved_comment_needs_a_tick(
    save_discussion, make_comment, before, fields, text, said
):
    Discussion(**before).save()
    comment = make_comment(text)
    make_comment("The sun shines.")
    make_comment(text, name="Another", status="spam")
    response = save_discussion(**fields)

    assert response.status_code == 200
    page = response.content.decode()
    assert "It would have held comments that were approved." in page
    found = outcome(response)
    assert (found.looked_at, found.held, found.approved, found.spam) == (3, 2, 1, 1)
    assert (comment, said) in found.found
    assert f"/moderation/{comment.pk}/receipt/" in page
    for name in fields:
        assert getattr(Discussion.load(), name) == getattr(Discussion(**before), name)

    assert save_discussion(**fields, trial_tick=tick(response)).status_code == 302
    for name in fields:
        assert getattr(Discussion.load(), name) != getattr(Discussion(**before), name)


def test_what_would_have_held_only_spam_is_saved_at_once(save_discussion, make_comment):
    make_comment("To the moon", status="spam")
    assert save_discussion(hold_words="moon").status_code == 302
    assert Discussion.load().hold_words == "moon"


@pytest.mark.parametrize(("line", "short"), [("ab", True), ("/a/", True), ("abc", False)])
def test_short_patterns_need_a_tick(save_discussion, line, short):
    response = save_discussion(hold_words=line)
    assert response.status_code == (200 if short else 302)
    assert Discussion.load().hold_words == ("" if short else line)
    if short:
        assert "Too short to mean anything" in response.content.decode()
        assert save_discussion(hold_words=line, trial_tick=tick(response)).status_code == 302
        assert Discussion.load().hold_words == line


def test_a_tick_is_good_for_one_change_only(save_discussion, make_comment):
    make_comment("To the moon and the sun")
    response = save_discussion(hold_words="moon")
    assert save_discussion(hold_words="moon\nsun", trial_tick=tick(response)).status_code == 200
    assert Discussion.load().hold_words == ""


def test_a_try_saves_nothing(save_discussion, make_comment):
    make_comment("To the moon", status="spam")
    response = save_discussion(hold_words="moon", _try="1")
    assert outcome(response).held == 1
    assert "Tried, and not saved." in response.content.decode()
    assert Discussion.load().hold_words == ""
    assert "Nothing to try" in save_discussion(_try="1").content.decode()


@pytest.mark.parametrize(
    ("before", "fields"),
    [
        ({"hold_words": "moon"}, {"hold_words": ""}),
        ({"hold_words": "moon\nsun"}, {"hold_words": "sun\nmoon"}),
        ({"links_to_hold": 1}, {"links_to_hold": "2"}),
        ({"hold_scams": True}, {"hold_scams": None}),
        ({}, {"spam_days": "14"}),
    ],
)
def test_what_is_not_stricter_is_not_tried(save_discussion, make_comment, before, fields):
    Discussion(**before).save()
    make_comment("To the moon: https://a.example")
    assert save_discussion(**fields).status_code == 302


def test_it_looks_at_readers_and_so_far_back(make_comment, moderator):
    make_comment("moon", created_at=timezone.now() - timedelta(days=trial.DAYS, hours=1))
    make_comment("moon", user=moderator)
    recent = make_comment("moon", created_at=timezone.now() - timedelta(days=trial.DAYS - 1))
    found = trial.run(trial.Change(words="moon"))
    assert (found.looked_at, found.held, found.stopped) == (1, 1, False)
    assert found.found == [(recent, "moon")]


def test_it_is_bounded_in_rows_time_and_lines(make_comment, monkeypatch):
    for number in range(6):
        make_comment(f"moon {number}")
    monkeypatch.setattr(trial, "ROWS", 5)
    monkeypatch.setattr(trial, "LISTED", 2)
    found = trial.run(trial.Change(words="moon"))
    assert (found.looked_at, found.held, len(found.found), found.stopped) == (5, 5, 2, True)
    assert found.found[0][0] == Comment.objects.latest("pk")
    monkeypatch.setattr(trial, "SECONDS", -1)
    found = trial.run(trial.Change(words="moon"))
    assert (found.looked_at, found.stopped) == (0, True)


def test_the_number_of_comments_adds_no_query(make_comment, count_queries):
    make_comment("moon")
    one = count_queries(trial.run, trial.Change(words="moon"))
    for number in range(20):
        make_comment(f"moon {number}")
    assert len(one) == len(count_queries(trial.run, trial.Change(words="moon"))) == 1
