"""The desk under the fingers: by key and by thumb, with undo, faults, and texts that survive."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from playwright.sync_api import expect

from comments import moderation
from comments.models import AkismetState, Comment, Edit
from tests.browser.axe import on_phone_and_laptop
from tests.browser.steps import PASSWORD, click, desk_card, enter, overflow

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LAPTOP = {"viewport": {"width": 1280, "height": 800}}
#: Why it waits, and what exactly matched.
HELD = [
    ("first_comment", ""),
    ("links", "2 links"),
    ("words", "casino"),
    ("scam", "messenger: WhatsApp +1 202 555 0143 " + "and so on " * 14),
    ("unavailable", ""),
]
CLEAR = "Nothing waits for you. The margins are clear."


@pytest.fixture
def open_desk(open_window, moderator):
    """Open the desk in a window of a moderator's own."""

    def open_it(path="/moderation/", user=moderator, size=LAPTOP, **options):
        page = open_window(staff=True, **size, **options)
        page.add_init_script(NOTE)
        enter(page, user, path)
        return page

    return open_it


@pytest.fixture
def queue(make_comment):
    """Fill the queue; each comment by somebody else, held for another reason."""

    def fill(count):
        return [
            make_comment(
                f"Thought {number}. " + "It goes on for a while. " * (number % 7),
                name=f"Writer {number}",
                email=f"w{number}@example.com",
                status="pending",
                verdict="unavailable" if number % 5 == 4 else "ham",
                held_for=HELD[number % 5][0],
                held_detail=HELD[number % 5][1],
            )
            for number in range(count)
        ]

    return fill


def statuses():
    return dict(Comment.objects.values_list("name", "status"))


def said(page, text):
    expect(page.locator("#desk-undo [role=status]")).to_have_text(re.compile(text))


def in_hand(page):
    return page.evaluate(
        "document.activeElement.closest('.desk-card')?.querySelector('h2').textContent ?? ''"
    )


#: The page notes what it asks the server, so that a test can wait for the answers.
NOTE = """
    window.asked = [];
    const ask = fetch;
    window.fetch = (...all) => {
        const answer = ask(...all);
        asked.push(answer.then((it) => it.clone().text()).catch(() => null));
        return answer;
    };
"""


def settled(page):
    """Wait until the server has answered whatever was decided, one after the other."""
    page.evaluate(
        """async () => {
            for (let known = -1; known !== asked.length; ) {
                known = asked.length;
                await Promise.allSettled(asked);
                await new Promise((done) => setTimeout(done)); // what follows an answer
            }
        }"""
    )


def shifts(page):
    """Have the browser note every layout shift but of the list and what stands below it.

    Those right after an input count too.
    """
    page.evaluate(
        """() => {
            window.shifted = [];
            new PerformanceObserver((list) => list.getEntries().forEach((entry) =>
                entry.sources.map((it) => it.node?.parentElement).forEach((it) =>
                    it && !it.closest("#desk-view, footer") && it.tagName !== "BODY"
                        && window.shifted.push(it.outerHTML.slice(0, 200)))
            )).observe({ type: "layout-shift", buffered: false });
        }"""
    )
    return lambda: page.evaluate("window.shifted")


# --- a queue of forty -------------------------------------------------------------------------


def test_forty_by_key(open_desk, queue):
    queue(40)
    page = open_desk()
    noted = shifts(page)
    expected = {}
    page.keyboard.press("j")
    for number in range(40):
        name = in_hand(page)
        assert name == f"Writer {39 - number}"
        key, status = [("a", "approved"), ("s", "spam"), ("d", "trash")][number % 3]
        expected[name] = status
        page.keyboard.press(key)
        if number == 19:
            expect(page.locator(".desk-card")).to_have_count(20)
            expect(page.locator(".desk-card").first).to_be_focused()
    expect(page.get_by_text(CLEAR)).to_be_visible()
    assert page.locator('[data-count="queue"]').inner_text() == "0"
    assert page.locator('[data-count="approved"]').inner_text() == "14"
    assert statuses() == expected
    assert noted() == []
    said(page, "The comment by Writer 0 was approved.")
    page.keyboard.press("z")
    page.keyboard.press("z")
    expect(desk_card(page, "Writer 1")).to_be_visible()
    assert [statuses()[f"Writer {n}"] for n in (0, 1, 2)] == ["pending", "pending", "spam"]


def test_forty_by_thumb(open_desk, queue):
    queue(40)
    # A banner would stand above the list.
    AkismetState.note(worker_seen_at=timezone.now(), last_good_at=timezone.now(), key_valid=True)
    page = open_desk(size=PHONE)
    small = page.evaluate(
        """() => [...document.querySelectorAll(
                ".desk-card .desk-tick, .desk-verbs button, .desk-other > *")]
            .map((it) => it.getBoundingClientRect())
            .filter((it) => it.width < 44 || it.height < 43.9).length"""
    )
    assert small == 0
    assert page.locator(".desk-card").first.bounding_box()["y"] < 844 * 0.4
    assert not page.get_by_role("button", name="Keys").is_visible()
    tabs = page.locator(".tabs li").evaluate_all("(all) => all.map((it) => it.offsetTop)")
    assert len(set(tabs)) == 1
    for number in range(40):
        verb = ("Approve", "Spam", "Trash")[number % 3]
        card = page.locator(".desk-card").filter(
            has=page.get_by_role("heading", name=f"Writer {39 - number}", exact=True)
        )
        card.get_by_role("button", name=verb, exact=True).tap()
    expect(page.get_by_text(CLEAR)).to_be_visible()
    assert set(statuses().values()) == {"approved", "spam", "trash"}
    # All that was decided on this page can be taken back, not the last of it alone.
    for number in range(3):
        page.locator("#desk-undo").get_by_role("button", name="Undo").tap()
        card = page.locator(".desk-card").filter(
            has=page.get_by_role("heading", name=f"Writer {number}", exact=True)
        )
        expect(card).to_be_visible()
    assert Comment.objects.filter(status="pending").count() == 3
    assert overflow(page) == 0


def test_ten_can_be_read_on_a_laptop_and_words_that_grow_move_nothing(open_desk, queue):
    queue(20)
    page = open_desk()
    assert page.get_by_text("No worker has run yet").is_visible()  # it takes room, too
    read = """() => [...document.querySelectorAll(".desk-card")]
        .filter((it) => it.getBoundingClientRect().bottom <= innerHeight).length"""
    assert page.evaluate(read) >= 10
    for place, words in (
        (".desk-oldest, .desk-usual", "Wait: 11 months, 3 weeks"),
        (".count", "9,999"),
    ):
        page.locator(place).evaluate_all(
            "(all, words) => all.forEach((it) => (it.textContent = words))", words
        )
    assert page.evaluate(read) >= 10


# --- keys -------------------------------------------------------------------------------------


def test_moving_ticking_and_all_that_are_ticked(open_desk, queue):
    queue(5)
    page = open_desk()
    page.keyboard.press("a")  # no card in hand: nothing happens
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert in_hand(page) == "Writer 3"
    page.keyboard.press("k")
    assert in_hand(page) == "Writer 4"
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("Shift+S")
    said(page, "2 comments: marked as spam.")
    assert in_hand(page) == "Writer 2"
    assert sorted(name for name, status in statuses().items() if status == "spam") == [
        "Writer 3",
        "Writer 4",
    ]
    page.keyboard.press("z")
    said(page, "2 comments: taken back.")
    expect(page.locator(".desk-card")).to_have_count(5)
    assert page.locator(".desk-card h2").all_inner_texts() == [
        f"Writer {number}" for number in (4, 3, 2, 1, 0)
    ]
    page.keyboard.press("Shift+A")
    said(page, "tick the comments")
    page.keyboard.press("Shift+X")
    page.keyboard.press("Shift+T")
    expect(page.get_by_text(CLEAR)).to_be_visible()
    assert set(statuses().values()) == {"trash"}
    page.goto("/moderation/trash/")
    page.keyboard.press("Shift+X")
    page.keyboard.press("Shift+Z")
    expect(page.get_by_text("The trash is empty.")).to_be_visible()
    assert set(statuses().values()) == {"pending"}


def test_the_bar_of_what_is_ticked_hides_nothing_that_has_the_focus(open_desk, queue):
    queue(12)
    page = open_desk()
    page.get_by_role("checkbox", name="Writer 11").check()
    hidden = """() => {
        const { left, top, height } = document.activeElement.getBoundingClientRect();
        return Boolean(document.elementFromPoint(left + 4, top + height / 2)?.closest(".desk-bulk"))
    }"""
    seen = []
    while "Writer 0" not in in_hand(page):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(hidden))
    assert len(seen) > 50
    assert not any(seen)


def test_keys_are_dead_while_somebody_writes_or_a_command_is_meant(open_desk, queue):
    queue(2)
    page = open_desk()
    page.keyboard.press("j")
    for pressed in ("Control+a", "Alt+s", "Meta+d"):
        page.keyboard.press(pressed)
    page.get_by_role("searchbox").press_sequentially("asdzjx?")
    assert page.get_by_role("searchbox").input_value() == "asdzjx?"
    page.get_by_text("Filters").click()
    page.get_by_label("Held for").press("a")
    settled(page)
    assert set(statuses().values()) == {"pending"}
    assert not page.locator("#desk-keys").is_visible()


def test_a_key_held_down_decides_once(open_desk, queue):
    queue(3)
    page = open_desk()
    page.keyboard.press("j")
    for _ in range(3):
        page.keyboard.down("a")  # without an up between them: what the browser calls a repeat
    said(page, "Writer 2 was approved")
    settled(page)
    assert sorted(statuses().values()) == ["approved", "pending", "pending"]


def test_help_and_the_switch(open_desk, queue):
    queue(2)
    page = open_desk()
    dialog = page.get_by_role("dialog", name="Keys")
    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    assert "Approve" in dialog.inner_text()
    assert "Restore" not in dialog.inner_text()
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Keys are on").uncheck()
    page.keyboard.press("Escape")
    for _ in range(2):
        page.locator(".desk-card").first.focus()
        page.keyboard.press("a")
        page.keyboard.press("?")
        settled(page)
        assert not dialog.is_visible()
        assert set(statuses().values()) == {"pending"}
        page.reload()
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Keys are on").check()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("a")
    said(page, "Writer 1 was approved")


def test_z_takes_back_what_one_decided_oneself_and_nothing_else(open_desk, moderator, queue):
    lee = type(moderator).objects.create_user("lee", password=PASSWORD, is_staff=True)
    below = queue(2)[0]
    moderation.approve(below, by=lee, seen="pending")
    moderation.hold(below, by=lee, seen="approved")
    page = open_desk()
    page.clock.install()
    page.reload()
    page.keyboard.press("z")
    said(page, "Nothing is left that you decided on this page")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert in_hand(page) == "Writer 0"
    page.keyboard.press("k")
    page.keyboard.press("s")
    said(page, "Writer 1 was marked as spam")
    assert in_hand(page) == "Writer 0"
    page.clock.run_for(11_000)
    said(page, "^$")
    assert desk_card(page, "Writer 0").get_by_role("button", name="Undo").is_visible()
    page.keyboard.press("z")
    said(page, "Writer 1 is back where it was")
    expect(desk_card(page, "Writer 1")).to_be_visible()
    assert statuses() == {"Writer 0": "pending", "Writer 1": "pending"}
    page.keyboard.press("z")
    said(page, "Nothing is left that you decided on this page")
    assert Comment.objects.get(name="Writer 0").changes.last().by == lee


def test_a_refused_z_is_not_another_decision(open_desk, moderator, queue):
    lee = type(moderator).objects.create_user("lee", password=PASSWORD, is_staff=True)
    comment = queue(1)[0]
    page = open_desk(faults=True)
    page.keyboard.press("j")
    page.keyboard.press("a")
    said(page, "approved")
    moderation.spam(comment, by=lee, seen="approved")
    expect(page.get_by_text(CLEAR)).to_be_visible()
    page.keyboard.press("z")
    said(page, "lee")  # there is no card any more that could say so
    page.keyboard.press("z")
    said(page, "Nothing is left that you decided")
    assert statuses() == {"Writer 0": "spam"}


def test_who_comes_by_key_reads_the_whole_text(open_desk, make_comment):
    for name in ("Ada", "Bob", "Cleo"):
        make_comment("A long text. " * 120, name=name, status="pending")
    page = open_desk()

    def height(name):
        return desk_card(page, name).locator(".comment-text").first.bounding_box()["height"]

    cut = height("Cleo")
    page.keyboard.press("j")
    assert height("Cleo") > 5 * cut
    page.keyboard.press("j")
    assert height("Bob") == height("Cleo") > 5 * cut  # what was opened stays, so nothing moves back
    assert height("Ada") == cut
    desk_card(page, "Ada").get_by_role("checkbox").click()
    assert height("Ada") == cut  # no button may move away under a mouse


def test_what_is_said_and_what_a_card_says_is_there_for_those_who_listen(open_desk, queue):
    queue(1)
    page = open_desk()
    bar = page.locator("#desk-undo")
    assert bar.evaluate("(it) => it.checkVisibility({ visibilityProperty: true })")
    assert bar.evaluate("(it) => getComputedStyle(it).opacity") == "0"
    expect(desk_card(page, "Writer 0")).to_have_accessible_description("Thought 0.")


# --- two at once, and faults ------------------------------------------------------------------


def test_the_slower_one_reads_who_did_what(open_desk, moderator, queue):
    lee = type(moderator).objects.create_user("lee", password=PASSWORD, is_staff=True)
    lee.groups.set(moderator.groups.all())
    queue(3)
    mine, theirs = open_desk(faults=True), open_desk(user=lee)
    theirs.keyboard.press("j")
    theirs.keyboard.press("a")
    said(theirs, "approved")
    mine.keyboard.press("j")
    mine.keyboard.press("s")
    card = desk_card(mine, "Writer 2")
    expect(card.get_by_role("alert")).to_have_text(
        re.compile(r"Already “Approved”: decided by lee \d+ s ago")
    )
    assert card.get_by_role("button", name="Hold").is_visible()  # as it is now
    assert not card.get_by_role("button", name="Approve").is_visible()
    assert statuses()["Writer 2"] == "approved"
    # And an undo that comes too late.
    mine.keyboard.press("Escape")
    desk_card(mine, "Writer 1").focus()
    mine.keyboard.press("a")
    said(mine, "Writer 1 was approved")
    moderation.spam(Comment.objects.get(name="Writer 1"), by=lee, seen="approved")
    mine.keyboard.press("z")
    expect(desk_card(mine, "Writer 1").get_by_role("alert")).to_have_text(
        re.compile("Already “Spam”: decided by lee")
    )
    assert statuses()["Writer 1"] == "spam"


@pytest.mark.parametrize("fault", ["network", "server"])
def test_what_fails_comes_back_and_works_again(open_desk, queue, fault):
    queue(3)
    page = open_desk(faults=True)
    address = re.compile("/approve/")
    page.route(
        address,
        lambda route: route.abort() if fault == "network" else route.fulfill(status=500, body="x"),
    )
    page.keyboard.press("j")
    page.keyboard.press("a")
    card = desk_card(page, "Writer 2")
    expect(card.get_by_role("alert")).to_have_text(re.compile("press the button again"))
    assert page.locator(".desk-card h2").first.inner_text() == "Writer 2"
    assert in_hand(page) == "Writer 2"
    assert set(statuses().values()) == {"pending"}
    page.unroute(address)
    page.keyboard.press("a")
    said(page, "Writer 2 was approved")
    assert statuses()["Writer 2"] == "approved"


def test_who_was_signed_out_comes_back_to_the_view(open_desk, moderator, queue):
    queue(2)
    view = "/moderation/queue/?held_for=links&order=oldest"
    page = open_desk(view, faults=True)
    page.context.clear_cookies(name="sessionid")
    page.keyboard.press("j")
    page.keyboard.press("a")
    card = desk_card(page, "Writer 1")
    expect(card.get_by_role("alert")).to_have_text(re.compile("no longer signed in"))
    assert set(statuses().values()) == {"pending"}
    click(page, card.get_by_role("link", name="Sign in again"))
    page.get_by_label("Username").fill(moderator.username)
    page.get_by_label("Password").fill(PASSWORD)
    click(page, page.get_by_role("button", name="Log in"))
    assert page.url.endswith(view)
    page.keyboard.press("j")
    page.keyboard.press("a")
    said(page, "Writer 1 was approved")


def test_of_many_that_fail_each_keeps_its_tick_and_one_tells_it(open_desk, queue):
    queue(4)
    page = open_desk(faults=True)
    page.route(re.compile("/bulk/"), lambda route: route.abort())
    ticked = page.locator(".desk-card [name=pk]:checked")
    for name in ("Writer 3", "Writer 1"):
        desk_card(page, name).get_by_role("checkbox").check()
    page.keyboard.press("Shift+S")
    alerts = page.locator(".desk-card").get_by_role("alert")
    expect(alerts).to_have_count(1)
    expect(ticked).to_have_count(2)
    page.get_by_label("all on this page").check()
    page.keyboard.press("Shift+S")
    expect(ticked).to_have_count(4)
    expect(alerts).to_have_count(1)
    page.unroute(re.compile("/bulk/"))
    page.keyboard.press("Shift+S")
    expect(page.get_by_text(CLEAR)).to_be_visible()
    assert set(statuses().values()) == {"spam"}
    page.keyboard.press("z")
    expect(page.locator(".desk-card")).to_have_count(4)


def test_what_comes_next_cannot_be_fetched(open_desk, queue):
    queue(21)
    page = open_desk(faults=True)
    page.route(re.compile("/moderation/queue/$"), lambda route: route.abort())
    page.keyboard.press("Shift+X")
    page.keyboard.press("Shift+S")
    link = page.get_by_role("link", name="Open this view anew")
    expect(link).to_be_focused()
    said(page, "No answer came from the site")
    page.unroute(re.compile("/moderation/queue/$"))
    page.keyboard.press("z")
    said(page, "20 comments: taken back")
    expect(page.locator(".desk-card")).to_have_count(20)
    page.route(re.compile("/moderation/queue/$"), lambda route: route.fulfill(status=500, body="x"))
    page.keyboard.press("Shift+X")
    page.keyboard.press("Shift+S")
    expect(link).to_be_focused()
    page.unroute(re.compile("/moderation/queue/$"))
    click(page, link)
    assert page.locator(".desk-card h2").all_inner_texts() == ["Writer 0"]


def test_after_a_reveal_the_view_goes_on_where_it_was(open_desk, moderator, make_comment):
    moderator.user_permissions.add(Permission.objects.get(codename="reveal_address"))
    make_comment("Waits.", name="Other", status="pending")
    for number in range(2):
        make_comment(
            f"Buy {number}.",
            name=f"Seller {number}",
            email=f"somebody-with-a-very-long-address-{number}@example.com",
            status="spam",
            verdict="spam",
        )
    page = open_desk("/moderation/spam/?verdict=spam", faults=True)
    card = desk_card(page, "Seller 1")
    card.get_by_text("More").click()
    click(page, card.get_by_role("button", name="Reveal"))
    assert "/reveal/" in page.url
    shown = desk_card(page, "Seller 1").locator(".desk-who")
    assert shown.evaluate("(it) => it.scrollWidth <= it.clientWidth")  # all of it, not "some…"
    for name in ("Seller 1", "Seller 0"):
        desk_card(page, name).get_by_role("button", name="Trash").click()
    expect(page.get_by_text("Nothing here fits what you asked for.")).to_be_visible()
    assert page.locator(".desk-card").count() == 0
    page.keyboard.press("z")
    expect(desk_card(page, "Seller 0")).to_be_visible()
    page.context.clear_cookies(name="sessionid")
    desk_card(page, "Seller 0").get_by_role("button", name="Trash").click()
    href = page.get_by_role("link", name="Sign in again").get_attribute("href")
    assert href.endswith("?next=%2Fmoderation%2Fspam%2F%3Fverdict%3Dspam")


def test_who_signed_in_anew_elsewhere_is_told_so(open_desk, queue):
    queue(1)
    page = open_desk(faults=True)
    page.context.clear_cookies(name="csrftoken")
    page.keyboard.press("j")
    page.keyboard.press("a")
    card = desk_card(page, "Writer 0")
    expect(card.get_by_role("alert")).to_have_text(re.compile("The site refused this"))
    assert not card.get_by_text("no longer signed in").count()
    page.keyboard.press("q")
    page.get_by_label("Its text").fill("Long thought over.")
    page.context.clear_cookies(name="csrftoken")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".desk-failed")).to_have_text(re.compile("The site refused this"))
    click(page, page.locator(".desk-failed").get_by_role("link", name="Open this view anew"))
    desk_card(page, "Writer 0").get_by_role("link", name="Edit").click()
    page.get_by_role("button", name="Save").click()
    said(page, "was edited")
    assert Comment.objects.get().text == "Long thought over."


# --- texts ------------------------------------------------------------------------------------


def test_quick_edit_and_reply_in_the_card(open_desk, queue):
    queue(2)
    page = open_desk(faults=True)
    page.keyboard.press("j")
    page.keyboard.press("q")
    text = page.get_by_label("Its text")
    expect(text).to_be_focused()
    text.fill("Begun")
    page.keyboard.press("Escape")
    expect(text).to_have_count(0)
    assert in_hand(page) == "Writer 1"
    page.keyboard.press("q")
    expect(text).to_have_value("Begun")
    assert page.get_by_text("what you had typed before").is_visible()
    text.fill(" ")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#desk-text_error")).to_be_visible()
    page.get_by_label("Its text").fill("Better.")
    page.keyboard.press("Control+Enter")
    said(page, "The comment by Writer 1 was edited.")
    expect(desk_card(page, "Writer 1").get_by_text("Better.", exact=True).first).to_be_visible()
    assert Edit.objects.get().text.startswith("Thought 1.")
    assert page.evaluate("sessionStorage.length") == 0

    page.keyboard.press("r")
    reply = page.get_by_label("Your reply")
    expect(reply).to_be_focused()
    reply.fill("An answer.")
    page.keyboard.press("Control+Enter")
    said(page, "Writer 1 was approved, and your reply is public")
    expect(page.locator(".desk-card")).to_have_count(1)
    assert in_hand(page) == "Writer 0"
    assert Comment.objects.filter(status="approved").count() == 2
    page.keyboard.press("e")
    expect(page.get_by_role("heading", name="Edit the comment by Writer 0")).to_be_visible()


def test_keys_are_dead_in_a_form_that_is_open(open_desk, queue):
    queue(2)
    page = open_desk()
    page.keyboard.press("j")
    page.keyboard.press("q")
    expect(page.get_by_label("Its text")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Save")).to_be_focused()
    for key in "asdxje":
        page.keyboard.press(key)
    settled(page)
    expect(page.get_by_role("button", name="Save")).to_be_focused()
    assert set(statuses().values()) == {"pending"}
    assert page.locator(".desk-card [name=pk]:checked").count() == 0


@pytest.mark.parametrize("place", ["card", "page"])
def test_sent_twice_arrives_once(open_desk, queue, place):
    comment = queue(1)[0]
    page = open_desk(faults=True)
    if place == "page":
        page.goto(f"/moderation/{comment.pk}/reply/")
    else:
        page.keyboard.press("j")
        page.keyboard.press("r")
    sent = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    page.get_by_label("Your reply").fill("An answer.")
    page.route("**/reply/**", lambda route: (page.wait_for_timeout(300), route.continue_()))
    page.evaluate(
        """() => [1, 2].forEach(() => document.activeElement.dispatchEvent(new KeyboardEvent(
            "keydown", { key: "Enter", ctrlKey: true, bubbles: true })))"""
    )
    expect(page.get_by_text("your reply is public")).to_be_visible()
    assert len(sent) == 1
    assert Comment.objects.filter(text="An answer.").count() == 1


@pytest.mark.parametrize("place", ["card", "page"])
def test_a_text_survives_a_lost_session(open_desk, moderator, queue, place):
    comment = queue(1)[0]
    page = open_desk(faults=True)
    if place == "page":
        page.goto(f"/moderation/{comment.pk}/edit/")
    else:
        desk_card(page, "Writer 0").get_by_role("link", name="Edit").click()
    page.get_by_label("Its text").fill("Long thought over.")
    page.context.clear_cookies(name="sessionid")
    if place == "page":
        click(page, page.get_by_role("button", name="Save"))
        expect(page.get_by_label("Here is what you wrote:")).to_have_value("Long thought over.")
    else:
        page.get_by_role("button", name="Save").click()
    click(page, page.get_by_role("link", name="Sign in again"))
    page.get_by_label("Username").fill(moderator.username)
    page.get_by_label("Password").fill(PASSWORD)
    click(page, page.get_by_role("button", name="Log in"))
    if place == "card":
        desk_card(page, "Writer 0").get_by_role("link", name="Edit").click()
    expect(page.get_by_label("Its text")).to_have_value("Long thought over.")
    page.get_by_role("button", name="Save").click()
    expect(desk_card(page, "Writer 0").get_by_text("Long thought over.").first).to_be_visible()
    assert Comment.objects.get().text == "Long thought over."
    assert page.evaluate("sessionStorage.length") == 0


def test_a_kept_text_says_that_the_comment_was_edited_since(open_desk, moderator, queue):
    comment = queue(1)[0]
    page = open_desk()
    page.goto(f"/moderation/{comment.pk}/edit/")
    page.get_by_label("Its text").fill("Mine.")
    moderation.revise(comment, "Theirs.", by=moderator, seen=None)
    page.reload()
    expect(page.get_by_label("Its text")).to_have_value("Mine.")
    assert page.get_by_text("The comment was edited since").is_visible()
    page.get_by_role("button", name="Discard it").click()
    expect(page.get_by_label("Its text")).to_have_value("Theirs.")
    assert page.evaluate("sessionStorage.length") == 0


# --- emptying ---------------------------------------------------------------------------------


def test_emptying_goes_on_by_itself_and_can_be_stopped(open_desk, make_comment, monkeypatch):
    monkeypatch.setattr("comments.desk.bulk.BATCH", 2)
    for number in range(7):
        make_comment(f"Buy {number}.", status="spam", verdict="spam")
    page = open_desk("/moderation/spam/")
    click(page, page.get_by_role("button", name="Empty spam"))
    assert Comment.objects.count() == 7
    held = []
    page.route("**/empty/spam/", lambda route: held.append(route))
    page.get_by_role("button", name="Delete for good").click()
    page.get_by_role("button", name="Stop").click()
    page.wait_for_timeout(50)
    held[0].continue_()
    expect(page.locator(".desk-emptying").get_by_role("status")).to_have_text(
        "Deleted: 2. Left: 5."
    )
    assert page.locator("progress").get_attribute("max") == "7"
    assert Comment.objects.count() == 5
    page.unroute("**/empty/spam/")
    page.get_by_role("button", name="Go on deleting").click()
    expect(page.locator(".desk-emptying").get_by_role("status")).to_have_text(
        "Deleted: 7. All of it is gone."
    )
    assert not Comment.objects.exists()
    expect(page.get_by_role("link", name="Back to the desk")).to_be_focused()


@pytest.mark.parametrize("fault", ["signed out", "refused", "broken", "network"])
def test_emptying_stops_at_a_fault_and_says_so(open_desk, make_comment, fault):
    for number in range(3):
        make_comment(f"Buy {number}.", status="spam", verdict="spam")
    page = open_desk("/moderation/spam/", faults=True)
    click(page, page.get_by_role("button", name="Empty spam"))
    cookies = page.context.cookies()
    if fault == "signed out":
        page.context.clear_cookies(name="sessionid")
    elif fault == "refused":
        page.context.clear_cookies(name="csrftoken")
    elif fault == "broken":
        page.route("**/empty/spam/", lambda route: route.fulfill(status=500, body="x"))
    else:
        page.route("**/empty/spam/", lambda route: route.abort())
    page.get_by_role("button", name="Delete for good").click()
    told = {
        "signed out": "You are no longer signed in here",
        "refused": "The site refused to go on",
        "broken": "No answer came from the site",
        "network": "No answer came from the site",
    }[fault]
    expect(page.locator(".desk-emptying").get_by_role("status")).to_have_text(
        re.compile(rf"^Deleted: 0\. {told}")
    )
    link = page.get_by_role("link", name="Sign in again")
    assert link.count() == (fault == "signed out")
    if link.count():
        assert link.get_attribute("href") == "/admin/login/?next=%2Fmoderation%2Fspam%2F"
    page.context.add_cookies(cookies)
    page.unroute("**/empty/spam/")
    page.get_by_role("button", name="Go on deleting").click()
    expect(page.locator(".desk-emptying").get_by_role("status")).to_have_text(
        "Deleted: 3. All of it is gone."
    )
    assert not Comment.objects.exists()


# --- axe --------------------------------------------------------------------------------------


def test_nothing_to_complain_of(open_desk, queue):
    """What scripts put onto the desk; its pages themselves are looked at in test_desk.py."""
    queue(5)
    page = open_desk()
    page.keyboard.press("j")
    page.keyboard.press("a")
    said(page, "approved")
    page.keyboard.press("x")
    page.keyboard.press("q")
    expect(page.get_by_label("Its text")).to_be_focused()
    found = on_phone_and_laptop(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    found += on_phone_and_laptop(page)
    assert found == []
