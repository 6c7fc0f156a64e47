"""What differs between two texts is told word by word, and in bounded time."""

import random
import time

import pytest
from django.utils.html import conditional_escape

from articles.editing import compare as comparing
from articles.editing.compare import compare


def told(before, after, kind="html"):
    """The lines of a comparison as text: [-taken out-] and {+put in+}."""
    signs = {"same": "{}", "del": "[-{}-]", "ins": "{{+{}+}}"}
    lines, _whole = compare(before, after, kind)
    found = []
    for line in lines:
        if line.left_out:
            found.append(f"({line.left_out})")
            continue
        words = "".join(signs[op].format(text) for op, text in line.pieces)
        found.append(f"{signs[line.op].format(line.mark)}: {words}")
    return found


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("<p>One two.</p>", "<p>One two.</p>", ["p: One two."]),
        ("<p>One two three.</p>", "<p>One 2 three.</p>", ["p: One [-two -]{+2 +}three."]),
        ("<p>One</p>", "<p>One more</p>", ["p: One {+more+}"]),
        ("", "<h2>New</h2>", ["{+h2+}: {+New+}"]),
        ("<h2>Old</h2>", "", ["[-h2-]: [-Old-]"]),
        ("<p>Same</p>", "<h2>Same</h2>", ["[-p-]: ", "{+h2+}: Same"]),
        (
            '<p>See <a href="/x/" rel="noopener">it</a>.</p>',
            '<p>See <a href="/y/" rel="noopener">it</a>.</p>',
            ['p: See [-<a href="/x/">-]{+<a href="/y/">+}it</a>.'],
        ),
        ("<p>a &lt;b&gt; &amp; c</p>", "<p>a &lt;b&gt; &amp; d</p>", ["p: a <b> & [-c-]{+d+}"]),
        (
            "<ul><li>One</li><li>Two</li></ul>",
            "<ul><li>One</li><li>Three</li></ul>",
            ["ul li: One", "ul li: [-Two-]{+Three+}"],
        ),
        (
            "<table><tbody><tr><td>1</td><td>2</td></tr></tbody></table>",
            "<table><tbody><tr><td>1</td><td>3</td></tr></tbody></table>",
            ["tr: | 1 | [-2-]{+3+} "],
        ),
        (
            '<p><img src="/media/a.png" alt="A"></p>',
            '<p><img src="/media/a.png" alt="B"></p>',
            [
                'p: [-<img src="/media/a.png" alt="A"> -]'
                '{+<img src="/media/a.png" alt="B"> +}'
            ],
        ),
        ("<p>One</p><hr><p>Two</p>", "<p>One</p><p>Two</p>", ["p: One", "[-hr-]: ", "p: Two"]),
        ("<p>x > y <b", "<p>x > z <b", ["p: x > [-y -]{+z +}<b"]),
        ("</p><p>One", "<li>One", ["[-p-]: ", "{+li+}: One"]),
    ],
)  # fmt: skip
def test_words_are_told(before, after, expected):
    assert told(before, after) == expected


def test_a_picture_is_seen():
    before = '<p><img src="/media/a.png" alt="A &quot;B&quot;"></p>'
    after = '<p>Say <img src="/media/a.png" alt=""></p>'
    (line,), _whole = compare(before, after, "html")
    shown = [(op, conditional_escape(text)) for op, text in line.pieces]
    seen = '<span class="diff-picture"><img src="/media/a.png" alt=""> {}</span>'
    assert shown == [
        ("del", seen.format("Picture: “A &quot;B&quot;”")),
        ("ins", "Say "),
        ("ins", seen.format("Picture without alternative text")),
    ]


def test_paragraphs_that_are_the_same_are_left_out():
    body = "".join(f"<p>Paragraph {number}.</p>" for number in range(9))
    found = told(body, body.replace("Paragraph 4", "Chapter 4"))
    assert found == [
        "(3)",
        "p: Paragraph 3.",
        "p: [-Paragraph -]{+Chapter +}4.",
        "p: Paragraph 5.",
        "(3)",
    ]


def test_lines_of_plain_text():
    assert told("One\nTwo", "One\r\n2", "text") == [": One", ": [-Two-]{+2+}"]
    assert told("<b>", "<i>", "text") == [": [-<b>-]{+<i>+}"]


@pytest.mark.parametrize("vocabulary", [1, 2, 30, 3000])
def test_long_texts_take_a_bounded_time(vocabulary):
    """Of few words, texts are the hardest to match."""
    chance = random.Random(1)
    words = [f"w{number} " for number in range(vocabulary)]
    one, other = (
        "".join(f"<p>{''.join(chance.choices(words, k=100))}</p>" for _ in range(180))
        for _ in range(2)
    )
    began = time.monotonic()
    compare(f"{one}<p>end</p>", f"<p>begin</p>{other}", "html")
    assert time.monotonic() - began < 10


def repeated(words, count):
    return " ".join((words.split() * count)[:count])


CYCLE = " ".join(f"w{number}" for number in range(150))


@pytest.mark.parametrize("kind", ["words", "lines"])
@pytest.mark.parametrize(
    ("before", "after", "count"),
    [
        ("0 1 2 3", "3 2 1 0", 1_990),
        ("a b", "b b a", 1_990),
        ("a b", "a c", 1_990),
        (CYCLE, " ".join(reversed(CYCLE.split())), 19_500),
    ],
)
def test_texts_that_repeat_themselves_take_a_bounded_time(before, after, count, kind):
    one, other = repeated(before, count), repeated(after, count)
    if kind == "lines":
        one, other = one.replace(" ", "\n"), other.replace(" ", "\n")
    began = time.monotonic()
    compare(f"begin {one} end", f"start {other} stop", "text")
    assert time.monotonic() - began < 8


def test_many_lines_with_a_changed_word_each_are_told_word_by_word():
    """As when a name was replaced throughout a long article."""
    chance = random.Random(1)
    words = [f"w{number}" for number in range(900)]
    lines = [" ".join(chance.choices(words, k=99)) for _ in range(180)]
    before = "".join(f"<p>{line} Old.</p>" for line in lines)
    lines, whole = compare(before, before.replace(" Old.", " New."), "html")
    assert not whole
    assert len(lines) == 180
    assert {tuple(line.pieces[1:]) for line in lines} == {(("del", "Old."), ("ins", "New."))}


def test_lines_that_stayed_are_found_between_others():
    before = "<p>A b c.</p><p>Stays here.</p><p>D e f.</p>"
    after = "<p>A new.</p><p>A b x.</p><p>Stays here.</p><p>D e f.</p><p>D e f.</p>"
    assert told(before, after)[-3:] == ["p: Stays here.", "{+p+}: {+D e f.+}", "p: D e f."]


def test_what_is_too_long_is_shown_as_a_whole(monkeypatch):
    monkeypatch.setattr(comparing, "MOST_STEPS", 2)
    lines, whole = compare("<p>a b c d</p>", "<p>a e c f</p>", "html")
    assert whole
    assert lines[0].pieces == [("same", "a "), ("del", "b c d"), ("ins", "e c f")]
