"""What the desk's scripts ask and are answered; the same addresses answer persons with pages."""

import gzip
import json
import re
from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from comments import moderation
from comments.desk import bulk
from comments.desk.keys import VERB_KEYS, keys_of
from comments.desk.shelves import TABS
from comments.models import AkismetState, Comment, Report, StatusChange
from comments.status import KEEP, VERBS

pytestmark = pytest.mark.one_database

JSON = {"HTTP_ACCEPT": "application/json"}


def seen(*comments, tab="queue", **fields):
    """What the page from which something is posted had shown."""
    data = {"tab": tab, "pk": [comment.pk for comment in comments], **fields}
    for comment in comments:
        data[f"seen-{comment.pk}"] = comment.status
        data[f"since-{comment.pk}"] = comment.since.isoformat()
    return data


def ask(client, path, data):
    response = client.post(f"/moderation/{path}", data, **JSON)
    assert response["Content-Type"] == "application/json"
    assert "no-store" in response["Cache-Control"]
    return response.status_code, json.loads(response.content)


def statuses():
    return dict(Comment.objects.values_list("name", "status"))


# --- decisions --------------------------------------------------------------------------------


def test_a_decision_is_told_with_what_takes_it_back(desk, make_comment):
    make_comment(name="Bob", status="pending", since=timezone.now() - timedelta(hours=3))
    comment = make_comment(name="Ada", status="pending")
    status, told = ask(desk, f"{comment.pk}/spam/", seen(comment))
    comment.refresh_from_db()
    assert (status, comment.status) == (200, "spam")
    assert told["said"] == "The comment by Ada was marked as spam."
    assert told["undo"] == [
        {"pk": comment.pk, "status": "spam", "since": comment.since.isoformat()}
    ]
    assert told["cards"] == told["notes"] == {}  # it has left the queue
    assert (told["counts"]["queue"], told["counts"]["spam"]) == ("1", "1")
    assert told["oldest"] == "3\xa0hours"
    # Nothing is left to be said on the next page.
    assert desk.get("/moderation/").context["notices"] == []

    status, told = ask(desk, "bulk/undo/", seen(comment))
    assert (status, statuses()["Ada"]) == (200, "pending")
    assert told["said"] == "The comment by Ada is back where it was."
    assert told["undo"] == []
    assert f'id="card-{comment.pk}"' in told["cards"][str(comment.pk)]
    assert 'value="pending"' in told["cards"][str(comment.pk)]


def test_what_stays_on_the_tab_comes_as_it_is_now(desk, make_comment):
    comment = make_comment(name="Ada", status="pending")
    _status, told = ask(desk, f"{comment.pk}/approve/", seen(comment, tab="all"))
    card = told["cards"][str(comment.pk)]
    assert "verb-hold" in card
    assert "verb-approve" not in card
    assert "?tab=all&amp;view=" in card


@pytest.mark.parametrize("path", ["{}/spam/", "bulk/spam/", "{}/undo/", "bulk/undo/"])
def test_the_slower_one_is_told_and_gets_what_is_true(desk, editor, make_comment, path):
    comment = make_comment(name="Ada", status="pending")
    data = seen(comment)
    moderation.approve(comment, by=editor, seen="pending")
    status, told = ask(desk, path.format(comment.pk), data)
    assert status == 409
    assert statuses() == {"Ada": "approved"}
    assert told["notes"][str(comment.pk)].startswith("Already “Approved”: decided by eddie")
    assert "verb-hold" in told["cards"][str(comment.pk)]
    assert (told["said"], told["undo"]) == ("", [])


@pytest.mark.parametrize("path", ["{}/spam/", "bulk/spam/", "{}/undo/", "bulk/undo/"])
def test_what_is_gone_has_no_card(desk, make_comment, path):
    comment = make_comment(status="pending")
    data, pk = seen(comment), comment.pk
    comment.delete()
    status, told = ask(desk, path.format(pk), data)
    assert (status, told["cards"]) == (409, {})
    assert told["notes"] == {str(pk): "This comment is gone."}


def test_of_many_those_that_changed_are_told_beside_those_that_are_done(desk, editor, make_comment):
    ada, bob, cleo = [make_comment(name=name, status="pending") for name in ("Ada", "Bob", "Cleo")]
    data = seen(ada, bob, cleo)
    moderation.trash(bob, by=editor, seen="pending")
    status, told = ask(desk, "bulk/approve/", data)
    assert status == 200
    assert statuses() == {"Ada": "approved", "Bob": "trash", "Cleo": "approved"}
    assert told["said"] == "2 comments: approved."
    assert [row["pk"] for row in told["undo"]] == [ada.pk, cleo.pk]
    assert [*told["notes"]] == [*told["cards"]] == [str(bob.pk)]


def test_many_can_be_taken_back_without_a_script(desk, editor, make_comment):
    ada, bob = [make_comment(name=name, status="pending") for name in ("Ada", "Bob")]
    desk.post("/moderation/bulk/trash/", seen(ada, bob))
    rows = [Comment.objects.get(pk=each.pk) for each in (ada, bob)]
    moderation.restore(bob, by=editor, seen="trash")
    page = desk.post("/moderation/bulk/undo/", seen(*rows, tab="trash"), follow=True)
    html = page.content.decode()
    assert "The comment by Ada is back where it was." in html
    assert "Bob: Already “In the queue”: decided by eddie" in html
    assert statuses() == {"Ada": "pending", "Bob": "pending"}


def test_an_answer_costs_as_much_for_twenty_as_for_one(desk, make_comment, count_queries):
    AkismetState.note(last_good_at=timezone.now())
    comments = [
        make_comment(status="pending", name=f"W{number}", email=f"{number}@example.com")
        for number in range(21)
    ]
    one = count_queries(ask, desk, "bulk/spam/", seen(comments[0], tab="all"))
    many = count_queries(ask, desk, "bulk/spam/", seen(*comments[1:], tab="all"))
    assert len(many) <= len(one)


# --- refusals ---------------------------------------------------------------------------------

PATHS = ["{}/spam/", "bulk/spam/", "{}/undo/", "bulk/undo/", "{}/edit/", "{}/reply/", "empty/spam/"]


@pytest.mark.parametrize("path", PATHS)
def test_scripts_of_strangers_and_editors_are_refused(client, editor, make_comment, path):
    comment = make_comment(status="pending")
    data = seen(comment, text="Other.", sure="1", until=timezone.now().isoformat())
    address = f"/moderation/{path.format(comment.pk)}"
    assert client.post(address, data, **JSON).status_code == 401
    client.force_login(editor)
    assert client.post(address, data, **JSON).status_code == 403
    comment.refresh_from_db()
    assert (comment.status, comment.text) == ("pending", "A thought.")


def test_a_script_of_another_site_is_refused(moderator, make_comment):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(moderator)
    comment = make_comment(status="pending")
    address = f"/moderation/{comment.pk}/spam/"
    assert browser.post(address, seen(comment), **JSON).status_code == 403
    assert statuses() == {"Rosa Reader": "pending"}


def test_who_signs_in_again_comes_back_to_the_view(client, moderator, make_comment):
    comment = make_comment(status="pending")
    data = seen(comment, tab="queue", view="q=thought&before=99")
    response = client.post(f"/moderation/{comment.pk}/spam/", data)
    there = client.post(
        response["Location"], {"username": "kim", "password": "pass-word-1"}, follow=True
    )
    assert there.redirect_chain[-1][0] == "/moderation/queue/?q=thought&before=99"
    assert "press the button once more" in there.content.decode()
    assert statuses() == {"Rosa Reader": "pending"}


def test_who_signs_in_again_comes_back_to_what_they_wrote(client, moderator, make_comment):
    comment = make_comment(status="pending")
    data = seen(comment, text="Other </textarea>.", tab="spam", view="q=x")
    address = f"/moderation/{comment.pk}/edit/"
    page = client.post(address, data)
    assert page.status_code == 403
    assert "\nOther &lt;/textarea&gt;.</textarea>" in page.content.decode()
    login = unescape(re.search(r'class="button" href="([^"]+)"', page.content.decode())[1])
    there = client.post(login, {"username": "kim", "password": "pass-word-1"})
    assert there["Location"] == f"{address}?tab=spam&view=q%3Dx"
    assert 'name="tab" value="spam"' in client.get(there["Location"]).content.decode()


def test_a_form_that_is_older_than_the_login_shows_the_text_it_brought(moderator, make_comment):
    browser = Client(enforce_csrf_checks=True)
    comment = make_comment(status="pending")
    address = f"/moderation/{comment.pk}/edit/"
    data = seen(comment, text="Other </textarea>.", tab="spam", view="q=x")
    for is_out in (True, False):
        if not is_out:
            browser.force_login(moderator)
        page = browser.post(address, data)
        html = page.content.decode()
        assert (page.status_code, page["Cache-Control"]) == (403, "no-store")
        assert "\nOther &lt;/textarea&gt;.</textarea>" in html
        way = unescape(re.search(r'class="button" href="([^"]+)"', html)[1])
        assert way.startswith("/admin/login/?next=/moderation/" if is_out else address)
    # Where no text was brought, and where no moderator writes, it is the plain page.
    for path, text in ((address, " "), ("/admin/login/", "Other.")):
        page = browser.post(path, {"text": text})
        assert page.status_code == 403
        assert "kept-text" not in page.content.decode()
    assert "kept-text" not in browser.post(address, data, **JSON).content.decode()
    assert Comment.objects.get().text == "A thought."


# --- writing ----------------------------------------------------------------------------------


def test_an_edit_in_the_card(desk, make_comment):
    comment = make_comment("Before.", name="Ada", status="pending")
    page = desk.get(f"/moderation/{comment.pk}/edit/").content.decode()
    version = re.search(r'name="version" value="([^"]*)"', page)[1]
    assert f'data-draft="edit-{comment.pk}"' in page
    address = f"/moderation/{comment.pk}/edit/"
    data = seen(comment, version=version)
    wrong = desk.post(address, {**data, "text": " "}, **JSON)
    assert (wrong.status_code, wrong["Content-Type"]) == (422, "text/html; charset=utf-8")
    assert "desk-text_error" in wrong.content.decode()
    status, told = ask(desk, f"{comment.pk}/edit/", {**data, "text": "After."})
    assert (status, told["said"]) == (200, "The comment by Ada was edited.")
    assert "After." in told["cards"][str(comment.pk)]
    assert told["undo"] == []


def test_a_reply_in_the_card(desk, make_comment):
    comment = make_comment(name="Ada", status="pending")
    status, told = ask(desk, f"{comment.pk}/reply/", seen(comment, text="An answer."))
    assert status == 200
    assert told["said"] == "The comment by Ada was approved, and your reply is public."
    assert told["cards"] == {}
    assert Comment.objects.filter(status="approved").count() == 2


@pytest.mark.parametrize("what", ["edit", "reply"])
def test_the_next_page_says_which_text_has_arrived(desk, make_comment, what):
    comment = make_comment(status="approved")
    page = desk.get(f"/moderation/{comment.pk}/{what}/").content.decode()
    version = re.search(r'name="version" value="([^"]*)"', page)[1]
    data = seen(comment, text="Words.", version=version)
    after = desk.post(f"/moderation/{comment.pk}/{what}/", data, follow=True)
    assert f'data-wrote="{what}-{comment.pk}"' in after.content.decode()


# --- emptying ---------------------------------------------------------------------------------


def test_a_script_empties_batch_by_batch(desk, make_comment, monkeypatch):
    monkeypatch.setattr(bulk, "BATCH", 2)
    for number in range(3):
        make_comment(f"Buy {number}.", status="spam")
    data = {"until": timezone.now().isoformat(), "sure": "1"}
    make_comment("Later.", status="spam", since=timezone.now() + timedelta(seconds=5))
    assert ask(desk, "empty/spam/", data) == (200, {"gone": 2, "left": "1"})
    assert ask(desk, "empty/spam/", data) == (200, {"gone": 1, "left": ""})
    assert ask(desk, "empty/spam/", data) == (200, {"gone": 0, "left": ""})
    assert Comment.objects.get().text == "Later."


# --- what the page brings along ---------------------------------------------------------------


def address_of(response):
    """Where the scripts ask for what comes next."""
    return unescape(re.search(r'data-address="([^"]*)"', response.content.decode())[1])


def test_the_page_names_its_view_wherever_it_was_asked_for(desk, moderator, make_comment):
    moderator.user_permissions.add(Permission.objects.get(codename="reveal_address"))
    comment = make_comment("Buy now.", status="spam", verdict="spam")
    view = "/moderation/spam/?q=buy&verdict=spam"
    assert address_of(desk.get(view)) == view
    assert address_of(desk.get("/moderation/")) == "/moderation/queue/"
    data = seen(comment, tab="spam", view="q=buy&verdict=spam")
    page = desk.post(f"/moderation/{comment.pk}/reveal/", data)
    assert "reader@example.com" in page.content.decode()
    assert address_of(page) == view
    page = desk.post("/moderation/find/", {"tab": "spam", "q": "nobody@example.net"})
    assert (page.status_code, address_of(page)) == (422, "/moderation/spam/")
    assert address_of(desk.get("/moderation/all/?before=99")) == "/moderation/all/?before=99"


def test_the_longest_wait_stands_above_every_tab(desk, make_comment):
    page = desk.get("/moderation/spam/").content.decode()
    assert "Longest wait: %s</p>" not in page
    assert re.search(r'<span class="desk-oldest"[^>]*></span>', page)
    make_comment(status="spam", since=timezone.now() - timedelta(days=9))
    make_comment(status="pending", since=timezone.now() - timedelta(days=2))
    make_comment(status="pending", since=timezone.now() - timedelta(hours=2))
    page = desk.get("/moderation/spam/").content.decode()
    assert re.search(r'<span class="desk-oldest"[^>]*>Longest wait: 2\xa0days</span>', page)


def test_beside_it_stands_the_usual_one(desk, make_comment, moderator):
    assert "Usual wait" not in desk.get("/moderation/").content.decode()
    for minutes in (0.5, 30, 40, 50, 5_000):
        comment = make_comment(f"{minutes}", status="pending")
        came = timezone.now() - timedelta(minutes=minutes)
        StatusChange.objects.create(comment=comment, new="pending", source="akismet", at=came)
        moderation.approve(comment, by=moderator, seen="pending")
        if minutes < 1:
            assert "Usual wait: less than a minute" in desk.get("/moderation/").content.decode()
    assert "Usual wait: 40\xa0minutes" in desk.get("/moderation/spam/").content.decode()


@pytest.mark.parametrize("tab", TABS)
def test_the_help_lists_the_keys_that_do_something_here(desk, make_comment, tab):
    page = desk.get(f"/moderation/{tab}/").content.decode()
    rows = re.findall(r"<dt><kbd>([a-z])</kbd></dt><dd>([^<]+)</dd>", page)
    told = {text for _key, text in rows}
    labels = {str(verb.label) for verb in TABS[tab].verbs}
    labels |= {"Keep"} if tab == "reported" else set()
    others = {str(verb.label) for verb in [*VERBS.values(), KEEP]} - labels
    assert labels <= told
    assert not others & told
    assert {"j", "k", "x", "r", "q", "e", "z"} <= {key for key, _text in rows}


def test_every_key_stands_on_a_button(desk, moderator, make_comment):
    moderation.hold(make_comment(status="approved"), by=moderator, seen="approved")
    for status in ("pending", "approved", "spam", "trash"):
        make_comment(status=status)
    reported = make_comment(status="approved")
    Report.objects.create(comment=reported, reason="spam", ip="192.0.2.7")
    pages = [desk.get(f"/moderation/{tab}/").content.decode() for tab in ("all", "reported")]
    page = "".join(pages)
    borne = set(" ".join(re.findall(r'data-key="([^"]+)"', page)).split())
    assert borne >= {"x", "X", "r", "q", "z", "Z"}
    assert page.count('data-key="z"') == len(pages)  # the bar's, and no card's: only one's own
    assert borne >= {each for keys in VERB_KEYS.values() for each in " ".join(keys).split()}
    groups = keys_of(TABS["queue"])
    assert ["Shift", "D"] in [key.pressed for _heading, keys in groups for key in keys]


def test_what_its_writer_took_away_can_only_be_deleted(desk, moderator, make_comment):
    comment = make_comment(status="approved")
    moderation.withdraw(comment, seen="approved")
    page = desk.get("/moderation/trash/").content.decode()
    assert "Removed by its writer" in page
    assert f"/moderation/{comment.pk}/restore/" not in page
    assert f"/moderation/{comment.pk}/undo/" not in page
    assert f"/moderation/{comment.pk}/edit/" not in page
    assert f"/moderation/{comment.pk}/delete/" in page
    other = make_comment(status="approved")
    moderation.trash(other, by=moderator, seen="approved")
    for withdrawn_at in (None, timezone.now()):  # thrown away first, taken away after
        Comment.objects.filter(pk=other.pk).update(withdrawn_at=withdrawn_at)
        page = desk.get("/moderation/trash/").content.decode()
        for verb in ("restore", "undo", "edit"):
            offered = f"/moderation/{other.pk}/{verb}/" in page
            assert offered == (withdrawn_at is None), verb


def test_a_scammers_contact_is_text_and_never_a_link(desk, make_comment):
    found = "https://t.me/scammer <b>" + "or write +1 202 555 0143 " * 6
    comment = make_comment(status="pending", held_for="scam", held_detail=found[:200])
    page = desk.get("/moderation/").content.decode()
    shown = re.search(r'<dd class="desk-held">(.*?)</dd>', page)[1]
    assert comment.held_detail.replace("<b>", "&lt;b&gt;") in shown
    assert "<a" not in shown
    assert 'href="https://t.me' not in page


def test_only_pages_of_the_desk_load_its_scripts(desk, article):
    page = desk.get("/moderation/").content.decode()
    assert page.count('<script type="module" src="/static/js/desk') == 3
    assert "/static/js/desk" not in desk.get(article.get_absolute_url()).content.decode()


def test_the_scripts_are_small():
    files = sorted((settings.BASE_DIR / "static" / "js").glob("desk*.js"))
    assert [path.name for path in files] == [
        "desk-empty.js",
        "desk-keys.js",
        "desk-write.js",
        "desk.js",
    ]
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) <= 12_000
    assert max(len(path.read_text().splitlines()) for path in files) <= 280
    for path in files:
        assert not re.search(
            r"innerHTML|insertAdjacentHTML|outerHTML|document\.write", path.read_text()
        )
