"""Many at once: decide, delete for good, empty a shelf, and take a decision back."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from comments import moderation
from comments.models import Address, Check, Comment, Mail, StatusChange, Submission, Tally, Thread
from comments.moderation import Seen
from comments.status import VERBS
from tests.comments.test_desk import text_of

UNDO = "/moderation/bulk/undo/"


def form(*comments, ticked=True, **fields):
    """What the list's form sends, as the comments are now."""
    data = {"tab": "queue", "view": "", "shown": [each.pk for each in comments], **fields}
    if ticked:
        data["pk"] = [each.pk for each in comments]
    for each in comments:
        data[f"seen-{each.pk}"] = each.status
        data[f"since-{each.pk}"] = each.since.isoformat()
    return data


def states(*comments):
    return [Comment.objects.get(pk=each.pk).status for each in comments]


# --- decide -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "old", "new", "public"),
    [
        ("approve", "pending", "approved", 3),
        ("approve", "spam", "approved", 3),
        ("hold", "approved", "pending", 0),
        ("spam", "approved", "spam", 0),
        ("trash", "submitted", "trash", 0),
        ("restore", "trash", "submitted", 0),
    ],
)
def test_a_verb_for_all_that_are_ticked(desk, moderator, make_comment, verb, old, new, public):
    opener = make_comment("Opens.", status=old)
    comments = [opener, make_comment("Below.", status=old, parent=opener)]
    comments.append(make_comment("Other.", status=old))
    left = make_comment("Not ticked.", status=old)
    response = desk.post(f"/moderation/bulk/{verb}/", form(*comments))

    assert response["Location"] == "/moderation/queue/"
    assert states(*comments, left) == [new] * 3 + [old]
    for comment in comments:
        step = comment.changes.last()
        assert (step.old, step.new, step.by, step.source) == (old, new, moderator, "moderator")
        comment.refresh_from_db()
        assert comment.since == Comment.objects.get(pk=comment.pk).since > left.since
    opener.article.refresh_from_db()
    assert opener.article.comment_count == public + (old == "approved")
    threads = dict(Thread.objects.filter(size__gt=0).values_list("pk", "size"))
    still = {left.pk: 1} if old == "approved" else {}
    assert threads == ({opener.pk: 2, comments[2].pk: 1} if public else {}) | still
    assert f"3 comments: {VERBS[verb].done}." in text_of(desk.get("/moderation/"))


def test_many_are_as_if_each_had_been_decided_alone(make_comment, moderator):
    """The same rows but for numbers and times, whichever way they were decided."""
    made = []
    for _turn in range(2):
        comments = [
            make_comment("Held.", status="pending", held_for="links", held_detail="3"),
            make_comment("Believed spam.", status="spam", verdict="spam"),
            make_comment("Unchecked.", status="submitted"),
            make_comment("Told.", status="spam", verdict="ham"),
            make_comment("No key.", status="spam", verdict="spam"),
        ]
        StatusChange.objects.create(
            comment=comments[3], old="pending", new="spam", source="moderator",
            feedback="spam", feedback_at=timezone.now(),
        )  # fmt: skip
        Check.objects.create(comment=comments[4], error="no_key")
        made.append(comments)
    alone, together = made
    for comment in alone:
        moderation.decide(VERBS["approve"], comment, by=moderator, seen=comment.status)
    seen = [Seen(each.pk, each.status, each.since) for each in together]
    assert not moderation.decide_many(VERBS["approve"], seen, by=moderator).refused

    def rows(comments):
        fields = ("status", "verdict", "held_for", "held_detail", "check_due")
        pks = [each.pk for each in comments]
        steps = StatusChange.objects.filter(comment__in=pks).order_by("comment", "pk")
        return (
            list(Comment.objects.filter(pk__in=pks).order_by("pk").values_list(*fields)),
            [
                (pks.index(pk), *step, due is None)
                for pk, due, *step in steps.values_list(
                    "comment", "feedback_due", "old", "new", "by", "source", "reason", "feedback"
                )
            ],
        )

    assert rows(alone) == rows(together)
    assert [step[-2] for step in rows(together)[1] if step[2] == "approved"] == [
        "", "ham", "", "ham", "",
    ]  # fmt: skip


def test_followers_are_told_of_each_reply_that_became_public(make_comment, moderator, settings):
    settings.MAIL_ENABLED = True
    above = make_comment("Above.", email="follower@example.com")
    Submission.objects.filter(pk=above.pk).update(notify=True)
    Address.objects.create(email="follower@example.com", confirmed_at=timezone.now())
    replies = [
        make_comment(f"{n}", status="pending", parent=above, email=f"{n}@example.com")
        for n in range(2)
    ]
    seen = [Seen(each.pk, "pending", each.since) for each in replies]
    moderation.decide_many(VERBS["approve"], seen, by=moderator)
    told = Mail.objects.filter(kind="reply").values_list("reply", flat=True)
    assert sorted(told) == [each.pk for each in replies]


def test_those_that_changed_meanwhile_are_named_and_left(desk, make_comment, editor):
    stale, fresh = make_comment(status="pending", name="Stella <b>"), make_comment(status="pending")
    data = form(stale, fresh)
    moderation.spam(stale, by=editor, seen="pending")
    desk.post("/moderation/bulk/approve/", data)
    said = text_of(desk.get("/moderation/"))
    assert "Stella &lt;b&gt;: Already “Spam”: decided by eddie" in said
    assert "1 comment: approved." in said
    assert states(stale, fresh) == ["spam", "approved"]


@pytest.mark.parametrize("address", ["/moderation/bulk/spam/", "/moderation/{}/spam/"])
def test_away_and_back_again_is_not_what_was_seen(desk, make_comment, editor, address):
    comment = make_comment(status="pending")
    data = form(comment)
    moderation.approve(comment, by=editor, seen="pending")
    moderation.hold(comment, by=editor, seen="approved")
    response = desk.post(address.format(comment.pk), data, follow=True)
    assert "Already “In the queue”: decided by eddie" in text_of(response)
    assert states(comment) == ["pending"]
    comment.refresh_from_db()
    desk.post(address.format(comment.pk), form(comment))
    assert states(comment) == ["spam"]


#: Moments that no clock in UTC can tell.
BEYOND = ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+14:00"]


@pytest.mark.parametrize("since", ["x", "2026-99-99T00:00:00+00:00", "0001-01-01", "\x00", *BEYOND])
def test_a_time_that_cannot_be_read_fits_no_comment(desk, make_comment, since):
    comment = make_comment(status="pending")
    data = form(comment) | {f"since-{comment.pk}": since}
    assert desk.post(f"/moderation/{comment.pk}/spam/", data).status_code == 409
    desk.post("/moderation/bulk/spam/", data)
    assert states(comment) == ["pending"]


def test_all_on_the_page_without_a_tick(desk, make_comment):
    comments = [make_comment(f"{n}", status="pending") for n in range(3)]
    later = make_comment("Later.", status="pending")
    desk.post("/moderation/bulk/trash/", form(*comments, ticked=False, all="on"))
    assert states(*comments, later) == ["trash"] * 3 + ["pending"]


def test_nothing_ticked_changes_nothing_and_says_so(desk, make_comment):
    comment = make_comment(status="pending")
    response = desk.post("/moderation/bulk/trash/", form(comment, ticked=False), follow=True)
    assert "tick the comments that you mean first" in text_of(response)
    assert states(comment) == ["pending"]


def test_what_its_writer_took_away_is_not_restored(desk, make_comment):
    comment = make_comment(status="trash", withdrawn_at=timezone.now())
    desk.post("/moderation/bulk/restore/", form(comment))
    assert states(comment) == ["trash"]


@pytest.mark.parametrize(
    "address", ["bulk/approve/", "delete/", "empty/spam/", "1/undo/", "1/delete/"]
)
def test_only_a_moderators_post_does_anything(desk, client, editor, make_comment, address):
    comment = make_comment(status="spam")
    path = "/moderation/" + address.replace("1", str(comment.pk))
    data = form(comment, sure="1", until=timezone.now().isoformat())
    assert desk.get(path)["Location"] == "/moderation/"
    desk.logout()
    assert desk.post(path, data)["Location"].startswith("/admin/login/")
    client.force_login(editor)
    assert client.post(path, data).status_code == 403
    assert states(comment) == ["spam"]


@pytest.mark.parametrize("verb", ["nonsense", "purge"])
def test_an_unknown_verb_is_no_page(desk, verb):
    assert desk.post(f"/moderation/bulk/{verb}/", {}).status_code == 404


def test_a_hundred_cost_hardly_more_than_one(moderator, make_article, make_comment):
    def cost(count):
        comments = [make_comment(f"{n}", status="pending") for n in range(count)]
        seen = [Seen(each.pk, "pending", each.since) for each in comments]
        with CaptureQueriesContext(connection) as captured:
            outcome = moderation.decide_many(VERBS["approve"], seen, by=moderator)
        assert len(outcome.done) == count
        return len(captured)

    one = cost(1)
    assert cost(60) == one <= 25


# --- undo ---------------------------------------------------------------------------------


#: A verb, and where what it decides about comes from.
DECISIONS = [
    ("approve", "pending"),
    ("approve", "submitted"),
    ("approve", "spam"),
    ("hold", "approved"),
    ("spam", "pending"),
    ("spam", "approved"),
    ("trash", "approved"),
    ("restore", "trash"),
]


@pytest.mark.parametrize(("verb", "old"), DECISIONS)
def test_undo_brings_everything_back(desk, make_comment, moderator, verb, old):
    verdict = {"spam": "spam", "submitted": "unchecked"}.get(old, "ham")
    comment = make_comment(status=old, verdict=verdict)
    if old == "pending":
        Comment.objects.update(held_for="links", held_detail="3 ≥ 2: many")
    before = Comment.objects.values("status", "verdict", "held_for", "held_detail").get()
    comment.article.refresh_from_db()
    count = comment.article.comment_count
    moderation.decide(VERBS[verb], comment, by=moderator, seen=old)
    comment.refresh_from_db()
    shown = desk.get("/moderation/all/").content.decode()
    assert f'formaction="/moderation/{comment.pk}/undo/"' in shown
    response = desk.post(f"/moderation/{comment.pk}/undo/", form(comment, tab="all"))

    assert response["Location"] == f"/moderation/all/#by-{comment.pk}"
    assert Comment.objects.values("status", "verdict", "held_for", "held_detail").get() == before
    comment.article.refresh_from_db()
    assert comment.article.comment_count == count
    step = comment.changes.last()
    assert (step.new, step.by, step.reason[:4]) == (old, moderator, "undo")
    assert not comment.changes.filter(feedback_due__isnull=False).exists()
    assert (Comment.objects.get().check_due is not None) == (old == "submitted")
    assert "Taken back: the comment by Rosa Reader is again" in text_of(desk.get("/moderation/"))


def test_an_undo_can_be_taken_back_too(desk, make_comment, moderator):
    comment = make_comment(status="pending", held_for="words", held_detail="lottery")
    moderation.approve(comment, by=moderator, seen="pending")
    for status, held in (("pending", "words"), ("approved", ""), ("pending", "words")):
        comment.refresh_from_db()
        desk.post(f"/moderation/{comment.pk}/undo/", form(comment))
        comment.refresh_from_db()
        assert (comment.status, comment.held_for) == (status, held)


def test_what_akismet_was_told_is_put_right(make_comment, moderator):
    comment = make_comment(status="approved")
    moderation.spam(comment, by=moderator, seen="approved")
    comment.changes.filter(feedback="spam").update(feedback_due=None, feedback_at=timezone.now())
    assert moderation.undo(comment, by=moderator, seen="spam") == "approved"
    assert comment.changes.last().feedback == "ham"


def test_only_a_moderators_last_word_is_taken_back(desk, make_comment, editor):
    comment = make_comment(status="pending")
    assert f"/{comment.pk}/undo/" not in desk.get("/moderation/").content.decode()
    response = desk.post(f"/moderation/{comment.pk}/undo/", form(comment))
    assert response.status_code == 409
    moderation.approve(comment, by=editor, seen="pending")
    stale = form(Comment.objects.get())
    moderation.spam(comment, by=editor, seen="approved")
    response = desk.post(f"/moderation/{comment.pk}/undo/", stale)
    assert response.status_code == 409
    assert "decided by eddie" in text_of(response)
    moderation.withdraw(comment, seen="spam")
    comment.refresh_from_db()
    assert desk.post(f"/moderation/{comment.pk}/undo/", form(comment)).status_code == 409
    assert states(comment) == ["trash"]


def test_after_a_decision_it_can_be_taken_back_from_the_notice(desk, make_comment):
    comment = make_comment(status="pending")
    page = desk.post(f"/moderation/{comment.pk}/spam/", form(comment), follow=True)
    comment.refresh_from_db()
    html = page.content.decode()
    assert f'action="/moderation/{comment.pk}/undo/"' in html
    assert f'name="since-{comment.pk}" value="{comment.since.isoformat()}"' in html
    assert f"/{comment.pk}/undo/" not in desk.get("/moderation/").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_after_a_bulk_decision_all_of_it_can_be_taken_back(desk, editor, make_comment, count):
    comments = [make_comment(f"{n}", status="pending") for n in range(count)]
    stale = make_comment("Stale.", status="pending")
    data = form(*comments, stale, tab="queue", view="order=oldest")
    moderation.approve(stale, by=editor, seen="pending")
    html = desk.post("/moderation/bulk/spam/", data, follow=True).content.decode()
    notice = html[html.index('class="notice notice-done"') :]
    notice = notice[: notice.index("</form>")]
    action = re.search(r'action="([^"]+)"', notice)[1]
    assert action == (f"/moderation/{comments[0].pk}/undo/" if count == 1 else UNDO)
    fields = re.findall(r'name="([^"]+)" value="([^"]*)"', notice)
    posted = {}
    for name, value in fields:
        posted.setdefault(name, []).append(unescape(value))
    assert sorted(posted["pk"]) == sorted(str(each.pk) for each in comments)
    assert posted["view"] == ["order=oldest"]
    after = desk.post(action, posted, follow=True)
    assert states(*comments, stale) == ["pending"] * count + ["approved"]
    assert "/undo/" not in after.content.decode().split("desk-list")[0].split("tabs")[0]


# --- delete for good ----------------------------------------------------------------------


@pytest.mark.parametrize("status", ["spam", "trash"])
def test_deleting_asks_first_and_leaves_a_note(desk, moderator, make_comment, status):
    comment, kept = (make_comment(text, status=status, name="Rosa <b>") for text in "ab")
    path = f"/moderation/{comment.pk}/delete/"
    assert path in desk.get(f"/moderation/{status}/").content.decode()
    asked = desk.post(path, form(comment, ticked=False))
    assert "Rosa &lt;b&gt;" in asked.content.decode()
    assert Comment.objects.count() == 2

    response = desk.post("/moderation/delete/", form(comment, sure="1", tab=status))
    assert response["Location"] == f"/moderation/{status}/"
    assert list(Comment.objects.all()) == [kept]
    assert "1 comment was deleted for good." in text_of(desk.get("/moderation/"))
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_repr) == (moderator, f"comment {comment.pk}")
    assert Tally.objects.get().what == f"{status}_deleted"


def test_only_spam_and_trash_as_they_were_seen_are_deleted(desk, make_comment, editor):
    public, rescued, owed = (make_comment(status=each) for each in ("approved", "spam", "trash"))
    data = form(public, rescued, owed, sure="1")
    moderation.approve(rescued, by=editor, seen="spam")
    owed.changes.update(feedback="spam", feedback_due=timezone.now())
    desk.post("/moderation/delete/", data)
    assert Comment.objects.count() == 3
    assert "/delete/" not in desk.get("/moderation/approved/").content.decode()
    assert not LogEntry.objects.exists()


def test_emptying_takes_only_what_lay_there_when_the_page_was_drawn(desk, moderator, make_comment):
    old = [make_comment(f"{n}", status="spam") for n in range(3)]
    page = desk.get("/moderation/spam/")
    until = page.context["now"]
    assert f'name="until" value="{until}"' in page.content.decode()
    newer, trash = make_comment("New.", status="spam"), make_comment(status="trash")
    asked = desk.post("/moderation/empty/spam/", {"until": until})
    assert "All 3 in Spam that lay there when you opened the page are deleted" in text_of(asked)
    assert Comment.objects.count() == 5
    response = desk.post("/moderation/empty/spam/", {"until": until, "sure": "1"})
    assert response["Location"] == "/moderation/spam/"
    assert set(Comment.objects.all()) == {newer, trash}
    assert not set(old) & set(Comment.objects.all())
    assert LogEntry.objects.get().object_repr == "3 comments of spam"
    assert Tally.objects.get().count == 3
    assert "3 comments were deleted for good." in text_of(desk.get("/moderation/"))


def test_emptying_goes_on_where_it_stopped(desk, make_comment, monkeypatch):
    monkeypatch.setattr("comments.desk.bulk.BATCH", 2)
    monkeypatch.setattr("comments.desk.bulk.PRESS", 2)
    for number in range(3):
        make_comment(f"{number}", status="trash")
    data = {"until": timezone.now().isoformat(), "sure": "1"}
    first = desk.post("/moderation/empty/trash/", data)
    assert "2 comments are gone. Left: 1." in text_of(first)
    assert desk.post("/moderation/empty/trash/", data).status_code == 302
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    "until", ["", "x", "2026-01-01", "2026-01-01T00:00:00", "future", BEYOND[1]]
)
def test_without_a_time_that_was_nothing_is_emptied(desk, make_comment, until):
    comment = make_comment(status="spam")
    if until == "future":
        until = (timezone.now() + timedelta(hours=1)).isoformat()
    desk.post("/moderation/empty/spam/", {"until": until, "sure": "1"})
    assert states(comment) == ["spam"]


def test_only_the_whole_shelf_is_offered_to_be_emptied(desk, make_comment):
    make_comment("Buy now.", status="spam", verdict="spam")
    make_comment("Other.", status="spam")
    for query in ("", "?order=oldest"):
        assert "Empty spam" in desk.get(f"/moderation/spam/{query}").content.decode()
    for query in ("?q=buy", "?verdict=spam", "?first=x", "?verdict=x"):
        page = desk.get(f"/moderation/spam/{query}").content.decode()
        assert 'id="card-' in page
        assert "Empty spam" not in page
    assert "Empty spam" not in desk.get("/moderation/all/").content.decode()


@pytest.mark.parametrize("name", ["queue", "approved", "all", "reported", "nonsense"])
def test_only_two_shelves_can_be_emptied(desk, name):
    data = {"until": timezone.now().isoformat(), "sure": "1"}
    assert desk.post(f"/moderation/empty/{name}/", data).status_code == 404
