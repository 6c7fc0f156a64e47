"""Decisions about many that are taken back, and what cannot be deleted yet: in a few queries."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from comments import moderation
from comments.models import Comment, StatusChange, Thread
from comments.moderation import Seen
from comments.status import VERBS
from tests.comments.test_desk import text_of
from tests.comments.test_desk_bulk import DECISIONS, form, states


def now_of(*comments):
    return list(Comment.objects.filter(pk__in=[each.pk for each in comments]).order_by("pk"))


def seen_of(*comments):
    return [Seen(each.pk, each.status, each.since) for each in now_of(*comments)]


def traces(comment):
    """All that a decision and its undo leave of a comment, but for numbers and times."""
    columns = ("status", "verdict", "held_for", "held_detail", "article__comment_count")
    row = Comment.objects.filter(pk=comment.pk).values_list(*columns).get()
    due = Comment.objects.get(pk=comment.pk).check_due is not None
    steps = comment.changes.order_by("pk").values_list("old", "new", "by", "source", "reason")
    owed = [
        (step.feedback, step.feedback_due is not None, step.feedback_at is not None)
        for step in comment.changes.order_by("pk")
    ]
    threads = Thread.objects.filter(article=comment.article_id).values_list("size", flat=True)
    return row, due, list(steps), owed, sorted(threads)


@pytest.mark.parametrize(("verb", "old"), DECISIONS)
@pytest.mark.parametrize("told", [False, True])
def test_many_are_as_if_each_had_been_taken_back_alone(
    make_article, make_comment, moderator, verb, old, told
):
    verdict = {"spam": "spam", "submitted": "unchecked"}.get(old, "ham")
    found = []
    for way in range(2):
        on = {"article": make_article(f"{way}"), "status": old, "verdict": verdict}
        opener = make_comment("Opens.", **on, held_for="links", held_detail="3 ≥ 2: many")
        found.append([opener, make_comment("Below.", **on, parent=opener)])
    everything = [each for pair in found for each in pair]
    moderation.decide_many(VERBS[verb], seen_of(*everything), by=moderator)
    if told:  # Akismet heard of it already
        StatusChange.objects.filter(feedback_due__isnull=False).update(
            feedback_due=None, feedback_at=timezone.now()
        )
    alone, together = found
    for comment in now_of(*alone):
        moderation.undo(comment, by=moderator, seen=comment.status, since=comment.since)
    outcome = moderation.undo_many(seen_of(*together), by=moderator)

    assert [each.pk for each in outcome.done] == [each.pk for each in together]
    assert not outcome.refused
    assert states(*together) == [old, old]
    assert [traces(each) for each in together] == [traces(each) for each in alone]


def test_each_waits_again_for_what_it_waited_for(desk, make_comment, moderator):
    links = make_comment(status="pending", held_for="links", held_detail="3 links")
    words = make_comment(status="pending", held_for="words", held_detail="casino")
    moderation.decide_many(VERBS["spam"], seen_of(links, words), by=moderator)
    desk.post("/moderation/bulk/undo/", form(*now_of(links, words)))
    assert [each.held_detail for each in now_of(links, words)] == ["3 links", "casino"]
    assert all(each.since > words.since for each in now_of(links, words))


def test_what_cannot_be_taken_back_is_named_and_left(desk, make_comment, moderator, editor):
    mine, taken, newer, rules, kept = (make_comment(str(n), status="pending") for n in range(5))
    moderation.decide_many(VERBS["approve"], seen_of(mine, taken, newer, kept), by=moderator)
    data = form(*now_of(mine, taken, newer, rules, kept))
    moderation.withdraw(taken, seen="approved")
    moderation.spam(newer, by=editor, seen="approved")
    Comment.objects.filter(pk=kept.pk).update(since=kept.since)
    moderation.keep(kept, by=editor, seen="approved")
    data |= {f"since-{kept.pk}": now_of(kept)[0].since.isoformat()}
    page = desk.post("/moderation/bulk/undo/", data, follow=True)

    assert states(mine, taken, newer, rules, kept) == [
        "pending",
        "trash",
        "spam",
        "pending",
        "approved",
    ]
    assert "decided by eddie" in text_of(page)
    assert mine.changes.last().reason == "undo"
    assert not rules.changes.filter(reason__startswith="undo").exists()


def test_what_its_writer_took_away_is_not_brought_back(desk, make_comment, moderator):
    comment = make_comment(status="pending")
    moderation.trash(comment, by=moderator, seen="pending")
    Comment.objects.update(withdrawn_at=timezone.now())
    desk.post("/moderation/bulk/undo/", form(*now_of(comment)))
    assert states(comment) == ["trash"]


def test_ticked_twice_it_is_taken_back_once(make_comment, moderator):
    comment = make_comment(status="pending")
    moderation.approve(comment, by=moderator, seen="pending")
    outcome = moderation.undo_many(seen_of(comment) * 2, by=moderator)
    assert (len(outcome.done), len(outcome.refused)) == (1, 0)
    assert comment.changes.filter(reason="undo").count() == 1


def cost(do):
    with CaptureQueriesContext(connection) as captured:
        outcome = do()
    return len(captured), outcome


def test_taking_a_hundred_back_costs_hardly_more_than_one(make_comment, moderator):
    def undo(count):
        comments = [make_comment(f"{n}", status="pending") for n in range(count)]
        for number, comment in enumerate(comments):
            detail = f"{number} links"
            Comment.objects.filter(pk=comment.pk).update(held_for="links", held_detail=detail)
        moderation.decide_many(VERBS["approve"], seen_of(*comments), by=moderator)
        seen = seen_of(*comments)
        queries, outcome = cost(lambda: moderation.undo_many(seen, by=moderator))
        assert len(outcome.done) == count
        return queries

    one = undo(1)
    assert undo(20) == one <= 25
    # SQLite takes so many values in a statement; a batch more is a query more.
    assert undo(100) <= one + 2


@pytest.mark.parametrize("what", ["decide", "undo", "delete"])
def test_a_hundred_refusals_cost_as_much_as_one(make_comment, moderator, what):
    ways = {
        "decide": lambda seen: moderation.decide_many(VERBS["spam"], seen, by=moderator),
        "undo": lambda seen: moderation.undo_many(seen, by=moderator),
        "delete": lambda seen: moderation.delete_many(seen, by=moderator),
    }

    def refuse(count):
        comments = [make_comment(f"{n}", status="approved") for n in range(count)]
        seen = [Seen(each.pk, "pending", each.since) for each in comments]
        queries, outcome = cost(lambda: ways[what](seen))
        assert len(outcome.refused) == count
        assert all("Already “Approved”" in str(each) for each in outcome.refused)
        return queries

    one = refuse(1)
    assert refuse(100) == refuse(1) <= one


# --- what cannot be deleted yet ----------------------------------------------------------------


@pytest.fixture
def owed(make_comment, moderator):
    """Spam that Akismet has to hear of first."""
    comment = make_comment("Owed.", status="approved")
    moderation.spam(comment, by=moderator, seen="approved")
    return comment


def test_what_akismet_has_to_hear_of_says_when_it_may_go(desk, owed):
    data = form(*now_of(owed), sure="1", tab="spam")
    said = text_of(desk.post(f"/moderation/{owed.pk}/delete/", data, follow=True))
    assert "Akismet has to hear of it first; that is due at " in said
    assert "decided by" not in said
    StatusChange.objects.update(feedback_due=timezone.now() - timedelta(minutes=1))
    said = text_of(desk.post(f"/moderation/{owed.pk}/delete/", data, follow=True))
    assert "Akismet has to hear of it first; that is due now." in said
    assert states(owed) == ["spam"]
    StatusChange.objects.update(feedback_due=None, feedback_at=timezone.now())
    desk.post(f"/moderation/{owed.pk}/delete/", data)
    assert not Comment.objects.exists()


@pytest.mark.parametrize("others", [0, 2])
def test_emptying_says_what_stays_and_why(desk, make_comment, owed, others):
    for number in range(others):
        make_comment(f"{number}", status="spam")
    until = desk.get("/moderation/spam/").context["now"]
    stays = "1 comment stays for now. Akismet has to hear of it first; that is due at "
    asked = text_of(desk.post("/moderation/empty/spam/", {"until": until}))
    assert stays in asked
    assert "There is nothing to delete." not in asked
    assert ("Nothing here can be deleted yet." in asked) == (not others)
    done = desk.post("/moderation/empty/spam/", {"until": until, "sure": "1"}, follow=True)
    assert stays in text_of(done)
    assert list(Comment.objects.all()) == [owed]


def test_an_empty_shelf_keeps_nothing(desk):
    asked = text_of(desk.post("/moderation/empty/spam/", {"until": timezone.now().isoformat()}))
    assert "There is nothing to delete." in asked
    assert "for now" not in asked


# --- numbers and days that no database takes ----------------------------------------------------


@pytest.mark.parametrize("number", [10**18, 2**63, 10**30])
@pytest.mark.parametrize("sure", [{}, {"sure": "1"}])
def test_a_number_that_no_database_takes_is_no_comment(desk, number, sure):
    assert desk.post(f"/moderation/{number}/delete/", sure).status_code == 404


@pytest.mark.parametrize("verb", ["approve", "keep", "undo", "edit", "reply", "reveal"])
def test_nor_is_it_for_a_script(desk, verb):
    address = f"/moderation/{10**30}/{verb}/"
    assert desk.post(address, headers={"Accept": "application/json"}).status_code == 404


@pytest.mark.parametrize("name", ["first", "last"])
@pytest.mark.parametrize(
    ("day", "is_told"), [("0001-01-01", True), ("9999-12-31", True), ("2999-12-31", False)]
)
def test_a_day_beyond_all_time_is_told(desk, make_comment, name, day, is_told):
    make_comment("A thought.", status="pending")
    response = desk.get(f"/moderation/?{name}={day}")
    assert response.status_code == 200
    assert ("Ensure this value is" in text_of(response)) == is_told
    assert response.context["filters"].any_wrong == is_told
