"""The stories people tell of the site, each in a real browser from its first click to its last."""

import pytest
from playwright.sync_api import expect

from articles.models import Article
from comments.models import Comment, Discussion
from tests.browser.steps import (
    PASSWORD,
    WAITING,
    click,
    decide,
    desk_card,
    enter,
    focused,
    send,
    session_of,
    sign_in,
    write,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def reader(open_window, article):
    """A reader's window in which the article is open."""
    page = open_window()
    page.goto(article.get_absolute_url())
    return page


@pytest.fixture
def second_moderator(moderator):
    user = type(moderator).objects.create_user("lee", password=PASSWORD, is_staff=True)
    user.groups.set(moderator.groups.all())
    return user


def test_from_the_list_to_an_approved_comment(open_window, article, moderator, akismet, work):
    reader, other = open_window(), open_window()
    reader.goto("/")
    click(reader, reader.get_by_role("link", name=article.title).first)
    assert reader.get_by_role("heading", level=1).inner_text() == article.title

    write(reader, "What would change your mind?")
    send(reader)
    assert reader.get_by_text(WAITING).is_visible()
    assert reader.get_by_text("What would change your mind?").is_visible()
    assert reader.url.partition("#")[2] == f"comment-{Comment.objects.get().pk}"

    for address in ("/", article.get_absolute_url()):
        other.goto(address)
        assert "What would change your mind?" not in other.content()
        assert WAITING not in other.content()

    # Nobody's eyes before the filter's.
    desk = open_window(staff=True)
    sign_in(desk, moderator, "/moderation/")
    assert desk_card(desk, "Rosa Reader").count() == 0
    work()
    [check] = akismet.calls("comment-check")
    assert check.params["comment_content"] == "What would change your mind?"
    assert "Chrome" in check.params["user_agent"]
    assert check.params["referrer"].endswith(article.get_absolute_url())

    desk.reload()
    card = desk_card(desk, "Rosa Reader")
    assert card.get_by_text("What would change your mind?").is_visible()
    assert card.get_by_role("link", name=article.title).is_visible()
    assert card.get_by_text("Not spam, says Akismet", exact=True).is_visible()
    assert card.get_by_text("First comment from this address", exact=True).is_visible()
    assert card.get_by_text("r•••@example.com").is_visible()
    assert "rosa@example.com" not in desk.content()
    answer = decide(desk, card.get_by_role("button", name="Approve"))
    assert answer.status == 200
    expect(desk.locator("#desk-undo").get_by_role("status")).to_contain_text("Rosa Reader")
    expect(desk_card(desk, "Rosa Reader")).to_have_count(0)

    reader.goto(article.get_absolute_url())
    assert reader.get_by_role("heading", name="1 comment", exact=True).is_visible()
    assert reader.get_by_text("What would change your mind?").is_visible()
    assert WAITING not in reader.content()
    assert "rosa@example.com" not in reader.content()
    reader.goto("/")
    assert reader.get_by_role("link", name="1 comment", exact=True).is_visible()


def test_the_preview_becomes_the_comment(reader, moderator, work):
    write(reader, "Worth the wait.")
    send(reader)
    work()
    comment = Comment.objects.get()
    from comments import moderation

    moderation.approve(comment, by=moderator, seen="pending")
    reader.reload()
    assert reader.url.endswith(f"/articles/{comment.article.slug}/#comment-{comment.pk}")
    assert WAITING not in reader.content()


def test_spam_goes_to_its_shelf_and_the_writer_is_told_the_same(
    reader, open_window, article, moderator, work, make_comment
):
    make_comment("Already public.")
    write(reader, "Cheap watches https://spam.example/", name="akismet-guaranteed-spam")
    send(reader)
    work()
    reader.reload()
    assert reader.get_by_text(WAITING).is_visible()
    assert "spam.example" not in "".join(
        link.get_attribute("href") for link in reader.get_by_role("link").all()
    )

    desk = open_window(staff=True)
    enter(desk, moderator, "/moderation/")
    assert desk_card(desk, "akismet-guaranteed-spam").count() == 0
    click(desk, desk.get_by_role("navigation").get_by_role("link", name="Spam"))
    card = desk_card(desk, "akismet-guaranteed-spam")
    assert card.get_by_text("Spam, says Akismet", exact=True).is_visible()

    assert decide(desk, card.get_by_role("button", name="Not spam")).status == 200
    assert Comment.objects.get(name="akismet-guaranteed-spam").status == "pending"
    reader.goto(article.get_absolute_url())
    assert reader.get_by_text("Already public.").is_visible()
    assert "Cheap watches" not in reader.content()


def test_a_reply_without_javascript(open_window, article, make_comment):
    above = make_comment("First.", name="Ada")
    make_comment("Second.", name="Bob")
    page = open_window(java_script_enabled=False)
    page.goto(article.get_absolute_url())
    click(page, page.get_by_role("link", name="Reply to Ada"))
    assert page.url.endswith(f"?replytocom={above.pk}#respond")
    assert page.get_by_role("heading", name="Leave a Reply to Ada").is_visible()

    write(page, "An answer.")
    send(page)
    reply = Comment.objects.get(text="An answer.")
    assert reply.parent == above
    assert (
        page.locator(f"#comment-{above.pk} #comment-{reply.pk}").get_by_text(WAITING).is_visible()
    )


def test_a_reply_may_be_taken_back_without_javascript(open_window, article, make_comment):
    make_comment("First.", name="Ada")
    page = open_window(java_script_enabled=False)
    page.goto(article.get_absolute_url())
    click(page, page.get_by_role("link", name="Reply to Ada"))
    click(page, page.get_by_role("link", name="Cancel reply"))
    write(page, "For everybody.")
    send(page)
    assert Comment.objects.get(text="For everybody.").parent is None


def test_the_browser_keeps_an_empty_form_from_leaving(reader):
    reader.get_by_role("button", name="Post Comment").click()
    assert focused(reader) == "respond-text"
    write(reader, "A thought.", email="nonsense")
    reader.get_by_role("button", name="Post Comment").click()
    assert focused(reader) == "respond-email"
    assert not Comment.objects.exists()
    write(reader, "A thought.")
    send(reader)
    assert reader.get_by_text(WAITING).is_visible()


def test_the_cursor_goes_to_the_first_wrong_field_and_all_is_kept(reader):
    write(reader, "A long thought.", name="\u200b", url="javascript:alert(1)")
    assert send(reader).status == 422
    assert focused(reader) == "respond-name"
    for field, value in {
        "text": "A long thought.",
        "email": "rosa@example.com",
        "url": "javascript:alert(1)",
    }.items():
        assert reader.locator(f"#respond-{field}").input_value() == value
    assert reader.get_by_role("alert").get_by_text("2 fields need a look").is_visible()
    for field in ("name", "url"):
        box = reader.locator(f"#respond-{field}")
        assert box.get_attribute("aria-invalid") == "true"
        assert f"respond-{field}_error" in box.get_attribute("aria-describedby").split()

    write(reader, "A long thought.", url="")
    assert send(reader).status == 200
    assert Comment.objects.get().text == "A long thought."


def test_a_stale_click_names_who_was_faster(open_window, moderator, second_moderator, make_comment):
    make_comment("Decide.", status="pending")
    first, second = open_window(staff=True), open_window(staff=True, faults=True)
    enter(first, moderator, "/moderation/")
    enter(second, second_moderator, "/moderation/")

    decide(first, desk_card(first, "Rosa Reader").get_by_role("button", name="Approve"))
    answer = decide(second, desk_card(second, "Rosa Reader").get_by_role("button", name="Spam"))
    assert answer.status == 409
    alert = second.get_by_role("alert")
    expect(alert).to_contain_text("decided by kim")
    assert Comment.objects.get().status == "approved"


def test_a_closed_article_has_no_form(open_window, make_article, make_comment):
    article = make_article("Closed", comments_open=False)
    make_comment("Earlier.", article=article)
    page = open_window()
    page.goto(article.get_absolute_url())
    assert page.get_by_text("Comments are closed.").is_visible()
    assert page.get_by_text("Earlier.").is_visible()
    assert page.locator("main form").count() == 0
    assert page.get_by_role("link", name="Reply to").count() == 0


def test_an_article_closed_while_somebody_writes_keeps_their_text(reader, article):
    write(reader, "Too late, but long.")
    Article.objects.update(comments_open=False)
    assert send(reader).status == 403
    assert reader.get_by_text("Comments are closed.").is_visible()
    assert reader.get_by_label("Here is what you wrote").input_value() == "Too late, but long."


def test_back_from_the_preview_another_comment_can_be_posted(reader, no_flood):
    for text in ("First thought.", "Second thought."):
        write(reader, text)
        send(reader)
        assert reader.get_by_text(WAITING).is_visible()
        reader.go_back()
    assert set(Comment.objects.values_list("text", flat=True)) == {
        "First thought.",
        "Second thought.",
    }


def test_the_same_once_more_after_going_back_says_so(reader, no_flood):
    write(reader, "A thought.")
    send(reader)
    reader.go_back()
    write(reader, "A thought.")
    answer = send(reader)
    assert Comment.objects.count() == 1
    assert answer.status == 409 or WAITING in reader.content()


def test_a_double_click_posts_once(reader, no_flood):
    posted = []
    reader.on("request", lambda request: posted.append(request.post_data or ""))
    write(reader, "Twice is once.")
    button = reader.get_by_role("button", name="Post Comment")
    with reader.expect_navigation(url="**/comments/preview/**"):
        button.evaluate("button => { button.click(); setTimeout(() => button.click()) }")
    assert reader.get_by_text(WAITING).is_visible()
    assert ["Twice" in data for data in posted].count(True) == 1
    assert Comment.objects.count() == 1


def test_a_form_sent_twice_is_one_comment(reader, open_window, article, no_flood):
    """As after a lost connection: the same key, and nobody is told off."""
    write(reader, "Twice is once.")
    key = reader.locator("#respond-key").input_value()
    send(reader)
    again = open_window()
    again.goto(article.get_absolute_url())
    write(again, "Twice is once.")
    again.locator("#respond-key").evaluate("(field, key) => field.value = key", key)
    assert send(again).status == 200
    assert again.get_by_text(WAITING).is_visible()
    assert Comment.objects.count() == 1


def test_a_page_brought_back_from_memory_is_ready_for_another_comment(reader):
    """Chromium keeps no page in memory while it is steered, so the event is made here."""
    key, button = reader.locator("#respond-key"), reader.locator("#submit-id-submit")
    first = key.input_value()
    button.evaluate("button => button.disabled = true")
    reader.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    assert button.is_enabled()
    assert key.input_value() not in ("", first)


def test_too_fast_is_told_and_nothing_is_lost(reader):
    Discussion(flood_seconds=60).save()
    write(reader, "First thought.")
    send(reader)
    reader.go_back()
    write(reader, "Second thought.")
    assert send(reader).status == 429
    assert reader.get_by_role("alert").get_by_text("too quickly").is_visible()
    assert reader.locator("#respond-text").input_value() == "Second thought."


# --- editors --------------------------------------------------------------------------------


def test_an_editor_writes_and_publishes(open_window, editor, author, make_article):
    make_article("Earlier", tags=["chips"])
    page = open_window(staff=True)
    sign_in(page, editor, "/admin/articles/article/add/")
    page.get_by_role("textbox", name="Title:", exact=True).press_sequentially("Margins & more")
    assert page.get_by_label("Slug").input_value() == "margins-more"
    page.get_by_label("Summary").fill("In short.")
    page.get_by_role("button", name="HTML").click()
    page.locator("#id_body").fill("<p>Said <script>alert(1)</script>plainly.</p>")
    choose(page, "author", "Ines", "Ines Halvorsen")
    choose(page, "tags", "Chi", "Chips")
    page.locator(".field-published_at").get_by_role("link", name="Today").click()
    page.locator(".field-published_at").get_by_role("link", name="Now").click()
    assert page.locator("#id_published_at_0").input_value()
    click(page, page.get_by_role("button", name="Save", exact=True))
    assert page.get_by_text("was added successfully").is_visible()
    Article.objects.filter(slug="margins-more").update(published_at="2026-01-01T00:00Z")

    click(page, page.locator("#result_list").get_by_role("link", name="Margins & more"))
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="View on site").click(modifiers=["ControlOrMeta"])
    shown = opened.value
    expect(shown.get_by_text("Said plainly.")).to_be_visible()
    assert shown.get_by_role("link", name="Chips").is_visible()


def choose(page, field, typed, option):
    """Pick an option from one of the admin's fields that search while one types."""
    row = page.locator(f".field-{field}")
    row.locator(".select2-selection").click()
    page.locator(".select2-search__field:visible").last.press_sequentially(typed)
    page.get_by_role("option", name=option).click()
    assert row.locator(".select2-selection").get_by_text(option).is_visible()


def test_the_admin_keeps_to_the_content_security_policy(
    open_window, admin_user, article, make_comment
):
    comment = make_comment(status="pending")
    page = open_window(staff=True)
    page.context.add_cookies([session_of(admin_user)])
    for address in (
        "/admin/",
        "/admin/articles/article/",
        f"/admin/articles/article/{article.pk}/change/",
        f"/admin/articles/article/{article.pk}/history/",
        f"/admin/articles/article/{article.pk}/delete/",
        "/admin/articles/tag/add/",
        "/admin/articles/author/add/",
        "/admin/comments/comment/",
        f"/admin/comments/comment/{comment.pk}/change/",
        "/admin/comments/discussion/",
        "/admin/password_change/",
    ):
        assert page.goto(address).status == 200, address
        assert page.get_by_role("heading").first.is_visible(), address
