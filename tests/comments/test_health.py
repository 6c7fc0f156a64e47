"""Akismet's health: what workers write down, what the desk makes of it, the self-test."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from comments import health
from comments.models import AkismetState, Check, Discussion, Tally
from comments.spam.akismet import Akismet
from comments.spam.answers import NoAnswer
from comments.worker import Worker

ADDRESS = "/moderation/akismet/"
GOOD = {"usage": 7463, "limit": 350000, "percentage": "2.13", "throttled": False}


def work():
    call_command("work", once=True)


def ago(**parts):
    return timezone.now() - timedelta(**parts)


@pytest.fixture
def well(db, settings):
    """All is well."""
    now = timezone.now()
    AkismetState.note(
        worker_seen_at=now, last_good_at=now, key_valid=True, key_verified_at=now, usage=GOOD
    )


def names():
    found = health.banner()
    return [fault.name for fault in found["faults"]] if found else []


# --- what is wrong ----------------------------------------------------------------------------


def test_when_all_is_well_there_is_no_banner(well, count_queries):
    assert health.banner() is None
    assert len(count_queries(health.banner)) <= 2


def test_before_a_worker_ran_that_is_what_is_wrong(db, count_queries):
    assert names() == ["worker"]
    assert len(count_queries(health.banner)) <= 2


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"key_valid": False}, ["key"]),
        ({"key_valid": None}, []),
        ({"alert": "10402: suspended for non-payment"}, ["alert"]),
        ({"usage": GOOD | {"percentage": "79.9"}}, []),
        ({"usage": GOOD | {"percentage": "80.00"}}, ["usage"]),
        ({"usage": GOOD | {"percentage": "many"}}, []),
        ({"usage": GOOD | {"percentage": "nan"}}, []),
        ({"usage": GOOD | {"percentage": "inf"}}, []),
        ({"usage": GOOD | {"throttled": True}}, ["usage"]),
        ({"usage": {"limit": "none", "usage": 12}}, []),
    ],
)
def test_what_workers_wrote_down_says_what_is_wrong(well, fields, wrong):
    AkismetState.note(**fields)
    assert names() == wrong


@pytest.mark.parametrize(("seconds", "wrong"), [(100, []), (125, ["worker"])])
def test_a_worker_is_missed_after_two_minutes(well, seconds, wrong):
    AkismetState.note(worker_seen_at=ago(seconds=seconds))
    assert names() == wrong


@pytest.mark.parametrize(
    ("error", "hours", "wrong"),
    [
        ("timeout", 0, ["no_answer"]),
        ("http", 0, ["no_answer"]),
        ("invalid", 0, ["key"]),
        ("refused", 0, ["key"]),
        ("no_key", 0, []),
        ("timeout", 2, []),  # answered since
        ("refused", 2, []),
    ],
)
def test_the_last_question_without_an_answer_counts(well, make_comment, error, hours, wrong):
    AkismetState.note(last_good_at=ago(hours=1))
    Check.objects.create(comment=make_comment(), error=error, at=ago(hours=hours))
    assert names() == wrong


def test_a_missing_key_is_the_only_thing_said_of_the_key(well, settings):
    settings.AKISMET_API_KEY = ""
    AkismetState.note(key_valid=False, alert="10402: suspended")
    assert names() == ["no_key"]


@pytest.mark.parametrize(("proxies", "wrong"), [([], ["forwarded"]), (["10.0.0.1"], [])])
def test_headers_that_no_setting_explains(well, settings, proxies, wrong):
    settings.TRUSTED_PROXIES = proxies
    Tally.add(Tally.What.FORWARDED)
    assert names() == wrong


@pytest.mark.parametrize(
    ("alert", "link"),
    [
        ("10402: suspended", "https://akismet.com/errors/10402"),
        ("javascript: x", ""),
        ("../x: y", ""),
    ],
)
def test_an_alert_leads_to_what_akismet_says_of_its_code(well, desk, alert, link):
    AkismetState.note(alert=alert)
    assert health.known().alert_link == link
    page = desk.get(ADDRESS).content.decode()
    assert alert in page
    assert page.count(f'href="{link}"') == (2 if link else 0)


# --- what workers write down ------------------------------------------------------------------


def run_until(done):
    line = Akismet.from_settings()
    worker = Worker(line, poll_seconds=0.01)
    finish = worker._finish_jobs

    def finish_and_look(timeout):
        finish(timeout)
        if done() or timezone.now() > until:
            worker.stop()

    worker._finish_jobs = finish_and_look
    until = timezone.now() + timedelta(seconds=20)
    try:
        worker.run()
    finally:
        line.close()
    assert done()


def test_a_worker_says_that_it_lives_and_not_at_every_turn(akismet, db, count_queries):
    turns = iter(range(30))
    sql = count_queries(run_until, lambda: next(turns, 30) == 30)
    assert timezone.now() - AkismetState.load().worker_seen_at < timedelta(seconds=20)
    assert len([each for each in sql if "SET" in each and "worker_seen_at" in each]) == 1


def test_the_key_and_the_usage_are_known_when_work_has_begun(akismet, settings, db):
    settings.AKISMET_API_KEY = "limit-key-01"
    run_until(lambda: AkismetState.load().usage_at is not None)
    state = AkismetState.load()
    assert state.key_valid is True
    assert state.usage == {"limit": 500, "usage": 612, "percentage": "122.40", "throttled": False}
    assert state.alert.startswith("10508: ")
    (call,) = akismet.calls("usage-limit")
    assert call.method == "POST"  # by GET, the key would stand in the address
    assert call.params["api_key"] == "limit-key-01"
    assert "key" not in call.path


def test_a_key_that_is_not_known_is_not_asked_about_usage(akismet, settings, db):
    settings.AKISMET_API_KEY = "wrong-key"
    run_until(lambda: AkismetState.load().key_valid is False)
    assert akismet.calls("usage-limit") == []


@pytest.mark.parametrize(
    "step",
    [
        {"body": "<html>"},
        {"body": "[1]"},
        {"body": "{}"},
        {"body": "7"},
        {"body": '{"limit": "\\u0000"}'},
        {"body": '{"limit": [["deep", "and", "long"]]}'},
        {"status": 500},
    ],
)
def test_a_usage_that_cannot_be_read_is_no_usage(akismet, step):
    akismet.script([step])
    line = Akismet.from_settings()
    with pytest.raises(NoAnswer) as caught:
        line.usage_limit()
    line.close()
    assert caught.value.kind == ("http" if "status" in step else "unreadable")


def test_a_usage_of_odd_numbers_can_be_kept(akismet, db):
    akismet.script([{"body": '{"usage": NaN, "limit": 1.5, "throttled": false}'}])
    line = Akismet.from_settings()
    AkismetState.note(usage=line.usage_limit().values)
    line.close()
    assert AkismetState.load().usage == {"usage": "nan", "limit": "1.5", "throttled": False}


def test_an_answer_is_noted_and_an_alert_comes_and_goes(akismet, make_comment):
    alert = {"X-akismet-alert-code": "10402", "X-akismet-alert-msg": "Please pay."}
    for step, expected in (
        ({"body": "false", "headers": alert}, "10402: Please pay."),
        ({"status": 503}, "10402: Please pay."),
        ({"body": "false"}, ""),
        ({"body": "false", "headers": alert | {"X-akismet-error": "x"}}, "10402: Please pay."),
    ):
        make_comment(status="submitted")
        akismet.script([step])
        work()
        assert AkismetState.load().alert == expected
    assert AkismetState.load().last_good_at is not None


def test_without_a_good_answer_none_is_noted(akismet, make_comment):
    make_comment(status="submitted")
    akismet.script([{"status": 503}])
    work()
    state = AkismetState.load()
    assert state.last_good_at is None
    assert state.worker_seen_at is not None


# --- the self-test ----------------------------------------------------------------------------


def test_a_worker_carries_out_the_test_that_the_desk_wants(akismet, desk):
    assert desk.post(f"{ADDRESS}self-test/")["Location"] == ADDRESS
    assert akismet.log == []  # no network in a request
    page = desk.get(ADDRESS).content.decode()
    assert "A worker was asked to test it" in page
    assert '<meta http-equiv="refresh" content="3">' in page
    work()

    state = AkismetState.load()
    assert [(row["probe"], row["answer"], row["right"]) for row in state.self_test] == [
        ("key", "valid", True),
        ("administrator", "ham", True),
        ("guaranteed spam", "spam", True),
    ]
    assert state.self_test_wanted_at is None
    assert state.key_valid is True
    assert state.last_good_at is not None
    checks = akismet.calls("comment-check")
    assert [call.params["is_test"] for call in checks] == ["1", "1"]
    page = desk.get(ADDRESS).content.decode()
    assert "guaranteed spam" in page
    assert "http-equiv" not in page
    work()
    assert len(akismet.log) == 3


@pytest.mark.parametrize(
    ("answers", "left"),
    [
        ([], ""),
        # Right, and told once more: the row holds what was said last.
        ([{}, {}, {"body": "true", "headers": {"X-akismet-alert-code": "10001",
            "X-akismet-alert-msg": "Your site is over its limit"}}], "10001: "),
        ([{}, {}, {"body": "false"}], "10502: old"),
        ([{}, {"status": 503}], "10502: old"),
    ],
)  # fmt: skip
def test_an_alert_ends_with_a_test_in_which_all_is_right(akismet, desk, answers, left):
    AkismetState.note(alert="10502: old")
    desk.post(f"{ADDRESS}self-test/")
    akismet.script(answers)
    work()
    alert = AkismetState.load().alert
    assert alert == left or (left.endswith(": ") and alert.startswith(left))


#: Every page of the desk that is made of desk_base.html; a comment's and an article's number.
PAGES = [
    "", "spam/", "bans/", "preferences/", "stats/", "akismet/", "articles/{article}/",
    "{comment}/edit/", "{comment}/reply/", "{comment}/receipt/",
]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_every_page_of_the_desk_says_what_is_wrong(well, desk, make_comment, count_queries, page):
    comment = make_comment(status="pending")
    address = f"/moderation/{page.format(article=comment.article_id, comment=comment.pk)}"
    assert "desk-faults" not in desk.get(address).content.decode()
    AkismetState.note(alert="10502: Over the limit")
    html = desk.get(address).content.decode()
    assert html.count('<div class="desk-faults"') == 1
    assert html.count("Akismet says: 10502: Over the limit") == 1


@pytest.mark.parametrize("path", ["delete/", "empty/spam/"])
def test_so_does_what_asks_whether_one_is_sure(well, desk, make_comment, path):
    comment = make_comment(status="spam")
    AkismetState.note(alert="10502: Over the limit")
    fields = {"pk": comment.pk, "until": timezone.now().isoformat()}
    assert "Akismet says: 10502" in desk.post(f"/moderation/{path}", fields).content.decode()


def test_authors_are_not_told_what_only_moderators_can_mend(well, client, author, make_comment):
    comment = make_comment(status="pending")
    Discussion(authors_moderate=True).save()
    user = User.objects.create_user("ines", is_staff=True)
    type(author).objects.filter(pk=author.pk).update(user=user)
    client.force_login(user)
    AkismetState.note(alert="10502: Over the limit")
    for page in ("", f"{comment.pk}/edit/", f"{comment.pk}/receipt/", "preferences/"):
        response = client.get(f"/moderation/{page}")
        assert response.status_code == 200
        assert "10502" not in response.content.decode()


def test_a_test_that_fails_says_what_came(akismet, desk, settings):
    desk.post(f"{ADDRESS}self-test/")
    akismet.script([{}, {"status": 503}, {"body": "false"}])
    work()
    rows = AkismetState.load().self_test
    assert [(row["answer"], row["right"]) for row in rows] == [
        ("valid", True),
        ("http: 503", False),
        ("ham", False),
    ]
    assert AkismetState.load().last_good_at is None
    assert "http: 503" in desk.get(ADDRESS).content.decode()


def test_a_worker_that_does_not_come_is_not_waited_for_for_ever(well, desk):
    AkismetState.note(self_test_wanted_at=ago(minutes=5))
    page = desk.get(ADDRESS).content.decode()
    assert "No worker has carried out the test" in page
    assert "http-equiv" not in page


# --- the page and the command -----------------------------------------------------------------


def test_the_page_tells_errors_by_kind_and_the_oldest_unjudged(well, desk, make_comment):
    waiting = make_comment(status="submitted", since=ago(hours=5))
    for error, count in (("timeout", 3), ("http", 1)):
        for _ in range(count):
            Check.objects.create(comment=waiting, error=error, at=ago(hours=3))
    Check.objects.create(comment=waiting, error="refused", at=ago(hours=25))
    context = desk.get(ADDRESS).context
    assert [(row["error"], row["count"]) for row in context["errors"]] == [
        ("timeout", 3),
        ("http", 1),
    ]
    waits = context["facts"][-1]
    assert (waits.said, waits.at) == ("1, the oldest since", waiting.since)


def test_the_page_costs_the_same_with_many_comments(well, desk, make_comment, count_queries):
    one = count_queries(desk.get, ADDRESS)
    for number in range(20):
        comment = make_comment(f"{number}", status="submitted")
        Check.objects.create(comment=comment, error="timeout")
    assert len(one) == len(count_queries(desk.get, ADDRESS)) <= 10


@pytest.mark.parametrize("address", [ADDRESS, f"{ADDRESS}self-test/"])
def test_only_moderators_see_it(db, editor, address):
    browser = Client()
    for method in (browser.get, browser.post):
        assert method(address)["Location"].startswith("/admin/login/")
    browser.force_login(editor)
    for method in (browser.get, browser.post):
        assert method(address).status_code == 403
    assert AkismetState.load().self_test_wanted_at is None


def test_the_test_needs_its_button(desk):
    assert desk.get(f"{ADDRESS}self-test/").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = desk.cookies
    assert strict.post(f"{ADDRESS}self-test/").status_code == 403
    assert AkismetState.load().self_test_wanted_at is None


def test_the_command_says_that_all_is_well(akismet, well, capsys):
    call_command("check_akismet")
    said = capsys.readouterr().out
    assert "Asked: administrator:" in said
    assert said.endswith("All is well.\n")
    assert len(akismet.log) == 3


@pytest.mark.parametrize(
    ("key", "said"),
    [("suspended-key", "WRONG, not ham"), ("wrong-key", "WRONG, not valid"), ("", "no_key")],
)
def test_the_command_ends_with_1_when_something_is_wrong(
    akismet, well, settings, capsys, key, said
):
    settings.AKISMET_API_KEY = key
    with pytest.raises(SystemExit) as ended:
        call_command("check_akismet")
    assert ended.value.code == 1
    out = capsys.readouterr().out
    assert said in out
    assert not key or key not in out


def test_the_command_says_what_the_page_says(akismet, well, settings, desk, make_comment, capsys):
    waiting = make_comment(status="submitted", since=ago(hours=5))
    Check.objects.create(comment=waiting, error="timeout", at=ago(hours=3))
    usage = {"limit": 500, "usage": 612, "percentage": "122.40", "throttled": True}
    AkismetState.note(alert="10502: Over the limit", usage=usage, usage_at=ago(hours=2))
    make_comment(status="pending", check_due=timezone.now())  # is checked again
    with pytest.raises(SystemExit):
        call_command("check_akismet")
    out = capsys.readouterr().out
    facts = desk.get(ADDRESS).context["facts"]
    assert len(facts) == 6
    for fact in facts:
        line = next(line for line in out.splitlines() if line.startswith(f"{fact.name}:"))
        assert line.partition(":")[2].strip() == str(fact).replace("\xa0", " ")
    for said in (
        "Our key:                           valid, verified",
        "10502: Over the limit https://akismet.com/errors/10502",
        "612 of 500 (122.4 %), throttled, asked 2 hours ago",
        "1, the oldest since 5 hours ago",
        "No answer: timeout:                1 in 24 hours, the last 3 hours ago",
        "Still to be checked again:         1",
    ):
        assert said in out


def test_the_command_knows_what_the_banner_knows(akismet, well, capsys):
    AkismetState.note(worker_seen_at=ago(minutes=9))
    with pytest.raises(SystemExit):
        call_command("check_akismet")
    assert "! No worker was seen for 9" in capsys.readouterr().out
