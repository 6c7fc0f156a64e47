"""What moderators write: another text for a comment, and answers to it."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from comments import moderation
from comments.models import Comment, Discussion, Edit, StatusChange
from tests.comments.test_desk import text_of


def fields_of(response):
    """The hidden fields of the page's form for writing."""
    page = response.content.decode()
    form = page[page.index('class="own-form') :]
    return {
        unescape(name): unescape(value)
        for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)
    }


def write(client, comment, what, text, **fields):
    path = f"/moderation/{comment.pk}/{what}/"
    return client.post(path, fields_of(client.get(path + "?tab=all")) | {"text": text} | fields)


# --- edit ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["submitted", "pending", "approved", "spam", "trash"])
def test_an_edit_keeps_the_old_text_and_the_status(desk, moderator, make_comment, status):
    comment = make_comment("Bad word.", status=status)
    assert f"/moderation/{comment.pk}/edit/" in desk.get("/moderation/all/").content.decode()
    response = write(desk, comment, "edit", "<b>Good</b> word.")

    assert response["Location"] == f"/moderation/all/#by-{comment.pk}"
    old, edit = comment, Edit.objects.get()
    comment = Comment.objects.get()
    assert (comment.text, comment.html) == ("<b>Good</b> word.", "<p><b>Good</b> word.</p>")
    assert (comment.status, comment.since, comment.verdict) == (status, old.since, old.verdict)
    assert comment.edited_at
    assert (edit.text, edit.by) == ("Bad word.", moderator)
    assert StatusChange.objects.count() == 1
    text = text_of(desk.get("/moderation/all/"))
    assert "The comment by Rosa Reader was edited." in text
    assert "Edited kim Its text before" in text


def test_the_same_text_is_no_edit(desk, make_comment):
    comment = make_comment("As it was.")
    write(desk, comment, "edit", "As it was.")
    assert not Edit.objects.exists()
    assert Comment.objects.get().edited_at is None
    assert "is as it was" in text_of(desk.get("/moderation/"))


@pytest.mark.parametrize("what", ["edit", "reply"])
@pytest.mark.parametrize("text", ["", " \u200b ", "x" * 5001])
def test_what_cannot_be_a_comment_is_told_beside_the_field_and_kept(desk, make_comment, what, text):
    comment = make_comment("As it was.")
    response = write(desk, comment, what, text)
    assert response.status_code == 422
    page = response.content.decode()
    assert 'class="field-error"' in page
    assert 'aria-describedby="desk-text_error"' in page
    assert text in page
    assert Comment.objects.get().text == "As it was."


def test_an_edit_made_elsewhere_is_not_overwritten(desk, make_comment, moderator):
    comment = make_comment("First.")
    path = f"/moderation/{comment.pk}/edit/"
    fields = fields_of(desk.get(path))
    moderation.revise(comment, "Second.", by=moderator, seen=None)
    response = desk.post(path, fields | {"text": "Third."})
    assert response.status_code == 409
    assert "Somebody edited this meanwhile." in text_of(response)
    assert "Third." in response.content.decode()
    assert "<p>Second.</p>" in response.content.decode()
    assert Comment.objects.get().text == "Second."
    desk.post(path, fields_of(response) | {"text": "Third."})
    assert Comment.objects.get().text == "Third."


def test_what_its_writer_took_away_is_not_edited(desk, make_comment):
    comment = make_comment("Mine.", status="trash", withdrawn_at=timezone.now())
    asked = desk.get(f"/moderation/{comment.pk}/edit/?tab=trash", follow=True)
    assert asked.redirect_chain == [("/moderation/trash/", 302)]
    assert "Its writer removed this comment, so nobody can edit it." in text_of(asked)
    response = desk.post(f"/moderation/{comment.pk}/edit/", {"text": "Yours."})
    assert response.status_code == 409
    assert "Yours." in response.content.decode()
    assert Comment.objects.get().text == "Mine."


@pytest.mark.parametrize("what", ["edit", "reply"])
def test_cancel_leads_back_to_the_view_that_the_card_stood_in(desk, make_comment, what):
    comment = make_comment(status="spam")
    path = f"/moderation/{comment.pk}/{what}/"
    asked = {"tab": "all", "view": "q=thought&order=oldest"}
    back = f"/moderation/all/?q=thought&amp;order=oldest#by-{comment.pk}"
    for response in (desk.get(path, asked), desk.post(path, asked | {"text": ""})):
        assert f'<a class="button quiet" href="{back}">Cancel</a>' in response.content.decode()
    page = desk.get(path).content.decode()
    assert f'href="/moderation/spam/#by-{comment.pk}">Cancel</a>' in page


# --- reply --------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["pending", "submitted", "spam", "approved"])
def test_a_reply_approves_what_it_answers(desk, moderator, make_comment, status):
    comment = make_comment("A question?", status=status)
    page = text_of(desk.get(f"/moderation/{comment.pk}/reply/"))
    assert ("This approves the comment too" in page) == (status != "approved")
    response = write(desk, comment, "reply", "An answer.")
    assert response["Location"] == "/moderation/all/"
    answer = Comment.objects.get(text="An answer.")
    assert (answer.parent, answer.user, answer.name) == (comment, moderator, "kim")
    assert answer.status == Comment.objects.get(pk=comment.pk).status == "approved"
    comment.article.refresh_from_db()
    assert comment.article.comment_count == 2
    said = "approved, and your reply is public" if status != "approved" else "is public"
    assert said in text_of(desk.get("/moderation/"))


def test_a_refused_reply_approves_nothing(desk, make_comment, article):
    comment = make_comment("A question?", status="pending")
    said = make_comment("An answer.", status="approved", parent=comment, name="kim")
    response = write(desk, comment, "reply", "An answer.")
    assert response.status_code == 409
    assert "Duplicate comment detected" in text_of(response)
    assert "An answer." in response.content.decode()
    said.delete()
    assert Comment.objects.get().status == "pending"
    assert comment.changes.count() == 1
    type(article).objects.update(published_at=None)
    response = write(desk, comment, "reply", "An answer.")
    assert response.status_code == 403
    assert Comment.objects.get().status == "pending"


@pytest.mark.parametrize("how", ["closed", "too old"])
def test_where_comments_are_closed_moderators_answer_from_the_desk_alone(
    desk, make_comment, article, how
):
    comment = make_comment("A question?", status="pending")
    if how == "closed":
        type(article).objects.update(comments_open=False)
    else:
        Discussion(close_after_days=1).save()
        type(article).objects.update(published_at=timezone.now() - timedelta(days=2))
    fields = {"text": "A remark.", "name": "kim", "email": "kim@example.org"}
    assert desk.post(f"{article.get_absolute_url()}comments/", fields).status_code == 403
    assert write(desk, comment, "reply", "An answer.").status_code == 302
    assert set(Comment.objects.values_list("text", "status")) == {
        ("A question?", "approved"),
        ("An answer.", "approved"),
    }


def test_a_stale_reply_is_told_who_was_faster_and_keeps_its_text(desk, make_comment, editor):
    comment = make_comment("A question?", status="pending")
    path = f"/moderation/{comment.pk}/reply/"
    fields = fields_of(desk.get(path))
    moderation.spam(comment, by=editor, seen="pending")
    response = desk.post(path, fields | {"text": "An answer."})
    assert response.status_code == 409
    assert "decided by eddie" in text_of(response)
    assert "An answer." in response.content.decode()
    assert Comment.objects.get().status == "spam"


def test_what_lies_in_the_trash_is_not_answered(desk, make_comment):
    comment = make_comment(status="trash")
    assert "/reply/" not in desk.get("/moderation/trash/").content.decode()
    assert write(desk, comment, "reply", "An answer.").status_code == 409
    assert Comment.objects.count() == 1


@pytest.mark.parametrize("what", ["edit", "reply"])
def test_only_moderators_write(desk, client, editor, make_comment, what):
    comment = make_comment("Held words.", status="pending")
    path = f"/moderation/{comment.pk}/{what}/"
    assert desk.get("/moderation/999999/edit/").status_code == 404
    assert desk.get(f"/moderation/{'9' * 30}/{what}/").status_code == 404
    desk.logout()
    assert desk.post(path, {"text": " "})["Location"].startswith("/admin/login/")
    lost = desk.post(path, {"text": "New."})
    assert lost.status_code == 403
    assert "Held words." not in lost.content.decode()
    assert "\nNew.</textarea>" in lost.content.decode()
    client.force_login(editor)
    for response in (client.get(path), client.post(path, {"text": "New."})):
        assert response.status_code == 403
        assert "Held words." not in response.content.decode()
    assert Comment.objects.get().text == "Held words."
