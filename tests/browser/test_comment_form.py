"""The comment form as a reader uses it: what scripts add, and that nothing needs them."""

import json

import pytest

from articles.models import Article
from comments import moderation, tokens
from comments.models import Comment, Discussion, Submission
from comments.privacy import address_hash
from tests.browser.steps import WAITING, click, focused, overflow, send, session_of, write

pytestmark = pytest.mark.browser

REMEMBER = "Save my name, email, and website in this browser for the next time I comment."


@pytest.fixture
def open_article(open_window, article):
    """Open the article in a window of its own; `query` may ask for more."""

    def open_it(query="", **options):
        page = open_window(**options)
        page.goto(f"{article.get_absolute_url()}{query}")
        return page

    return open_it


def words(page, field="text"):
    return page.locator(f"#respond-{field}").input_value()


def press(page, name):
    page.get_by_role("button", name=name).click()


# --- reply --------------------------------------------------------------------------------


def test_reply_brings_the_form_to_the_comment_and_cancel_takes_it_back(open_article, make_comment):
    above = make_comment("First.", name="Ada <Lovelace>")
    make_comment("Second.", name="Bob")
    page = open_article()
    address = page.url
    page.get_by_role("link", name="Reply to Ada").click()

    assert page.locator(f"#comment-{above.pk} > #respond").count() == 1
    assert page.get_by_role("heading", name="Leave a Reply to Ada <Lovelace>").is_visible()
    assert focused(page) == "respond-text"
    assert page.url == address
    page.get_by_role("link", name="Cancel reply").click()
    assert page.locator(".place #respond").count() == 0
    assert page.get_by_role("heading", name="Leave a Reply", exact=True).is_visible()
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == (
        "Reply to Ada <Lovelace>"
    )
    assert page.url == address
    write(page, "For everybody.")
    send(page)
    assert Comment.objects.get(text="For everybody.").parent is None


def test_a_reply_from_where_the_form_was_brought(open_article, make_comment):
    make_comment("First.", name="Ada")
    above = make_comment("Second.", name="Bob")
    page = open_article()
    page.get_by_role("link", name="Reply to Ada").click()
    page.get_by_role("link", name="Reply to Bob").click()
    assert page.get_by_role("heading", name="Leave a Reply to Bob").is_visible()
    write(page, "An answer.")
    send(page)
    assert page.get_by_text(WAITING).is_visible()
    assert Comment.objects.get(text="An answer.").parent == above


def test_a_reply_by_keyboard_alone(open_article, make_comment, article):
    above = make_comment("First.", name="Ada")
    page = open_article()
    page.get_by_role("link", name="Reply to Ada").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("An answer, typed.")
    for typed in ("Rosa", "rosa@example.com", ""):
        page.keyboard.press("Tab")
        page.keyboard.type(typed)
    page.keyboard.press("Tab")  # remember me
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Post Comment"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    reply = Comment.objects.get(text="An answer, typed.")
    assert (reply.parent, reply.name) == (above, "Rosa")


def test_a_reply_that_is_refused_comes_back_as_a_reply(open_article, make_comment):
    above = make_comment("First.", name="Ada")
    page = open_article()
    page.get_by_role("link", name="Reply to Ada").click()
    write(page, "An answer.", name="\u200b")
    assert send(page).status == 422
    assert page.get_by_role("heading", name="Leave a Reply to Ada").is_visible()
    write(page, "An answer.")
    send(page)
    assert Comment.objects.get(text="An answer.").parent == above


def test_the_reply_page_of_old_bookmarks_can_be_cancelled_in_place(open_article, make_comment):
    above = make_comment("First.", name="Ada")
    page = open_article(f"?replytocom={above.pk}#respond")
    page.get_by_role("link", name="Cancel reply").click()
    assert page.get_by_role("heading", name="Leave a Reply", exact=True).is_visible()
    write(page, "For everybody.")
    send(page)
    assert Comment.objects.get(text="For everybody.").parent is None


def test_a_reply_opened_in_a_new_tab_is_a_page(open_article, make_comment):
    above = make_comment("First.", name="Ada")
    page = open_article()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Reply to Ada").click(modifiers=["ControlOrMeta"])
    opened.value.wait_for_url(f"**?replytocom={above.pk}#respond")
    assert page.locator(".place #respond").count() == 0


# --- what was typed is kept ---------------------------------------------------------------


def test_a_draft_survives_until_it_is_posted(open_article, article, no_flood):
    page = open_article()
    page.locator("#respond-text").fill("Half a thought")
    page.reload()
    assert words(page) == "Half a thought"
    page.goto("/tags/")
    page.goto(article.get_absolute_url())
    assert words(page) == "Half a thought"
    write(page, "A whole thought.", name="\u200b")
    assert send(page).status == 422  # not accepted yet
    page.goto(article.get_absolute_url())
    assert words(page) == "A whole thought."
    write(page, "A whole thought.")
    send(page)
    assert page.get_by_text(WAITING).is_visible()
    assert words(page) == ""
    page.goto(article.get_absolute_url())
    assert words(page) == ""


def test_a_draft_stays_with_its_article_and_its_reply(
    open_article, make_article, make_comment, article
):
    other = make_article("Another")
    make_comment("First.", name="Ada")
    page = open_article()
    page.get_by_role("link", name="Reply to Ada").click()
    page.locator("#respond-text").fill("To Ada")
    page.goto(other.get_absolute_url())
    assert words(page) == ""
    page.locator("#respond-text").fill("Over here")
    page.goto(article.get_absolute_url())
    assert words(page) == ""
    page.locator("#respond-text").fill("To all")
    page.get_by_role("link", name="Reply to Ada").click()
    assert words(page) == "To Ada"
    page.get_by_role("link", name="Cancel reply").click()
    assert words(page) == "To all"
    page.goto(other.get_absolute_url())
    assert words(page) == "Over here"


def test_what_was_begun_comes_along_when_the_form_moves(open_article, make_comment):
    make_comment("First.", name="Ada")
    page = open_article()
    page.locator("#respond-text").fill("I should have replied")
    page.get_by_role("link", name="Reply to Ada").click()
    assert words(page) == "I should have replied"
    page.get_by_role("link", name="Cancel reply").click()
    assert words(page) == "I should have replied"


def test_a_permalink_does_not_take_a_draft_away(open_article, make_comment, article):
    comment = make_comment("First.")
    page = open_article()
    page.locator("#respond-text").fill("Half a thought")
    page.goto(comment.get_absolute_url())
    assert page.url.endswith(f"#comment-{comment.pk}")
    assert words(page) == "Half a thought"
    Discussion(flood_seconds=600).save()
    Submission.objects.update(ip="127.0.0.1")
    write(page, "Half a thought")
    assert send(page).status == 429
    page.goto(f"{article.get_absolute_url()}#comment-{comment.pk}")
    assert words(page) == "Half a thought"


@pytest.mark.parametrize("anchor", ["", "#comment-1"])
def test_a_lost_connection_loses_no_word(open_article, article, anchor):
    """Wherever the page was opened: a comment in its address has been accepted long ago."""
    page = open_article(anchor)
    write(page, "A long thought.")
    page.context.set_offline(True)
    press(page, "Post Comment")
    page.wait_for_url("chrome-error://**")
    page.context.set_offline(False)
    page.goto(f"{article.get_absolute_url()}{anchor}")
    assert words(page) == "A long thought."


def test_what_was_posted_does_not_come_back_with_the_page(open_article):
    """Browsers fill in again by themselves what stood in a form when one goes back to it."""
    page = open_article()
    write(page, "A thought.")
    send(page)
    page.go_back()
    assert words(page, "name") == "Rosa Reader"
    assert words(page) == ""


def test_a_comment_of_staff_is_accepted_at_once_and_its_draft_is_gone(
    open_window, article, editor, make_comment
):
    comment = make_comment("First.")
    page = open_window(staff=True)
    page.context.add_cookies([session_of(editor)])
    page.goto(f"{article.get_absolute_url()}#comment-{comment.pk}")
    write(page, "From the staff.", name="Eddie")
    send(page)
    assert page.url.endswith(f"#comment-{Comment.objects.get(text='From the staff.').pk}")
    assert words(page) == ""
    page.reload()
    assert words(page) == ""


def test_without_storage_the_form_works_as_ever(open_window, article):
    page = open_window()
    page.add_init_script(
        """for (const name of ["sessionStorage", "localStorage"])
             Object.defineProperty(window, name, { get() { throw new DOMException("no"); } });"""
    )
    page.goto(article.get_absolute_url())
    assert page.get_by_label(REMEMBER).is_hidden()
    write(page, "A thought.")
    send(page)
    assert page.get_by_text(WAITING).is_visible()


# --- who wrote it is remembered on request ------------------------------------------------


def stored(page):
    return page.evaluate("JSON.stringify({...localStorage})")


def test_nobody_is_remembered_who_did_not_ask(open_article, article):
    page = open_article()
    box = page.get_by_label(REMEMBER)
    assert box.is_visible()
    assert not box.is_checked()
    write(page, "A thought.", url="https://rosa.example.org")
    send(page)
    assert json.loads(stored(page)) == {}
    page.goto(article.get_absolute_url())
    assert (words(page, "name"), words(page, "email"), words(page, "url")) == ("", "", "")


def test_who_asks_is_remembered_until_they_take_it_back(open_article, article, make_article):
    other = make_article("Another")
    page = open_article()
    page.get_by_label(REMEMBER).check()
    assert json.loads(stored(page)) == {}  # not before it is posted
    write(page, "A thought.", url="https://rosa.example.org")
    send(page)
    page.goto(other.get_absolute_url())
    assert words(page, "name") == "Rosa Reader"
    assert words(page, "email") == "rosa@example.com"
    assert words(page, "url") == "https://rosa.example.org"
    assert page.get_by_label(REMEMBER).is_checked()
    assert "rosa" not in page.context.request.get(other.get_absolute_url()).text().lower()

    page.evaluate("localStorage.setItem('marginalia.proof', 'x')")
    page.get_by_label(REMEMBER).uncheck()
    assert json.loads(stored(page)) == {}
    page.reload()
    assert words(page, "name") == ""
    assert not page.get_by_label(REMEMBER).is_checked()


def test_the_proof_that_a_browser_keeps_goes_along(open_article):
    page = open_article()
    proof = tokens.PROOF.make(address_hash("rosa@example.com"))
    page.evaluate("proof => localStorage.setItem('marginalia.proof', proof)", proof)
    page.reload()
    write(page, "A thought.")
    send(page)
    assert Submission.objects.get().confirmed_at is not None


# --- characters left ----------------------------------------------------------------------


def test_characters_are_counted_as_the_server_counts_them(open_article):
    page = open_article()
    left, text = page.locator(".comment-left"), page.locator("#respond-text")
    assert left.inner_text() == "Characters left: 5,000"
    for typed, said in [
        ("One\nTwo", "Characters left: 4,993"),
        ("  blank  ", "Characters left: 4,995"),
        ("👍é", "Characters left: 4,998"),
        ("x" * 5000, "Characters left: 0"),
        ("x" * 4999 + "👍👍", "Characters too many: 1"),
    ]:
        text.fill(typed)
        assert left.inner_text() == said
    write(page, "x" * 4999 + "👍👍")
    assert send(page).status == 422
    assert page.get_by_text("it has 5001.").is_visible()
    write(page, "x" * 4998 + "\n👍")
    assert send(page).status == 200


def test_who_listens_is_told_near_the_end_only(open_article):
    page = open_article()
    page.clock.install()
    page.reload()
    said = page.locator(".comment-left + .unseen")
    assert said.get_attribute("role") == "status"
    page.locator("#respond-text").fill("x" * 100)
    page.clock.run_for(1200)
    assert said.inner_text() == ""
    page.locator("#respond-text").fill("x" * 4900)
    page.clock.run_for(1200)
    assert said.inner_text() == "Characters left: 100"


# --- preview ------------------------------------------------------------------------------

TYPED = "See <b>this</b>:\nhttps://example.org/x <script>alert(1)</script>"


def assert_previewed(page):
    draft = page.locator("#draft")
    assert draft.get_by_role("heading", name="Preview: not posted yet").is_visible()
    assert draft.locator("b").inner_text() == "this"
    assert draft.get_by_role("link", name="https://example.org/x").is_visible()
    assert draft.get_by_text("<script>alert(1)</script>").is_visible()
    assert draft.get_by_text("Rosa Reader").is_visible()
    assert words(page) == TYPED
    assert not Comment.objects.exists()


def test_a_preview_without_leaving_the_page(open_article):
    page = open_article()
    address = page.url
    page.evaluate("window.stayed = true")
    write(page, TYPED)
    press(page, "Preview")
    page.locator("#draft").wait_for()
    assert_previewed(page)
    assert page.url == address
    assert page.evaluate("window.stayed")
    assert focused(page) == "draft-title"
    write(page, "Better.")
    press(page, "Preview")
    page.locator("#draft").get_by_text("Better.").wait_for()
    assert page.locator("#draft").count() == 1
    send(page)
    assert Comment.objects.get().text == "Better."
    assert page.locator("#draft").count() == 0
    assert words(page) == ""


def test_a_preview_without_javascript(open_article):
    page = open_article(java_script_enabled=False)
    write(page, TYPED)
    assert click(page, page.get_by_role("button", name="Preview")).status == 200
    assert_previewed(page)
    assert focused_in_view(page)
    write(page, "Better.")
    send(page)
    assert page.get_by_text(WAITING).is_visible()
    assert Comment.objects.get().text == "Better."


def focused_in_view(page):
    box = page.locator("#draft-title").bounding_box()
    return box is not None and 0 <= box["y"] < page.viewport_size["height"]


def test_a_preview_of_a_reply_where_the_form_was_brought(open_article, make_comment):
    above = make_comment("First.", name="Ada")
    page = open_article()
    page.get_by_role("link", name="Reply to Ada").click()
    write(page, "An answer.")
    press(page, "Preview")
    page.locator(f"#comment-{above.pk} #draft").get_by_text("An answer.").wait_for()
    send(page)
    assert Comment.objects.get(text="An answer.").parent == above


def test_a_preview_of_a_wrong_form_shows_what_is_wrong(open_article):
    page = open_article()
    press(page, "Preview")
    assert focused(page) == "respond-text"  # the browser says so
    write(page, "A thought.", name="\u200b")
    with page.expect_navigation() as navigation:
        press(page, "Preview")
    assert navigation.value.status == 422
    assert focused(page) == "respond-name"
    assert page.locator("#draft").count() == 0
    assert words(page) == "A thought."


def test_a_preview_that_the_script_cannot_get_comes_as_a_page(open_article):
    page = open_article()
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError()) }")
    write(page, TYPED)
    with page.expect_navigation():
        press(page, "Preview")
    assert_previewed(page)
    write(page, "Better.")
    send(page)
    assert Comment.objects.get().text == "Better."


# --- closed, slow, long, and without any script -------------------------------------------


def test_no_script_shows_nothing_that_needs_one(open_article, settings):
    settings.MAIL_ENABLED = True
    page = open_article(java_script_enabled=False)
    assert page.get_by_label(REMEMBER).is_hidden()
    assert page.locator(".comment-left").is_hidden()
    page.get_by_label("Email me when somebody replies").check()
    write(page, "A thought.")
    send(page)
    assert Submission.objects.get().notify


def test_a_closed_article_keeps_what_was_begun(open_article, article):
    page = open_article()
    page.locator("#respond-text").fill("Half a thought")
    Article.objects.update(comments_open=False)
    page.reload()
    assert page.get_by_text("Comments are closed.").is_visible()
    Article.objects.update(comments_open=True)
    page.goto(article.get_absolute_url())
    assert words(page) == "Half a thought"


def test_the_link_in_a_mail_to_a_removed_comment_says_so(open_window, make_comment, moderator):
    comment = make_comment("First.", status="pending")
    moderation.approve(comment, by=moderator, seen="pending")
    moderation.trash(comment, by=moderator, seen="approved")
    page = open_window()
    page.goto(comment.get_absolute_url())
    assert page.get_by_text("This comment is no longer shown.").is_visible()
    box = page.get_by_text("This comment is no longer shown.").bounding_box()
    assert 0 <= box["y"] < page.viewport_size["height"]


def test_the_form_fits_a_telephone_at_every_depth(open_window, deep_thread):
    page = open_window(viewport={"width": 320, "height": 640})
    page.goto(deep_thread.get_absolute_url())
    for link in page.locator(".reply-link").all():
        link.click()
        assert overflow(page) <= 0
        box = page.locator("#respond-text").bounding_box()
        assert box["width"] >= 200
    write(page, "Deep down.")
    press(page, "Preview")
    page.locator("#draft").wait_for()
    assert overflow(page) <= 0
