"""Words are found where they are said, at once, and nowhere any more once they are gone."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from comments import moderation, word_index
from comments.desk import windows
from comments.models import Comment
from comments.search import matching
from tests.comments.test_desk import cards, text_of

pytestmark = pytest.mark.django_db


def said(words):
    return sorted(matching(Comment.objects.order_by(), words).values_list("name", flat=True))


@pytest.fixture
def some(make_comment):
    """Comments by what they say, under names that tell them apart."""
    texts = {
        "Ann": "The margin moves before the volume does, at example.com/fab-3.",
        "Bob": "Margins are paid; volume is not.",
        "Čapek": "It is 100% sure: café, naïve (really).",
        "Dan": "spending sapproved a1 hlinks vham",
        "Eve": "Казино и 日本語 and volume margin",
    }
    return {name: make_comment(text, name=name) for name, text in texts.items()}


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("margin", ["Ann", "Bob", "Eve"]),  # the last word may go on
        ("margin moves", ["Ann"]),
        ("margin volume", ["Ann", "Eve"]),  # but no other
        ('"margin"', ["Ann", "Eve"]),
        ('"volume margin"', ["Eve"]),
        ('"the volume" margin', ["Ann"]),
        ('"the volume', ["Ann"]),
        ("MARGIN MOVES", ["Ann"]),
        ("ann", ["Ann"]),
        ("an", []),  # too short a beginning
        ("example.com", ["Ann"]),
        ("fab-3", ["Ann"]),
        ("example", ["Ann"]),
        ("100%", ["Čapek"]),
        ("казино", ["Eve"] if connection.vendor == "sqlite" else []),
        ("Казино", ["Eve"]),
        ("日本語", ["Eve"]),
        ("café", ["Čapek"]),
        ("nothing like it", []),
        ("%", []),
        ("_", []),
        ('"', []),
        ('""', []),
        ("", []),
        ("  ", []),
    ],
)
def test_what_is_found(some, words, names):
    if words == "казино":
        names = names or said(words)  # PostgreSQL knows small letters by its own locale
    assert said(words) == names


@pytest.mark.sqlite
def test_accents_do_not_matter_on_sqlite(some):
    assert said("cafe") == said("naive") == said("capek") == ["Čapek"]


@pytest.mark.parametrize(
    "words",
    [
        'margin" OR "paid',
        "margin OR paid",
        "margin NOT moves",
        "NEAR(margin moves)",
        "name:ann",
        "{name} : ann",
        "facets : spending",
        "^margin",
        "margin + moves",
        "margin & !moves",
        "margin | paid",
        "margin:*",
        "margin <-> moves",
        "'; DROP TABLE comments_comment; --",
        "a\\'b",
        "(((",
        "*",
        "- -",
        "%s %(x)s",
        "\ud7ff\ue000",
    ],
)
def test_nothing_typed_has_a_meaning_but_words(some, desk, words):
    plain = said("margin") if words in ("^margin", "margin:*") else ["Ann"]
    assert set(said(words)) <= set(plain)
    for tab in ("queue", "approved", "all", "reported"):
        assert desk.get(f"/moderation/{tab}/", {"q": words}).status_code == 200
    assert Comment.objects.count() == 5


def test_words_of_the_index_itself_are_not_said_by_others(some, desk):
    """What marks a status in the index is no word of a comment, and no comment can forge it."""
    assert said("spending") == said("sapproved") == said("vham") == ["Dan"]
    assert cards(desk.get("/moderation/queue/", {"q": "spending"})) == []
    assert cards(desk.get("/moderation/approved/", {"q": "spending"})) == [some["Dan"].pk]
    assert cards(desk.get("/moderation/approved/", {"held_for": "links"})) == []


def test_the_index_follows_every_change(some, editor, desk):
    comment = some["Ann"]
    Comment.objects.filter(pk=comment.pk).update(text="Something else.", html="x")
    assert said('"the volume"') == []
    assert said("something") == ["Ann"]
    comment.refresh_from_db()
    comment.name = "Anonymous"
    comment.save(update_fields=["name"])
    assert said("ann") == []
    assert said("anonymous") == ["Anonymous"]
    moderation.spam(comment, by=editor, seen="approved")
    assert cards(desk.get("/moderation/approved/", {"q": "something"})) == []
    assert cards(desk.get("/moderation/spam/", {"q": "something"})) == [comment.pk]


def test_what_is_erased_or_deleted_is_found_no_more(make_comment, desk):
    public = make_comment("Kept for readers.", name="Secretname")
    hidden = make_comment("Hiddenword.", status="pending")
    spam = make_comment("Spamword.", status="spam", since=timezone.now() - timedelta(days=99))
    moderation.erase(public.pk)
    moderation.erase(hidden.pk)
    assert moderation.purge("spam", before=timezone.now(), most=10) == 1
    for words in ("secretname", "hiddenword", "spamword"):
        assert said(words) == []
        assert cards(desk.get("/moderation/all/", {"q": words})) == []
    assert len(said("readers")) == 1
    assert not Comment.objects.filter(pk=spam.pk).exists()
    assert _entries("hiddenword", "spamword", "secretname") == 0


def _entries(*words):
    """How many of `words` the index itself still has."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "CREATE VIRTUAL TABLE temp.seen USING fts5vocab(main, comments_words, row)"
            )
            cursor.execute(f"SELECT COUNT(*) FROM seen WHERE term IN {words}")
            count = cursor.fetchone()[0]
            cursor.execute("DROP TABLE temp.seen")
        else:
            cursor.execute(
                "SELECT COUNT(*) FROM ts_stat('SELECT words FROM comments_comment') "
                "WHERE word = ANY(%s)",
                [list(words)],
            )
            count = cursor.fetchone()[0]
    return count


@pytest.mark.parametrize("order", ["", "oldest"])
@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"held_for": "links"},
        {"verdict": "ham"},
        {"article": "inference"},
        {"writer": "own"},
        {"first": "2026-01-01"},
    ],
)
def test_words_and_filters_together(desk, make_comment, monkeypatch, asked, order):
    """Whatever finds them: the same comments, also past many that do not fit."""
    monkeypatch.setattr(windows, "WALKED", 2)
    now = timezone.now()
    fits = []
    for number in range(4):
        fits.append(make_comment("Rare word.", status="pending", held_for="links").pk)
        for _other in range(3):
            make_comment("Another.", status="pending", held_for="policy", email="b@example.com")
            make_comment("Rare word.", status="spam", created_at=now - timedelta(days=number))
    asked = {name: fits[0] if value == "own" else value for name, value in asked.items()}
    response = desk.get("/moderation/queue/", {"q": "rare", "order": order, **asked})
    assert cards(response) == (fits if order else fits[::-1])
    assert "were looked through" not in text_of(response)


def test_too_much_to_look_through_is_said(desk, make_comment, monkeypatch):
    pks = [make_comment("Word.", status="pending").pk for _each in range(4)]
    make_comment("Other.", status="pending")
    view = {"q": "word", "writer": pks[0]}
    assert cards(desk.get("/moderation/queue/", view)) == pks[::-1]
    monkeypatch.setattr(windows, "LOOKED_THROUGH", 3)
    text = text_of(desk.get("/moderation/queue/", view))
    assert "newest that came into question were looked through" in text
    oldest = text_of(desk.get("/moderation/queue/", {**view, "order": "oldest"}))
    assert "oldest that came into question were looked through" in oldest


def test_the_index_can_be_taken_away_and_made_again(some):
    connection.check_constraints()  # PostgreSQL alters no table while some wait
    word_index.drop(connection)
    comment = Comment.objects.get(name="Ann")
    comment.text = "Written meanwhile."
    comment.save(update_fields=["text"])
    connection.check_constraints()
    word_index.create(connection)
    assert said("meanwhile") == ["Ann"]
    assert said("moves") == []
    assert said("margin") == ["Bob", "Eve"]


@pytest.mark.sqlite
def test_the_triggers_come_back_after_the_table_was_made_anew(some):
    with connection.cursor() as cursor:
        for name in word_index.TRIGGERS:
            cursor.execute(f"DROP TRIGGER {name}")
    word_index.after_migrate(using="default")
    some["Ann"].delete()
    assert said("moves") == []
