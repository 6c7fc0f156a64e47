"""Bans: whom they stop and whom not, and the desk's pages that make and end them."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from comments import bans, tokens
from comments.models import Ban, Comment, Report, Submission

BANS = "/moderation/bans/"
TOLD = "You cannot comment here at the moment."


@pytest.fixture
def ban(db):
    """A ban that stands already when a test begins; "203.0.113.0/24" or an address."""

    def make(who, **fields):
        which = {"email": who} if "@" in who else {"network": str(bans.read_network(who))}
        return Ban.objects.create(**which, **fields)

    return make


def said(response):
    return response.content.decode()


def post(article, ip="203.0.113.7", **fields):
    data = {"text": "A long thought.", "name": "Rosa", "email": "rosa@example.com", **fields}
    return Client().post(f"/articles/{article.slug}/comments/", data, REMOTE_ADDR=ip)


def soon():
    return timezone.now() + timedelta(hours=1)


# --- new comments ---------------------------------------------------------------------------

#: What is banned; who writes, from where; stopped?
WHOM = [
    ("rosa@example.com", {}, True),
    ("Rosa@Example.com", {}, True),
    ("rosa@example.com", {"email": " ROSA@example.COM "}, True),
    ("rosa@example.com", {"email": "rosa@example.org"}, False),
    ("203.0.113.7", {}, True),
    ("203.0.113.8", {}, False),
    ("203.0.113.7", {"ip": "::ffff:203.0.113.7"}, True),
    ("::ffff:203.0.113.7", {}, True),
    ("203.0.113.0/24", {}, True),
    ("203.0.113.0/29", {"ip": "203.0.113.8"}, False),
    ("203.0.0.0/8", {}, True),
    ("0.0.0.0/0", {}, True),
    ("0.0.0.0/0", {"ip": "2001:db8::1"}, False),
    ("2001:db8::/64", {"ip": "2001:db8::1:2:3:4"}, True),
    ("2001:db8::/64", {"ip": "2001:db8:0:1::1"}, False),
    ("2001:db8::1", {"ip": "2001:db8::1"}, True),
    ("2001:db8::1", {"ip": "2001:db8::2"}, False),
    ("203.0.113.7", {"ip": ""}, False),
]


@pytest.mark.parametrize(("who", "fields", "stopped"), WHOM)
def test_who_is_stopped(article, ban, who, fields, stopped):
    ban(who)
    response = post(article, **fields)
    assert response.status_code == (403 if stopped else 302)
    assert Comment.objects.exists() is not stopped


def test_who_is_banned_is_told_nothing_more_and_keeps_the_text(article, ban, moderator):
    ban("rosa@example.com", note="a pest", by=moderator)
    response = post(article)
    assert TOLD in said(response)
    assert response.context["form"]["text"].value() == "A long thought."
    assert "pest" not in said(response)
    assert "ban" not in said(response).lower().replace("urban", "")
    assert not Comment.objects.exists()


@pytest.mark.parametrize(("until", "stopped"), [(None, True), (1, True), (-1, False)])
def test_a_ban_ends_by_itself(article, ban, until, stopped):
    ban("203.0.113.7", until=until and timezone.now() + timedelta(seconds=60 * until))
    assert post(article).status_code == (403 if stopped else 302)


def test_an_ended_ban_does_not_lift_another(article, ban):
    ban("rosa@example.com", until=timezone.now())
    ban("203.0.113.0/24")
    assert post(article).status_code == 403


def test_staff_are_never_stopped(post_comment, ban, client, editor):
    ban("127.0.0.1")
    assert post_comment().status_code == 403
    client.force_login(editor)
    assert post_comment().status_code == 302


def test_a_ban_is_told_before_anything_about_the_comment(article, ban):
    assert post(article).status_code == 302
    ban("203.0.113.7")
    assert TOLD in said(post(article))  # else: too quickly, or said already


def test_closed_comments_are_closed_for_all(article, ban):
    article.comments_open = False
    article.save()
    ban("203.0.113.7")
    assert "Comments are closed." in said(post(article))
    assert TOLD not in said(post(article))


def test_a_ban_holds_after_the_key_was_changed(article, ban, settings):
    ban("rosa@example.com")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-" * 6
    assert post(article).status_code == 403
    settings.SECRET_KEY_FALLBACKS = []
    assert post(article).status_code == 302


@pytest.mark.parametrize("number", [0, 1, 20])
def test_bans_cost_no_query(article, ban, count_queries, number):
    for each in range(number):
        ban(f"198.51.100.{each}")
        ban(f"reader{each}@example.com")
    assert len(count_queries(post, article)) <= 6
    assert Comment.objects.count() == 1


# --- edits and reports ----------------------------------------------------------------------


def edit(comment, ip="203.0.113.7"):
    data = {"do": "edit", "text": "Second thoughts.", "version": ""}
    page = f"/comments/manage/{tokens.MANAGE.make(comment.pk)}/"
    return Client().post(page, data, REMOTE_ADDR=ip)


@pytest.mark.parametrize(
    ("who", "written_at", "edited_at", "stopped"),
    [
        ("rosa@example.com", "203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.7", "198.51.100.1", True),
        ("198.51.100.0/24", "203.0.113.7", "198.51.100.1", True),
        ("203.0.113.7", "::ffff:203.0.113.7", "198.51.100.1", True),
        ("198.51.100.0/24", "203.0.113.7", "203.0.113.7", False),
        ("max@example.com", "203.0.113.7", "203.0.113.7", False),
        ("203.0.113.7", None, "203.0.113.7", True),
        ("203.0.113.7", None, "", False),
    ],
)
def test_a_ban_stops_edits(make_comment, ban, who, written_at, edited_at, stopped):
    comment = make_comment("First thoughts.", email="rosa@example.com", ip=written_at)
    ban(who)
    response = edit(comment, edited_at)
    assert response.status_code == (403 if stopped else 302)
    comment.refresh_from_db()
    assert comment.text == ("First thoughts." if stopped else "Second thoughts.")
    if stopped:
        assert TOLD in said(response)
        assert "Second thoughts.</textarea>" in said(response)


def test_who_is_banned_may_still_remove_and_erase(make_comment, ban):
    comment = make_comment(email="rosa@example.com")
    ban("rosa@example.com")
    page = f"/comments/manage/{tokens.MANAGE.make(comment.pk)}/"
    for do in ("remove", "erase"):
        assert Client().post(page, {"do": do}).status_code == 302
    assert not Comment.objects.exists()


@pytest.mark.parametrize(
    ("who", "stopped"),
    [("203.0.113.7", True), ("203.0.113.0/24", True), ("198.51.100.1", False)],
)
def test_a_ban_stops_reports(make_comment, ban, who, stopped):
    comment = make_comment()
    ban(who)
    page = f"/comments/{comment.pk}/report/"
    response = Client().post(page, {"reason": "spam"}, REMOTE_ADDR="203.0.113.7")
    assert response.status_code == (403 if stopped else 302)
    assert Report.objects.exists() is not stopped
    if stopped:
        assert "You cannot report comments here at the moment." in said(response)
        assert 'value="spam" required checked' in said(response)


# --- making one -----------------------------------------------------------------------------


def tomorrow():
    return timezone.localdate() + timedelta(days=1)


def make(desk, who="203.0.113.7", **fields):
    return desk.post(BANS, {"who": who, "until": "", "note": "", **fields})


@pytest.mark.parametrize(
    ("typed", "network", "masked"),
    [
        ("203.0.113.7", "203.0.113.7/32", None),
        (" 203.0.113.77/24 ", "203.0.113.0/24", None),
        ("2001:DB8:0:0::1", "2001:db8::1/128", None),
        ("2001:db8::/48", "2001:db8::/48", None),
        ("::ffff:203.0.113.7", "203.0.113.7/32", None),
        (" Rosa@Example.com ", "", "R•••@Example.com"),
    ],
)
def test_a_moderator_bans_what_was_typed(desk, moderator, typed, network, masked):
    day = tomorrow()
    response = make(desk, typed, until=day.isoformat(), note="a pest")
    assert response.status_code == 302
    ban = Ban.objects.get()
    assert (ban.network, ban.by, ban.note) == (network, moderator, "a pest")
    assert masked is None or ban.masked_email == masked
    assert timezone.localtime(ban.until).date() == day + timedelta(days=1)
    page = said(desk.get(response["Location"]))
    assert f"{day:%b} {day.day}, {day.year}, 23:59" in page
    assert "1 ban is in force now." in page
    assert (masked or network) in page
    assert "a pest" in page
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (moderator, str(ban.pk))
    assert entry.object_repr == f"ban {ban.pk}"


def test_a_ban_may_have_no_end(desk):
    make(desk)
    assert Ban.objects.get().until is None
    assert "no end" in said(desk.get(BANS))


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"who": ""}, "Please say whom to ban."),
        ({"who": "nonsense"}, "This is no email address, IP address or range"),
        ({"who": "203.0.113.7/33"}, "This is no email address, IP address or range"),
        ({"who": "203.0.113.999"}, "This is no email address, IP address or range"),
        ({"who": "fe80::1%eth0"}, "This is no email address, IP address or range"),
        ({"who": "fe80::1%eth0/64"}, "This is no email address, IP address or range"),
        ({"who": "rosa@"}, "valid email address"),
        ({"who": "KIM@example.org"}, "This is the address of somebody on the staff."),
        ({"until": "nonsense"}, "Please give a date."),
        ({"until": "2020-01-01"}, "This day is over."),
        ({"until": "9999-12-31"}, "Please give a nearer day, or none."),
        ({"note": "x" * 201}, "Please shorten the note to 200 characters."),
        ({"targets": "email"}, "Nobody was banned yet."),
        ({"comment": "999", "targets": "email"}, "Nothing is known about the writer"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_kept(desk, fields, error):
    response = make(desk, **{"note": "kept", **fields})
    assert response.status_code == 422
    assert error in said(response)
    assert (fields.get("note") or "kept") in said(response)
    assert not Ban.objects.exists()
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("who", ["203.0.113.7", "rosa@example.com"])
def test_nobody_is_banned_twice_at_a_time(desk, ban, who):
    former = ban(who, until=soon())
    response = make(desk, who.upper())
    assert response.status_code == 422
    assert "is banned already" in said(response)
    Ban.objects.filter(pk=former.pk).update(until=timezone.now())
    assert make(desk, who).status_code == 302


@pytest.mark.parametrize(
    ("who", "doubt"),
    [
        ("203.0.0.0/15", "203.0.0.0/15 is very wide"),
        ("0.0.0.0/0", "0.0.0.0/0 is very wide"),
        ("2001::/18", "2001::/18 is very wide"),
        ("127.0.0.0/16", "127.0.0.0/16 is where you are yourself."),
        ("203.0.0.0/16", ""),
        ("2001::/19", ""),
    ],
)
def test_what_may_be_a_slip_is_asked_once_more(desk, who, doubt):
    response = make(desk, who)
    assert response.status_code == (422 if doubt else 302)
    if doubt:
        assert doubt in said(response)
        assert 'name="sure"' in said(response)
        assert not Ban.objects.exists()
        assert make(desk, who, sure="on").status_code == 302
    assert Ban.objects.get().network == who


# --- from a comment -------------------------------------------------------------------------


def test_a_comments_writer_is_banned_unseen(desk, make_comment):
    comment = make_comment(email="rosa@example.com", ip="203.0.113.7", name="Rosa <b>")
    page = said(desk.get(f"{BANS}?comment={comment.pk}"))
    for label in (
        "r•••@example.com",
        "the machine 203.0.113.7",
        "203.0.113.0/24",
        "Rosa &lt;b&gt;",
    ):
        assert label in page
    assert "rosa@example.com" not in page
    assert page.count(" checked>") == 1
    targets = ["email", "machine", "network"]
    assert make(desk, "", comment=comment.pk, targets=targets).status_code == 302
    assert [(each.email, each.network) for each in Ban.objects.order_by("pk")] == [
        ("rosa@example.com", ""),
        ("", "203.0.113.7/32"),
        ("", "203.0.113.0/24"),
    ]
    assert LogEntry.objects.count() == 3
    assert "rosa@example.com" not in said(desk.get(BANS))


def test_who_has_an_ipv6_address_has_a_whole_connection(desk, make_comment):
    comment = make_comment(ip="2001:db8:1:2:3:4:5:6")
    assert "the connection 2001:db8:1:2::/64" in said(desk.get(f"{BANS}?comment={comment.pk}"))
    make(desk, "", comment=comment.pk, targets=["machine", "network"])
    stored = set(Ban.objects.values_list("network", flat=True))
    assert stored == {"2001:db8:1:2::/64", "2001:db8:1::/48"}


def test_what_is_not_known_is_not_offered(desk, make_comment, editor):
    nothing = make_comment(email="", ip=None)
    for pk in (nothing.pk, make_comment(user=editor).pk, 999, 2**62):
        page = said(desk.get(f"{BANS}?comment={pk}"))
        assert "Nothing is known about the writer of this comment" in page
        assert 'name="targets"' not in page
    page = said(desk.get(f"{BANS}?comment={make_comment(email='', ip='203.0.113.7').pk}"))
    assert page.count('name="targets"') == 2
    claimed = make_comment(email="kim@example.org", ip="203.0.113.7")
    page = said(desk.get(f"{BANS}?comment={claimed.pk}"))
    assert page.count('name="targets"') == 2
    Submission.objects.filter(pk=claimed.pk).delete()
    assert "Nothing is known" in said(desk.get(f"{BANS}?comment={claimed.pk}"))


@pytest.mark.parametrize("comment", ["", "x", "-1", "²", "9" * 30])
def test_hostile_numbers_show_the_plain_form(desk, comment):
    response = desk.get(BANS, {"comment": comment})
    assert response.status_code == 200
    assert 'name="targets"' not in said(response)


# --- ending one, and the list ---------------------------------------------------------------


def end(client, ban):
    return client.post(f"{BANS}{ban.pk}/end/", follow=True)


def test_a_ban_is_ended_and_it_is_said_by_whom(desk, ban, article):
    former = ban("203.0.113.7")
    assert "The ban of 203.0.113.7/32 ended." in said(end(desk, former))
    assert post(article).status_code == 302
    assert "Nobody is banned." in said(desk.get(BANS))
    assert "ended by kim" in said(desk.get(f"{BANS}?ended=1"))
    assert "This ban had ended already." in said(end(desk, former))
    assert LogEntry.objects.count() == 1


def test_one_that_ended_by_itself_was_ended_by_nobody(desk, ban):
    former = ban("203.0.113.7", until=timezone.now())
    assert "This ban had ended already." in said(end(desk, former))
    page = said(desk.get(f"{BANS}?ended=1"))
    assert "203.0.113.7/32" in page
    assert "ended by" not in page
    assert not LogEntry.objects.exists()


def test_a_get_ends_nothing(desk, ban):
    standing = ban("203.0.113.7")
    response = desk.get(f"{BANS}{standing.pk}/end/", follow=True)
    assert "Nothing was changed" in said(response)
    assert Ban.objects.in_force().exists()
    assert "had ended already" in said(end(desk, Ban(pk=999)))


def test_a_form_of_another_site_bans_and_ends_nothing(moderator, ban):
    standing = ban("198.51.100.1")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(moderator)
    assert make(strict).status_code == 403
    assert end(strict, standing).status_code == 403
    assert Ban.objects.in_force().count() == 1


@pytest.mark.parametrize("ended", [False, True])
def test_fifty_bans_a_page_cost_as_much_as_one(desk, ban, count_queries, ended):
    until = timezone.now() if ended else None
    address = BANS + ("?ended=1" if ended else "")
    ban("rosa@example.com", until=until)
    desk.get(address)
    one = len(count_queries(desk.get, address))
    for number in range(60):
        ban(f"198.51.100.{number}", until=until)
    assert len(count_queries(desk.get, address)) == one <= 6
    first = desk.get(address)
    rest = desk.get(BANS, {"ended": int(ended), "before": first.context["next_before"]})
    assert (len(first.context["rows"]), len(rest.context["rows"])) == (50, 11)
    assert rest.context["next_before"] is None


def test_hostile_notes_are_shown_as_text(desk, ban):
    ban("203.0.113.7", note="<script>alert(1)</script>")
    page = said(desk.get(BANS))
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_nothing_keeps_a_copy_of_the_list(desk):
    assert "no-store" in desk.get(BANS)["Cache-Control"]
