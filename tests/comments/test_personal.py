"""What is known about a person is all handed out and all forgotten, and nobody else's with it."""

import json
import stat
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from comments import feedback, leases, moderation, privacy, standing, worker
from comments.models import (
    Address,
    Check,
    Comment,
    Edit,
    Mail,
    PrivacyEvent,
    Report,
    StatusChange,
    Submission,
)
from comments.personal import rights
from comments.personal.fields import STAYS, TABLES, For
from comments.spam.answers import Answer
from comments.status import Status

EMAIL = "rosa.reader@private.example"
PAGE = "/admin/comments/privacyevent/person/"

#: What is known about Rosa; each of these must be in an export for her and nowhere after erasure.
SECRETS = (
    "rosa.reader",
    "Rosa Reader",
    "rosa.example.org",
    "203.0.113.77",
    "203.0.113.0/24",
    "HiddenAgent",
    "hidden-referrer",
    "hidden-honey",
    "hidden-sent",
    "hidden-before",
    "hidden-reason",
    "hidden-match",
    "hidden-alert",
    "hidden-guid",
)


def hashes(email=EMAIL):
    return privacy.address_hashes(email)


@pytest.fixture
def make_known(make_comment):
    """Store a comment by Rosa about which everything is known that can be."""

    def make(text="Her words.", **fields):
        fields.setdefault("held_detail", "hidden-match")
        comment = make_comment(
            text,
            **{
                "name": "Rosa Reader",
                "url": "https://rosa.example.org/",
                "email": EMAIL,
                "ip": "203.0.113.77",
                "user_agent": "HiddenAgent/1.0",
                "referrer": "https://hidden-referrer.example/",
                "honeypot": "hidden-honey",
                **fields,
            },
        )
        now = timezone.now()
        Submission.objects.filter(pk=comment.pk).update(
            sent=json.dumps({"comment_content": "hidden-sent"}),
            sent_at=now,
            confirmed_at=now,
            notify=True,
        )
        Edit.objects.create(comment=comment, text="hidden-before")
        StatusChange.objects.create(
            comment=comment,
            old=comment.status,
            new=comment.status,
            source="rules",
            reason="hidden-reason",
        )
        Check.objects.create(
            comment=comment, verdict="ham", guid="hidden-guid", detail="hidden-alert"
        )
        Mail.owe(Mail.Kind.LINK, EMAIL, key=f"link:{comment.pk}", comment=comment)
        Address.objects.get_or_create(email_hash=hashes()[0], defaults={"email": EMAIL})
        return Comment.objects.get(pk=comment.pk)

    return make


def everything():
    """All rows of all tables, as the product reads them, in one text."""
    found = []
    for label in TABLES:
        # An alert is Akismet's word to the site's owner, about nobody's comment.
        if label.startswith("comments.") and label != "comments.AkismetState":
            found += [vars(row) for row in apps.get_model(label)._default_manager.all()]
    return repr(found)


# --- the list -----------------------------------------------------------------------------


def test_every_column_is_on_the_list():
    """A model that gains a field must say whose it is, who may have it, and how it is forgotten."""
    models = [*apps.get_app_config("comments").get_models()]
    models += apps.get_app_config("wordpress").get_models()
    assert {model._meta.label for model in models} == set(TABLES)
    for model in models:
        columns = {field.name for field in model._meta.concrete_fields}
        assert columns == set(TABLES[model._meta.label].columns), model._meta.label


def test_articles_hold_nothing_of_readers():
    """Their tables are about what is published and by whom, so they are not on the list."""
    names = {
        field.name
        for model in apps.get_app_config("articles").get_models()
        for field in model._meta.concrete_fields
    }
    assert not {"email", "ip", "user_agent", "text"} & names


def test_what_is_written_at_erasure_fits_its_column(make_known):
    for label, table in TABLES.items():
        for name, value in table.blanks().items():
            field = apps.get_model(label)._meta.get_field(name)
            assert value is not None or field.null, f"{label}.{name}"
        assert all(column.erased is STAYS for column in table.columns.values()) or (
            table.of_comment or table.rows_go
        ), f"{label} would never be erased"


# --- export -------------------------------------------------------------------------------


def test_an_export_by_address_holds_everything(make_known, make_comment):
    known = make_known(status="pending", held_for="words")
    make_comment("Another's.", name="Omar", email="omar@private.example")
    Report.objects.create(comment=known, reason="spam", ip="192.0.2.200")
    data = rights.export_address(hashes())
    text = rights.as_json(data)
    for secret in SECRETS:
        assert secret in text
    assert len(data["comments"]) == 1
    (entry,) = data["comments"]
    assert entry["comment"]["text"] == "Her words."
    assert entry["comment"]["article"] == "http://testserver/articles/inference-and-training/"
    assert (entry["comment"]["held_for"], entry["comment"]["published"]) == ("words", False)
    assert entry["submission"]["sent"] == {"comment_content": "hidden-sent"}
    assert [mail["kind"] for mail in entry["mails"]] == ["link"]
    assert len(data["addresses"]) == 1
    for others in ("Omar", "omar", "Another", "192.0.2.200"):
        assert others not in text


def test_an_export_names_no_colleague_and_no_key(make_known, moderator, settings):
    settings.AKISMET_API_KEY = "valid-secret"
    comment = make_known(status="pending")
    moderation.approve(comment, by=moderator, seen="pending")
    text = rights.as_json(rights.export_address(hashes()))
    for secret in ("kim", "valid-secret", hashes()[0], settings.SECRET_KEY):
        assert secret not in text


def test_an_export_is_the_same_each_time_and_in_order(make_known):
    comments = [make_known(f"{number}") for number in range(3)]
    first, second = (rights.as_json(rights.export_address(hashes())) for _ in range(2))
    assert first == second
    assert first.endswith("}\n")
    data = json.loads(first)
    assert data["format"] == "marginalia-personal-data/1"
    assert [each["comment"]["id"] for each in data["comments"]] == [each.pk for each in comments]
    assert data["comments"][0]["comment"]["created_at"].endswith("+00:00")


@pytest.mark.parametrize("status", Status.values)
def test_who_only_posted_learns_nothing_of_how_it_was_judged(make_known, status):
    comment = make_known(status=status, held_for="words")
    text = rights.as_json(rights.export_comment(comment))
    for secret in (
        "hidden-sent",
        "hidden-reason",
        "hidden-match",
        "hidden-alert",
        "hidden-guid",
        "verdict",
    ):
        assert secret not in text
    for word in ("pending", "spam", "trash", "submitted", "words"):
        assert f'"{word}"' not in text
    for known in ("rosa.reader", "Her words.", "203.0.113.77", "hidden-before"):
        assert known in text
    (entry,) = rights.export_comment(comment)["comments"]
    assert entry["comment"]["published"] == (status == "approved")
    assert entry.keys() == {"comment", "submission", "former_texts"}


def test_twenty_comments_cost_as_much_as_one(make_known, count_queries):
    make_known("First.")
    one = count_queries(rights.export_address, hashes())
    for number in range(19):
        make_known(f"{number}")
    assert len(count_queries(rights.export_address, hashes())) == len(one) <= 8


def test_what_no_key_reads_does_not_stop_an_export(make_known, settings):
    make_known()
    old = hashes()
    settings.SECRET_KEY = "a-stranger's-key-" + "s" * 40
    (entry,) = rights.export_address(old)["comments"]
    assert entry["submission"]["sent"] is None
    assert entry["submission"]["email"] is None


# --- erasure ------------------------------------------------------------------------------


def test_a_public_comment_stays_as_the_words_of_nobody(client, make_known, make_comment, article):
    comment = make_known("Her words.")
    reply = make_comment("A reply.", parent=comment, name="Omar", email="omar@private.example")
    assert rights.erase_address(hashes(), actor="staff") == 1

    for secret in SECRETS:
        assert secret not in everything()
    assert hashes()[0] not in everything()
    page = client.get(article.get_absolute_url()).content.decode()
    assert "Her words." in page
    assert "Rosa" not in page
    assert page.index("Her words.") < page.index("A reply.")
    assert "Anonymous" in page
    comment.refresh_from_db()
    assert (comment.status, comment.user) == ("approved", None)
    article.refresh_from_db()
    assert article.comment_count == 2
    reply.refresh_from_db()
    assert reply.submission.email == "omar@private.example"
    assert comment.changes.exists()
    assert Submission.objects.get(pk=comment.pk).notify is False


@pytest.mark.parametrize("status", sorted(set(Status.values) - {"approved"}))
def test_any_other_comment_is_deleted(make_known, make_comment, status):
    parent = make_comment("Parent.", name="Omar", email="omar@private.example")
    comment = make_known(status=status, parent=parent)
    assert rights.erase_address(hashes(), actor="staff") == 1
    assert not Comment.objects.filter(pk=comment.pk).exists()
    for secret in (*SECRETS, "Her words."):
        assert secret not in everything()
    assert Comment.objects.get() == parent


def test_nobody_elses_data_is_touched(make_known, make_comment):
    make_known()
    other = make_comment(
        "Omar's.", name="Omar", email="omar@private.example", ip="203.0.113.77", status="pending"
    )
    Edit.objects.create(comment=other, text="Omar's before.")
    Mail.owe(Mail.Kind.LINK, "omar@private.example", key="x", comment=other)
    before = rights.export_address(hashes("omar@private.example"))
    rights.erase_address(hashes(), actor="staff")
    assert rights.export_address(hashes("omar@private.example")) == before
    assert before["comments"][0]["former_texts"]


def test_comments_without_an_address_are_nobodys(make_comment):
    """Imports bring many; they must not be taken for one person who has none."""
    make_comment("Imported.", email="")
    assert rights.known_about(hashes(""))["comments"] == 0
    assert rights.export_address(hashes(""))["comments"] == []
    assert rights.erase_address([*hashes(""), ""], actor="staff") == 0
    assert Comment.objects.get().name == "Rosa Reader"


def test_it_is_found_under_former_keys(make_known, settings):
    make_known("Old.")
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "the-key-of-next-year-" + "n" * 40
    settings.SECRET_KEY_FALLBACKS = [old]
    make_known("New.")
    assert len(rights.export_address(hashes())["comments"]) == 2
    assert rights.erase_address(hashes(), actor="staff") == 2
    for secret in SECRETS:
        assert secret not in everything()


def test_twice_is_once(make_known):
    comment = make_known()
    assert rights.erase_address(hashes(), actor="staff") == 1
    before = everything().partition("PrivacyEvent")[0]
    assert rights.erase_address(hashes(), actor="staff") == 0
    rights.erase_comment(comment, actor="writer")
    assert Comment.objects.filter(pk=comment.pk).values().get()["name"] == "Anonymous"
    assert before
    assert list(PrivacyEvent.objects.order_by("pk").values_list("comments", flat=True)) == [1, 0, 1]


def test_one_comment_is_forgotten_alone(make_known):
    one, other = make_known("One."), make_known("Other.")
    hidden = make_known("Hidden.", status="spam")
    rights.erase_comment(one, actor="writer")
    rights.erase_comment(hidden, actor="writer")
    assert set(Comment.objects.values_list("pk", "name")) == {
        (one.pk, "Anonymous"),
        (other.pk, "Rosa Reader"),
    }
    assert Address.objects.exists()
    events = PrivacyEvent.objects.order_by("pk").values_list("kind", "actor", "comment")
    assert list(events) == [("erase", "writer", one.pk), ("erase", "writer", None)]


class Silent:
    """An Akismet that nobody should be talking to."""

    def __init__(self):
        self.reports = []

    def report(self, values, *, spam):
        self.reports.append(values)


def test_akismet_hears_no_more_of_an_erased_comment(make_known, moderator):
    comment = make_known(status="spam", verdict="spam")
    moderation.approve(comment, by=moderator, seen="spam")
    assert StatusChange.objects.filter(feedback_due__isnull=False).count() == 1
    rights.erase_address(hashes(), actor="staff")
    assert not StatusChange.objects.filter(feedback_due__isnull=False).exists()
    comment.refresh_from_db()
    moderation.spam(comment, by=moderator, seen="approved")
    comment.refresh_from_db()
    moderation.approve(comment, by=moderator, seen="spam")
    assert not StatusChange.objects.filter(feedback_due__isnull=False).exists()


@pytest.mark.parametrize("verdict", ["ham", "spam"])
def test_an_answer_that_comes_after_erasure_brings_nothing_back(
    transactional_db, make_known, verdict
):
    """The worker has asked Akismet; while it waits, the person has everything erased."""
    make_known(status="submitted")

    class Slow(Silent):
        def check(self, values):
            rights.erase_address(hashes(), actor="staff")
            connection.close()  # of this thread
            return Answer(verdict, guid="hidden-guid", alert="hidden-alert")

    worker.Worker(Slow(), slots=1, poll_seconds=0.01).run(once=True)
    assert not Comment.objects.exists()
    for secret in (*SECRETS, "Her words."):
        assert secret not in everything()


def test_a_report_that_was_under_way_is_not_followed_by_another(make_known, moderator):
    comment = make_known(status="spam", verdict="spam")
    moderation.approve(comment, by=moderator, seen="spam")
    StatusChange.objects.filter(feedback="ham").update(feedback_due=timezone.now())
    (claimed,) = leases.claim(feedback.due(), "feedback", 1)
    rights.erase_address(hashes(), actor="staff")
    feedback.taken(claimed)
    assert not StatusChange.objects.filter(feedback_due__isnull=False).exists()


def test_an_erased_writer_is_no_earlier_writer(post_comment, make_known, settings, no_flood):
    """Neither duplicates nor floods nor approvals are counted from what was forgotten."""
    make_known("Old words.")
    rights.erase_address(hashes(), actor="staff")
    assert post_comment(email="", text="x").status_code == 422
    assert post_comment(email=EMAIL, name="Rosa", text="Old words.").status_code == 302
    fresh = Submission.objects.order_by("-pk").first()
    assert standing.writer_of(fresh.comment, fresh, enough=3).approved == 0
    known = rights.known_about(hashes())
    assert (known["comments"], fresh.email) == (1, EMAIL)


def test_an_erased_writer_follows_nothing(settings, make_known, make_comment, moderator):
    settings.MAIL_ENABLED = True
    comment = make_known()
    Address.objects.update(confirmed_at=timezone.now())
    first = make_comment("A reply.", parent=comment, status="pending", email="omar@x.example")
    moderation.approve(first, by=moderator, seen="pending")
    assert Mail.objects.filter(kind="reply").count() == 1
    rights.erase_address(hashes(), actor="staff")
    second = make_comment("Another.", parent=comment, status="pending", email="omar@x.example")
    moderation.approve(second, by=moderator, seen="pending")
    assert not Mail.objects.exists()


def test_erasure_is_one_short_transaction_a_comment(make_known, monkeypatch):
    """Killed on the way, what was done is done and noted, and the rest waits for another call."""
    for number in range(4):
        make_known(f"{number}")
    erase = moderation.erase
    calls = []

    def dies(pk):
        calls.append(pk)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return erase(pk)

    monkeypatch.setattr(moderation, "erase", dies)
    with pytest.raises(KeyboardInterrupt):
        rights.erase_address(hashes(), actor="command")
    assert Comment.objects.filter(name="Anonymous").count() == 2
    assert PrivacyEvent.objects.get().comments == 2
    monkeypatch.setattr(moderation, "erase", erase)
    assert rights.erase_address(hashes(), actor="command") == 2


# --- in the admin -------------------------------------------------------------------------


@pytest.fixture
def officer(client: Client, db: None) -> Client:
    """A browser in which somebody is signed in who handles personal data, and nothing else."""
    user = User.objects.create_user("dana", "dana@example.org", "pass-word-1", is_staff=True)
    user.groups.add(Group.objects.get(name="Data protection"))
    client.force_login(user)
    return client


def step(client: Client, name: str, email: str = EMAIL) -> Any:
    return client.post(PAGE, {"email": email, "step": name})


def test_staff_look_up_download_and_erase(officer, make_known):
    make_known("Public."), make_known("Hidden.", status="spam")
    assert PAGE in officer.get("/admin/comments/privacyevent/").content.decode()
    assert officer.get(PAGE).status_code == 200

    page = step(officer, "look", f" {EMAIL.upper()} ").content.decode()
    assert "2 comments, 1 of them public" in page
    for private in ("Public.", "Hidden.", "Rosa", "203.0.113"):
        assert private not in page
    assert not PrivacyEvent.objects.exists()

    response = step(officer, "export")
    assert response["Content-Type"].startswith("application/json")
    assert 'attachment; filename="personal-data.json"' in response["Content-Disposition"]
    assert "no-store" in response["Cache-Control"]
    assert len(json.loads(response.content)["comments"]) == 2

    page = step(officer, "confirm").content.decode()
    assert "1 public comment keeps its text and place" in page
    assert "1 other comment is deleted altogether" in page
    assert "cannot be undone" in page
    assert Comment.objects.count() == 2

    response = step(officer, "erase")
    assert (response.status_code, response["Location"]) == (302, PAGE)
    assert "Comments concerned: 2." in officer.get(PAGE).content.decode()
    assert Comment.objects.get().name == "Anonymous"
    events = PrivacyEvent.objects.order_by("pk").values_list("kind", "actor", "comments")
    assert list(events) == [("export", "staff", 2), ("erase", "staff", 2)]
    assert {event.by.username for event in PrivacyEvent.objects.all()} == {"dana"}
    for again in ("look", "confirm"):
        page = step(officer, again).content.decode()
        assert "Nothing is known" in page
        assert "Yes, erase it" not in page


@pytest.mark.parametrize(("email", "said"), [("", "required"), ("rosa", "Enter a whole address")])
def test_what_is_no_address_is_refused_beside_the_field(officer, email, said):
    response = step(officer, "erase", email)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not PrivacyEvent.objects.exists()


def test_a_get_does_nothing(officer, make_known):
    make_known()
    officer.get(PAGE, {"email": EMAIL, "step": "erase"})
    assert Comment.objects.get().name == "Rosa Reader"
    assert not PrivacyEvent.objects.exists()


@pytest.mark.parametrize("who", ["moderator", "editor", "stranger"])
def test_only_who_may_handles_personal_data(request, client, make_known, who):
    make_known()
    if who != "stranger":
        client.force_login(request.getfixturevalue(who))
    for name in ("look", "export", "confirm", "erase"):
        response = step(client, name)
        assert response.status_code == (302 if who == "stranger" else 403)
    assert client.get(PAGE).status_code == (302 if who == "stranger" else 403)
    assert Comment.objects.get().name == "Rosa Reader"
    assert not PrivacyEvent.objects.exists()


def test_a_form_of_another_site_erases_nothing(officer, make_known):
    make_known()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = officer.cookies
    assert step(strict, "erase").status_code == 403
    assert Comment.objects.get().name == "Rosa Reader"


# --- as commands --------------------------------------------------------------------------


def test_the_command_writes_a_file_for_its_owner_alone(make_known, tmp_path):
    make_known()
    target, output = tmp_path / "rosa.json", StringIO()
    call_command("export_personal_data", EMAIL, output=target, stdout=output)
    assert json.loads(target.read_text()) == rights.export_address(hashes())
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert output.getvalue() == "Wrote 1 comments.\n"
    with pytest.raises(CommandError, match="File exists"):
        call_command("export_personal_data", EMAIL, output=target)
    event = PrivacyEvent.objects.get()
    assert (event.kind, event.actor, event.by) == ("export", "command", None)


def test_the_command_writes_to_the_terminal(make_known, monkeypatch):
    make_known()
    output = StringIO()
    monkeypatch.setattr("sys.stdin", StringIO(f"{EMAIL}\n"))
    call_command("export_personal_data", "-", stdout=output)
    assert len(json.loads(output.getvalue())["comments"]) == 1


@pytest.mark.parametrize(("answer", "erased"), [("yes\n", True), ("y\n", False), ("", False)])
def test_the_command_asks_before_it_erases(make_known, monkeypatch, answer, erased):
    make_known()
    monkeypatch.setattr("sys.stdin", StringIO(answer))
    output = StringIO()
    if erased:
        call_command("erase_personal_data", EMAIL, stdout=output)
        assert "Comments concerned: 1." in output.getvalue()
    else:
        with pytest.raises(CommandError, match="Nothing was erased"):
            call_command("erase_personal_data", EMAIL, stdout=output)
    assert "1 public comments would become anonymous" in output.getvalue()
    assert (Comment.objects.get().name == "Anonymous") == erased


def test_the_command_can_be_told_not_to_ask(make_known):
    make_known()
    output = StringIO()
    call_command("erase_personal_data", EMAIL, yes=True, stdout=output)
    call_command("erase_personal_data", EMAIL, yes=True, stdout=output)
    assert output.getvalue().endswith("Nothing is known under this address.\n")
    assert PrivacyEvent.objects.get().actor == "command"


@pytest.mark.parametrize("command", ["export_personal_data", "erase_personal_data"])
def test_what_is_no_address_ends_a_command(db, command):
    with pytest.raises(CommandError, match="no email address"):
        call_command(command, "rosa")


def test_levels_of_an_export_include_one_another():
    for table in TABLES.values():
        assert set(table.names(For.WRITER)) <= set(table.names(For.HOLDER))
        assert table.names(For.NOBODY) == []
