"""The moderation desk in a browser, without any script: by mouse, by thumb, by two at once."""

import pytest

from comments.models import Comment, Edit
from tests.browser.axe import on_phone_and_laptop
from tests.browser.steps import PASSWORD, click, desk_card, enter, sign_in

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 800}, "has_touch": True}
LAPTOP = {"viewport": {"width": 1280, "height": 800}}


@pytest.fixture(params=[LAPTOP, PHONE], ids=["laptop", "phone"])
def desk(request, open_window, moderator):
    """A moderator's window in which no script runs."""
    page = open_window(staff=True, java_script_enabled=False, **request.param)
    enter(page, moderator, "/moderation/")
    return page


def test_tick_decide_and_take_back(desk, make_comment):
    for name in ("Ada", "Bob", "Cleo"):
        make_comment(f"By {name}.", name=name, status="pending")
    desk.reload()
    for name in ("Ada", "Bob"):
        desk.get_by_role("checkbox", name=name).check()
    group = desk.get_by_role("group", name="With those that are ticked")
    click(desk, group.get_by_role("button", name="Spam"))
    assert desk.get_by_text("2 comments: marked as spam.").is_visible()
    assert desk.locator(".desk-card").count() == 1

    click(desk, desk_card(desk, "Cleo").get_by_role("button", name="Approve"))
    assert desk.get_by_text("Nothing waits for you. The margins are clear.").is_visible()
    click(desk, desk.get_by_role("button", name="Undo"))
    assert desk_card(desk, "Cleo").is_visible()
    assert dict(Comment.objects.values_list("name", "status")) == {
        "Ada": "spam",
        "Bob": "spam",
        "Cleo": "pending",
    }


def test_enter_on_a_tick_decides_nothing(desk, make_comment):
    make_comment(name="Ada", status="pending")
    desk.reload()
    desk.get_by_role("checkbox", name="Ada").press("Enter")
    desk.reload()
    assert Comment.objects.get().status == "pending"


def test_search_reply_and_edit(desk, make_comment):
    make_comment("A question?", name="Ada", email="ada@example.com", status="pending")
    make_comment("Something else.", name="Bob", status="pending")
    desk.reload()
    desk.get_by_role("searchbox").fill("ada@example.com")
    click(desk, desk.get_by_role("button", name="Search"))
    assert "example.com" not in desk.url
    assert desk.locator(".desk-card").count() == 1
    click(desk, desk_card(desk, "Ada").get_by_role("link", name="Reply"))
    desk.get_by_label("Your reply").fill("An answer.")
    click(desk, desk.get_by_role("button", name="Approve and reply"))
    assert desk.get_by_text("your reply is public").is_visible()
    assert Comment.objects.filter(status="approved").count() == 2

    desk.goto("/moderation/")
    click(desk, desk_card(desk, "Bob").get_by_role("link", name="Edit"))
    desk.get_by_label("Its text").fill("Something better.")
    click(desk, desk.get_by_role("button", name="Save"))
    assert desk_card(desk, "Bob").get_by_text("Something better.").is_visible()
    assert Edit.objects.get().text == "Something else."


def test_two_moderators_and_the_slower_one_reads_who_was_faster(
    desk, open_window, moderator, make_comment
):
    lee = type(moderator).objects.create_user("lee", password=PASSWORD, is_staff=True)
    lee.groups.set(moderator.groups.all())
    make_comment(name="Ada", status="pending")
    other = open_window(staff=True, java_script_enabled=False)
    sign_in(other, lee, "/moderation/")
    desk.reload()
    click(other, desk_card(other, "Ada").get_by_role("button", name="Approve"))
    answer = click(desk, desk_card(desk, "Ada").get_by_role("button", name="Spam"))
    assert answer.status == 409
    assert desk.get_by_text("Ada: Already “Approved”: decided by lee").is_visible()
    assert Comment.objects.get().status == "approved"


def test_nothing_to_complain_of(open_window, moderator, deep_thread, make_comment):
    page = open_window(staff=True)
    enter(page, moderator, "/moderation/")
    found = on_phone_and_laptop(page)  # the empty queue
    above = make_comment("Above.", name="A rather long name " * 8)
    comment = make_comment(
        'See <a href="https://example.org/a">this</a>. ' + "w" * 300,
        status="pending", parent=above, held_for="links", held_detail="2 links", ip="192.0.2.1",
    )  # fmt: skip
    make_comment(
        f"https://example.org/{'path' * 60} <pre>{'wide ' * 80}</pre>", article=deep_thread,
        status="pending", name="N" * 200, url=f"https://example.com/{'u' * 150}", held_for="words",
    )  # fmt: skip
    make_comment(status="pending", verdict="unavailable", held_for="unavailable")
    make_comment(status="submitted")
    make_comment(status="spam", verdict="spam")
    make_comment(status="spam", verdict="discard")
    make_comment(status="trash")
    for path in (
        "queue/",
        "awaiting/",
        "approved/",
        "spam/",
        "trash/",
        "all/",
        "reported/",
        "queue/?q=see&verdict=ham&order=oldest",
        "queue/?q=nowhere&article=none&first=x",
        f"{comment.pk}/edit/",
        f"{comment.pk}/reply/",
    ):
        page.goto(f"/moderation/{path}")
        for summary in page.locator("summary:visible").all():
            summary.click()
        found += on_phone_and_laptop(page)
    for button in ("Delete", "Empty spam"):
        page.goto("/moderation/spam/")
        click(page, page.get_by_role("button", name=button).first)
        found += on_phone_and_laptop(page)
    assert found == []
