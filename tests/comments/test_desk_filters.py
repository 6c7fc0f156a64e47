"""What the desk shows of a tab: filters, search, order and pages, all in the address."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from articles.models import Author
from comments import moderation
from comments.desk import filters, shelves
from comments.desk.paging import PAGE_SIZE
from comments.desk.records import records_of
from comments.models import AkismetState, Comment, Report, Submission
from tests.comments.test_desk import cards, text_of


def find(client, words, **fields):
    return client.post("/moderation/find/", {"tab": "queue", "q": words, **fields})


def link(response, rel):
    found = re.search(rf'rel="{rel}" href="([^"]+)"', response.content.decode())
    return unescape(found[1]) if found else None


# --- shelves ------------------------------------------------------------------------------


def test_reported_holds_what_readers_reported_until_somebody_decides(desk, make_comment, editor):
    public, hidden, kept, quiet = (make_comment(f"{n}") for n in range(4))
    for comment in (public, hidden, kept):
        Report.objects.create(comment=comment, reason="spam", ip="192.0.2.1")
    moderation.hold_reported(hidden, detail="3 reports")
    moderation.hold(kept, by=editor, seen="approved")
    moderation.approve(kept, by=editor, seen="pending")
    response = desk.get("/moderation/reported/")
    assert cards(response) == [hidden.pk, public.pk]
    assert {card.comment.status: [v.name for v in card.verbs] for card in response.context["cards"]}
    page = response.content.decode()
    assert f"/moderation/{hidden.pk}/approve/" in page
    assert f"/moderation/{public.pk}/hold/" in page
    assert quiet.pk in cards(desk.get("/moderation/all/"))


def test_all_says_where_each_lies(desk, make_comment):
    for status in ("spam", "approved"):
        make_comment(status=status)
    text = text_of(desk.get("/moderation/all/"))
    assert "Status Spam" in text
    assert "Status Approved" in text


@pytest.mark.parametrize(("most", "said"), [(3, "3"), (2, "2+")])
def test_counts_end_somewhere(desk, make_comment, monkeypatch, most, said):
    monkeypatch.setattr(shelves, "COUNT_MOST", most)
    for _each in range(3):
        make_comment(status="spam")
    page = desk.get("/moderation/").content.decode()
    assert f'data-count="spam">{said}</span>' in page


# --- filters ------------------------------------------------------------------------------


@pytest.fixture
def lots(make_article, make_comment, moderator):
    """Comments that differ in what can be asked for, by a word for each."""
    now = timezone.now()
    mine = Author.objects.create(name="Kim", slug="kim", user=moderator)
    other = make_article("Power grids")
    other.author = mine
    other.save(update_fields=["author"])
    return {
        "plain": make_comment("Plain.", status="pending", email="Ann@example.com"),
        "article": make_comment("Elsewhere.", status="pending", article=other),
        "held": make_comment("Held.", status="pending", held_for="links"),
        "verdict": make_comment("Unsure.", status="pending", verdict="unavailable"),
        "old": make_comment("Old.", status="pending", created_at=now - timedelta(days=10)),
        "ip": make_comment("From there.", status="pending", ip="203.0.113.77"),
        "net": make_comment("From near.", status="pending", ip="203.0.113.5"),
        "six": make_comment("From six.", status="pending", ip="2001:db8::1"),
        "named": make_comment("100% sure.", status="pending", name="Zoë Quill"),
    }


def day(days_ago):
    return (timezone.localtime() - timedelta(days=days_ago)).date().isoformat()


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({"article": "power"}, ["article"]),
        ({"article": "power-grids"}, ["article"]),
        ({"mine": "on"}, ["article"]),
        ({"held_for": "links"}, ["held"]),
        ({"verdict": "unavailable"}, ["verdict"]),
        ({"last": day(9)}, ["old"]),
        ({"first": day(10), "last": day(10)}, ["old"]),
        ({"q": "elsewhere"}, ["article"]),
        ({"q": "quill"}, ["named"]),
        ({"q": "100%"}, ["named"]),
        ({"q": "_"}, []),
        ({"q": "nothing like it"}, []),
        ({"q": "from", "article": "inference"}, ["six", "net", "ip"]),
        ({"q": "from", "order": "oldest"}, ["ip", "net", "six"]),
    ],
)
def test_what_is_asked_for_is_shown_and_named(desk, lots, asked, shown):
    response = desk.get("/moderation/queue/", asked)
    assert cards(response) == [lots[name].pk for name in shown]
    chips = response.context["filters"].chips
    assert len(chips) == len(set(asked) - {"order"})
    if len(asked) == 1 and chips:
        assert chips[0][1] == ""
        assert 'href="/moderation/queue/"' in response.content.decode()
    if not shown:
        assert "Nothing here fits what you asked for." in text_of(response)
        assert "Nothing waits for you." not in text_of(response)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"article": "no such thing"}, "No article has this in its title."),
        ({"held_for": "nonsense"}, "Select a valid choice."),
        ({"verdict": "<b>"}, "Select a valid choice."),
        ({"first": "yesterday"}, "Enter a valid date."),
        ({"first": "2026-02-02", "last": "2026-02-01"}, "This is before the first day."),
        ({"q": "a\x00b"}, "Null characters are not allowed."),
        ({"writer": "999999"}, "Comment 999999, by which this was to be found, is gone"),
        ({"ip": "999999"}, "Comment 999999, by which this was to be found, is gone"),
        ({"writer": "x"}, "Enter a whole number."),
        ({"network": "9" * 30}, "Ensure this value is less than"),
    ],
)
def test_what_cannot_be_read_is_told(desk, make_comment, asked, said):
    make_comment(status="pending")
    response = desk.get("/moderation/queue/", asked)
    assert response.status_code == 200
    assert said in text_of(response)


@pytest.mark.parametrize(
    ("words", "parameter", "found"),
    [
        (" ANN@example.com ", "writer", ["plain"]),
        ("203.0.113.77", "ip", ["ip"]),
        ("::ffff:203.0.113.77", "ip", ["ip"]),
        ("2001:DB8:0::1", "ip", ["six"]),
        ("203.0.113.0/24", "network", ["net", "ip"]),
        ("2001:db8::/48", "network", ["six"]),
    ],
)
def test_addresses_are_found_and_never_stand_in_an_address(desk, lots, words, parameter, found):
    response = find(desk, words)
    assert re.fullmatch(rf"/moderation/queue/\?{parameter}=\d+", response["Location"])
    shown = desk.get(response["Location"])
    assert cards(shown) == [lots[name].pk for name in found]
    assert "Ann@example.com" not in shown.content.decode()
    assert "email_hash" not in shown.content.decode()
    assert lots["plain"].submission.email_hash not in shown.content.decode()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("nobody@example.com", "No comment came from there."),
        ("198.51.100.1", "No comment came from there."),
        ("203.0.0.0/16", "Networks can be searched for as /24 (IPv4) or /48 (IPv6)."),
    ],
)
def test_an_address_that_finds_nothing_is_told(desk, lots, words, said):
    response = find(desk, words)
    assert response.status_code == 422
    assert said in text_of(response)


def test_a_search_leads_to_an_address_that_can_be_kept(desk, lots):
    response = find(desk, "from", order="oldest", held_for="", nonsense="x", tab="all")
    assert response["Location"] == "/moderation/all/?q=from&order=oldest"
    assert find(desk, "@here")["Location"] == "/moderation/queue/?q=%40here"
    assert find(desk, "")["Location"] == "/moderation/queue/"
    assert desk.get("/moderation/find/")["Location"] == "/moderation/"


def test_a_whole_comment_pasted_into_the_search_is_told_to_be_too_long(desk, lots):
    response = desk.post("/moderation/find/", {"q": "word " * 5_000}, follow=True)
    assert response.status_code == 200
    assert "Ensure this value has at most 200 characters" in response.content.decode()


def test_only_moderators_search(client, editor, lots):
    assert find(client, "Ann@example.com")["Location"].startswith("/admin/login/")
    client.force_login(editor)
    assert find(client, "Ann@example.com").status_code == 403
    assert client.get("/moderation/queue/", {"q": "plain"}).status_code == 403


def test_erased_writers_are_not_taken_for_one(desk, make_comment):
    comments = [make_comment(status="pending") for _each in range(2)]
    Submission.objects.update(email="", email_hash="")
    assert "?writer=" not in desk.get("/moderation/").content.decode()
    response = desk.get("/moderation/queue/", {"writer": comments[0].pk})
    assert cards(response) == []


# --- pages --------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["", "oldest"])
def test_pages_go_both_ways_and_keep_what_was_asked_for(desk, make_comment, order):
    stored = [make_comment(f"Word {n}", status="pending").pk for n in range(2 * PAGE_SIZE + 3)]
    make_comment("Other.", status="pending")
    expected = stored if order else stored[::-1]
    address, seen, pages = f"/moderation/queue/?q=word&order={order}", [], []
    while address:
        response = desk.get(address)
        seen += cards(response)
        pages.append(cards(response))
        address = link(response, "next")
        assert address is None or "q=word" in address
    assert seen == expected
    back = link(response, "prev")
    for page in pages[-2::-1]:
        response = desk.get(back)
        assert cards(response) == page
        back = link(response, "prev")
    assert back is None


def test_the_way_back_ends_on_a_whole_first_page(desk, make_comment):
    stored = [make_comment(f"{n}", status="pending").pk for n in range(PAGE_SIZE + 5)]
    response = desk.get("/moderation/queue/", {"after": stored[-3]})
    assert cards(response) == stored[::-1][:PAGE_SIZE]


def test_a_page_that_became_empty_leads_on(desk, make_comment):
    comment = make_comment(status="pending")
    response = desk.get("/moderation/queue/", {"before": comment.pk})
    assert "This page has become empty." in text_of(response)
    assert 'href="/moderation/queue/">To the first page' in response.content.decode()


def test_a_decision_leads_back_to_the_same_view(desk, lots):
    comment = lots["ip"]
    page = desk.get("/moderation/queue/", {"q": "from", "order": "oldest"}).content.decode()
    view = unescape(re.search(r'name="view" value="([^"]*)"', page)[1])
    fields = {f"seen-{comment.pk}": "pending", "tab": "queue", "view": view}
    response = desk.post(f"/moderation/{comment.pk}/spam/", fields)
    assert response["Location"] == "/moderation/queue/?q=from&order=oldest"
    stale = desk.post(f"/moderation/{comment.pk}/spam/", fields)
    assert stale.status_code == 409
    assert cards(stale) == [lots["net"].pk, lots["six"].pk]


# --- cards --------------------------------------------------------------------------------


def test_a_card_tells_what_is_known_of_its_writer(desk, make_comment):
    day = timezone.now() - timedelta(days=40)
    make_comment(email="rosa@example.com", created_at=day)
    make_comment(email="rosa@example.com", name="<i>Rose")
    make_comment(email="rosa@example.com", status="spam")
    make_comment(email="other@example.com", name="Otto", status="trash")
    comment = make_comment(status="pending", email="ROSA@example.com", ip="192.0.2.9")
    first = make_comment(status="pending", email="new@example.com")
    response = desk.get("/moderation/")
    text = text_of(response)
    assert "2 approved, 1 spam" in text
    assert f"First seen {timezone.localtime(day):%B} {timezone.localtime(day).day}," in text
    assert "Also wrote as &lt;i&gt;Rose." in text
    assert "First from this address" in text
    page = response.content.decode()
    for name in ("writer", "ip", "network"):
        assert f'href="/moderation/all/?{name}={comment.pk}"' in page
    assert len(cards(desk.get("/moderation/all/", {"writer": comment.pk}))) == 4
    assert cards(desk.get("/moderation/all/", {"writer": first.pk})) == [first.pk]


def test_a_comment_that_is_judged_meanwhile_counts_for_no_less_than_none(
    make_comment,
):
    comment = make_comment(status="pending")
    comment.status = "submitted"  # as it was read
    assert records_of([comment])[comment.pk].standing == "1 in the queue"


def test_links_and_the_text_replied_to_are_shown_as_they_are(desk, make_comment):
    parent = make_comment("Said <b>above</b>.", name="Paula")
    make_comment(
        'See <a href="https://evil.example/?a=1&b=%22">my bank</a> and https://plain.example/x',
        status="pending",
        parent=parent,
    )
    page = desk.get("/moderation/").content.decode()
    assert (
        'my bank</a> <span class="desk-target">https://evil.example/?a=1&amp;b=%22</span>' in page
    )
    assert page.count("desk-target") == 1
    assert "2 links" in page
    assert "in reply to Paula" in page
    assert "Said <b>above</b>." in page


@pytest.mark.parametrize("tab", ["queue", "reported", "all"])
@pytest.mark.parametrize(
    "query",
    [
        "",
        "?q=word&order=oldest",
        "?writer={}",
        "?mine=on&held_for=links",
        "?q=word&first=2026-01-01",
        "?q=word&article=inference&ip={}&writer={}",
        "?mine=on&article=inference&network={}&verdict=unchecked",
    ],
)
def test_twenty_of_many_writers_cost_as_much_as_one(
    desk, article, make_comment, moderator, count_queries, query, tab
):
    AkismetState.note(last_good_at=timezone.now())
    article.author = Author.objects.create(name="Kim", slug="kim", user=moderator)
    article.save(update_fields=["author"])

    def one_more(number):
        comment = make_comment("Word.", status="pending", email=f"{number}@example.com")
        if tab == "reported":
            Report.objects.create(comment=comment, reason="spam", ip="192.0.2.1")
            Comment.objects.filter(pk=comment.pk).update(held_for="reported")
        return comment.pk

    pk = one_more(0)
    address = f"/moderation/{tab}/" + query.format(pk, pk)
    one = count_queries(desk.get, address)
    for number in range(19):
        one_more(number)
    twenty = count_queries(desk.get, address)
    assert len(twenty) <= len(one) <= 10, "\n".join(one)
    assert len(cards(desk.get("/moderation/all/"))) == 20


def test_more_articles_than_are_looked_on_is_said(desk, make_article, make_comment, monkeypatch):
    monkeypatch.setattr(filters, "ARTICLES_MOST", 2)
    stored = [make_comment(article=make_article(f"Power {n}"), status="pending") for n in range(3)]
    response = desk.get("/moderation/queue/", {"article": "power"})
    assert cards(response) == [comment.pk for comment in stored[:0:-1]]
    assert "More than 2 articles fit; shown is what is on the newest 2." in text_of(response)
    assert "articles fit" not in text_of(desk.get("/moderation/queue/", {"article": "power 2"}))


def test_an_article_of_somebody_else_is_none_of_mine(desk, lots):
    response = desk.get("/moderation/queue/", {"article": "inference", "mine": "on"})
    assert cards(response) == []
    assert "None of your articles has this in its title." in text_of(response)
    response = desk.get("/moderation/queue/", {"article": "power", "mine": "on"})
    assert cards(response) == [lots["article"].pk]


def test_reports_are_counted_only_so_far(desk, make_comment, monkeypatch):
    monkeypatch.setattr(shelves, "REPORTED_MOST", 1)
    for _each in range(2):
        comment = make_comment()
        for number in range(3):
            Report.objects.create(comment=comment, reason="spam", ip=f"192.0.2.{number}")
        page = desk.get("/moderation/").content.decode()
        said = "1" if comment.pk == Comment.objects.earliest("pk").pk else "1+"
        assert f'data-count="reported">{said}</span>' in page
