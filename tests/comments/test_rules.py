"""The local rules, which need neither database nor network: which one wins, and where it ends."""

import time
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from comments.spam import rules, words
from comments.spam.rules import Draft, Earlier, Effect, Judged, Scene, Writer
from comments.text import render

DRAFT = Draft(
    name="Rosa Reader",
    email="rosa@example.com",
    text="What would change your mind?",
    url="https://rosa.example.org",
    ip="192.0.2.7",
    user_agent="Browser/1.0",
    referrer="https://search.example/",
)


def earlier(kind: str, seconds: float = 1, comment_id: int = 7) -> Earlier:
    return Earlier(kind, comment_id, timedelta(seconds=seconds))


# --- which rule wins ------------------------------------------------------------------------

KEY = earlier(Earlier.KEY)
DUPLICATE = earlier(Earlier.DUPLICATE)
RECENT = earlier(Earlier.RECENT)
USED_KEY = earlier(Earlier.USED_KEY)
BANNED = earlier(Earlier.BANNED)


@pytest.mark.parametrize(
    ("is_closed", "found", "honeypot", "word", "expected"),
    [
        # Each row leaves out what won in the row before.
        (True, [RECENT, DUPLICATE, KEY, BANNED], "x", "mind", (Effect.REFUSE, 403)),
        (False, [RECENT, DUPLICATE, KEY, BANNED], "x", "mind", (Effect.REFUSE, 403)),
        (False, [RECENT, DUPLICATE, KEY], "x", "mind", (Effect.REPEAT, 0)),
        (False, [RECENT, DUPLICATE], "x", "mind", (Effect.REFUSE, 409)),
        (False, [RECENT], "x", "mind", (Effect.REFUSE, 429)),
        (False, [], "x", "mind", (Effect.TRASH, 0)),
        (False, [], "", "mind", (Effect.TRASH, 0)),
        (False, [], "x", "", (Effect.HOLD, 0)),
        (False, [USED_KEY], "", "", None),
        (False, [], "", "", None),
    ],
)
def test_the_first_final_hit_decides(is_closed, found, honeypot, word, expected):
    scene = Scene(
        comments_open=not is_closed, earlier=found, flood_seconds=15, disallowed_words=word
    )
    hit = rules.intake(replace(DRAFT, honeypot=honeypot), scene)
    assert (hit and (hit.effect, hit.status)) == expected


def test_what_was_sent_twice_leads_to_the_first():
    hit = rules.intake(DRAFT, Scene(earlier=[earlier(Earlier.KEY, comment_id=12)]))
    assert hit is not None
    assert hit.comment_id == 12


@pytest.mark.parametrize(
    ("scene", "words"),
    [
        (Scene(comments_open=False, earlier=[BANNED]), "Comments are closed."),
        (Scene(earlier=[BANNED, KEY, DUPLICATE]), "You cannot comment here at the moment."),
        (Scene(earlier=[DUPLICATE]), "already said that"),
        (Scene(earlier=[RECENT], flood_seconds=15), "too quickly"),
    ],
)
def test_a_refusal_says_why(scene, words):
    hit = rules.intake(DRAFT, scene)
    assert hit is not None
    assert words in str(hit.detail)


def test_staff_are_never_banned():
    assert rules.intake(DRAFT, Scene(earlier=[BANNED], is_staff=True)) is None


# --- flood ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ages", "seconds", "retry_after"),
    [
        ([], 15, None),
        ([0], 15, 15),
        ([1], 15, 14),
        ([14.4], 15, 1),
        ([14.999], 15, 1),
        ([15], 15, None),
        ([15.001], 15, None),
        ([3600], 15, None),
        ([3600, 5, 100], 15, 10),  # the youngest counts
        ([-3], 15, 15),  # another machine's clock goes ahead
        ([0], 0, None),  # no limit
        ([0.5], 1, 1),
        ([59], 60, 1),
    ],
)
def test_one_may_write_every_so_many_seconds(ages, seconds, retry_after):
    found = [earlier(Earlier.RECENT, age) for age in ages]
    hit = rules.flood(DRAFT, Scene(earlier=found, flood_seconds=seconds))
    assert (hit and hit.retry_after) == retry_after


PER_MINUTE, PER_HOUR = {"flood_per_minute": 2}, {"flood_per_hour": 3}


@pytest.mark.parametrize(
    ("limits", "ages", "retry_after"),
    [
        (PER_MINUTE, [], None),
        (PER_MINUTE, [1], None),
        (PER_MINUTE, [1, 20], 40),
        (PER_MINUTE, [1, 59.5], 1),
        (PER_MINUTE, [1, 60], None),
        (PER_MINUTE, [1, 2, 3, 50], 58),  # when the second youngest is a minute old
        (PER_HOUR, [100, 200], None),
        (PER_HOUR, [100, 200, 300], 3300),
        (PER_HOUR, [100, 200, 3599.9], 1),
        (PER_HOUR, [100, 200, 3600], None),
        (PER_MINUTE | PER_HOUR, [1, 2, 3], 3597),  # whoever comes back then gets through
        (PER_MINUTE | PER_HOUR, [1, 2], 58),
        ({}, [0] * 50, None),
    ],
)
def test_one_network_may_write_so_often(limits, ages, retry_after):
    found = [earlier(Earlier.NETWORK, age) for age in ages]
    hit = rules.flood(DRAFT, Scene(earlier=found, **limits))
    assert (hit and hit.retry_after) == retry_after
    assert rules.flood(DRAFT, Scene(earlier=found, is_staff=True, **limits)) is None


def test_the_longest_wait_of_all_limits_counts():
    found = [earlier(Earlier.RECENT, 1), *(earlier(Earlier.NETWORK, age) for age in (1, 2))]
    hit = rules.flood(DRAFT, Scene(earlier=found, flood_seconds=15, flood_per_minute=2))
    assert hit is not None
    assert hit.retry_after == 58


@pytest.mark.parametrize(
    ("minutes", "ages", "retry_after", "said"),
    [
        (0, [1], None, ""),
        (10, [], None, ""),
        (10, [600], None, ""),
        (
            10,
            [1],
            599,
            "one comment per person every 10 minutes. You can post again in 10 minutes.",
        ),
        (10, [541], 59, "one comment per person every 10 minutes. You can post again in 1 minute."),
        (10, [30, 1], 599, "You can post again in 10 minutes."),
        (1, [30], 30, "one comment per person every minute. You can post again in 1 minute."),
    ],
)
def test_slow_mode_says_how_long(minutes, ages, retry_after, said):
    found = [earlier(Earlier.SLOW, age) for age in ages]
    hit = rules.slow_mode(DRAFT, Scene(earlier=found, slow_minutes=minutes))
    assert (hit and (hit.status, hit.retry_after)) == (retry_after and (429, retry_after))
    if hit:
        assert str(hit.detail).startswith("This discussion is in slow mode: one comment")
        assert said in str(hit.detail)
    assert rules.slow_mode(DRAFT, Scene(earlier=found, slow_minutes=minutes, is_staff=True)) is None


@pytest.mark.parametrize("kind", [Earlier.KEY, Earlier.USED_KEY, Earlier.DUPLICATE])
def test_only_what_was_written_just_now_is_a_flood(kind):
    assert rules.flood(DRAFT, Scene(earlier=[earlier(kind, 0)], flood_seconds=15)) is None


def test_staff_may_always_write_and_use_any_word():
    scene = Scene(earlier=[RECENT], flood_seconds=15, disallowed_words="mind")
    assert rules.intake(DRAFT, scene) is not None
    assert rules.intake(DRAFT, replace(scene, is_staff=True)) is None


def test_staff_say_a_thing_once_and_keep_to_closed_doors():
    assert rules.intake(DRAFT, Scene(earlier=[DUPLICATE], is_staff=True)) is not None
    assert rules.intake(DRAFT, Scene(comments_open=False, is_staff=True)) is not None


def test_a_key_of_ones_own_is_no_hit():
    assert rules.intake(replace(DRAFT, key=uuid4()), Scene()) is None


# --- honeypot -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filled_in", "detail"),
    [("", None), (" \t\n", None), ("x", "x"), (" x", " x"), ("x" * 500, "x" * 100)],
)
def test_the_honeypot_only_holds(filled_in, detail):
    hit = rules.intake(replace(DRAFT, honeypot=filled_in), Scene())
    assert (hit and (hit.effect, hit.held_for, hit.detail)) == (
        detail and (Effect.HOLD, "honeypot", detail)
    )


# --- words ----------------------------------------------------------------------------------

WORDS = [
    # the list, what is written, the line that is found
    ("", {}, ""),
    ("\n\n  \n", {}, ""),
    ("casino", {}, ""),
    ("casino", {"name": "Casino Royale"}, "casino"),
    ("casino", {"email": "me@casino.example"}, "an address on the list"),
    ("casino", {"text": "the best casinos"}, "casino"),
    ("casino", {"url": "https://CASINO.example"}, "casino"),
    ("casino", {"user_agent": "CasinoBot"}, "a browser on the list"),
    ("casino", {"referrer": "https://casino.example"}, ""),  # as in WordPress
    ("192.0.2.7", {}, "an IP address on the list"),
    ("192.0.2.7", {"ip": None, "text": "It is 192.0.2.7"}, "192.0.2.7"),
    ("192.0.2.7", {"ip": None}, ""),
    ("2001:db8:", {"ip": "2001:db8::7"}, "an IP address on the list"),
    ("CASINO", {"text": "casino"}, "CASINO"),
    ("große", {"text": "GROSSE Gewinne"}, "große"),
    ("press", {"text": "WordPress"}, "press"),
    ("casino", {"text": "ca<b></b>si<i>no</i>"}, "casino"),
    ("<b>", {"text": "a <b>bold</b> claim"}, "<b>"),
    ("casino", {"text": "cas ino"}, ""),
    ("easy money", {"text": "EASY MONEY here"}, "easy money"),
    ("easy money", {"text": "easy, money"}, ""),
    ("  casino  \r\n", {"text": "a casino"}, "casino"),
    ("poker\ncasino\n", {"text": "casino and poker"}, "poker"),  # the first of the list
    ("poker\n\ncasino", {"text": "a casino"}, "casino"),
    ("ab", {"name": "a", "email": "b@example.com"}, ""),  # never across two fields
    (".*", {"text": "anything"}, ""),  # words, not patterns
    # Patterns.
    ("/cas+ino/", {"text": "a CASSSINO"}, "/cas+ino/ (“CASSSINO”)"),
    ("/cas+ino/", {"text": "caino"}, ""),
    (r"/\bcasino\b/", {"text": "casinos"}, ""),
    ("/^rosa$/", {}, ""),  # the whole haystack is one text
    ("/(?m)^rosa reader$/", {}, "/(?m)^rosa reader$/ (“Rosa Reader”)"),
    ("/casino", {"text": "casino"}, ""),  # only one slash: mere words
    ("//", {"text": "https://"}, "//"),
    ("/a/", {"text": "xyz", "name": "N", "url": "", "email": "", "user_agent": ""}, ""),
    # No address is told, and of what only the site knows not even the line.
    ("jane@example.com", {"email": "jane@example.com"}, "j•••@example.com"),
    ("jane@example.com", {"text": "Write to Jane@example.com"}, "j•••@example.com"),
    ("@example.com", {"email": "jane@example.com"}, "•••@example.com"),
    ("jane@example.com", {"user_agent": "jane@example.com"}, "a browser on the list"),
    (r"/jane@\w+/", {"email": "jane@example.com"}, "an address on the list"),
    (r"/jane@\w+/", {"text": "jane@example.com"}, "a pattern with an address"),
    (r"/jane/", {"email": "jane@example.com"}, "an address on the list"),
    (r"/\w+.example.com/", {"text": "jane@example.com"}, r"/\w+.example.com/"),
    (r"/192\.0\.2\.\d/", {}, "an IP address on the list"),
    (r"/bot$/", {"user_agent": "CasinoBot"}, "a browser on the list"),
    (
        r"/(?s)thought.*jane/",
        {"text": "A thought", "email": "jane@example.com"},
        "an address on the list",
    ),
    (r"/a.{99}/", {"text": "a" * 200}, f"/a.{{99}}/ (“{'a' * 59}…”)"),
    (r"/buy\s+now/", {"text": "buy\n now"}, r"/buy\s+now/ (“buy now”)"),
    ("/(/\ncasino", {"text": "casino"}, "casino"),  # a broken pattern finds nothing
]


@pytest.mark.parametrize(("lines", "fields", "found"), WORDS)
def test_where_and_how_a_word_is_found(lines, fields, found):
    draft = replace(DRAFT, **fields)
    trashed = rules.disallowed_words(draft, Scene(disallowed_words=lines))
    assert (trashed and (trashed.effect, trashed.held_for, trashed.detail)) == (
        (Effect.TRASH, "words", found) if found else None
    )
    for judged in (Judged(hold_words=lines), Judged(disallowed_words=lines)):
        held = rules.words(draft, judged)
        assert (held and (held.effect, held.held_for, held.detail)) == (
            (Effect.HOLD, "words", found) if found else None
        )


ENDLESS = "/(a+)+$/"
LURE = {"text": "a" * 4000 + "!"}


def test_a_pattern_that_runs_out_of_time_holds_and_says_so():
    draft = replace(DRAFT, **LURE)
    started = time.process_time()
    hit = rules.disallowed_words(draft, Scene(disallowed_words=ENDLESS))
    assert time.process_time() - started < 1
    assert hit is not None
    assert (hit.effect, hit.held_for) == (Effect.HOLD, "words")
    assert str(hit.detail) == f"{ENDLESS} took too long"


def test_a_slow_pattern_hides_no_word_behind_it():
    found = words.find(f"{ENDLESS}\ncasino", replace(DRAFT, text=LURE["text"] + " casino"))
    assert found == words.Found("casino")


def test_a_hundred_slow_patterns_take_no_longer_than_a_few():
    lines = "\n".join(f"/(a+)+{number}$/" for number in range(100))
    started = time.process_time()
    found = words.find(lines, replace(DRAFT, text=("a" * 60 + "!") * 20))
    assert time.process_time() - started < 2
    assert found is None or found.timed_out


def test_without_its_lure_the_pattern_works():
    assert words.find(ENDLESS, replace(DRAFT, url="", user_agent="aaa")).where == "user_agent"


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        ("", []),
        ("casino\n/cas+ino/\n", []),
        (r"/\bcasino\b/", []),
        (r"/https?:\/\/\S+\.(?:ru|cn)\b/", []),
        (r"/.*casino.*/", []),
        (r"/c.{0,20}a.{0,20}s/", []),
        (r"/[a-z]+[0-9]+@/", []),
        (r"/(?:buy|sell)\s+now/", []),
        (r"/(viagra|cialis|levitra)/", []),
        (r"/[\w.+-]+@[\w-]+\.[a-z]{2,}/", []),
        ("casino\n/(/", [2]),
        ("/[/\n\npoker\n/a{2/\n/*/", [1, 5]),
        ("/(a+)+$/", [1]),
        ("fine\n/(x+x+)+y/", [2]),
        ("/(\\w+\\s?)*!!$/", [1]),
        ("/" + "a" * 501 + "/", [1]),
        ("/((a{1,1000}){1,1000}){1,1000}b/", [1]),
    ],
)
def test_a_list_is_tried_before_it_is_used(lines, wrong):
    assert [fault.number for fault in words.faults(lines)] == wrong


# --- links ----------------------------------------------------------------------------------

TWO = "https://one.example and https://two.example"


@pytest.mark.parametrize(
    ("text", "limit", "detail"),
    [
        ("none at all", 1, None),
        ("https://one.example", 1, "1 link"),
        ("https://one.example", 2, None),
        (TWO, 2, "2 links"),
        (TWO, 3, None),
        (f'<a href="https://three.example">three</a> {TWO}', 3, "3 links"),
        ("<code>https://one.example</code>", 1, None),  # no link to readers
        ('<a name="here">no link</a>', 1, None),
        ("1 <a 2", 1, None),
        ("me@example.com", 1, None),
    ],
)
def test_as_many_links_as_readers_would_see(text, limit, detail):
    hit = rules.links(DRAFT, Judged(html=render(text), links_to_hold=limit))
    assert (hit and (hit.effect, hit.held_for, hit.detail)) == (
        detail and (Effect.HOLD, "links", detail)
    )


# --- why a clean comment waits --------------------------------------------------------------

TRUSTED = Writer(confirmed=True, approved=1)

#: Each row takes away what held the comment in the row before.
LADDER = [
    ("log_only", {}),
    ("honeypot", {"verdict": "ham"}),
    ("staff_name", {"honeypot": ""}),
    ("scam", {"staff_name": ""}),
    ("links", {"hold_scams": False}),
    ("words", {"links_to_hold": 9}),
    ("rejected_before", {"hold_words": ""}),
    ("log_only", {"rejected": 0}),
    ("edited", {"log_only": False}),
    ("first_comment", {"edited": False}),
    ("policy", {"approved": 1}),
    ("policy", {"trust": True}),
    ("unconfirmed", {"article_held": False}),
    (None, {"confirmed": True}),
]


def test_the_queue_names_the_weightiest_reason():
    state = {
        "verdict": "spam", "honeypot": "x", "staff_name": "Ines", "hold_scams": True,
        "links_to_hold": 2, "hold_words": "casino", "rejected": 1, "log_only": True,
        "edited": True, "approved": 0, "trust": False, "confirmed": False, "article_held": True,
    }  # fmt: skip
    text = f"{TWO} casino, guaranteed profits"
    for expected, change in LADDER:
        state |= change
        left = dict(state)
        draft = replace(DRAFT, text=text, honeypot=left.pop("honeypot"))
        writer = Writer(
            decided=1,
            **{
                name: left.pop(name) for name in ("staff_name", "rejected", "approved", "confirmed")
            },
        )
        hit = rules.why_held(draft, Judged(html=render(text), writer=writer, **left))
        assert (hit and hit.held_for) == expected


@pytest.mark.parametrize(
    ("decided", "rejected", "held"),
    [(0, 0, False), (10, 3, False), (10, 4, True), (3, 1, True), (4, 1, False), (1, 1, True)],
)
def test_more_than_thirty_percent_is_too_much(decided, rejected, held):
    writer = replace(TRUSTED, decided=decided, rejected=rejected)
    hit = rules.why_held(DRAFT, Judged(writer=writer, trust=True))
    assert bool(hit) is held


@pytest.mark.parametrize(
    ("needed", "approved", "detail"),
    [(1, 0, ""), (1, 1, None), (2, 1, "1 approved before"), (5, 4, "4 approved before")],
)
def test_as_many_approved_comments_as_are_set_make_a_writer_known(needed, approved, detail):
    writer = replace(TRUSTED, approved=approved)
    hit = rules.why_held(DRAFT, Judged(writer=writer, trust=True, approvals_to_trust=needed))
    assert (hit and (hit.held_for, hit.detail)) == (
        None if detail is None else ("first_comment", detail)
    )
