"""The local rules, which need neither database nor network: which one wins, and where it ends."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from comments.spam import rules
from comments.spam.rules import Draft, Earlier, Effect, Scene
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

CLOSED = {"comments_open": False}
KEY = earlier(Earlier.KEY)
DUPLICATE = earlier(Earlier.DUPLICATE)
RECENT = earlier(Earlier.RECENT)
USED_KEY = earlier(Earlier.USED_KEY)


@pytest.mark.parametrize(
    ("is_closed", "found", "honeypot", "word", "expected"),
    [
        # Each row leaves out what won in the row before.
        (True, [RECENT, DUPLICATE, KEY], "x", "mind", (Effect.REFUSE, 403)),
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
        (Scene(comments_open=False), "Comments are closed."),
        (Scene(earlier=[DUPLICATE]), "already said that"),
        (Scene(earlier=[RECENT], flood_seconds=15), "too quickly"),
    ],
)
def test_a_refusal_says_why(scene, words):
    hit = rules.intake(DRAFT, scene)
    assert hit is not None
    assert words in str(hit.detail)


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
    # the list, what is written, the word that is found
    ("", {}, ""),
    ("\n\n  \n", {}, ""),
    ("casino", {}, ""),
    ("casino", {"name": "Casino Royale"}, "casino"),
    ("casino", {"email": "me@casino.example"}, "casino"),
    ("casino", {"text": "the best casinos"}, "casino"),
    ("casino", {"url": "https://CASINO.example"}, "casino"),
    ("casino", {"user_agent": "CasinoBot"}, "casino"),
    ("casino", {"referrer": "https://casino.example"}, ""),  # as in WordPress
    ("192.0.2.7", {}, "192.0.2.7"),
    ("192.0.2.7", {"ip": None}, ""),
    ("2001:db8:", {"ip": "2001:db8::7"}, "2001:db8:"),
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
]


@pytest.mark.parametrize(("lines", "fields", "found"), WORDS)
def test_where_and_how_a_word_is_found(lines, fields, found):
    draft = replace(DRAFT, **fields)
    assert rules.find_word(lines, draft) == found

    trashed = rules.disallowed_words(draft, Scene(disallowed_words=lines))
    assert (trashed and (trashed.effect, trashed.held_for, trashed.detail)) == (
        (Effect.TRASH, "words", found) if found else None
    )
    held = rules.hold_words(draft, lines)
    assert (held and (held.effect, held.held_for, held.detail)) == (
        (Effect.HOLD, "words", found) if found else None
    )


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
    hit = rules.links(render(text), limit)
    assert (hit and (hit.effect, hit.held_for, hit.detail)) == (
        detail and (Effect.HOLD, "links", detail)
    )


# --- why a clean comment waits --------------------------------------------------------------


@pytest.mark.parametrize(
    ("honeypot", "text", "words", "held_for"),
    [
        ("x", f"{TWO} casino", "casino", "honeypot"),
        ("", f"{TWO} casino", "casino", "links"),
        ("", "casino", "casino", "words"),
        ("", "fine", "casino", "policy"),
        ("", "fine", "", "policy"),
    ],
)
def test_the_queue_names_the_weightiest_reason(honeypot, text, words, held_for):
    draft = replace(DRAFT, honeypot=honeypot, text=text)
    hit = rules.after_ham(draft, render(text), links_to_hold=2, words=words)
    assert (hit.effect, hit.held_for) == (Effect.HOLD, held_for)
