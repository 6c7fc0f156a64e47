"""Editors decide about reported errors; nobody else does, and nobody decides twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core import mail as outbox
from django.db import connections
from django.test import Client
from django.utils import timezone

from articles.publishing.models import Correction
from comments import privacy
from comments.errata import decisions
from comments.mail.postman import Postman
from comments.models import Address, ErrorDecision, ErrorReport, Mail, PrivacyEvent

LIST = "/admin/comments/errorreport/"
EMAIL = "rosa.reader@private.example"


@pytest.fixture
def make_error(article):
    def make(claim="Twice ten is twenty.", **fields):
        fields.setdefault("article", article)
        fields.setdefault("quote", "It makes fifteen.")
        return ErrorReport.objects.create(claim=claim, **fields)

    return make


@pytest.fixture
def desk(editor):
    client = Client()
    client.force_login(editor)
    return client


def page_of(report):
    return f"{LIST}{report.pk}/change/"


def decide(client, report, verb, said="", **seen):
    data = {"seen": report.state, "since": report.since.isoformat(), "verb": verb, **seen}
    return client.post(page_of(report), data | {f"said-{verb}": said})


def text_of(response):
    return response.content.decode()


def corrections_of(article):
    return list(Correction.objects.filter(article=article).values_list("said", flat=True))


# --- the list ---------------------------------------------------------------------------------


def test_what_waits_comes_first_and_what_is_suspicious_below(desk, make_error):
    now = timezone.now()
    for hours, claim, fields in (
        (1, "second", {}),
        (3, "fourth", {"state": "rejected", "since": now - timedelta(hours=1)}),
        (9, "third", {"held_for": "links"}),
        (2, "first", {}),
        (1, "fifth", {"state": "spam", "since": now - timedelta(hours=2)}),
    ):
        make_error(claim, at=now - timedelta(hours=hours), **fields)
    page = text_of(desk.get(LIST))
    order = [page.index(claim) for claim in ("first", "second", "third", "fourth", "fifth")]
    assert order == sorted(order)
    assert "second" not in text_of(desk.get(f"{LIST}?state__exact=spam"))
    for value, shown, hidden in (("yes", "third", "second"), ("no", "second", "third")):
        page = text_of(desk.get(f"{LIST}?suspicious={value}"))
        assert shown in page
        assert hidden not in page


def test_the_list_masks_who_reported_and_costs_the_same_with_twenty(
    desk, make_error, count_queries
):
    make_error(name="Rosa R.", email=EMAIL)
    page = text_of(desk.get(LIST))
    assert "Rosa R., r•••@private.example" in page
    assert EMAIL not in page
    one = len(count_queries(desk.get, LIST))
    for number in range(19):
        make_error(f"{number}", email=EMAIL)
    assert len(count_queries(desk.get, LIST)) == one


def test_nobody_filters_by_what_the_list_hides(desk, make_error):
    make_error(network="203.0.113.0/24")
    for hidden in ("network__startswith=2", "email_hash__gt=a", "email__gt=a", "name__gt=a"):
        assert desk.get(f"{LIST}?{hidden}").status_code == 400, hidden
    for offered in (
        "state__exact=open",
        "suspicious=no",
        "at__gte=2020-01-01 00:00Z",
        "q=twice&o=4",
    ):
        assert "Twice ten" in text_of(desk.get(f"{LIST}?{offered}")), offered


def test_the_first_page_of_the_admin_counts_what_is_open(desk, make_error, moderator):
    make_error()
    make_error(held_for="links")
    make_error(state="spam")
    link = (
        f'<a href="{LIST}?state__exact=open">Errors that readers reported</a>: <strong>2</strong>'
    )
    assert link in text_of(desk.get("/admin/"))
    desk.force_login(moderator)
    assert "Errors that readers reported" not in text_of(desk.get("/admin/"))


# --- one report -------------------------------------------------------------------------------


def test_a_report_shows_quote_and_passage_side_by_side(desk, make_error, article):
    type(article).objects.update(body="<p>Ten more. It makes <b>fifteen</b>. So be it.</p>")
    report = make_error(source="https://example.org/?a=1&b=<x>", email=EMAIL, name="<b>Rosa</b>")
    other = make_error("The other claim.\u202e")
    page = text_of(desk.get(page_of(report)))
    assert "<mark>It makes fifteen</mark>" in page
    assert "&lt;b&gt;Rosa&lt;/b&gt;" in page
    assert "r•••@private.example" in page
    assert EMAIL not in page
    assert 'rel="nofollow noopener noreferrer"' in page
    assert f'<a href="{page_of(other)}"><bdi>The other claim.\u202e</bdi></a> · Open' in page
    assert "An earlier version said: “It makes fifteen.” Correct is:" in page
    assert f"/admin/articles/article/{article.pk}/change/" in page


def test_a_correction_does_not_begin_with_what_the_article_never_said(desk, make_error):
    report = make_error(quote="Its head is a thief.")
    page = text_of(desk.get(page_of(report)))
    assert page.count("Its head is a thief.") == 1  # beside the article, as the reader's words
    assert ">Correct is:</textarea>" in page


@pytest.mark.parametrize("pk", ["0", "999", "99999999999999999999", "9" * 5_000, "x"])
def test_there_is_nothing_where_nothing_is(desk, pk):
    assert desk.get(f"{LIST}{pk}/change/").status_code == 404


def test_correct_writes_a_correction_that_readers_see(desk, client, make_error, article, editor):
    before = client.get(article.get_absolute_url())
    report = make_error()
    response = decide(desk, report, "correct", " It makes twenty, not fifteen. ")
    assert (response.status_code, response["Location"]) == (302, page_of(report))
    report.refresh_from_db()
    assert (report.state, report.correction.said) == ("corrected", "It makes twenty, not fifteen.")
    assert report.correction.day == timezone.localdate()
    assert "It makes twenty, not fifteen." not in text_of(before)
    assert "It makes twenty, not fifteen." in text_of(client.get(article.get_absolute_url()))
    step = report.decisions.get()
    assert (step.old, step.new, step.by, step.note) == (
        "open", "corrected", editor, "It makes twenty, not fifteen.",
    )  # fmt: skip
    page = text_of(desk.get(page_of(report)))
    assert f"{article.get_absolute_url()}#corrections" in page
    assert "Correct: The correction stands below the article." in page
    assert LogEntry.objects.filter(object_id=str(article.pk), user=editor).exists()


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ("correct", ""),
        ("correct", "An earlier version said: “It makes fifteen.” Correct is:"),
        ("correct", "x" * 601),
        ("reject", "  "),
    ],
)
def test_what_has_to_be_said_is_asked_for(desk, make_error, article, verb, said):
    type(article).objects.update(body="<p>It makes fifteen.</p>")
    report = make_error()
    response = decide(desk, report, verb, said)
    assert response.status_code == 422
    assert 'class="errornote"' in text_of(response)
    report.refresh_from_db()
    assert report.state == "open"
    assert corrections_of(article) == []
    assert not ErrorDecision.objects.exists()


@pytest.mark.parametrize(
    ("verb", "said", "state"),
    [("reject", "No.", "rejected"), ("duplicate", "", "duplicate"), ("spam", "", "spam")],
)
def test_the_other_decisions(desk, make_error, article, verb, said, state):
    report = make_error()
    assert decide(desk, report, verb, said).status_code == 302
    report.refresh_from_db()
    assert report.state == state
    assert report.decisions.get().note == said
    assert corrections_of(article) == []


def test_opened_again_the_correction_goes_unless_it_was_changed(desk, make_error, article):
    report = make_error()
    for changed in (False, True):
        assert decide(desk, report, "correct", "It makes twenty.").status_code == 302
        report.refresh_from_db()
        if changed:
            Correction.objects.update(said="It makes twenty, of course.")
        assert decide(desk, report, "reopen").status_code == 302
        report.refresh_from_db()
        assert (report.state, report.correction) == ("open", None)
    assert corrections_of(article) == ["It makes twenty, of course."]
    steps = report.decisions.values_list("old", "new")
    assert list(steps) == [("open", "corrected"), ("corrected", "open")] * 2


def test_a_stale_click_is_refused_and_told_who_was_faster(desk, make_error, article):
    report = make_error()
    other = User.objects.create_superuser("kim")
    seen = {"seen": "open", "since": report.since.isoformat()}
    decisions.decide("reject", report, by=other, seen="open", since=report.since, said="No.")
    response = decide(desk, report, "correct", "It makes twenty.", **seen)
    assert response.status_code == 409
    assert "Already “Rejected”: decided by kim" in text_of(response)
    assert corrections_of(article) == []
    # There and back is changed, too.
    report.refresh_from_db()
    decisions.decide("reopen", report, by=other, seen="rejected", since=report.since)
    assert decide(desk, report, "spam", **seen).status_code == 409
    for since in ("nonsense", "9999-12-31T23:59:59-23:59"):
        assert decide(desk, report, "spam", since=since).status_code == 409
    assert decide(desk, report, "reopen").status_code == 409


@pytest.mark.django_db(transaction=True)
def test_of_two_editors_at_the_same_moment_one_decides(make_error, article):
    report = make_error()
    users = [User.objects.create_superuser(name) for name in ("ann", "bob")]
    barrier = Barrier(2, timeout=20)

    def correct(user):
        mine = ErrorReport.objects.get(pk=report.pk)
        barrier.wait()
        try:
            decisions.decide(
                "correct", mine, by=user, seen="open", since=report.since, said=f"By {user}."
            )
            return "done"
        except decisions.AlreadyDecided as refusal:
            return str(refusal)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(correct, users))
    assert said[1] == "done"
    assert "Already “Corrected”" in said[0]
    assert len(corrections_of(article)) == 1
    assert ErrorDecision.objects.count() == 1


# --- who may ----------------------------------------------------------------------------------


def allow(user, *codenames):
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))


def test_moderators_writers_and_strangers_see_nothing(client, make_error, moderator):
    report = make_error()
    client.force_login(moderator)
    for address in (LIST, page_of(report)):
        assert client.get(address).status_code == 403
    assert decide(client, report, "spam").status_code == 403
    client.logout()
    assert client.get(page_of(report)).status_code == 302
    report.refresh_from_db()
    assert report.state == "open"


def test_who_may_look_does_not_decide_and_who_corrects_may_add_corrections(client, make_error):
    report = make_error()
    user = User.objects.create_user("looks", is_staff=True)
    allow(user, "view_errorreport")
    client.force_login(user)
    page = text_of(client.get(page_of(report)))
    assert 'name="verb"' not in page
    assert decide(client, report, "spam").status_code == 403
    allow(user, "change_errorreport")
    assert 'value="correct"' not in text_of(client.get(page_of(report)))
    assert decide(client, report, "correct", "It is.").status_code == 403
    assert decide(client, report, "nonsense").status_code == 404
    assert decide(client, report, "spam").status_code == 302


def test_an_address_is_revealed_to_who_may_and_that_is_noted(desk, editor, make_error):
    report = make_error(email=EMAIL)
    address = f"{LIST}{report.pk}/reveal/"
    assert desk.post(address).status_code == 403
    assert "Reveal" not in text_of(desk.get(page_of(report)))
    allow(editor, "reveal_address")
    assert "Reveal" in text_of(desk.get(page_of(report)))
    assert desk.get(address).status_code == 302
    assert not PrivacyEvent.objects.exists()
    assert EMAIL in text_of(desk.post(address))
    event = PrivacyEvent.objects.get()
    assert (event.kind, event.by) == ("reveal", editor)


def test_nobody_adds_or_deletes_reports(desk, make_error, article):
    report = make_error()
    assert desk.get(f"{LIST}add/").status_code == 403
    assert desk.post(f"{LIST}{report.pk}/delete/", {"post": "yes"}).status_code == 403
    # An article cannot be deleted over the heads of those who reported something.
    response = desk.post(f"/admin/articles/article/{article.pk}/delete/", {"post": "yes"})
    assert response.status_code == 403
    assert ErrorReport.objects.count() == 1


# --- the mail to the reader -------------------------------------------------------------------


@pytest.fixture
def wanted(make_error, settings):
    """A report whose reader wants to be told."""
    settings.MAIL_ENABLED = True
    return make_error("A claim nobody may read.", email=EMAIL, name="Rosa R.", tell=True)


def post():
    """Let the time to undo be over, and deliver."""
    Mail.objects.exclude(send_due=None).update(send_due=timezone.now())
    Postman().run(once=True)
    return outbox.outbox


def test_the_reader_is_told_once_what_came_of_it(desk, wanted, article):
    decide(desk, wanted, "correct", "It makes twenty, not fifteen.")
    assert Mail.objects.get().send_due > timezone.now() + timedelta(minutes=9)
    Postman().run(once=True)
    assert outbox.outbox == []
    (letter,) = post()
    assert letter.to == [EMAIL]
    assert letter.subject == "What came of the error that you reported in “Inference and training”"
    for body in (letter.body, letter.alternatives[0][0]):
        assert "It makes twenty, not fifteen." in body
        assert f"http://testserver{article.get_absolute_url()}#corrections" in body
        for private in ("A claim nobody may read.", "Rosa", "It makes fifteen.", "eddie", EMAIL):
            assert private not in body
    wanted.refresh_from_db()
    decide(desk, wanted, "reopen")
    wanted.refresh_from_db()
    decide(desk, wanted, "reject", "After all not.")
    assert len(post()) == 1


@pytest.mark.parametrize(
    ("verb", "said", "words"),
    [("reject", "It is our view.", "It is our view."), ("duplicate", "", "reported before")],
)
def test_what_else_a_reader_is_told(desk, wanted, verb, said, words):
    decide(desk, wanted, verb, said)
    (letter,) = post()
    assert words in letter.body


def test_who_is_not_told(desk, make_error, wanted, settings, article):
    decide(desk, wanted, "spam")
    decide(desk, make_error("Unasked.", email=EMAIL), "reject", "No.")
    decide(desk, make_error("No address.", tell=True), "reject", "No.")
    settings.MAIL_ENABLED = False
    decide(desk, make_error("No mail.", email="a@example.com", tell=True), "reject", "No.")
    assert not Mail.objects.exists()


def test_a_decision_that_is_taken_back_in_time_is_not_told(desk, wanted):
    decide(desk, wanted, "reject", "A slip.")
    wanted.refresh_from_db()
    assert wanted.told_at
    decide(desk, wanted, "reopen")
    wanted.refresh_from_db()
    assert (wanted.told_at, Mail.objects.count()) == (None, 0)
    decide(desk, wanted, "correct", "It makes twenty.")
    (letter,) = post()
    assert "It makes twenty." in letter.body


def test_an_address_gets_three_a_day_whoever_typed_it(desk, make_error, wanted):
    for number in range(5):
        report = make_error(f"{number}", email=EMAIL, tell=True)
        assert decide(desk, report, "reject", "No.").status_code == 302
    assert Mail.objects.count() == 3


def test_the_mail_says_how_to_stop_all_of_them_with_one_click(client, desk, wanted, make_error):
    decide(desk, wanted, "reject", "No.")
    (letter,) = post()
    link = letter.extra_headers["List-Unsubscribe"].strip("<>").removeprefix("http://testserver")
    assert link in letter.body
    assert "Stop all mail" in text_of(client.get(link))
    response = client.post(link, {"List-Unsubscribe": "One-Click"})
    assert response.status_code == 200
    assert Address.objects.get(email_hash=privacy.address_hash(EMAIL)).muted_at
    decide(desk, make_error("Another.", email=EMAIL, tell=True), "reject", "No.")
    assert len(post()) == 1
    assert Mail.objects.latest("pk").error == "dropped: muted"


@pytest.mark.parametrize("change", ["erased", "withdrawn"])
def test_nothing_is_told_of_what_is_gone(desk, wanted, article, change):
    decide(desk, wanted, "reject", "No.")
    if change == "erased":
        ErrorReport.objects.update(email="", email_hash="")
    else:
        type(article).objects.update(published_at=None, withdrawn_at=timezone.now())
    assert post() == []
    assert Mail.objects.get().error == "dropped: nothing to tell any more"
