"""How well are we doing: the numbers of a span, right and cheap, as a page and as CSV."""

import csv
import re
from datetime import datetime, timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from comments import day_counts, moderation, receipt, statistics
from comments.day_counts import Day, Span
from comments.models import Check, Comment, StatusChange, Tally
from comments.spam import rules
from comments.statistics_page import PLOTS, said, span_of

ADDRESS = "/moderation/stats/"


@pytest.fixture
def desk(moderator):
    """A moderator's browser; the one that comments are posted with is a reader's."""
    browser = Client()
    browser.force_login(moderator)
    return browser


@pytest.fixture
def judged(akismet, post_comment, no_flood):
    def judge(body="false", **fields):
        akismet.script([{"body": body}])
        post_comment(**fields)
        call_command("work", once=True)
        return Comment.objects.latest("pk")

    return judge


def today():
    return day_counts.per_day(Span.of_days(7))[-1]


# --- the numbers ------------------------------------------------------------------------------


def test_each_day_counts_what_happened_on_it(judged, moderator):
    judged(text="One")
    moderation.approve(judged(text="Two"), by=moderator, seen="pending")
    judged("true", text="Three")
    judged("unheard of", text="Four")
    Tally.add(Tally.What.DISCARDED, 5)
    Tally.add(Tally.What.SPAM_DELETED, 7)
    Tally.add(Tally.What.TRASH_DELETED, 9)
    assert today() == Day(
        timezone.localdate(),
        arrived=4,
        ham=2,
        spam=1,
        unanswered=1,
        discarded=5,
        held=2,
        decided=1,
        spam_deleted=7,
    )


@pytest.mark.parametrize(("hours", "place"), [(0, -1), (24, -2), (48, -3), (24 * 7, None)])
def test_what_happened_lies_on_its_day(make_comment, hours, place):
    make_comment()
    StatusChange.objects.update(at=timezone.now() - timedelta(hours=hours))
    days = day_counts.per_day(Span.of_days(7))
    assert len(days) == 7
    arrived = [day.arrived for day in days]
    assert sum(arrived) == (place is not None)
    if place is not None:
        assert arrived[place] == 1


@pytest.mark.parametrize(
    ("zone", "at", "day"),
    [
        ("UTC", "2026-03-10T23:59:59+00:00", 10),
        ("UTC", "2026-03-11T00:00:00+00:00", 11),
        ("Europe/Oslo", "2026-03-10T22:59:59+00:00", 10),
        ("Europe/Oslo", "2026-03-10T23:00:00+00:00", 11),
        ("Asia/Kathmandu", "2026-03-10T18:14:59+00:00", 10),
        ("Asia/Kathmandu", "2026-03-10T18:15:00+00:00", 11),
        ("America/New_York", "2026-03-11T03:59:59+00:00", 10),
        ("America/New_York", "2026-03-11T04:00:00+00:00", 11),
    ],
)
def test_a_day_is_one_of_the_site(make_comment, settings, zone, at, day):
    settings.TIME_ZONE = zone
    make_comment()
    StatusChange.objects.update(at=datetime.fromisoformat(at))
    span, _problem = span_of({"from": "2026-03-09", "to": "2026-03-12"})
    assert [each.day.day for each in day_counts.per_day(span) if each.arrived] == [day]


@pytest.fixture
def whenever(monkeypatch):
    """Whatever time it is, yesterday is over."""
    monkeypatch.setattr(day_counts, "GRACE", timedelta(0))


def days_ago(number):
    return timezone.localdate() - timedelta(days=number)


def happened(make_comment, *ago):
    """Let comments arrive so many days ago, and Akismet call each spam."""
    for number in ago:
        at = timezone.now() - timedelta(days=number)
        comment = make_comment(f"{number}", status="spam", verdict="spam", created_at=at)
        Check.objects.create(comment=comment, verdict="spam", at=at)


def test_a_day_that_is_over_stays_what_it_was_when_its_spam_is_deleted(make_comment, whenever):
    happened(make_comment, 0, 2, 2, 3)
    before = day_counts.per_day(Span.of_days(7))
    assert [day.arrived for day in before] == [0, 0, 0, 1, 2, 0, 1]
    assert [day.spam for day in before] == [0, 0, 0, 1, 2, 0, 1]
    call_command("run_retention")
    assert day_counts.per_day(Span.of_days(7)) == before
    Comment.objects.all().delete()
    assert [day.arrived for day in day_counts.per_day(Span.of_days(7))] == [0, 0, 0, 1, 2, 0, 0]


def test_days_are_counted_once_and_from_where_counting_stopped(
    make_comment, count_queries, whenever
):
    happened(make_comment, 20, 12, 1)
    assert day_counts.keep() == 20
    assert day_counts.keep() == 0
    kept = Tally.objects.filter(what="arrived", count__gt=0).order_by("day")
    assert [row.day for row in kept] == [days_ago(20), days_ago(12), days_ago(1)]
    Tally.objects.filter(day__gte=days_ago(2)).delete()  # no worker ran meanwhile
    assert [day.arrived for day in day_counts.per_day(Span.of_days(3))] == [0, 1, 0]
    assert day_counts.keep() == 2
    # Three weeks before anything happened, and today: two spans to count, in four queries.
    assert len(count_queries(day_counts.per_day, Span.of_days(41))) == 5


def test_counting_can_be_stopped_and_waits_for_what_began_before_midnight(
    make_comment, monkeypatch
):
    happened(make_comment, 30, 1)
    stops = iter([False, True])
    assert day_counts.keep(lambda: next(stops)) == day_counts.STRETCH
    midnight = timezone.make_aware(datetime.combine(days_ago(0), datetime.min.time()))
    for minutes, days in ((30, 30 - 7 - 1), (61, 1)):
        at = midnight + timedelta(minutes=minutes)
        monkeypatch.setattr(timezone, "now", lambda at=at: at)
        assert day_counts.keep() == days


def test_nothing_happened_and_nothing_is_kept(db):
    assert day_counts.keep() == 0
    assert not Tally.objects.exists()


def test_imports_did_not_arrive(make_comment):
    make_comment()
    StatusChange.objects.update(source="import")
    assert today().arrived == 0


def test_a_rule_is_right_or_wrong_by_what_people_decided(judged, moderator):
    links = "https://a.example https://b.example"
    for number, verb in enumerate(("approve", "spam", "trash", None)):
        comment = judged(text=f"{links} {number}")
        if verb:
            getattr(moderation, verb)(comment, by=moderator, seen="pending")
    judged(text="Plain", email="somebody.else@example.com")
    rows = {row.rule: row for row in statistics.per_rule(Span.of_days(7))}
    row = rows["links"]
    assert (row.held, row.approved, row.gone, row.waiting) == (4, 1, 2, 1)
    assert row.label == "Links"
    assert set(rows) == {"links", "first_comment", "honeypot", "staff_name", "scam"}


def test_what_a_rule_missed_was_found_by_a_later_one_or_by_people(judged, moderator, desk):
    links = "https://a.example https://b.example"
    for number, text in enumerate((links, f"{links} once more", "Plain, but spam")):
        comment = judged(text=text, email=f"writer{number}@example.com")
        moderation.spam(comment, by=moderator, seen="pending")
    rows = {row.rule: row for row in statistics.per_rule(Span.of_days(7))}
    missed = {name: row.missed for name, row in rows.items()}
    assert missed == {
        "honeypot": 3,
        "staff_name": 3,
        "scam": 3,
        "links": 1,
        "words": 1,
        "rejected_before": 1,
        "first_comment": None,
    }
    page = desk.get("/moderation/stats/").content.decode()
    row = page.split('<th scope="row">Links</th>')[1].split("</tr>")[0]
    cells = re.findall(r">([^<]+)</td>", row)
    assert cells == ["2", "0", "2", "0", "1"]


def test_spam_that_was_judged_twice_is_missed_once(judged, moderator, akismet):
    comment = judged(text="Innocent")
    moderation.approve(comment, by=moderator, seen="pending")
    moderation.edit(comment, "Spam now", seen="approved")
    akismet.script([{"body": "false"}])
    call_command("work", once=True)
    moderation.spam(comment, by=moderator, seen="pending")
    rows = {row.rule: row for row in statistics.per_rule(Span.of_days(7))}
    assert (rows["first_comment"].held, rows["edited"].held, rows["links"].missed) == (1, 1, 1)


def test_detectors_stand_in_the_order_of_the_rules():
    names = [receipt._HELD_FOR[rule.__name__] for rule in rules.HOLDING_RULES]
    places = [names.index(each) for each in statistics.DETECTORS]
    assert places == sorted(places)
    behind = [names.index(each) for each in statistics._BEHIND if each != statistics.PUBLISHED]
    assert min(behind) > max(places)


def test_what_no_rule_held_is_told_of_apart(make_comment):
    for number, status in enumerate(("approved", "approved", "spam")):
        comment = make_comment(f"{number}", status=status)
        StatusChange.objects.create(
            comment=comment, old="submitted", new="approved", source="akismet"
        )
    row, *missed = statistics.per_rule(Span.of_days(7))
    assert (row.rule, row.held, row.approved, row.gone) == (statistics.PUBLISHED, 3, 2, 1)
    assert {(each.held, each.missed) for each in missed} == {(0, 1)}


@pytest.mark.parametrize(
    ("body", "decisions", "expected"),
    [
        ("false", [], {"missed": 0, "false": 0}),
        ("false", [("spam", "pending")], {"missed": 1, "false": 0}),
        ("false", [("spam", "pending"), ("approve", "spam")], {"missed": 0, "false": 0}),
        (
            "false",
            [("spam", "pending"), ("approve", "spam"), ("spam", "approved")],
            {"missed": 1, "false": 0},
        ),
        ("false", [("approve", "pending")], {"missed": 0, "false": 0}),
        ("true", [("approve", "spam")], {"missed": 0, "false": 1}),
        ("true", [("hold", "spam")], {"missed": 0, "false": 1}),
        ("true", [("approve", "spam"), ("spam", "approved")], {"missed": 0, "false": 0}),
    ],
)
def test_akismet_was_wrong_where_people_thought_otherwise_in_the_end(
    judged, moderator, body, decisions, expected
):
    comment = judged(body)
    for verb, seen in decisions:
        getattr(moderation, verb)(comment, by=moderator, seen=seen)
    assert statistics.akismet_wrong(Span.of_days(7)) == expected


def test_the_time_to_a_decision_is_that_in_the_queue(make_comment, moderator):
    now = timezone.now()
    for minutes in (1, 2, 3, 4, 5, 6, 7, 8, 9, 100):
        comment = make_comment(f"{minutes}", created_at=now - timedelta(days=2))
        for new, old, source, before in (
            ("pending", "submitted", "akismet", minutes),
            ("approved", "pending", "moderator", 0),
        ):
            StatusChange.objects.create(
                comment=comment,
                old=old,
                new=new,
                source=source,
                at=now - timedelta(minutes=before),
            )
    times = statistics.time_to_decision(Span.of_days(7))
    assert times == {"count": 10, "median": timedelta(minutes=5), "p90": timedelta(minutes=9)}


def test_nothing_decided_has_no_time(db):
    assert statistics.time_to_decision(Span.of_days(7)) == {"count": 0, "median": None, "p90": None}


# --- the page ---------------------------------------------------------------------------------


def test_the_page_shows_plots_that_are_tables_too(desk, judged, moderator):
    moderation.approve(judged(), by=moderator, seen="pending")
    response = desk.get(f"{ADDRESS}?days=7")
    page = response.content.decode()
    assert page.count('role="img" aria-labelledby="plot-') == len(PLOTS)
    assert page.count("<rect") == 3  # one ham; one held, one decided
    assert page.count("<time datetime=") >= 7
    assert "Nothing happened" not in page
    assert 'aria-current="true">7 days' in page


def test_before_anything_happened_it_says_so(desk):
    page = desk.get(ADDRESS).content.decode()
    assert "Nothing happened in these days." in page
    assert "nothing waits" in page
    assert "<rect" not in page


def test_the_oldest_in_the_queue(desk, make_comment):
    since = timezone.now() - timedelta(days=3)
    make_comment(status="pending")
    make_comment(status="pending", since=since)
    make_comment(status="approved", since=since - timedelta(days=9))
    assert desk.get(ADDRESS).context["oldest"] == since


@pytest.mark.parametrize(
    ("asked", "days", "told"),
    [
        ({}, 30, ""),
        ({"days": "7"}, 7, ""),
        ({"days": "90"}, 90, ""),
        ({"days": "12"}, 30, ""),
        ({"from": "2026-01-01", "to": "2026-01-31"}, 31, ""),
        ({"from": "2026-01-31", "to": "2026-01-01"}, 30, "The first day is after the last"),
        ({"from": "2020-01-01", "to": "2026-01-01"}, 366, "At most 366 days"),
        ({"from": "soon"}, 30, "That is no date"),
        ({"from": "2026-02-31", "to": "2026-03-01"}, 30, "That is no date"),
        ({"to": "2026-03-01"}, 30, "That is no date"),
        ({"from": "0001-01-01", "to": "9999-12-31"}, 30, "That is no date"),
    ],
)
def test_the_span_is_what_was_asked_for_or_says_why_not(asked, days, told):
    span, problem = span_of(asked)
    assert span.days == days
    assert problem.startswith(told)
    assert bool(problem) is bool(told)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "–"), (8, "8 s"), (90, "1.5 min"), (7200, "2.0 h"), (2e5, "2.3 d")],
)
def test_times_are_said_in_one_unit(seconds, words):
    assert said(None if seconds is None else timedelta(seconds=seconds)) == words


def test_the_same_as_csv(desk, judged):
    judged()
    response = desk.get(f"{ADDRESS}csv/?days=7")
    rows = list(csv.DictReader(response.content.decode().splitlines()))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="comments-')
    assert len(rows) == 7
    assert tuple(rows[0]) == day_counts.COLUMNS
    assert rows[-1]["day"] == str(timezone.localdate())
    assert (rows[-1]["arrived"], rows[-1]["ham"], rows[-1]["held"]) == ("1", "1", "1")


@pytest.mark.parametrize("address", [ADDRESS, f"{ADDRESS}csv/"])
def test_only_moderators_see_it(db, editor, desk, address):
    browser = Client()
    assert browser.get(address)["Location"].startswith("/admin/login/")
    browser.force_login(editor)
    assert browser.get(address).status_code == 403
    assert desk.post(address).status_code == 405
    assert "no-store" in desk.get(address)["Cache-Control"]


def test_twenty_comments_cost_as_much_as_one(desk, make_comment, moderator, count_queries):
    def one_more(number):
        comment = make_comment(f"{number}", status="pending")
        Check.objects.create(comment=comment, verdict="ham")
        moderation.approve(comment, by=moderator, seen="pending")

    one_more(0)
    one = count_queries(desk.get, ADDRESS)
    for number in range(1, 20):
        one_more(number)
    many = count_queries(desk.get, ADDRESS)
    # Seven, two of the banner, four of who looks.
    assert len(one) == len(many) <= 13, "\n".join(many)
