"""Posting a comment, through the front door: what is taken in, and what is refused and how."""

import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.utils import timezone

from comments import intake, moderation, tokens
from comments.models import Comment, Discussion, StatusChange, Submission
from comments.privacy import address_hash
from comments.spam.rules import Draft, Effect


def test_a_comment_is_stored_in_two_halves_and_waits_for_the_check(post_comment, article):
    response = post_comment(url="rosa.example.org", text="Line one\r\n\r\nLine two")

    comment = Comment.objects.get()
    assert response.status_code == 302
    assert response["Location"].startswith("/comments/preview/")
    assert response["Location"].endswith(f"#comment-{comment.pk}")
    assert (comment.status, comment.verdict) == ("submitted", "unchecked")
    assert comment.check_due is not None
    assert comment.url == "https://rosa.example.org"
    assert comment.html == "<p>Line one</p><p>Line two</p>"
    submission = Submission.objects.get()
    assert submission.email == "rosa.reader@example.com"
    assert submission.email_hash == address_hash("Rosa.Reader@Example.com ")
    assert submission.ip == "127.0.0.1"
    step = StatusChange.objects.get()
    assert (step.old, step.new, step.source, step.by) == ("", "submitted", "reader", None)


def test_the_address_is_encrypted_in_the_database(post_comment, django_db_blocker):
    from django.db import connection

    post_comment()
    with connection.cursor() as cursor:
        cursor.execute("SELECT email FROM comments_submission")
        stored = cursor.fetchone()[0]
    assert "rosa" not in stored
    assert "example" not in stored


def test_staff_need_no_judge(post_comment, editor, client, article):
    client.force_login(editor)
    response = post_comment(name="Eddie")

    comment = Comment.objects.get()
    assert response["Location"] == f"/comments/{comment.pk}/"
    assert (comment.status, comment.verdict, comment.user) == ("approved", "exempt", editor)
    article.refresh_from_db()
    assert article.comment_count == 1


def test_a_post_that_vouches_for_no_origin_is_nobodys(post_comment, editor, client):
    client.force_login(editor)
    post_comment(headers={})
    assert Comment.objects.get().status == "submitted"


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"text": ""}, "text", "Please write a comment."),
        ({"text": " \n\t "}, "text", "Please write a comment."),
        ({"text": "\u202e\u200f"}, "text", "Please write a comment."),
        ({"text": "\u200b\u3164"}, "text", "Please write a comment."),
        ({"text": "x" * 5001}, "text", "to 5000 characters; it has 5001."),
        ({"text": "nul\x00"}, "text", "Null characters are not allowed."),
        ({"name": ""}, "name", "Please tell us your name."),
        ({"name": "\u202e\u200b"}, "name", "Please tell us your name."),
        ({"name": "\u3164"}, "name", "Please tell us your name."),
        ({"name": "x" * 246}, "name", "to 245 characters"),
        ({"name": "bell\x07"}, "name", "characters in this name"),
        ({"name": "two\nlines"}, "name", "characters in this name"),
        ({"email": ""}, "email", "Please give your email address."),
        ({"email": "nonsense"}, "email", "does not look like an email address"),
        ({"email": f"{'x' * 90}@example.com"}, "email", "to 100 characters"),
        ({"url": "javascript:alert(1)"}, "url", "does not look like a web address"),
        ({"url": "ftp://example.com/"}, "url", "does not look like a web address"),
        ({"url": f"https://example.com/{'x' * 200}"}, "url", "to 200 characters"),
    ],
)
def test_bad_input_is_answered_beside_its_field_and_nothing_is_lost(
    post_comment, fields, field, message
):
    typed = {
        "text": "A long thought.",
        "name": "Rosa",
        "email": "rosa@example.com",
        "url": "https://rosa.example.org",
        **fields,
    }
    response = post_comment(**typed)

    assert response.status_code == 422
    form = response.context["form"]
    assert list(form.errors) == [field]
    page = response.content.decode()
    assert f'id="respond-{field}_error"' in page
    assert message in page
    assert form.fields[field].widget.attrs["autofocus"]
    for name, value in typed.items():
        assert form[name].value() == value
    assert not Comment.objects.exists()
    assert response["X-Robots-Tag"] == "noindex"


def test_bidi_overrides_and_unseen_characters_are_taken_out_of_names(post_comment):
    post_comment(name="R\u202eo\u200bsa \u2066 R")
    assert Comment.objects.get().name == "Rosa R"


def test_a_hundred_links_are_taken_in_and_left_to_the_filter(post_comment):
    response = post_comment(text=" ".join(f"https://{n}.example.com" for n in range(100)))
    assert response.status_code == 302
    assert Comment.objects.get().html.count("<a ") == 100


@pytest.mark.parametrize("parent", ["999999", "x", "-1", "0", "9" * 30])
def test_an_unknown_parent_is_refused(post_comment, parent):
    response = post_comment(parent=parent, text="kept")
    assert response.status_code == 403
    assert "replies to unapproved comments are not allowed" in response.content.decode()
    assert response.context["form"]["text"].value() == "kept"
    assert not Comment.objects.exists()


@pytest.mark.parametrize("status", ["submitted", "pending", "spam", "trash"])
def test_a_reply_to_a_comment_that_is_not_public_is_refused(post_comment, make_comment, status):
    parent = make_comment(status=status)
    response = post_comment(parent=parent.pk)
    assert response.status_code == 403
    assert Comment.objects.count() == 1


def test_a_parent_of_another_article_is_refused(post_comment, make_comment, make_article):
    parent = make_comment(article=make_article("Another"))
    assert post_comment(parent=parent.pk).status_code == 403


def test_a_reply_hangs_under_its_parent_and_at_most_at_the_last_level(
    post_comment, make_comment, no_flood
):
    above = None
    for number in range(5):
        above = make_comment(f"level {number + 1}", parent=above)
    assert above.depth == 5

    post_comment(parent=above.pk)
    reply = Comment.objects.get(parent=above)
    assert reply.depth == 5
    assert reply.ancestors == above.ancestors
    assert reply.thread == above.thread


def test_the_same_form_sent_twice_is_one_comment(post_comment):
    key = str(uuid.uuid4())
    first, second = post_comment(key=key), post_comment(key=key)
    assert first.status_code == second.status_code == 302
    assert second["Location"].partition("#")[2] == first["Location"].partition("#")[2]
    assert Comment.objects.count() == 1


def test_an_old_key_with_a_new_text_loses_nothing(post_comment, no_flood):
    key = str(uuid.uuid4())
    post_comment(key=key, text="First.")
    post_comment(key=key, text="Second.")
    assert set(Comment.objects.values_list("text", flat=True)) == {"First.", "Second."}


def test_a_form_sent_twice_without_a_script_is_one_comment(post_comment, no_flood):
    first = post_comment()
    again = post_comment(email="ROSA.reader@example.com")
    assert (first.status_code, again.status_code) == (302, 302)
    assert again["Location"].split("#")[1] == first["Location"].split("#")[1]
    assert Comment.objects.count() == 1


@pytest.mark.parametrize("differs", ["ip", "email", "at"])
def test_a_duplicate_is_refused(post_comment, no_flood, differs):
    """By somebody else, from elsewhere, or later than a double click."""
    post_comment()
    if differs == "ip":
        Submission.objects.update(ip="198.51.100.1")
    if differs == "at":
        Submission.objects.update(at=timezone.now() - timedelta(minutes=2))
    email = "other@example.com" if differs == "email" else "rosa.reader@example.com"
    response = post_comment(email=email)
    assert response.status_code == 409
    assert "already said that" in response.content.decode()
    assert Comment.objects.count() == 1


def test_what_lies_in_the_trash_may_be_said_again(post_comment, make_comment, no_flood):
    make_comment("Again.", status="trash", name="Rosa Reader", email="rosa.reader@example.com")
    assert post_comment(text="Again.").status_code == 302


@pytest.mark.parametrize(
    "second",
    [
        {"email": "somebody.else@example.com"},  # the same machine
        {"text": "Something else."},
    ],
)
def test_a_comment_every_second_is_too_many(post_comment, second):
    post_comment()
    response = post_comment(**{"text": "More.", **second})
    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 15
    assert "posting comments too quickly" in response.content.decode()
    assert Comment.objects.count() == 1


def from_network(number: int) -> str:
    return f"198.51.100.{number}"


@pytest.fixture
def post_from(client, article):
    """POST a comment as the reader at one address of many."""

    def post(ip, *, number=None, to=None):
        number = number or Submission.objects.count() + 1
        data = {"text": f"No. {number}", "name": "R", "email": f"reader{number}@example.com"}
        address = f"/articles/{(to or article).slug}/comments/"
        return client.post(address, data, REMOTE_ADDR=ip)

    return post


def grow_older(seconds):
    """Let so much time pass for all that was posted."""
    for submission in Submission.objects.all():
        at = submission.at - timedelta(seconds=seconds)
        Submission.objects.filter(pk=submission.pk).update(at=at)


@pytest.mark.parametrize(
    ("first", "second", "third", "same"),
    [
        ("198.51.100.1", "198.51.100.2", "198.51.100.3", True),
        ("198.51.100.1", "198.51.100.2", "198.51.101.3", False),
        ("2001:db8:7::1", "2001:db8:7:1::2", "2001:db8:7:ffff::3", True),
        ("2001:db8:7::1", "2001:db8:7:1::2", "2001:db8:8::3", False),
        ("::ffff:198.51.100.1", "198.51.100.2", "198.51.100.3", True),
    ],
)
def test_two_a_minute_may_come_from_one_network(post_from, first, second, third, same):
    assert post_from(first).status_code == post_from(second).status_code == 302
    grow_older(20)
    response = post_from(third)
    assert response.status_code == (429 if same else 302)
    if same:
        assert 38 <= int(response["Retry-After"]) <= 40
        assert "too quickly" in response.content.decode()
        assert response.context["form"]["text"].value() == "No. 3"
        grow_older(int(response["Retry-After"]))
        assert post_from(third).status_code == 302


def test_twenty_an_hour_may_come_from_one_network_whatever_they_write_about(
    post_from, make_article
):
    for number in range(20):
        other = make_article(f"Article {number}")
        assert post_from(from_network(number), to=other).status_code == 302
        grow_older(90)
    response = post_from(from_network(99))
    assert response.status_code == 429
    assert int(response["Retry-After"]) == pytest.approx(3600 - 20 * 90, abs=5)
    grow_older(int(response["Retry-After"]))
    assert post_from(from_network(99)).status_code == 302


@pytest.mark.parametrize(
    "limits", [{"flood_per_minute": 0}, {"flood_per_minute": 3}, {"flood_per_minute": 9}]
)
def test_the_limits_of_a_network_are_what_is_set(post_from, limits):
    Discussion(**limits).save()
    answers = [post_from(from_network(number)).status_code for number in range(5)]
    allowed = limits["flood_per_minute"] or 5
    assert answers == [302 if number < allowed else 429 for number in range(5)]


def test_it_is_the_youngest_of_a_network_that_count(post_from):
    Discussion(flood_per_minute=2, flood_per_hour=0).save()
    for number in range(6):
        assert post_from(from_network(number)).status_code == 302
        grow_older(90)
    answers = [post_from(from_network(number)).status_code for number in range(10, 13)]
    assert answers == [302, 302, 429]


def test_staff_are_no_flood_and_keep_nobody_from_writing(
    post_comment, post_from, client, editor, no_flood
):
    Discussion(flood_seconds=15, flood_per_minute=1).save()
    client.force_login(editor)
    for number in range(4):
        assert post_comment(text=f"No. {number}").status_code == 302
    client.logout()
    assert post_from("127.0.0.2").status_code == 302
    assert post_from("127.0.0.3").status_code == 429


def test_what_has_no_address_has_no_network(post_from):
    answers = [post_from("").status_code for number in range(4)]
    assert answers == [302] * 4


@pytest.mark.parametrize("limit", ["flood_per_minute", "flood_per_hour"])
def test_a_crowd_costs_no_query_more_and_no_more_rows_than_matter(
    make_comment, count_queries, limit
):
    Discussion(flood_seconds=0, **{"flood_per_minute": 0, "flood_per_hour": 0, limit: 3}).save()
    for number in range(20):
        make_comment(f"Earlier {number}", ip="127.0.0.9", email=f"e{number}@example.com")
    draft = Draft(name="R", email="r@example.com", text="Hello.", ip="127.0.0.1")
    article = Comment.objects.latest("pk").article
    statements = count_queries(intake._earlier, article, draft, Discussion.load())
    assert len(statements) == 1
    assert len(intake._earlier(article, draft, Discussion.load())) == 3


# --- slow mode ------------------------------------------------------------------------------


@pytest.fixture
def slow(article, no_flood):
    article.comments_slow_minutes = 10
    article.save()
    return article


def test_in_slow_mode_one_person_writes_every_so_many_minutes(slow, post_from, client):
    assert post_from("192.0.2.1", number=1).status_code == 302
    grow_older(61)
    proof = tokens.PROOF.make(address_hash("reader1@example.com"))
    for response in (
        post_from("192.0.2.1", number=2),  # the machine
        again(client, slow, "198.51.100.9", proof=proof),  # the address
    ):
        assert response.status_code == 429
        assert 535 <= int(response["Retry-After"]) <= 539
        page = response.content.decode()
        assert "This discussion is in slow mode: one comment per person every 10 minutes." in page
        assert "You can post again in 9 minutes." in page
    assert post_from("203.0.113.5", number=3).status_code == 302
    grow_older(539)
    assert post_from("192.0.2.1", number=4).status_code == 302


def again(client, article, ip, **fields):
    """The same address as reader 1, another text, another machine."""
    data = {"text": "More.", "name": "R", "email": "READER1@example.com", **fields}
    return client.post(f"/articles/{article.slug}/comments/", data, REMOTE_ADDR=ip)


def test_slow_mode_does_not_tell_who_wrote(slow, post_from, client):
    """Else answers to guessed addresses would: minutes are long enough to guess many."""
    assert post_from("192.0.2.1", number=1).status_code == 302
    assert again(client, slow, "198.51.100.9").status_code == 302


@pytest.mark.parametrize(("ip", "status"), [("2001:db8:7:1::2", 429), ("2001:db8:8::1", 302)])
def test_another_address_of_the_same_connection_is_as_slow(slow, post_from, ip, status):
    assert post_from("2001:db8:7::1").status_code == 302
    assert post_from(ip).status_code == status


def test_slow_mode_is_one_articles_own(slow, post_from, make_article):
    other = make_article("Another", comments_slow_minutes=10)
    assert post_from("192.0.2.1", number=1).status_code == 302
    assert post_from("192.0.2.1", number=2, to=other).status_code == 302


def test_staff_are_never_slow(slow, post_comment, client, editor):
    client.force_login(editor)
    assert post_comment().status_code == post_comment(text="More.").status_code == 302


def test_slow_mode_does_not_tell_what_became_of_a_comment(slow, post_comment):
    Discussion(
        disallowed_words="casino", flood_seconds=0, flood_per_minute=0, flood_per_hour=0
    ).save()
    assert post_comment(text="casino").status_code == 302
    assert post_comment(text="poker").status_code == 429


# --- closed ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "age", "status"), [(0, 900, 302), (14, 13.9, 302), (14, 14.1, 403)]
)
def test_comments_close_so_many_days_after_publication(
    post_comment, make_article, days, age, status
):
    Discussion(close_after_days=days).save()
    response = post_comment(to=make_article("Old", days_ago=age), text="A long thought.")
    assert response.status_code == status
    if status == 403:
        page = response.content.decode()
        assert "Comments are closed." in page
        assert "A long thought." in page


def test_closed_comments_take_none_and_keep_the_text_on_the_page(post_comment, article):
    article.comments_open = False
    article.save()
    for text in ("A long thought.", "x" * 6000):
        response = post_comment(text=text)
        assert response.status_code == 403
        page = response.content.decode()
        assert "Comments are closed." in page
        assert text in page
    assert not Comment.objects.exists()


@pytest.mark.parametrize("days_ago", [None, -1])
def test_drafts_and_scheduled_articles_refuse_comments(post_comment, make_article, days_ago):
    hidden = make_article("Hidden", days_ago=days_ago)
    assert post_comment(to=hidden).status_code == 404
    assert post_comment(to=hidden, text="").status_code == 404
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    ],
)
def test_a_form_of_another_site_is_refused_with_its_text(post_comment, headers):
    response = post_comment(headers=headers, text="kept")
    assert response.status_code == 403
    assert "sent from another site" in response.content.decode()
    assert response.context["form"]["text"].value() == "kept"
    assert not Comment.objects.exists()


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "none"}])
def test_a_post_without_a_foreign_origin_is_left_to_the_filter(post_comment, headers):
    assert post_comment(headers=headers).status_code == 302


def test_a_body_that_cannot_be_read_gets_a_page_of_the_site(client, article):
    response = client.post(
        f"/articles/{article.slug}/comments/",
        data=b"--x\r\nbroken",
        content_type="multipart/form-data",
    )
    assert response.status_code == 400
    assert "That request could not be read" in response.content.decode()


def test_the_address_of_the_form_leads_back_when_it_is_opened(client, article):
    response = client.get(f"/articles/{article.slug}/comments/")
    assert response.status_code == 302
    assert response["Location"] == f"/articles/{article.slug}/#respond"


def test_disallowed_words_go_to_the_trash_and_look_like_waiting(post_comment, client):
    Discussion(disallowed_words="casino\n").save()
    response = post_comment(text="Visit my CaSi<b></b>no")

    comment = Comment.objects.get()
    assert (comment.status, comment.verdict, comment.check_due) == ("trash", "unchecked", None)
    assert comment.held_detail == "casino"
    steps = [(step.old, step.new, step.source) for step in comment.changes.all()]
    assert steps == [("", "submitted", "reader"), ("submitted", "trash", "rules")]
    page = client.get(response["Location"].partition("#")[0]).content.decode()
    assert "Your comment is awaiting moderation." in page


def test_repeating_a_comment_does_not_tell_which_words_are_disallowed(post_comment):
    Discussion(disallowed_words="casino", flood_seconds=0).save()
    answers = [post_comment(text=text).status_code for text in ("casino", "poker") * 2]
    assert answers == [302, 302, 302, 302]
    Submission.objects.update(at=timezone.now() - timedelta(minutes=2))
    answers = [post_comment(text=text).status_code for text in ("casino", "poker")]
    assert answers == [409, 409]
    # Nor do these words and taking the comment away before.
    for comment in Comment.objects.all():
        moderation.withdraw(comment, seen=comment.status)
    answers = [post_comment(text=text).status_code for text in ("casino", "poker")]
    assert answers == [302, 302]


def test_a_pattern_is_found_and_a_broken_one_breaks_nothing(post_comment):
    Discussion(disallowed_words="/(/\n/cas+ino/", flood_seconds=0).save()
    post_comment(text="a CASSSINO")
    comment = Comment.objects.get()
    assert (comment.status, comment.held_detail) == ("trash", "/cas+ino/ (“CASSSINO”)")
    step = comment.changes.last()
    assert step.reason == "words: /cas+ino/ (“CASSSINO”); Akismet was not asked"


def test_a_pattern_that_runs_out_of_time_holds_the_comment_and_says_so(post_comment, akismet):
    Discussion(disallowed_words="/(a+)+$/").save()
    assert post_comment(text="a" * 4000 + "!").status_code == 302
    comment = Comment.objects.get()
    assert (comment.status, comment.held_for) == ("submitted", "words")
    call_command("work", once=True)
    comment.refresh_from_db()
    assert (comment.status, comment.held_for) == ("pending", "words")
    assert comment.held_detail == "/(a+)+$/ took too long"


# --- edits ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("new_text", "found"),
    [
        ("A better thought.", None),
        ("Visit my casino", "casino"),
        ("Visit my cas<b></b>ino", "casino"),
    ],
)
def test_an_edit_meets_the_disallowed_words(make_comment, new_text, found):
    Discussion(disallowed_words="casino").save()
    comment = make_comment("A thought.")
    hit = intake.rules_for_edit(comment, new_text)
    assert (hit and (hit.effect, hit.detail)) == (found and (Effect.TRASH, found))


def test_an_edit_may_take_the_word_out(make_comment):
    Discussion(disallowed_words="casino").save()
    assert intake.rules_for_edit(make_comment("My casino"), "Nothing.") is None


def test_staff_use_any_word_in_an_edit(make_comment, editor):
    Discussion(disallowed_words="casino").save()
    assert intake.rules_for_edit(make_comment("x", user=editor), "casino") is None


def test_the_honeypot_holds_and_never_drops(post_comment):
    response = post_comment(second_thoughts="filled in by a robot")
    assert response.status_code == 302
    comment = Comment.objects.get()
    assert (comment.status, comment.held_for) == ("submitted", "honeypot")
    assert comment.submission.honeypot == "filled in by a robot"


@pytest.mark.parametrize("earlier", [0, 20])
@pytest.mark.parametrize("reply", [False, True])
@pytest.mark.parametrize("slow_minutes", [0, 10])
def test_taking_in_costs_at_most_six_queries(
    post_comment, make_comment, count_queries, article, earlier, reply, slow_minutes
):
    Discussion(
        flood_seconds=1, flood_per_minute=99, flood_per_hour=99, disallowed_words="/cas+ino/\npoker"
    ).save()
    article.comments_slow_minutes = slow_minutes
    article.save()
    parent = make_comment() if reply else None
    long_ago = timezone.now() - timedelta(minutes=59)
    for number in range(earlier):
        make_comment(f"Earlier {number}", ip="127.0.0.1", created_at=long_ago)
    key = str(uuid.uuid4())
    statements = count_queries(post_comment, parent=parent.pk if parent else "", key=key)
    assert len(statements) <= 6, "\n".join(statements)
    assert Comment.objects.filter(text="What would change your mind?").exists()


def test_a_failing_database_keeps_the_text_on_the_screen(post_comment, monkeypatch):
    from django.db import OperationalError

    def fail(*args, **kwargs):
        raise OperationalError("database is locked")

    monkeypatch.setattr("comments.intake.take_in", fail)
    response = post_comment(text="A long thought that must not be lost.")
    assert response.status_code == 503
    assert response["Retry-After"] == "30"
    assert "A long thought that must not be lost." in response.content.decode()


def test_line_breaks_count_as_one_character_however_they_are_sent(post_comment):
    assert post_comment(text="\r\n".join(["x" * 499] * 10)).status_code == 302


@pytest.mark.parametrize("hidden", [{"key": "nonsense"}, {"second_thoughts": "x" * 5000}])
def test_what_nobody_sees_refuses_nobody(post_comment, hidden):
    assert post_comment(**hidden).status_code == 302
    assert len(Comment.objects.get().submission.honeypot) <= 100


def test_a_text_of_nothing_but_brackets_is_a_comment(post_comment):
    Discussion(disallowed_words="casino").save()
    assert post_comment(text="<a" * 700).status_code == 302


def test_repeating_a_comment_does_not_tell_its_writers_address(post_comment, no_flood):
    post_comment(text="Said once.", email="rosa@example.com")
    Submission.objects.update(ip="198.51.100.1")  # who guesses sits elsewhere
    guesses = [
        post_comment(text="Said once.", email=email).status_code
        for email in ("rosa@example.com", "guess@example.com")
    ]
    assert guesses == [409, 409]


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_other_methods_are_refused(client, article, method):
    response = getattr(client, method)(f"/articles/{article.slug}/comments/")
    assert response.status_code == 405


def test_a_body_larger_than_any_comment_is_not_read(client, article):
    upload = SimpleUploadedFile("film.bin", b"x" * (3 * 1024 * 1024))
    response = client.post(f"/articles/{article.slug}/comments/", {"text": "t", "film": upload})
    assert response.status_code == 400
