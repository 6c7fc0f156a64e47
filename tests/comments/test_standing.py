"""What a writer is trusted with: every condition fails once while all the others hold."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone

from articles.models import Author
from comments import moderation, standing, tokens
from comments.models import Address, Comment, Discussion, StatusChange, Submission
from comments.privacy import address_hash
from comments.spam import names
from comments.spam.rules import Draft

ROSA = "rosa.reader@example.com"


@pytest.fixture(autouse=True)
def ham(akismet: Any) -> None:
    """Akismet finds everything clean here; what waits, waits for our own reasons."""


@pytest.fixture
def trust(db: None) -> Callable[..., Discussion]:
    def save(**fields: Any) -> Discussion:
        unlimited = {"flood_seconds": 0, "flood_per_minute": 0, "flood_per_hour": 0}
        discussion = Discussion(**{"trust_known_writers": True, **unlimited, **fields})
        discussion.save()
        return discussion

    return save


@pytest.fixture
def known(make_comment: Callable[..., Comment]) -> Comment:
    """A comment of long ago that makes its address known."""
    then = timezone.now() - timedelta(days=30)
    return make_comment("Long ago.", email=ROSA, created_at=then, since=then)


@pytest.fixture
def post(post_comment: Callable[..., Any]) -> Callable[..., Comment]:
    """Post a comment, with its address proved unless told otherwise, and let it be judged."""

    def post(*, proven: bool = True, **fields: Any) -> Comment:
        response = post_comment(**fields)
        assert response.status_code == 302
        comment = Comment.objects.latest("pk")
        if proven:
            Submission.objects.filter(pk=comment.pk).update(confirmed_at=timezone.now())
        call_command("work", once=True)
        comment.refresh_from_db()
        return comment

    return post


def state(comment: Comment) -> tuple[str, str, str]:
    comment.refresh_from_db()
    return comment.status, comment.held_for, comment.held_detail


PUBLISHED = ("approved", "", "")


def test_a_known_writer_is_published_at_once(trust, known, post, article):
    trust()
    comment = post()
    assert state(comment) == PUBLISHED
    assert comment.verdict == "ham"
    step = comment.changes.last()
    assert (step.old, step.new, step.source) == ("submitted", "approved", "akismet")
    article.refresh_from_db()
    assert article.comment_count == 2


def test_by_default_everybody_waits(known, post):
    assert state(post()) == ("pending", "policy", "")


def test_the_first_comment_is_told_from_others_though_all_wait(post):
    assert state(post()) == ("pending", "first_comment", "")


@pytest.mark.parametrize(
    ("tuned", "fields", "expected"),
    [
        ({}, {"proven": False}, ("pending", "unconfirmed", "")),
        ({}, {"email": "nobody@example.com"}, ("pending", "first_comment", "")),
        ({"approvals_to_trust": 2}, {}, ("pending", "first_comment", "1 approved before")),
        ({}, {"text": "http://a.example http://b.example"}, ("pending", "links", "2 links")),
        ({"hold_words": "moon"}, {"text": "To the moon"}, ("pending", "words", "moon")),
        (
            {"hold_words": r"/mo+n/"},
            {"text": "To the MOOON"},
            ("pending", "words", "/mo+n/ (“MOOON”)"),
        ),
        (
            {},
            {"text": "Guaranteed profits!"},
            ("pending", "scam", "guaranteed returns: Guaranteed profits"),
        ),
        ({}, {"name": "Ines Halvorsen"}, ("pending", "staff_name", "Ines Halvorsen")),
        ({"akismet_log_only": True}, {}, ("pending", "log_only", "")),
        # What does not matter.
        ({"hold_scams": False}, {"text": "Guaranteed profits!"}, PUBLISHED),
        ({}, {"email": "ROSA.Reader@Example.com "}, PUBLISHED),
        ({}, {"name": "Somebody Else"}, PUBLISHED),
        ({}, {"text": "http://a.example"}, PUBLISHED),
    ],
)
def test_one_missing_condition_is_enough_to_wait(trust, known, post, tuned, fields, expected):
    trust(**tuned)
    assert state(post(**fields)) == expected


def test_the_honeypot_holds_a_known_writer_too(trust, known, post, akismet):
    trust()
    akismet.script([{"body": "false"}])
    assert state(post(second_thoughts="x")) == ("pending", "honeypot", "x")


def test_what_akismet_calls_spam_is_spam_whoever_wrote_it(trust, known, post, akismet):
    trust()
    akismet.script([{"body": "true"}])
    assert post().status == "spam"


# --- what counts as approved ------------------------------------------------------------------


@pytest.mark.parametrize("status", ["submitted", "pending", "spam", "trash"])
def test_only_what_is_approved_counts(trust, make_comment, post, status):
    trust()
    long_ago = timezone.now() - timedelta(days=30)
    make_comment("Long ago.", email=ROSA, status=status, since=long_ago, check_due=None)
    assert state(post())[1] == "first_comment"


def test_what_staff_wrote_under_the_address_does_not_count(trust, make_comment, post, editor):
    trust()
    make_comment("By staff.", email=ROSA, user=editor, verdict="exempt")
    assert state(post())[1] == "first_comment"


def test_what_another_site_approved_does_not_count(trust, article, post):
    trust()
    draft = Draft(name="Rosa", email=ROSA, text="Imported.")
    moderation.take_over(article, draft, ancestors=[], status="approved", created_at=timezone.now())
    assert state(post())[1] == "first_comment"


def test_a_rotated_key_still_finds_what_was_approved(trust, known, post, settings):
    trust()
    old = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 10, [old]
    assert address_hash(ROSA) != Submission.objects.get(pk=known.pk).email_hash
    assert state(post()) == PUBLISHED


def test_an_empty_address_is_nobodys(trust, make_comment, article):
    discussion = trust()
    make_comment("Erased.", email="")
    comment = make_comment("Another.", email="", status="pending")
    Submission.objects.filter(pk=comment.pk).update(confirmed_at=timezone.now())
    hit = standing.why_it_waits(comment, discussion, verdict="ham")
    assert hit is not None
    assert hit.held_for == "first_comment"


def test_an_unreadable_address_is_nobodys(trust, make_comment, settings):
    discussion = trust()
    make_comment("Long ago.", email=ROSA)
    comment = make_comment("Another.", email=ROSA, status="pending")
    Submission.objects.filter(pk=comment.pk).update(confirmed_at=timezone.now())
    settings.SECRET_KEY = "lost" * 20
    hit = standing.why_it_waits(Comment.objects.get(pk=comment.pk), discussion, verdict="ham")
    assert hit is not None
    assert hit.held_for == "first_comment"


# --- rejected lately --------------------------------------------------------------------------


def decided(make_comment: Any, count: int, verb: str | None, by: User, *, days: float = 1) -> None:
    """Let `count` comments of Rosa be approved (None) or rejected by a person, so long ago."""
    then = timezone.now() - timedelta(days=days)
    for number in range(count):
        comment = make_comment(f"{verb} {number}", email=ROSA, since=then)
        if verb:
            getattr(moderation, verb)(comment, by=by, seen="approved")
            Comment.objects.filter(pk=comment.pk).update(since=then)
            StatusChange.objects.filter(comment=comment).update(at=then, feedback_due=None)


@pytest.mark.parametrize(
    ("approved", "rejected", "verb", "days", "expected"),
    [
        (7, 3, "spam", 1, PUBLISHED),  # 30 % is not more than 30 %
        (6, 3, "spam", 1, ("pending", "rejected_before", "3 of 9 in 7 days")),
        (6, 3, "trash", 1, ("pending", "rejected_before", "3 of 9 in 7 days")),
        (6, 3, "spam", 6.9, ("pending", "rejected_before", "3 of 9 in 7 days")),
        (0, 3, "spam", 7.1, PUBLISHED),
        (1, 1, "spam", 1, ("pending", "rejected_before", "1 of 2 in 7 days")),
    ],
)
def test_many_rejected_comments_of_a_week_cost_the_trust(
    trust, known, make_comment, post, moderator, approved, rejected, verb, days, expected
):
    trust()
    decided(make_comment, approved, None, moderator)
    decided(make_comment, rejected, verb, moderator, days=days)
    assert state(post()) == expected


def test_only_what_people_rejected_counts(trust, known, make_comment, post):
    trust()
    for number in range(9):
        make_comment(f"Spam {number}", email=ROSA, status="spam", verdict="spam")
    assert state(post()) == PUBLISHED


def test_what_a_writer_took_away_is_not_rejected(trust, known, make_comment, post):
    trust()
    for number in range(3):
        comment = make_comment(f"Mine {number}", email=ROSA)
        moderation.withdraw(comment, seen="approved")
    assert state(post()) == PUBLISHED


def test_a_rejection_that_was_taken_back_is_none(trust, known, make_comment, post, moderator):
    trust()
    comment = make_comment("A slip.", email=ROSA)
    moderation.spam(comment, by=moderator, seen="approved")
    moderation.approve(comment, by=moderator, seen="spam")
    assert state(post()) == PUBLISHED


def test_a_rejection_of_long_before_does_not_make_akismets_one(
    trust, known, make_comment, post, moderator, akismet
):
    trust()
    comment = make_comment("A slip.", email=ROSA)
    moderation.spam(comment, by=moderator, seen="approved")
    moderation.approve(comment, by=moderator, seen="spam")
    moderation.edit(comment, "Worse.", seen="approved")
    akismet.script([{"body": "true"}])
    call_command("work", once=True)
    assert state(comment)[0] == "spam"
    assert state(post()) == PUBLISHED


# --- changed ----------------------------------------------------------------------------------


def test_a_changed_comment_of_a_known_writer_is_judged_anew(trust, known, post):
    trust()
    comment = post()
    moderation.edit(comment, "Changed.", seen="approved", proven=True)
    call_command("work", once=True)
    assert state(comment) == PUBLISHED
    # A proof was for the words it was given for: whoever has the link could change them.
    moderation.edit(comment, "Changed by somebody.", seen="approved")
    call_command("work", once=True)
    assert state(comment)[:2] == ("pending", "unconfirmed")
    moderation.edit(comment, "Guaranteed profits!", seen="pending", proven=True)
    call_command("work", once=True)
    assert state(comment)[:2] == ("pending", "scam")


def test_where_everybody_waits_a_changed_comment_waits_as_changed(known, post, moderator):
    comment = post()
    moderation.approve(comment, by=moderator, seen="pending")
    moderation.edit(comment, "Changed.", seen="approved")
    call_command("work", once=True)
    assert state(comment) == ("pending", "edited", "")


# --- released ---------------------------------------------------------------------------------


def confirm(comment: Comment) -> bool:
    Submission.objects.filter(pk=comment.pk).update(confirmed_at=timezone.now())
    return standing.release_if_trusted(comment)


def test_what_waited_for_the_proof_alone_is_published_with_it(trust, known, post, article):
    trust()
    comment = post(proven=False)
    assert state(comment)[1] == "unconfirmed"
    assert confirm(comment) is True
    assert state(comment) == PUBLISHED
    step = comment.changes.last()
    assert (step.source, step.reason) == ("rules", "the address was confirmed")
    article.refresh_from_db()
    assert article.comment_count == 2
    assert confirm(comment) is False  # twice is once
    assert comment.changes.filter(new="approved").count() == 1


def test_without_the_proof_nothing_is_released(trust, known, post):
    trust()
    comment = post(proven=False)
    assert standing.release_if_trusted(comment) is False
    assert state(comment)[0] == "pending"


@pytest.mark.parametrize(
    "changed",
    [{"trust_known_writers": False}, {"hold_words": "mind"}, {"approvals_to_trust": 2}],
)
def test_the_rules_are_asked_again_before_anything_is_released(trust, known, post, changed):
    trust()
    comment = post(proven=False)
    trust(**changed)
    assert confirm(comment) is False
    assert state(comment)[:2] == ("pending", "unconfirmed")


@pytest.mark.parametrize(
    "fields", [{"text": "http://a.example http://b.example"}, {"email": "new@example.com"}]
)
def test_what_waits_for_something_else_goes_on_waiting(trust, known, post, fields):
    trust()
    comment = post(proven=False, **fields)
    assert confirm(comment) is False
    assert state(comment)[0] == "pending"


@pytest.mark.parametrize("verb", ["spam", "trash"])
def test_what_a_moderator_decided_meanwhile_stands(trust, known, post, moderator, verb):
    trust()
    comment = post(proven=False)
    stale = Comment.objects.get(pk=comment.pk)
    getattr(moderation, verb)(comment, by=moderator, seen="pending")
    assert confirm(stale) is False
    assert state(comment)[0] == verb


def test_what_a_moderator_put_back_into_the_queue_stays_there(trust, known, post, moderator):
    trust()
    comment = post(proven=False)
    moderation.approve(comment, by=moderator, seen="pending")
    moderation.hold(comment, by=moderator, seen="approved")
    assert confirm(comment) is False
    assert state(comment)[:2] == ("pending", "moderator")


def test_confirmed_before_it_was_judged_it_is_judged_as_confirmed(
    trust, known, post_comment, article
):
    trust()
    post_comment()
    comment = Comment.objects.latest("pk")
    assert confirm(comment) is False  # nothing to release yet
    call_command("work", once=True)
    assert state(comment) == PUBLISHED


def test_a_comment_that_is_gone_is_not_released(trust, known, post):
    trust()
    comment = post(proven=False)
    stale = Comment.objects.get(pk=comment.pk)
    Comment.objects.filter(pk=comment.pk).delete()
    assert standing.release_if_trusted(stale) is False


def test_handed_over_and_found_clean_later_it_follows_the_same_rules(
    trust, known, post_comment, akismet
):
    trust()
    akismet.script([{"status": 503}, {"body": "false"}])
    post_comment()
    comment = Comment.objects.latest("pk")
    Submission.objects.filter(pk=comment.pk).update(confirmed_at=timezone.now())
    StatusChange.objects.filter(comment=comment).update(at=timezone.now() - timedelta(hours=25))
    call_command("work", once=True)
    assert state(comment)[:2] == ("pending", "unavailable")
    Comment.objects.filter(pk=comment.pk).update(check_due=timezone.now())
    call_command("work", once=True)
    assert state(comment) == PUBLISHED


@pytest.mark.parametrize("earlier", [1, 20])
def test_what_is_known_of_a_writer_costs_as_much_whatever_they_wrote(
    trust, make_comment, count_queries, earlier
):
    discussion = trust()
    for number in range(earlier):
        make_comment(f"Earlier {number}", email=ROSA)
    comment = make_comment("Now.", email=ROSA, status="pending")
    statements = count_queries(standing.why_it_waits, comment, discussion, verdict="ham")
    assert len(statements) == 5, "\n".join(statements)


# --- names of staff ---------------------------------------------------------------------------


@pytest.fixture
def staff(db: None) -> User:
    Author.objects.create(name="Ines Halvorsen", slug="ines")
    User.objects.create_user("guest", "guest@example.org")  # no staff
    User.objects.create_user("left", "left@example.org", is_staff=True, is_active=False)
    return User.objects.create_user(
        "eddie", "eddie@example.org", is_staff=True, first_name="Édouard", last_name="Müller"
    )


@pytest.mark.parametrize(
    ("name", "email", "whose"),
    [
        ("Ines Halvorsen", "x@example.com", "Ines Halvorsen"),
        ("ines  HALVORSEN", "x@example.com", "Ines Halvorsen"),
        ("Ines-Halvorsen!", "x@example.com", "Ines Halvorsen"),
        ("InesHalvorsen", "x@example.com", "Ines Halvorsen"),
        ("Ínés Hálvorsen", "x@example.com", "Ines Halvorsen"),
        ("Іnеѕ Наlvоrѕеn", "x@example.com", "Ines Halvorsen"),  # Cyrillic
        ("𝗜𝗻𝗲𝘀 𝗛𝗮𝗹𝘃𝗼𝗿𝘀𝗲𝗻", "x@example.com", "Ines Halvorsen"),
        ("lnes Ha1v0rsen", "x@example.com", "Ines Halvorsen"),
        ("Eddie", "x@example.com", "eddie"),
        ("Edouard Muller", "x@example.com", "Édouard Müller"),
        ("Rosa", "Eddie@Example.ORG", "email address of eddie"),
        # Others.
        ("Ines", "x@example.com", ""),
        ("Halvorsen Ines", "x@example.com", ""),
        ("Ines Halvorsen fan", "x@example.com", ""),
        ("guest", "guest@example.org", ""),
        ("left", "left@example.org", ""),
        ("!!!", "", ""),
        ("", "", ""),
    ],
)
def test_whose_name_a_guest_uses(staff, name, email, whose):
    assert standing.staff_name(name, email) == whose


def test_staff_may_use_their_own_name(staff, post_comment, client):
    client.force_login(staff)
    post_comment(name="Eddie", email="eddie@example.org")
    assert Comment.objects.get().status == "approved"


def test_staff_who_use_an_address_of_staff_without_signing_in_wait(staff, post):
    assert state(post(email="eddie@example.org")) == (
        "pending",
        "staff_name",
        "email address of eddie",
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Rosa", "rosa", True),
        ("modern", "modem", True),  # rn and m
        ("Bill", "BiII", True),
        ("Straße", "strasse", True),
        ("王小明", "王小明", True),
        ("王小明", "王大明", False),
        ("Anna", "Hanna", False),
    ],
)
def test_names_that_look_alike(one, other, same):
    assert (names.fold(one) == names.fold(other)) is same


# --- through the front door -------------------------------------------------------------------


def test_the_proof_that_a_browser_keeps_counts_for_what_is_posted_with_it(trust, known, post):
    trust()
    proof = tokens.PROOF.make(address_hash(ROSA))
    assert state(post(proven=False, proof=proof)) == PUBLISHED


@pytest.mark.parametrize(
    "proof",
    [
        "",
        "nonsense",
        tokens.PROOF.make(address_hash("somebody.else@example.com")),
        tokens.CONFIRM.make(address_hash(ROSA)),
    ],
)
def test_any_other_proof_is_none(trust, known, post, proof):
    trust()
    assert state(post(proven=False, proof=proof)) == ("pending", "unconfirmed", "")


def test_who_is_known_is_asked_by_mail_and_published_by_the_answer(
    trust, known, post, client, settings, tmp_path
):
    """Without the proof in the browser, though no mail was asked for."""
    settings.MAIL_ENABLED, settings.EMAIL_FILE_PATH = True, str(tmp_path)
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    Address(email=ROSA, confirmed_at=timezone.now(), asked_at=known.created_at).save()
    trust()
    comment = post(proven=False, email=ROSA)
    assert state(comment)[:2] == ("pending", "unconfirmed")
    call_command("work", once=True)
    (letter,) = (path.read_text() for path in tmp_path.iterdir())
    assert comment.text not in letter
    link = re.search(r"http://testserver(/comments/confirm/\S+)", letter)[1]
    assert client.get(link).status_code == 200
    assert state(comment)[0] == "pending", "only the button acts"
    assert client.post(link).status_code == 302
    assert state(comment) == PUBLISHED
    # Whoever types the address again in a day sends nobody a second mail.
    post(proven=False, email=ROSA, text="Once more.")
    call_command("work", once=True)
    assert len(list(tmp_path.iterdir())) == 1
