"""The verdict receipt: what each rule found, what Akismet was asked and said, who decided."""

import html
import json
import re

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from comments import moderation, receipt
from comments.models import Check, Comment, Discussion, Edit, Report, StatusChange, Submission
from comments.spam import rules
from comments.status import HeldFor


def address(comment):
    return f"/moderation/{comment.pk}/receipt/"


def text_of(response):
    page = html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode()))
    return re.sub(r" ([:,.])", r"\1", re.sub(r"\s+", " ", page))


def found(response):
    """What stands beside each rule: then and now, by its label."""
    return {str(row.label): (row.then, row.now) for row in response.context["rows"]}


@pytest.fixture
def desk(moderator):
    """A moderator's browser; the one that comments are posted with is a reader's."""
    browser = Client()
    browser.force_login(moderator)
    return browser


@pytest.fixture
def judged(akismet, post_comment):
    def judge(*steps, **fields):
        akismet.script(steps or [{"body": "false"}])
        post_comment(**fields)
        call_command("work", once=True)
        return Comment.objects.latest("pk")

    return judge


# --- the rules --------------------------------------------------------------------------------


def test_every_rule_is_told_of_in_its_order():
    names = [known.name for known in receipt._in_order()]
    entrance = [rule.__name__ for rule in rules.INTAKE_RULES if rule is not rules.honeypot]
    assert names == entrance + [rule.__name__ for rule in rules.HOLDING_RULES]
    assert set(receipt._LABELS) == set(names)
    assert set(receipt._HELD_FOR.values()) <= set(HeldFor.values)


def test_the_first_hit_decided_and_each_rule_says_what_it_finds_now(desk, judged):
    comment = judged(text="https://a.example https://b.example to the moon")
    Discussion(hold_words="moon").save()
    response = desk.get(address(comment))

    rows = found(response)
    assert rows["Investment scams"] == ("pass", "pass")
    assert rows["Number of links"] == ("hit", "hit")
    assert rows["Words to hold for"] == ("unreached", "hit")
    assert rows["Every comment is held"] == ("unreached", "hit")
    assert rows["Not too many in too short a time"] == ("pass", "past")
    assert "Number of links Hit: 2 links" in text_of(response)
    assert "Held for Links: 2 links" in text_of(response)


def test_what_it_was_held_for_is_known_after_the_decision(desk, judged, moderator):
    comment = judged(text="https://a.example https://b.example")
    moderation.approve(comment, by=moderator, seen="pending")
    Discussion(links_to_hold=3).save()
    response = desk.get(address(comment))
    assert found(response)["Number of links"] == ("hit", "pass")
    assert "Was held for Links: 2 links" in text_of(response)
    assert "In the queue → Approved kim" in text_of(response)


def test_what_a_disallowed_word_sent_to_the_trash_says_so(desk, akismet, post_comment):
    Discussion(disallowed_words="casino").save()
    post_comment(text="casino")
    response = desk.get(address(Comment.objects.get()))
    assert found(response)["Disallowed words"] == ("hit", "hit")
    assert found(response)["Number of links"] == ("unreached", "pass")
    assert "Not asked yet." in text_of(response)


@pytest.mark.parametrize(
    ("discussion", "held"),
    [
        ({}, "Approved comments by the writer"),
        ({"akismet_log_only": True}, "Akismet’s verdict is only noted"),
    ],
)
def test_of_two_rules_with_one_reason_the_right_one_is_named(desk, judged, discussion, held):
    Discussion(**discussion).save()
    rows = found(desk.get(address(judged())))
    assert [label for label, (then, _now) in rows.items() if then == "hit"] == [held]


@pytest.mark.parametrize(
    ("held_for", "then"), [("staff_name", ("pass", "hit")), ("", ("unknown", "unknown"))]
)
def test_before_reasons_were_kept_only_what_waits_knows_its_own(desk, make_comment, held_for, then):
    comment = make_comment(status="pending", held_for=held_for)
    StatusChange.objects.create(
        comment=comment, old="submitted", new="pending", source="akismet", reason=""
    )
    rows = found(desk.get(address(comment)))
    labels = ("The field that people do not see", "Name or address of staff")
    assert tuple(rows[label][0] for label in labels) == then


def test_of_spam_our_own_rules_were_not_asked(desk, judged):
    rows = found(desk.get(address(judged({"body": "true"}))))
    assert rows["Disallowed words"][0] == "pass"
    assert rows["Number of links"][0] == "unreached"


def test_staff_are_not_judged(desk, make_comment, moderator):
    comment = make_comment(user=moderator, verdict="exempt")
    response = desk.get(address(comment))
    assert set(found(response).values()) == {("exempt", "exempt")}
    assert "Not asked: the comment is exempt from the check." in text_of(response)


# --- Akismet ----------------------------------------------------------------------------------


def test_the_answers_and_the_request_as_it_was_sent(desk, judged):
    comment = judged({"status": 503}, email="rosa.reader@private.example", text="Something to say.")
    Comment.objects.update(check_due=timezone.now())
    call_command("work", once=True)
    response = desk.get(address(comment))
    text = text_of(response)
    check = Check.objects.get(error="")
    for said in (
        "Asked 2 times.",
        "No answer: http",
        "Not spam, says Akismet",
        check.guid,
        f"{check.duration_ms} ms",
        "recheck_reason retry",
        "comment_author_email r•••@private.example",
        "comment_content Something to say.",
    ):
        assert said in text
    assert "rosa.reader" not in response.content.decode()
    assert "Changed since" not in text


def test_an_author_sees_nothing_of_where_it_came_from(client, author, desk, judged):
    comment = judged()
    Submission.objects.update(ip="198.51.100.7", network="198.51.100.0/24", sent=json.dumps({
        "user_ip": "198.51.100.7", "user_agent": "Browser of a reader",
        "referrer": "https://elsewhere.example/", "comment_content": "The text.",
    }))  # fmt: skip
    private = ("198.51.100", "Browser of a reader", "elsewhere.example")
    pages = (address(comment), "/moderation/", f"/moderation/all/?ip={comment.pk}",
             f"/moderation/all/?network={comment.pk}")  # fmt: skip
    receipt = desk.get(pages[0]).content.decode()
    assert all(each in receipt for each in private)
    for page in pages[1:]:
        assert "198.51.100" in desk.get(page).content.decode()
    Discussion(authors_moderate=True).save()
    user = User.objects.create_user("ines", is_staff=True)
    type(author).objects.filter(pk=author.pk).update(user=user)
    client.force_login(user)
    for page in pages:
        response = client.get(page)
        assert response.status_code == 200
        assert not [each for each in private if each in response.content.decode()]
    assert "comment_content The text." in text_of(client.get(pages[0]))


def test_blatant_spam_shows_the_tip(desk, judged):
    comment = judged({"body": "true", "headers": {"X-akismet-pro-tip": "discard"}})
    assert "Blatant spam, says Akismet discard" in text_of(desk.get(address(comment)))


def test_what_was_changed_since_is_named(desk, judged):
    comment = judged()
    moderation.edit(comment, "Something else.", seen="pending")
    assert "Changed since: the text." in text_of(desk.get(address(comment)))


def test_a_copy_that_is_gone_is_said_to_be_deleted(desk, judged):
    comment = judged()
    Submission.objects.update(sent="", sent_at=None)
    assert "Deleted: such copies are kept for at most 15 days." in text_of(
        desk.get(address(comment))
    )


def test_a_question_without_an_answer_leaves_no_copy(desk, judged):
    comment = judged({"status": 503})
    assert "None was answered, so none is kept." in text_of(desk.get(address(comment)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "tell Akismet it was spam: owed, due"),
        ({"feedback_due": None, "feedback_at": timezone.now()}, "it was spam: delivered"),
        ({"feedback_due": None, "feedback_attempts": 9}, "given up after 15 days (9 attempts)"),
    ],
)
def test_feedback_is_owed_delivered_or_given_up(desk, judged, moderator, change, said):
    comment = judged()
    moderation.spam(comment, by=moderator, seen="pending")
    StatusChange.objects.filter(new="spam").update(**change)
    assert said in text_of(desk.get(address(comment)))


def test_edits_and_reports_stand_in_the_history(desk, make_comment):
    comment = make_comment()
    Edit.objects.create(comment=comment, text="The text before.")
    Report.objects.create(comment=comment, reason="scam", ip="192.0.2.7")
    text = text_of(desk.get(address(comment)))
    assert "The text before." in text
    assert "Reported by a reader: A scam" in text


# --- who may see it, and what it costs --------------------------------------------------------


def test_only_moderators_see_it(client, editor, desk, make_comment):
    comment = make_comment()
    assert Client().get(address(comment))["Location"].startswith("/admin/login/")
    browser = Client()
    browser.force_login(editor)
    assert browser.get(address(comment)).status_code == 403
    response = desk.get(address(comment))
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert desk.post(address(comment)).status_code == 405
    assert desk.get(f"/moderation/{comment.pk + 1}/receipt/").status_code == 404


def test_a_long_history_costs_as_much_as_a_short_one(desk, make_comment, moderator, count_queries):
    comment = make_comment()
    one = count_queries(desk.get, address(comment))
    for number in range(20):
        StatusChange.objects.create(comment=comment, new="spam", source="moderator", by=moderator)
        Check.objects.create(comment=comment, verdict="ham")
        Edit.objects.create(comment=comment, text="Before.", by=moderator)
        Report.objects.create(comment=comment, reason="spam", ip=f"192.0.2.{number}")
    many = count_queries(desk.get, address(comment))
    signed_in = ("django_session", "auth_user_groups", "auth_user_user_permissions")
    of_its_own = [sql for sql in many if not any(name in sql for name in signed_in)]
    assert len(one) == len(many)
    assert len(of_its_own) <= 13, "\n".join(of_its_own)  # 12, and the user who looks


def test_an_address_that_no_key_reads_hides_nothing_else(desk, make_comment):
    comment = make_comment("To the moon")
    Discussion(hold_words="moon").save()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE comments_submission SET email = 'x', sent = 'x' WHERE comment_id = %s",
            [comment.pk],
        )
    response = desk.get(address(comment))
    assert found(response)["Words to hold for"][1] == "hit"
    assert "It was encrypted under a key that is lost." in text_of(response)
