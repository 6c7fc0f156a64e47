"""`manage.py reencrypt`: after it, the former SECRET_KEY may be forgotten."""

import json
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models
from django.db.models.functions import Cast
from django.utils import timezone

from comments import privacy, standing
from comments.management.commands import reencrypt
from comments.models import Address, Comment, ErrorReport, Mail, Submission
from comments.personal import rights

EMAIL = "rosa.reader@private.example"
NEW_KEY = "the-key-of-next-year-" + "n" * 40


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(reencrypt, "PAUSE_SECONDS", 0)


@pytest.fixture
def old_data(make_comment):
    comment = make_comment("Old words.", email=EMAIL)
    Submission.objects.filter(pk=comment.pk).update(sent=json.dumps({"a": "b"}))
    Address.objects.create(email=EMAIL, confirmed_at=timezone.now())
    Mail.owe(Mail.Kind.LINK, EMAIL, key="old", comment=comment)
    ErrorReport.objects.create(article=comment.article, quote="Q.", claim="C.", email=EMAIL)
    return comment


def change_key(settings, *, keep_old=True):
    settings.SECRET_KEY, old = NEW_KEY, settings.SECRET_KEY
    settings.SECRET_KEY_FALLBACKS = [old] if keep_old else []
    return old


def run():
    output = StringIO()
    call_command("reencrypt", stdout=output)
    return output.getvalue()


def stored():
    """What stands in each encrypted column, as the database has it."""
    found = {}
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, privacy.EncryptedTextField):
                rows = model._default_manager.annotate(raw=Cast(field.name, models.TextField()))
                found[f"{model._meta.label}.{field.name}"] = list(
                    rows.order_by("pk").values_list("raw", flat=True)
                )
    return found


def test_afterwards_everything_is_read_and_found_without_the_old_key(
    old_data, settings, post_comment, no_flood
):
    change_key(settings)
    said = run()
    assert "comments.Submission.email: 1 renewed" in said
    assert "comments.Submission.sent: 1 renewed" in said
    assert "comments.Address.email: 1 renewed" in said
    assert "comments.Mail.email: 1 renewed" in said
    assert "comments.ErrorReport.email: 1 renewed" in said
    assert said.endswith("Nothing is left under a former key.\n")

    settings.SECRET_KEY_FALLBACKS = []
    (new_hash,) = privacy.address_hashes(EMAIL)
    for model in (Submission, Address, Mail, ErrorReport):
        row = model.objects.get()
        assert (row.email, row.email_hash) == (EMAIL, new_hash)
    assert json.loads(Submission.objects.get().sent) == {"a": "b"}
    (entry,) = rights.export_address([new_hash])["comments"]
    assert entry["comment"]["text"] == "Old words."


def test_floods_are_still_noticed(settings, post_comment):
    assert post_comment(email=EMAIL).status_code == 302
    change_key(settings)
    run()
    settings.SECRET_KEY_FALLBACKS = []
    assert post_comment(email=EMAIL, text="Another.").status_code == 429


def test_trust_and_duplicates_are_told_as_before(make_comment, settings, post_comment, no_flood):
    old = make_comment("Approved.", email=EMAIL)
    new = make_comment("New.", status="pending", email=EMAIL)
    change_key(settings)
    run()
    settings.SECRET_KEY_FALLBACKS = []
    known = standing.writer_of(new, Submission.objects.get(pk=new.pk), enough=3)
    assert known.approved == 1
    repeated = post_comment(email=EMAIL, name=old.name, text=old.text)
    assert repeated.status_code == 409


def test_the_columns_are_found_by_themselves():
    names = {"Submission.email", "Submission.sent", "Address.email", "Ban.email", "Mail.email"}
    names.add("ErrorReport.email")
    assert {name.removeprefix("comments.") for name in stored_names()} == names


def stored_names():
    return {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, privacy.EncryptedTextField)
    }


def test_twice_is_once(old_data, settings):
    before = stored()
    assert "0 renewed" in run()
    assert stored() == before
    change_key(settings)
    run()
    after = stored()
    assert after != before
    assert "1 renewed" not in run()
    assert stored() == after


def test_what_no_key_reads_is_counted_and_left(old_data, make_comment, settings):
    change_key(settings, keep_old=False)
    before = stored()
    fresh = make_comment("New.", email="omar@private.example")
    said = run()
    assert "comments.Submission.email: 0 renewed, 1 unreadable" in said
    assert "5 values were encrypted under a key" in said
    assert stored()["comments.Mail.email"] == before["comments.Mail.email"]
    assert Submission.objects.get(pk=fresh.pk).email == "omar@private.example"


def test_what_somebody_writes_meanwhile_stays(old_data, settings, monkeypatch):
    change_key(settings)
    is_current = reencrypt._is_current

    def slow(row, column):
        if column == "email" and isinstance(row, Submission):
            Submission.objects.update(email="", email_hash="")  # erased at this moment
        return is_current(row, column)

    monkeypatch.setattr(reencrypt, "_is_current", slow)
    said = run()
    assert "comments.Submission.email: 0 renewed" in said
    assert (Submission.objects.get().email, Submission.objects.get().email_hash) == ("", "")


def test_a_kill_is_gone_on_with(make_comment, settings, monkeypatch):
    for number in range(5):
        make_comment(f"{number}", email=f"rosa{number}@private.example")
    change_key(settings)
    monkeypatch.setattr(reencrypt, "BATCH", 2)
    write, calls = reencrypt._write, []

    def dies(row, column):
        calls.append(row)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return write(row, column)

    monkeypatch.setattr(reencrypt, "_write", dies)
    with pytest.raises(KeyboardInterrupt):
        run()
    monkeypatch.setattr(reencrypt, "_write", write)
    assert "comments.Submission.email: 3 renewed" in run()
    settings.SECRET_KEY_FALLBACKS = []
    assert {row.email for row in Submission.objects.all()} == {
        f"rosa{number}@private.example" for number in range(5)
    }


def test_an_address_that_confirmed_twice_is_one_again(old_data, settings):
    """Asked again under the new key before the old row was renewed: a hash is there once."""
    first = Address.objects.get()
    change_key(settings)
    Address.objects.create(email=EMAIL, asked_at=timezone.now(), muted_at=timezone.now())
    run()
    joined = Address.objects.get()
    assert joined.email_hash == privacy.address_hash(EMAIL)
    assert joined.confirmed_at == first.confirmed_at
    assert joined.asked_at
    assert joined.muted_at


def test_the_database_holds_no_plain_address_at_any_time(old_data, settings):
    change_key(settings)
    run()
    for column in stored().values():
        assert all("rosa" not in token for token in column)
    with connection.cursor() as cursor:
        cursor.execute("SELECT email FROM comments_submission")
        assert privacy.decrypt(cursor.fetchone()[0]) == EMAIL
    assert Comment.objects.count() == 1
