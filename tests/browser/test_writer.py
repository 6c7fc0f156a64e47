"""The writer's own page, the pages behind mailed links, and reports, as people use them."""

import re
from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.utils import timezone

from comments import privacy, tokens
from comments.models import Address, Comment, Report, Submission
from comments.status import Status
from tests.browser.axe import by_day_and_night, complaints
from tests.browser.steps import WAITING, click, decide, enter, overflow, send, write

pytestmark = pytest.mark.browser

PHONE = {"width": 320, "height": 640}


@pytest.fixture(autouse=True)
def mail_enabled(settings, live_server):
    settings.MAIL_ENABLED = True
    settings.SITE_URL = live_server.url


def manage(comment):
    return f"/comments/manage/{tokens.MANAGE.make(comment.pk)}/"


def press(page, name):
    # On the desk the same word stands on the card and among those for many at once.
    target = page.get_by_role("button", name=name).first
    return decide(page, target) if "/moderation/" in page.url else click(page, target)


def links_in(message, name):
    return re.findall(rf"http\S+/comments/{name}/\S+/", message.body)


@pytest.mark.parametrize("javascript", [True, False])
def test_from_posting_to_a_mailed_reply(
    open_window, article, akismet, work, moderator, javascript, make_comment
):
    """Rosa follows replies, mends a word, confirms her address; Ray’s reply reaches her."""
    page = open_window(java_script_enabled=javascript)
    page.goto(article.get_absolute_url())
    write(page, "Batch size is evrything.", email="rosa@example.com")
    page.get_by_label("Email me when somebody replies").check()
    send(page)
    assert WAITING in page.content()
    comment = Comment.objects.get()
    page.goto(manage(comment))
    page.locator("#edit-text").fill("Batch size is everything.")
    press(page, "Save changes")
    assert "Your changes are saved." in page.content()
    assert outbox.outbox == []

    work()
    (letter,) = outbox.outbox
    page.goto(links_in(letter, "confirm")[0])
    assert "Batch size is everything." in page.content()
    press(page, "Yes, I wrote it")
    page.get_by_role("heading", name="Your address is confirmed").wait_for()
    if javascript:
        tick = page.get_by_label("Remember in this browser")
        assert not tick.is_checked()
        tick.check()
        page.reload()
        assert tick.is_checked()
        proof = page.evaluate("localStorage.getItem('marginalia.proof')")
        assert tokens.PROOF.read(proof) == privacy.address_hash("rosa@example.com")
        tick.uncheck()
        assert page.evaluate("localStorage.getItem('marginalia.proof')") is None
    else:
        assert not page.locator("#remember").is_visible()

    desk = open_window(staff=True)
    enter(desk, moderator, "/moderation/")
    press(desk, "Approve")
    make_comment(
        "Is it? https://example.org/", parent=Comment.objects.get(pk=comment.pk),
        name="Ray", email="ray@example.com", status=Status.PENDING,
    )  # fmt: skip
    desk.reload()
    press(desk, "Approve")
    work()
    (reply,) = (mail for mail in outbox.outbox[1:] if mail.to == ["rosa@example.com"])
    assert "> Is it? https://example.org/" in reply.body
    page.goto(links_in(reply, "unsubscribe")[0])
    press(page, "Stop mails about this comment")
    assert "is not told of replies" in page.content()
    assert not Submission.objects.get(comment=comment).notify


@pytest.mark.parametrize("javascript", [True, False])
def test_removing_and_erasing_ask_first(open_window, make_comment, javascript):
    comment = make_comment("Unwise.")
    page = open_window(java_script_enabled=javascript)
    page.goto(manage(comment))
    click(page, page.get_by_role("link", name="Remove this comment"))
    click(page, page.get_by_role("link", name="Keep it"))
    assert Comment.objects.public().exists()
    click(page, page.get_by_role("link", name="Remove this comment"))
    press(page, "Yes, remove it")
    page.get_by_role("heading", name="You removed this comment.").wait_for()
    click(page, page.get_by_role("link", name="Erase my data"))
    assert press(page, "Yes, erase it").status == 410
    assert "is deleted" in page.content()
    assert not Comment.objects.exists()


def test_the_data_come_as_a_file(open_window, make_comment):
    page = open_window()
    page.goto(manage(make_comment("Mine.")))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download my data").click()
    assert download.value.suggested_filename.startswith("comment-")
    assert "Mine." in download.value.path().read_text()


def test_by_keyboard_a_confirm_step_begins_with_what_it_says(open_window, make_comment):
    page = open_window()
    page.goto(manage(make_comment()) + "?ask=remove")
    assert "disappears from the page for good" in page.evaluate(
        "document.activeElement.textContent"
    )
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Yes, remove it"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/#remove$"))
    assert Comment.objects.public().exists()


@pytest.mark.parametrize("javascript", [True, False])
def test_reporting_from_the_thread(open_window, article, make_comment, javascript):
    make_comment("Text me for great returns!", name="Scammy")
    page = open_window(java_script_enabled=javascript)
    page.goto(article.get_absolute_url())
    click(page, page.get_by_role("link", name="Report the comment by Scammy"))
    assert "Text me for great returns!" in page.content()
    page.get_by_label("A scam").focus()
    page.keyboard.press("Space")
    press(page, "Report")
    assert "Your report is noted." in page.content()
    assert Report.objects.get().reason == "scam"


def addresses_of(comment):
    """Of the pages behind mailed links, by their names."""
    email = comment.submission.email
    hashed = comment.submission.email_hash
    everything = f"/comments/address/{tokens.ADDRESS.make(privacy.encrypt(email))}/"
    nobody = tokens.ADDRESS.make(privacy.encrypt("nobody@example.com"))
    return {
        "manage": manage(comment),
        "ask-remove": manage(comment) + "?ask=remove",
        "ask-erase": manage(comment) + "?ask=erase",
        "done": manage(comment) + "?done=mailed",
        "confirm": f"/comments/confirm/{tokens.CONFIRM.make([comment.pk, hashed])}/",
        "unsubscribe": f"/comments/unsubscribe/{tokens.UNSUBSCRIBE.make([comment.pk, hashed])}/",
        "address": everything,
        "address-ask": f"{everything}?ask=erase",
        "address-empty": f"/comments/address/{nobody}/",
        "report": f"/comments/{comment.pk}/report/",
        "thanks-report": f"/comments/{comment.pk}/report/?sent=1",
        "gone": f"/comments/manage/{tokens.MANAGE.make(0)}/",
    }


#: What became of a comment, and the pages that then look different.
STATES = {
    "waiting": (
        "manage", "ask-remove", "ask-erase", "done", "confirm", "unsubscribe", "address",
        "address-ask", "address-empty", "gone",
    ),
    "over": ("manage",),
    "confirmed": ("confirm",),
    "public": ("manage", "report"),
    "reported": ("thanks-report",),
}  # fmt: skip


def make_long(make_comment, state):
    """Make a comment in the state called so, with texts as long as they get."""
    long = f"{'thoughtful ' * 60}\n\nhttps://example.org/{'path' * 60}\n\n<pre>{'wide ' * 60}</pre>"
    email = f"{'a-rather-long-name' * 3}@{'domain' * 5}.example.com"
    status = Status.APPROVED if state in ("public", "reported") else Status.PENDING
    comment = make_comment(long, name="W" * 245, status=status, email=email)
    if state == "over":
        Comment.objects.update(created_at=timezone.now() - timedelta(hours=1))
    if state == "confirmed":
        Address.objects.create(email=email, confirmed_at=timezone.now())
        Submission.objects.update(confirmed_at=timezone.now(), notify=True)
    if state == "reported":
        Report.objects.create(comment=comment, reason="spam", ip="192.0.2.1")
    return comment


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_accessible_and_fits_a_phone(open_window, make_comment, state):
    page, found = open_window(viewport=PHONE, reduced_motion="reduce"), []
    addresses = addresses_of(make_long(make_comment, state))
    for name in STATES[state]:
        page.goto(addresses[name])
        found += by_day_and_night(page)
        assert overflow(page) == 0, name
    assert found == []


def test_errors_are_accessible_too(open_window, make_comment):
    comment = make_comment()
    page = open_window(viewport=PHONE, reduced_motion="reduce")
    page.goto(manage(comment))
    page.locator("#edit-text").fill("x" * 5001)
    assert press(page, "Save changes").status == 422
    assert page.evaluate("document.activeElement.id") == "edit-text"
    assert page.locator("#edit-text").input_value() == "x" * 5001
    assert complaints(page) == []

    page.goto(manage(comment))
    page.locator("#edit-text").fill("Too late.")
    Comment.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert press(page, "Save changes").status == 409
    assert page.get_by_label("Here is what you wrote").input_value() == "Too late."
    assert complaints(page) == []

    page.goto(f"/comments/{comment.pk}/report/")
    page.locator("main form").evaluate("form => form.noValidate = true")
    assert press(page, "Report").status == 422
    assert complaints(page) == []
    assert overflow(page) == 0
