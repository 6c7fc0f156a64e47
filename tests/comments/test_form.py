"""The comment form: a look before posting, what goes along with a comment, and a failing store."""

import gzip
import re
import threading
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import connection, connections
from django.test import Client

from comments import tokens
from comments.models import Comment, Discussion, Submission
from comments.privacy import address_hash

DRAFT = re.compile(r'<section id="draft".*?</section>', re.DOTALL)


def draft_on(response):
    """The comment as it would look, on the page that shows it before it is posted; "" if none."""
    found = DRAFT.search(response.content.decode())
    return found[0] if found else ""


# --- preview before posting ---------------------------------------------------------------


def test_a_comment_can_be_looked_at_before_it_is_posted(post_comment, client, article):
    typed = {
        "text": "See <b>this</b>: https://example.org/x <script>alert(1)</script>\r\n\r\nTwo.",
        "name": "Rosa <Reader>",
        "url": "rosa.example.org",
    }
    response = post_comment(preview="1", **typed)

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex"
    assert not response.cookies
    draft = draft_on(response)
    assert "Preview: not posted yet" in draft
    assert "See <b>this</b>: " in draft
    assert '<a href="https://example.org/x" rel="nofollow ugc noopener">' in draft
    assert "&lt;script&gt;alert(1)&lt;/script&gt;</p><p>Two.</p>" in draft
    assert "Rosa &lt;Reader&gt;</a></bdi>" in draft
    assert 'href="https://rosa.example.org"' in draft
    assert "replytocom" not in draft
    assert "/report/" not in draft
    form = response.context["form"]
    assert {name: form[name].value() for name in typed} == typed
    assert "respond-text_error" not in response.content.decode()
    assert not Comment.objects.exists()
    assert "See " not in client.get(article.get_absolute_url()).content.decode()


def test_what_was_looked_at_can_be_posted(post_comment):
    """The same form, sent by its other button; it looks as it was shown."""
    fields = {"text": "One.\r\nTwo <em>three</em>", "name": "Rosa"}
    draft = draft_on(post_comment(preview="1", **fields))
    assert post_comment(**fields).status_code == 302
    assert Comment.objects.get().html in draft


def test_a_preview_hides_what_the_page_would_hide(post_comment, client, editor):
    text = "Great returns! Text her on WhatsApp +1 (555) 010-4477 today."
    draft = draft_on(post_comment(preview="1", text=text))
    assert "010-4477" not in draft
    post_comment(text=text)
    assert Comment.objects.get().html in draft
    client.force_login(editor)
    assert "010-4477" in draft_on(post_comment(preview="1", text=text))
    client.logout()
    Discussion(hold_scams=False).save()
    assert "010-4477" in draft_on(post_comment(preview="1", text=text))


def test_a_wrong_form_is_not_shown_but_told(post_comment):
    response = post_comment(preview="1", email="nonsense", text="kept")
    assert response.status_code == 422
    assert draft_on(response) == ""
    assert response.context["form"]["text"].value() == "kept"


def test_a_preview_from_another_site_is_refused(post_comment):
    response = post_comment(preview="1", headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403
    assert draft_on(response) == ""


def test_a_preview_under_a_closed_article_is_refused(post_comment, article):
    type(article).objects.update(comments_open=False)
    response = post_comment(preview="1", text="kept")
    assert response.status_code == 403
    assert draft_on(response) == ""
    assert "kept" in response.content.decode()


def test_a_preview_of_a_reply_stays_a_reply(post_comment, make_comment):
    parent = make_comment(name="Paula Parent")
    response = post_comment(preview="1", parent=parent.pk)
    assert response.status_code == 200
    page = response.content.decode()
    assert re.search(r"Leave a Reply to <a [^>]*>Paula Parent</a>", page)
    assert f'name="parent" value="{parent.pk}"' in page


@pytest.mark.parametrize("status", ["submitted", "spam", "trash"])
def test_a_preview_of_a_reply_to_what_is_not_public_is_refused(post_comment, make_comment, status):
    parent = make_comment(status=status)
    response = post_comment(preview="1", parent=parent.pk, text="kept")
    assert response.status_code == 403
    assert "replies to unapproved comments are not allowed" in response.content.decode()
    assert response.context["form"]["text"].value() == "kept"


def test_a_preview_of_staff_shows_the_badge_and_nobody_elses_does(post_comment, client, editor):
    assert 'class="badge"' not in draft_on(post_comment(preview="1", name="Eddie"))
    client.force_login(editor)
    assert 'class="badge"' in draft_on(post_comment(preview="1", name="Eddie"))
    assert 'class="badge"' not in draft_on(post_comment(preview="1", headers={}))


@pytest.mark.parametrize("slug", ["unknown", "inference-and-training-2"])
def test_a_preview_under_no_article_is_none(client, article, slug):
    data = {"preview": "1", "text": "x", "name": "Rosa", "email": "rosa@example.com"}
    assert client.post(f"/articles/{slug}/comments/", data).status_code == 404


# --- what goes along ----------------------------------------------------------------------


def test_following_is_offered_only_where_mail_is_sent(post_comment, client, article, settings):
    label = "Email me when somebody replies"
    settings.MAIL_ENABLED = False
    assert label not in client.get(article.get_absolute_url()).content.decode()
    post_comment(notify="on")
    assert not Submission.objects.get().notify
    settings.MAIL_ENABLED = True
    page = client.get(article.get_absolute_url()).content.decode()
    assert label in page
    assert "checked" not in page[page.index('id="commentform"') :]


@pytest.mark.parametrize("wanted", [True, False])
def test_who_wants_to_follow_is_noted(post_comment, settings, wanted):
    settings.MAIL_ENABLED = True
    post_comment(**({"notify": "on"} if wanted else {}))
    assert Submission.objects.get().notify == wanted


def test_a_wish_to_follow_is_kept_when_the_form_comes_back(post_comment, settings):
    settings.MAIL_ENABLED = True
    page = post_comment(notify="on", email="nonsense").content.decode()
    assert re.search(r'<input type="checkbox" name="notify"[^>]* checked', page)


def test_the_proof_of_an_address_counts_for_that_address_only(post_comment, no_flood):
    proof = tokens.PROOF.make(address_hash("rosa@example.com"))
    others = tokens.CONFIRM.make(address_hash("rosa@example.com"))
    cases = [
        ("rosa@example.com", proof),
        ("ROSA@Example.com", proof),
        ("guess@example.com", proof),
        ("rosa@example.com", others),
        ("rosa@example.com", proof + "x"),
        ("rosa@example.com", ""),
        ("rosa@example.com", "\x00"),
        ("rosa@example.com", "x" * 100_000),
    ]
    for number, (email, given) in enumerate(cases):
        response = post_comment(text=f"No. {number}", email=email, proof=given)
        assert response.status_code == 302
    proven = [each.confirmed_at is not None for each in Submission.objects.order_by("pk")]
    assert proven == [True, True, *[False] * 6]


def test_a_proof_outlives_a_change_of_the_secret_key(post_comment, settings):
    proof = tokens.PROOF.make(address_hash("rosa@example.com"))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-" + "k" * 40
    post_comment(email="rosa@example.com", proof=proof)
    assert Submission.objects.get().confirmed_at is not None


@pytest.mark.parametrize(
    ("referrer", "kept"),
    [
        ("http://testserver/articles/inference-and-training/?comments=2", True),
        ("https://elsewhere.example/comments/manage/x/", True),
        ("https://search.example/?q=inference", True),
        ("http://[broken", True),
        ("", True),
        ("http://testserver/comments/preview/a:secret:token/", False),
        ("http://testserver/comments/manage/a:secret:token/?saved=1", False),
    ],
)
def test_a_secret_address_of_ours_is_not_stored(post_comment, settings, referrer, kept):
    headers = {"Sec-Fetch-Site": "same-origin", "Referer": referrer}
    post_comment(headers=headers)
    article = f"{settings.SITE_URL}/articles/inference-and-training/"
    assert Submission.objects.get().referrer == (referrer if kept else article)


def test_a_secret_address_of_the_sites_public_name_is_not_stored(post_comment, settings):
    secret = f"{settings.SITE_URL}/comments/manage/a:secret:token/"
    post_comment(headers={"Sec-Fetch-Site": "same-origin", "Referer": secret})
    assert "secret" not in Submission.objects.get().referrer


def test_each_public_comment_can_be_reported_and_no_other(client, article, make_comment):
    comment = make_comment("Public.", name="Paula <Parent>")
    page = client.get(article.get_absolute_url()).content.decode()
    [(address, label)] = re.findall(
        r'<a class="report-link" rel="nofollow" href="([^"]*)" aria-label="([^"]*)"', page
    )
    assert label == "Report the comment by Paula &lt;Parent&gt;"
    assert address == f"/comments/{comment.pk}/report/"
    assert client.get(address).status_code == 200
    type(article).objects.update(comments_open=False)
    assert "report-link" in client.get(article.get_absolute_url()).content.decode()


def test_the_scripts_of_a_page_are_small():
    """5 KB as sent, all of them."""
    head = Path(finders.find("css/site.css")).parents[2] / "templates/comments/head.html"
    names = re.findall(r'static "(js/[^"]+)"', head.read_text())
    sizes = {name: len(gzip.compress(Path(finders.find(name)).read_bytes())) for name in names}
    assert len(sizes) == 4
    assert sum(sizes.values()) <= 5_000, sizes


# --- when it cannot be stored -------------------------------------------------------------


def assert_kept(response, text):
    assert response.status_code == 503
    assert response["Retry-After"] == "30"
    page = response.content.decode()
    assert text in page
    assert 'id="commentform"' in page
    assert "js/drafts.js" in page
    assert "This site uses Akismet" in page


@pytest.fixture
def locked(transactional_db, article):
    """Hold the database so that nobody else can write, and let nobody wait for long."""
    ready, done = threading.Event(), threading.Event()

    def hold():
        try:
            with connection.cursor() as cursor:
                if connection.vendor == "postgresql":
                    cursor.execute("BEGIN")
                    cursor.execute("LOCK TABLE comments_comment IN EXCLUSIVE MODE")
                else:
                    cursor.execute("BEGIN IMMEDIATE")
                ready.set()
                done.wait(20)
                cursor.execute("ROLLBACK")
        finally:
            connections.close_all()

    thread = threading.Thread(target=hold)
    thread.start()
    assert ready.wait(10)
    impatient = (
        "SET lock_timeout = '200ms'"
        if connection.vendor == "postgresql"
        else "PRAGMA busy_timeout = 200"
    )
    with connection.cursor() as cursor:
        cursor.execute(impatient)
    yield
    done.set()
    thread.join()
    connection.close()  # and with it the impatience


def test_a_locked_database_keeps_the_text_on_the_screen(locked, post_comment):
    assert_kept(post_comment(text="A long thought."), "A long thought.")
    assert not Comment.objects.exists()


#: A server whose disk is full says so when a row comes in; SQLite is told how large it may grow.
FULL = {
    "postgresql": """
        CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = NEW.text; END $$;
        CREATE TRIGGER no_room BEFORE INSERT ON comments_comment
        FOR EACH ROW EXECUTE FUNCTION no_room()
    """,
    "sqlite": "PRAGMA max_page_count = 1",  # it takes the present size for the least
}
ROOM = {
    "postgresql": "DROP TRIGGER no_room ON comments_comment; DROP FUNCTION no_room()",
    "sqlite": "PRAGMA max_page_count = 1073741823",
}


@pytest.fixture
def full(transactional_db, article):
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("VACUUM")
        cursor.execute(FULL[connection.vendor])
    yield
    with connection.cursor() as cursor:
        cursor.execute(ROOM[connection.vendor])


def test_a_full_disk_keeps_the_text_on_the_screen(full, post_comment, article, caplog):
    text = "A long thought. " * 300
    assert_kept(post_comment(text=text), text.strip())
    assert not Comment.objects.exists()
    assert "A long thought" not in caplog.text
    # Who only reads notices nothing.
    assert Client().get(article.get_absolute_url()).status_code == 200
