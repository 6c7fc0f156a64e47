"""Readers report a comment; enough of them hide it until a moderator has looked at it."""

import threading
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connections
from django.test import Client
from django.utils import timezone

from comments import moderation
from comments.models import Comment, Discussion, Report, StatusChange
from comments.reports import household
from comments.status import HeldFor, Status

HEADERS = {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}


def page_of(comment):
    return f"/comments/{comment.pk}/report/"


def report(comment, reason="spam", ip="192.0.2.1", client=None, headers=HEADERS):
    return (client or Client()).post(
        page_of(comment), {"reason": reason}, headers=headers, REMOTE_ADDR=ip
    )


def said(response):
    return response.content.decode()


def status(comment):
    return Comment.objects.get(pk=comment.pk).status


def test_the_page_quotes_the_comment_and_asks_why(client, make_comment):
    comment = make_comment("Buy <b>now</b>!", name="Ann")
    response = client.get(page_of(comment))
    assert response.status_code == 200
    assert "Buy <b>now</b>!" in said(response)
    for value, label in Report.Reason.choices:
        assert f'value="{value}"' in said(response)
        assert str(label) in said(response)
    assert response["X-Robots-Tag"] == "noindex"
    assert response.cookies == {}
    assert "checked" not in said(response)


def test_a_report_is_stored_and_thanked_for(client, make_comment):
    comment = make_comment()
    response = report(comment, "scam", client=client)
    assert response.status_code == 302
    stored = Report.objects.get()
    assert (stored.comment, stored.reason, stored.ip) == (comment, "scam", "192.0.2.1")
    thanks = client.get(response["Location"])
    assert thanks.status_code == 200
    assert "Your report is noted." in said(thanks)
    assert thanks["X-Robots-Tag"] == "noindex"
    assert thanks.cookies == {}
    assert status(comment) == Status.APPROVED


def test_a_second_report_from_one_place_is_thanked_for_and_not_stored(make_comment):
    comment = make_comment()
    for reason in ("spam", "abuse"):
        assert report(comment, reason).status_code == 302
    assert Report.objects.get().reason == "spam"
    for ip in ("2001:db8:1:2::3", "2001:db8:1:ffff::4"):
        report(comment, ip=ip)
    assert Report.objects.count() == 2


@pytest.mark.parametrize(
    ("ip", "stands"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        (None, None),
    ],
)
def test_whoever_has_an_ipv6_address_has_many(ip, stands):
    assert household(ip) == stands


@pytest.mark.parametrize("hidden", [s for s in Status if s != Status.APPROVED])
def test_only_what_readers_see_can_be_reported(client, make_comment, hidden):
    comment = make_comment(status=hidden)
    assert client.get(page_of(comment)).status_code == 404
    assert report(comment).status_code == 404
    # Thanks are said whatever became of it, or the answer would tell who has reported what.
    assert client.get(page_of(comment) + "?sent=1").status_code == 200
    for pk in (999, 2**63, 10**30):
        assert client.get(f"/comments/{pk}/report/").status_code == 404
        assert client.get(f"/comments/{pk}/report/?sent=1").status_code == 404
    assert Report.objects.count() == 0


def test_nor_under_an_article_that_is_not_published(client, make_comment, article):
    comment = make_comment()
    article.published_at = None
    article.save()
    assert client.get(page_of(comment)).status_code == 404
    assert report(comment).status_code == 404


@pytest.mark.parametrize("reason", ["", "nonsense", "spam\0"])
def test_without_a_reason_nothing_is_stored(make_comment, reason):
    response = report(make_comment(), reason)
    assert response.status_code == 422
    assert "Please choose" in said(response)
    assert 'id="reason_error"' in said(response)
    assert Report.objects.count() == 0


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}],
)
def test_a_form_of_another_site_reports_nothing(make_comment, headers):
    response = report(make_comment(), "abuse", headers=headers)
    assert response.status_code == 403
    assert 'value="abuse" required checked' in said(response)
    assert Report.objects.count() == 0


def test_a_database_that_fails_is_said_and_can_be_tried_again(make_comment):
    comment = make_comment()
    with patch("comments.reports.take_in", side_effect=OperationalError("locked")):
        response = report(comment)
    assert response.status_code == 503
    assert response["Retry-After"] == "30"
    assert response["X-Robots-Tag"] == "noindex"
    assert report(comment).status_code == 302


def test_ten_reports_an_hour_are_enough(make_comment):
    comments = [make_comment() for _ in range(12)]
    for comment in comments[:10]:
        assert report(comment).status_code == 302
    response = report(comments[10])
    assert response.status_code == 429
    assert 3500 < int(response["Retry-After"]) <= 3600
    assert "Please try again later." in said(response)
    assert report(comments[10], ip="192.0.2.2").status_code == 302
    Report.objects.filter(comment=comments[0]).update(at=timezone.now() - timedelta(minutes=61))
    assert report(comments[11]).status_code == 302


def test_the_third_report_hides_a_comment(client, make_comment, article):
    comment = make_comment("Buy now!")
    for number, reason in enumerate(("spam", "scam", "abuse")):
        assert status(comment) == Status.APPROVED
        response = report(comment, reason, f"192.0.2.{number}")
    comment.refresh_from_db()
    assert comment.status == Status.PENDING
    assert comment.held_for == HeldFor.REPORTED
    assert comment.held_detail == "3 reports: spam, scam, abuse"
    change = StatusChange.objects.latest("pk")
    assert (change.source, change.reason) == ("rules", "3 reports: spam, scam, abuse")
    assert "Buy now!" not in said(client.get(article.get_absolute_url()))
    article.refresh_from_db()
    assert article.comment_count == 0
    assert client.get(response["Location"]).status_code == 200
    assert report(comment, ip="192.0.2.9").status_code == 404


def test_equal_reasons_are_counted_together(make_comment):
    comment = make_comment()
    for number, reason in enumerate(("spam", "abuse", "spam")):
        report(comment, reason, f"192.0.2.{number}")
    comment.refresh_from_db()
    assert comment.held_detail == "3 reports: spam ×2, abuse"


@pytest.mark.parametrize("enough", [0, 1, 5])
def test_how_many_are_enough_is_a_setting(make_comment, enough):
    Discussion(reports_to_hold=enough).save()
    comment = make_comment()
    for number in range(6):
        if status(comment) == Status.APPROVED:
            report(comment, ip=f"192.0.2.{number}")
    assert Report.objects.count() == (enough or 6)
    assert status(comment) == (Status.PENDING if enough else Status.APPROVED)


def test_what_staff_wrote_is_never_hidden(make_comment, editor):
    comment = make_comment(user=editor)
    for number in range(4):
        assert report(comment, ip=f"192.0.2.{number}").status_code == 302
    assert Report.objects.count() == 4
    assert status(comment) == Status.APPROVED


def test_what_a_moderator_has_reviewed_is_not_hidden_again(make_comment, moderator):
    comment = make_comment()
    for number in range(3):
        report(comment, ip=f"192.0.2.{number}")
    comment.refresh_from_db()
    moderation.approve(comment, by=moderator, seen=Status.PENDING)
    for number in range(10, 15):
        report(comment, ip=f"192.0.2.{number}")
    assert status(comment) == Status.APPROVED
    assert Report.objects.count() == 8


def test_an_approval_before_any_report_is_no_review(make_comment, moderator):
    comment = make_comment(status=Status.PENDING)
    moderation.approve(comment, by=moderator, seen=Status.PENDING)
    for number in range(3):
        report(comment, ip=f"192.0.2.{number}")
    assert status(comment) == Status.PENDING


def test_a_review_does_not_cover_what_was_edited_in_afterwards(make_comment, moderator):
    comment = make_comment()
    report(comment, ip="192.0.2.1")
    moderation.hold(comment, by=moderator, seen=Status.APPROVED)
    moderation.approve(comment, by=moderator, seen=Status.PENDING)
    Comment.objects.update(edited_at=timezone.now())
    for number in range(10, 13):
        assert status(comment) == Status.APPROVED
        report(comment, ip=f"192.0.2.{number}")
    assert status(comment) == Status.PENDING


def test_the_number_of_reports_costs_no_queries(make_comment, count_queries):
    Discussion(reports_to_hold=0).save()
    comment = make_comment()
    one = len(count_queries(report, comment, ip="192.0.2.1"))
    for number in range(2, 22):
        report(comment, ip=f"192.0.2.{number}")
    assert len(count_queries(report, comment, ip="192.0.2.99")) == one
    assert one <= 7


@pytest.mark.django_db(transaction=True)
def test_of_five_reports_at_once_exactly_the_third_hides_it(make_comment):
    comment = make_comment()
    barrier, answers = threading.Barrier(5), []

    def send(number):
        barrier.wait(10)
        answers.append(report(comment, ip=f"192.0.2.{number}").status_code)
        connections.close_all()

    threads = [threading.Thread(target=send, args=[number]) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = StatusChange.objects.filter(comment=comment, new=Status.PENDING)
    assert [each.reason for each in held] == ["3 reports: spam ×3"]
    assert status(comment) == Status.PENDING
    assert answers.count(302) >= 3
    assert set(answers) <= {302, 404}
    comment.article.refresh_from_db()
    assert comment.article.comment_count == 0


@pytest.mark.django_db(transaction=True)
def test_one_reader_reporting_twice_at_once_is_stored_once(make_comment):
    comment = make_comment()
    barrier, answers = threading.Barrier(4), []

    def send():
        barrier.wait(10)
        answers.append(report(comment).status_code)
        connections.close_all()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [302] * 4
    assert Report.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_last_report_and_a_decision_at_once_do_not_lock_each_other_out(make_comment):
    moderator = User.objects.create_user("max", is_staff=True)
    Discussion(reports_to_hold=1).save()
    for _ in range(3):
        comment = make_comment()
        barrier, failures = threading.Barrier(2), []

        def decide(comment=comment, barrier=barrier, failures=failures):
            barrier.wait(10)
            try:
                moderation.spam(comment, by=moderator, seen=Status.APPROVED)
            except moderation.AlreadyDecided:
                pass
            except Exception as error:
                failures.append(error)
            finally:
                connections.close_all()

        thread = threading.Thread(target=decide)
        thread.start()
        barrier.wait(10)
        assert report(comment).status_code in (302, 404)
        thread.join()
        assert failures == []
        assert status(comment) in (Status.SPAM, Status.PENDING)
        Report.objects.all().delete()


# --- kept in spite of reports -------------------------------------------------------------------


def keep(browser, comment, seen=None):
    comment.refresh_from_db()
    data = {
        f"seen-{comment.pk}": seen or comment.status,
        f"since-{comment.pk}": comment.since.isoformat(),
        "tab": "reported",
    }
    return browser.post(f"/moderation/{comment.pk}/keep/", data)


def shelf(browser):
    return said(browser.get("/moderation/reported/"))


def test_what_is_fine_is_kept_and_leaves_the_shelf(desk, make_comment, moderator):
    comment, other = make_comment("Blunt, not rude."), make_comment("Nobody minds.")
    report(comment, "abuse")
    page = shelf(desk)
    assert "Blunt, not rude." in page
    assert "<dt>Reported</dt><dd>Insulting or hateful</dd>" in page
    assert f'formaction="/moderation/{comment.pk}/keep/"' in page
    assert f"/moderation/{other.pk}/keep/" not in said(desk.get("/moderation/approved/"))

    response = keep(desk, comment)
    assert response["Location"] == "/moderation/reported/"
    page = shelf(desk)
    assert "was kept" in page
    assert "Blunt, not rude." not in page
    assert status(comment) == Status.APPROVED
    step = StatusChange.objects.latest("pk")
    assert (step.old, step.new, step.by) == ("approved", "approved", moderator)
    assert step.feedback == ""
    page = said(desk.get("/moderation/approved/"))
    assert "reports dealt with" in page
    assert "/keep/" not in page
    assert f"/moderation/{comment.pk}/undo/" not in page


def test_kept_is_not_hidden_by_later_reports_but_shown_again(desk, make_comment):
    comment = make_comment("Blunt, not rude.")
    report(comment)
    keep(desk, comment)
    for number in range(2, 6):
        report(comment, ip=f"192.0.2.{number}")
    assert status(comment) == Status.APPROVED
    assert "Blunt, not rude." in shelf(desk)


def test_an_edit_after_it_was_kept_counts_anew(desk, make_comment):
    comment = make_comment("Blunt, not rude.")
    report(comment)
    keep(desk, comment)
    Comment.objects.update(edited_at=timezone.now())
    for number in range(2, 5):
        report(comment, ip=f"192.0.2.{number}")
    assert status(comment) == Status.PENDING


def test_what_reports_had_hidden_is_public_again(desk, make_comment):
    comment = make_comment()
    for number in range(1, 4):
        report(comment, ip=f"192.0.2.{number}")
    assert status(comment) == Status.PENDING
    assert keep(desk, comment).status_code == 302
    comment.refresh_from_db()
    assert (comment.status, comment.held_for) == (Status.APPROVED, "")
    assert "Readers have reported nothing." in shelf(desk)
    desk.post(f"/moderation/{comment.pk}/undo/", {f"seen-{comment.pk}": "approved"})
    comment.refresh_from_db()
    assert (comment.status, comment.held_for) == (Status.PENDING, HeldFor.REPORTED)


def test_a_kept_comment_costs_no_mail_and_no_count(desk, make_comment, article):
    comment = make_comment()
    report(comment)
    keep(desk, comment)
    article.refresh_from_db()
    assert article.comment_count == 1
    assert not StatusChange.objects.exclude(feedback="").exists()


def test_keep_is_refused_when_somebody_was_faster(desk, make_comment):
    comment = make_comment()
    report(comment)
    before = Comment.objects.get()
    moderation.spam(comment, by=User.objects.create_user("max"), seen=Status.APPROVED)
    data = {f"seen-{comment.pk}": "approved", f"since-{comment.pk}": before.since.isoformat()}
    assert desk.post(f"/moderation/{comment.pk}/keep/", data).status_code == 409
    assert status(comment) == Status.SPAM


def test_keep_twice_is_once(desk, make_comment):
    comment = make_comment()
    report(comment)
    since = comment.since.isoformat()
    keep(desk, comment)
    data = {f"seen-{comment.pk}": "approved", f"since-{comment.pk}": since}
    assert desk.post(f"/moderation/{comment.pk}/keep/", data).status_code == 409
    assert StatusChange.objects.count() == 2


@pytest.mark.parametrize("seen", ["submitted", "spam", "trash", "nonsense", ""])
def test_only_what_is_public_or_hidden_is_kept(desk, make_comment, seen):
    comment = make_comment(status=seen if seen in ("submitted", "spam", "trash") else "approved")
    assert keep(desk, comment, seen=seen or "x").status_code == 409
    assert StatusChange.objects.count() == 1


def test_a_kept_comment_is_not_undone_but_decided_about(desk, make_comment):
    comment = make_comment()
    report(comment)
    keep(desk, comment)
    undone = desk.post(f"/moderation/{comment.pk}/undo/", {f"seen-{comment.pk}": "approved"})
    assert undone.status_code == 409
    desk.post(f"/moderation/{comment.pk}/spam/", {f"seen-{comment.pk}": "approved"})
    assert status(comment) == Status.SPAM


def test_a_get_keeps_nothing(desk, make_comment):
    comment = make_comment()
    report(comment)
    assert desk.get(f"/moderation/{comment.pk}/keep/").status_code == 302
    assert StatusChange.objects.count() == 1
