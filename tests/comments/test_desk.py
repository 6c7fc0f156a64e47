"""The moderation desk: what a moderator sees, and what each button does and refuses."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from comments import moderation
from comments.desk import views as desk_views
from comments.models import (
    AkismetState,
    Check,
    Comment,
    Edit,
    PrivacyEvent,
    Report,
    StatusChange,
    Submission,
)
from comments.status import VERBS, Status

#: tab: the status whose comments lie on it, the buttons there, and what is said when it is empty
TABS = {
    "queue": ("pending", ["Approve", "Spam", "Trash"], "Nothing waits for you."),
    "awaiting": ("submitted", ["Approve", "Spam", "Trash"], "Every comment has been checked."),
    "approved": ("approved", ["Hold", "Spam", "Trash"], "No comment has been approved yet."),
    "spam": ("spam", ["Approve", "Not spam", "Trash"], "No spam."),
    "trash": ("trash", ["Restore"], "The trash is empty."),
}
ALL_TABS = [*TABS, "reported", "all"]
ACTIONS = [
    ("approve", "pending", "approved", "approved"),
    ("approve", "submitted", "approved", "approved"),
    ("approve", "spam", "approved", "approved"),
    ("hold", "approved", "pending", "put back into the queue"),
    ("hold", "spam", "pending", "put back into the queue"),
    ("spam", "pending", "spam", "marked as spam"),
    ("trash", "approved", "trash", "moved to the trash"),
    ("restore", "trash", "submitted", "restored"),
]


def press(client, comment, verb, *, seen=None, tab="queue", **extra):
    fields = {f"seen-{comment.pk}": comment.status if seen is None else seen, "tab": tab}
    return client.post(f"/moderation/{comment.pk}/{verb}/", fields, **extra)


def text_of(response):
    """The visible text of a page, in one line."""
    page = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r" ([:,.])", r"\1", re.sub(r"\s+", " ", page))


def cards(response):
    return [card.comment.pk for card in response.context["cards"]]


# --- what is seen -------------------------------------------------------------------------


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_holds_its_status_and_counts_all(desk, make_comment, tab):
    stored = {}
    for number, name in enumerate(TABS, start=1):
        stored[name] = [make_comment(f"{name} {n}", status=TABS[name][0]).pk for n in range(number)]
    response = desk.get(f"/moderation/{tab}/")

    assert response.status_code == 200
    assert cards(response) == stored[tab][::-1]
    page = response.content.decode()
    counts = [int(number) for number in re.findall(r'class="count"[^>]*>(\d+)<', page)]
    assert counts == [1, 2, 3, 4, 5, 0, 15]
    for name in TABS:
        assert (f"<p>{name} 0</p>" in page) == (name == tab)
    buttons = re.findall(r"<button class=\"verb[^>]*>([^<]+)<", page)
    assert buttons == TABS[tab][1] * len(stored[tab])
    assert page.count('aria-current="page"') == 1
    assert re.search(rf'href="/moderation/{tab}/" aria-current="page"', page)
    assert 'href="/moderation/" aria-current="true">Desk<' in page


@pytest.mark.parametrize(("tab", "said"), [(tab, row[2]) for tab, row in TABS.items()])
def test_an_empty_tab_says_so(desk, tab, said):
    assert said in text_of(desk.get(f"/moderation/{tab}/"))


def test_the_desk_opens_on_the_queue(desk, make_comment):
    make_comment(status="pending")
    response = desk.get("/moderation/")
    assert response.context["tab"].name == "queue"
    assert len(cards(response)) == 1


def test_a_moderator_sees_why_it_waits_and_never_the_whole_address(desk, make_comment, article):
    parent = make_comment(name="Paula Parent")
    comment = make_comment(
        "Look: https://example.com/",
        status="pending",
        parent=parent,
        name="Rosa Reader",
        email="rosa.reader@private.example",
        ip="203.0.113.77",
        user_agent="Unmistakable/1.0",
        url="https://rosa.example.org",
        held_for="links",
        held_detail="3 ≥ 2",
    )
    Check.objects.create(comment=comment, error="timeout", duration_ms=15000)
    Check.objects.create(comment=comment, verdict="ham", duration_ms=123)
    response = desk.get("/moderation/")

    text = text_of(response)
    for shown in (
        "Rosa Reader",
        "r•••@private.example",
        "203.0.113.77",
        "https://rosa.example.org",
        "Inference and training",
        "in reply to Paula Parent",
        "Not spam, says Akismet",
        "Links: 3 ≥ 2",
        "no answer (timeout)",
        "123 ms",
        "Reader",
    ):
        assert shown in text
    assert "rosa.reader" not in response.content.decode()
    assert 'href="https://rosa.example.org"' not in response.content.decode()


def test_the_history_names_who_did_what(desk, make_comment, editor):
    comment = make_comment(status="approved")
    moderation.spam(comment, by=editor, seen="approved")
    text = text_of(desk.get("/moderation/spam/"))
    assert "Approved Reader" in text
    assert "Spam eddie, tell Akismet it was spam: due" in text

    comment.changes.filter(feedback="spam").update(feedback_due=None)
    assert "given up" in text_of(desk.get("/moderation/spam/"))
    comment.changes.filter(feedback="spam").update(feedback_at=timezone.now())
    assert "tell Akismet it was spam: done" in text_of(desk.get("/moderation/spam/"))


def test_what_awaits_its_check_says_how_often_and_when_again(desk, make_comment):
    make_comment(status="submitted", check_attempts=3)
    assert re.search(
        r"Asked 3 times, again at \w+ \d+, \d\d:\d\d", text_of(desk.get("/moderation/awaiting/"))
    )


def test_what_the_verdict_says_already_is_not_said_again(desk, make_comment):
    make_comment(
        status="pending", verdict="unavailable", held_for="unavailable", held_detail="refused"
    )
    make_comment(status="pending", verdict="ham", held_for="unavailable")
    page = desk.get("/moderation/").content.decode()
    held = re.findall(r'<dd class="desk-held">(.*?)</dd>', page)
    assert held == ["Akismet gave no answer", "<q>refused</q>"]


def test_what_has_not_been_asked_yet_says_so(desk, make_comment):
    make_comment(status="submitted", check_attempts=0)
    assert "Asked not yet" in text_of(desk.get("/moderation/awaiting/"))


def test_the_history_says_in_words_what_a_comment_had_waited_for(desk, make_comment, moderator):
    links = make_comment(status="pending", held_for="links", held_detail="3 > 2: many")
    by_hand = make_comment(status="approved")
    moderation.hold(by_hand, by=moderator, seen="approved")
    moderation.spam(by_hand, by=moderator, seen="pending")
    moderation.undo(by_hand, by=moderator, seen="spam")
    moderation.approve(links, by=moderator, seen="pending")
    moderation.keep(links, by=moderator, seen="approved")
    StatusChange.objects.create(
        comment=links, old="approved", new="pending", source="rules", reason="its own words: two"
    )
    text = text_of(desk.get("/moderation/all/"))
    assert "Spam kim (had waited for “Held by a moderator”)" in text
    assert "In the queue kim (taken back; had waited for “Held by a moderator”)" in text
    assert "Approved kim (had waited for “Links”: 3 &gt; 2: many)" in text
    assert "Approved kim (reports dealt with)" in text
    assert "(its own words: two)" in text
    assert "moderator: " not in text


def test_another_tab_keeps_what_is_asked_for_and_all_of_it_can_be_taken_away(desk, make_comment):
    make_comment("A thought.", status="pending")
    page = desk.get("/moderation/queue/?q=thought&order=oldest&before=99").content.decode()
    assert 'href="/moderation/spam/?q=thought&amp;order=oldest"' in page
    page = desk.get("/moderation/spam/?q=thought").content.decode()
    assert '<a href="/moderation/spam/">Take all filters away</a>' in page
    assert 'href="/moderation/all/"' in desk.get("/moderation/").content.decode()


def test_the_website_of_a_writer_stands_on_the_card_as_text(desk, make_comment):
    comment = make_comment(status="pending", url="https://shop.example/?a=1&b=<2>")
    page = desk.get("/moderation/").content.decode()
    card = page[page.index(f'id="card-{comment.pk}"') : page.index('class="desk-more"')]
    assert "https://shop.example/?a=1&amp;b=&lt;2&gt;</span>" in card
    assert 'href="https://shop.example' not in page
    assert f'aria-describedby="text-{comment.pk}"' in card


def test_comments_of_staff_carry_a_badge_and_claimed_names_do_not(desk, make_comment, editor):
    make_comment(status="pending", name="Staff")
    assert "badge" not in desk.get("/moderation/").content.decode()
    make_comment(status="pending", name="Eddie", user=editor)
    assert desk.get("/moderation/").content.decode().count('class="badge"') == 1


def test_what_is_wrong_with_akismet_is_said_on_every_tab(desk, settings):
    settings.AKISMET_API_KEY = ""
    for tab in ALL_TABS:
        assert "There is no Akismet key" in text_of(desk.get(f"/moderation/{tab}/"))


@pytest.mark.parametrize("tab", TABS)
def test_hostile_comments_are_shown_as_text(desk, make_comment, tab):
    make_comment(
        "<script>alert(1)</script>",
        status=TABS[tab][0],
        name='"><script>alert(2)</script>',
        url='https://e.com/"><script>alert(3)</script>',
        email='"<script>alert(4)</script>"@example.com',
        held_for="words",
        held_detail="<script>alert(5)</script>",
    )
    page = desk.get(f"/moderation/{tab}/").content.decode()
    assert "<script>" not in page
    for number in (1, 2, 3, 5):
        assert f"&lt;script&gt;alert({number})&lt;/script&gt;" in page


# --- what is done -------------------------------------------------------------------------


@pytest.mark.parametrize(("verb", "old", "new", "done"), ACTIONS)
def test_a_verb_works_and_says_so_once(desk, make_comment, moderator, verb, old, new, done):
    comment = make_comment(status=old)
    response = press(desk, comment, verb, tab="spam")

    assert response.status_code == 302
    assert response["Location"] == "/moderation/spam/"
    comment.refresh_from_db()
    assert comment.status == new
    step = comment.changes.last()
    assert (step.old, step.new, step.by) == (old, new, moderator)
    said = f"The comment by Rosa Reader was {done}."
    assert said in text_of(desk.get("/moderation/spam/"))
    assert said not in text_of(desk.get("/moderation/spam/"))


def test_every_verb_is_tried_here():
    assert {row[0] for row in ACTIONS} == set(VERBS)


@pytest.mark.parametrize("tab", ["", "nonsense", "<b>", "queue"])
def test_an_unknown_tab_leads_back_to_the_queue(desk, make_comment, tab):
    response = press(desk, make_comment(status="pending"), "approve", tab=tab)
    assert response["Location"] == "/moderation/queue/"


@pytest.mark.parametrize("verb", VERBS)
def test_a_get_changes_nothing(desk, make_comment, verb):
    comment = make_comment(status="pending")
    response = desk.get(f"/moderation/{comment.pk}/{verb}/")
    assert (response.status_code, response["Location"]) == (302, "/moderation/")
    assert "press the button once more" in desk.get("/moderation/").content.decode()
    comment.refresh_from_db()
    assert comment.status == "pending"
    assert comment.changes.count() == 1


def test_after_a_decision_the_next_card_of_the_same_page_is_shown(desk, make_comment):
    oldest, middle, newest = (make_comment(text, status="pending") for text in "abc")
    page = desk.get(f"/moderation/queue/?before={newest.pk}")
    assert [card.following for card in page.context["cards"]] == [oldest, None]
    fields = {"tab": "queue", "view": f"before={newest.pk}"}
    response = desk.post(
        f"/moderation/{middle.pk}/approve/",
        {f"seen-{middle.pk}": "pending", f"next-{middle.pk}": oldest.pk, **fields},
    )
    assert response["Location"] == f"/moderation/queue/?before={newest.pk}#by-{oldest.pk}"
    hostile = {
        f"seen-{oldest.pk}": "pending", f"next-{oldest.pk}": '"><', "tab": "queue",
        "view": "before=1x&next=//evil&x=//evil",
    }  # fmt: skip
    assert desk.post(f"/moderation/{oldest.pk}/spam/", hostile)["Location"] == "/moderation/queue/"


def test_the_history_of_a_card_is_told_in_the_order_of_time(desk, make_comment, moderator):
    comment = make_comment(status="pending", created_at=timezone.now() - timedelta(hours=3))
    Check.objects.create(comment=comment, error="timeout", at=timezone.now() - timedelta(hours=2))
    moderation.decide(VERBS["spam"], comment, by=moderator, seen="pending")
    (card,) = desk.get("/moderation/spam/").context["cards"]
    assert [step.kind for step in card.history] == ["change", "check", "change"]


@pytest.mark.parametrize("method", ["post", "put", "delete"])
@pytest.mark.parametrize("tab", TABS)
def test_the_tabs_are_only_for_reading(desk, method, tab):
    assert getattr(desk, method)(f"/moderation/{tab}/").status_code == 405


@pytest.mark.parametrize("verb", VERBS)
def test_strangers_are_asked_to_sign_in(client, make_comment, verb):
    comment = make_comment("Held words.", status="pending")
    response = press(client, comment, verb)
    assert response.status_code == 302
    assert (
        response["Location"] == f"/admin/login/?next=/moderation/{comment.pk}/{verb}/%3Ftab%3Dqueue"
    )
    response = client.get("/moderation/")
    assert response.status_code == 302
    assert response["Location"] == "/admin/login/?next=/moderation/"
    comment.refresh_from_db()
    assert comment.status == "pending"


@pytest.mark.parametrize("verb", VERBS)
def test_editors_may_not(client, editor, make_comment, verb):
    client.force_login(editor)
    comment = make_comment("Held words.", status="pending")
    for response in (press(client, comment, verb), client.get("/moderation/")):
        assert response.status_code == 403
        assert "Held words." not in response.content.decode()
    comment.refresh_from_db()
    assert comment.status == "pending"


def test_a_form_of_another_site_is_refused(moderator, make_comment):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(moderator)
    comment = make_comment(status="pending")
    assert press(browser, comment, "approve").status_code == 403
    comment.refresh_from_db()
    assert comment.status == "pending"

    page = browser.get("/moderation/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    fields = {f"seen-{comment.pk}": "pending", "csrfmiddlewaretoken": token}
    assert browser.post(f"/moderation/{comment.pk}/approve/", fields).status_code == 302


@pytest.mark.parametrize("verb", ["approve", "spam", "trash"])
def test_a_stale_click_is_told_who_was_faster(desk, make_comment, editor, verb):
    comment = make_comment(status="pending", name="Rosa <b>")
    other = make_comment("Still waiting.", status="pending")
    comment.changes.update(at=timezone.now() - timedelta(minutes=1))
    Comment.objects.filter(pk=comment.pk).update(status="trash")
    StatusChange.objects.create(
        comment=comment, old="pending", new="trash", by=editor, source="moderator",
        at=timezone.now() - timedelta(seconds=20),
    )  # fmt: skip
    response = press(desk, comment, verb, seen="pending")

    assert response.status_code == 409
    text = text_of(response)
    assert "Rosa &lt;b&gt;: Already “Trash”: decided by eddie 20 s ago." in text
    assert "Nothing was changed." in text
    assert cards(response) == [other.pk]
    comment.refresh_from_db()
    assert comment.status == "trash"
    assert comment.changes.count() == 2


def test_twice_is_once(desk, make_comment):
    comment = make_comment(status="pending")
    assert press(desk, comment, "approve").status_code == 302
    again = press(desk, comment, "approve", seen="pending")
    assert again.status_code == 409
    assert "Already “Approved”: decided by kim 0 s ago." in text_of(again)
    assert comment.changes.count() == 2
    comment.article.refresh_from_db()
    assert comment.article.comment_count == 1


@pytest.mark.parametrize("seen", ["", "nonsense", "approved", "'; DROP TABLE", "\x00"])
def test_what_was_not_seen_cannot_be_decided(desk, make_comment, seen):
    comment = make_comment(status="pending")
    assert press(desk, comment, "approve", seen=seen).status_code == 409
    comment.refresh_from_db()
    assert comment.status == "pending"


@pytest.mark.parametrize("pk", ["999999", "0", "9" * 18])
def test_a_comment_that_is_gone_is_said_to_be_gone(desk, pk):
    response = desk.post(f"/moderation/{pk}/approve/", {"seen": "pending"})
    assert response.status_code == 409
    assert "This comment is gone." in text_of(response)


@pytest.mark.parametrize("verb", ["purge", "Approve", "erase", "submit"])
def test_an_unknown_verb_is_no_page(desk, make_comment, verb):
    assert press(desk, make_comment(status="pending"), verb).status_code == 404


@pytest.mark.parametrize("tab", ["nonsense", "pending", "Queue"])
def test_an_unknown_tab_is_no_page(desk, tab):
    assert desk.get(f"/moderation/{tab}/").status_code == 404


# --- paging -------------------------------------------------------------------------------


def test_older_comments_follow_on_pages_that_new_ones_do_not_shift(desk, make_comment):
    size = desk_views.PAGE_SIZE
    stored = [make_comment(f"{number}", status="pending").pk for number in range(2 * size + 1)]
    seen, address = [], "/moderation/queue/"
    while address:
        response = desk.get(address)
        seen += cards(response)
        make_comment("Newer.", status="pending")
        following = re.search(r'rel="next" href="([^"]+)"', response.content.decode())
        address = following and following[1]
    assert seen == stored[::-1]


def test_a_full_last_page_leads_no_further(desk, make_comment):
    for number in range(desk_views.PAGE_SIZE):
        make_comment(f"{number}", status="pending")
    assert 'rel="next"' not in desk.get("/moderation/").content.decode()


@pytest.mark.parametrize(
    "before", ["", "x", "-1", "1.5", "1e3", "9" * 30, "²", "٣", "1 OR 1=1", "\x00", "%00", "--"]
)
def test_hostile_places_to_go_on_from_show_the_first_page(desk, make_comment, before):
    comment = make_comment(status="pending")
    response = desk.get("/moderation/", {"before": before})
    assert response.status_code == 200
    assert cards(response) == [comment.pk]


@pytest.mark.parametrize("before", ["0", "1", "9" * 18])
def test_any_number_is_a_place_to_go_on_from(desk, before):
    assert desk.get("/moderation/", {"before": before}).status_code == 200


# --- edits, reports, and the address in full --------------------------------------------------


def test_the_history_shows_former_texts_and_reports_but_not_by_whom(desk, make_comment):
    comment = make_comment("After.", status="pending")
    Edit.objects.create(comment=comment, text="<b>Before</b>\nthe edit.")
    Report.objects.create(comment=comment, reason="scam", ip="192.0.2.77")
    response = desk.get("/moderation/")
    page = response.content.decode()
    assert "&lt;b&gt;Before&lt;/b&gt;<br>the edit." in page
    assert "Edited by its writer Its text before" in text_of(response)
    assert "Reported by a reader: A scam: it wants money or a contact" in text_of(response)
    assert "192.0.2.77" not in page


def uncover(client, comment, **fields):
    return client.post(f"/moderation/{comment.pk}/reveal/", fields)


def test_an_address_is_revealed_in_one_answer_and_noted(desk, moderator, make_comment):
    other = make_comment("Other.", status="pending", email="other.one@private.example")
    comment = make_comment("This.", status="pending", email="rosa.reader@private.example")
    before = desk.get("/moderation/").content.decode()
    assert before.count(">Reveal</button>") == 2
    assert f'action="/moderation/{comment.pk}/reveal/#by-{comment.pk}"' in before

    response = uncover(desk, comment)
    page = response.content.decode()
    assert response.status_code == 200
    assert "rosa.reader@private.example" in page
    assert "other.one" not in page
    assert page.count(">Reveal</button>") == 1
    assert "no-store" in response["Cache-Control"]
    event = PrivacyEvent.objects.get()
    assert (event.kind, event.actor, event.by, event.comment) == (
        "reveal",
        "staff",
        moderator,
        comment,
    )
    assert "rosa.reader" not in desk.get("/moderation/").content.decode()
    assert cards(response) == [comment.pk, other.pk]


def test_a_revealed_comment_is_shown_wherever_it_lies_now(desk, make_comment):
    comments = [make_comment(f"{n}", status="spam") for n in range(desk_views.PAGE_SIZE + 3)]
    response = uncover(desk, comments[0])
    assert response.context["tab"].name == "spam"
    assert cards(response) == [comments[0].pk]
    assert "reader@example.com" in response.content.decode()
    response = uncover(desk, comments[1], tab="spam", view=f"before={comments[2].pk}")
    assert cards(response) == [comments[1].pk, comments[0].pk]


def test_revealing_needs_its_permission(desk, moderator, make_comment):
    comment = make_comment(status="pending", email="rosa.reader@private.example")
    group = Group.objects.get(name="Moderators")
    group.permissions.remove(Permission.objects.get(codename="reveal_address"))
    assert "Reveal" not in desk.get("/moderation/").content.decode()
    response = uncover(desk, comment)
    assert response.status_code == 403
    assert "rosa.reader" not in response.content.decode()
    assert not PrivacyEvent.objects.exists()


def test_only_a_press_of_the_button_reveals(desk, client, editor, make_comment):
    comment = make_comment(status="pending", email="rosa.reader@private.example")
    response = desk.get(f"/moderation/{comment.pk}/reveal/", follow=True)
    assert "please press the button once more" in text_of(response)
    assert "rosa.reader" not in response.content.decode()
    assert Client().post(f"/moderation/{comment.pk}/reveal/")["Location"].startswith("/admin/login")
    browser = Client()
    browser.force_login(editor)
    assert uncover(browser, comment).status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = desk.cookies
    assert uncover(strict, comment).status_code == 403
    assert not PrivacyEvent.objects.exists()


def test_what_is_not_there_cannot_be_revealed(desk, make_comment):
    comment = make_comment(status="pending")
    Submission.objects.update(email="")
    assert "Reveal" not in desk.get("/moderation/").content.decode()
    Comment.objects.all().delete()
    response = uncover(desk, comment)
    assert response.status_code == 409
    assert "This comment is gone." in text_of(response)


# --- cost and caches ----------------------------------------------------------------------


@pytest.mark.parametrize("tab", TABS)
def test_twenty_comments_cost_as_much_as_one(desk, make_comment, count_queries, tab):
    def one_more(parent):
        comment = make_comment(status=TABS[tab][0], parent=parent)
        Check.objects.create(comment=comment, verdict="ham")
        Edit.objects.create(comment=comment, text="Before.")
        Report.objects.create(comment=comment, reason="spam", ip="192.0.2.7")
        return comment

    AkismetState.note(last_good_at=timezone.now())
    parent = make_comment(status="approved")
    comment = one_more(parent)
    one = count_queries(desk.get, f"/moderation/{tab}/")
    for number in range(19):
        comment = one_more(comment if number % 3 else parent)
    twenty = count_queries(desk.get, f"/moderation/{tab}/")
    assert len(cards(desk.get(f"/moderation/{tab}/"))) == 20
    # Who (4), counts, comments, history, writers' records, and how Akismet is (2).
    assert len(one) == len(twenty) <= 10, "\n".join(twenty)


def test_nothing_keeps_a_copy_of_the_desk(desk, client, make_comment):
    comment = make_comment(status="pending")
    for response in (
        desk.get("/moderation/"),
        press(desk, comment, "approve"),
        press(desk, comment, "approve", seen="pending"),
        desk.get(f"/moderation/{comment.pk}/approve/"),
        desk.get("/moderation/nonsense/"),
        Client().get("/moderation/"),
    ):
        if response.status_code != 404:
            assert "no-store" in response["Cache-Control"]
            assert "private" in response["Cache-Control"]


def test_the_desk_is_not_for_search_engines(desk):
    assert '<meta name="robots" content="noindex">' in desk.get("/moderation/").content.decode()


def test_the_statuses_of_the_tabs_are_all_there_are():
    assert {row[0] for row in TABS.values()} == set(Status.values)
