"""The table of contents: every section can be linked to, and no heading breaks the page."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from articles.contents import Section, with_anchors
from articles.models import Article

pytestmark = pytest.mark.one_database


def test_each_section_gets_a_place() -> None:
    body, sections = with_anchors("<p>a</p><h2>Bottom line</h2><p>b</p><h3>No section</h3>")

    assert body == (
        '<p>a</p><h2 id="section-bottom-line">Bottom line</h2><p>b</p><h3>No section</h3>'
    )
    assert sections == (Section("section-bottom-line", "Bottom line"),)


def test_two_of_one_name_are_told_apart() -> None:
    body, sections = with_anchors("<h2>Risks</h2><h2>Risks</h2><h2>Risks 2</h2>")

    anchors = [section.anchor for section in sections]
    assert anchors == ["section-risks", "section-risks-2", "section-risks-2-2"]
    assert all(body.count(f'id="{anchor}"') == 1 for anchor in anchors)


@pytest.mark.parametrize(
    ("heading", "anchor", "title"),
    [
        ("What <em>most</em> miss", "section-what-most-miss", "What most miss"),
        ("R&amp;D &lt;2%", "section-rd-2", "R&D <2%"),
        ("Two<br>lines", "section-two-lines", "Two lines"),
        ("電力", "section-電力", "電力"),
        ("$$$", "section-1", "$$$"),
    ],
)
def test_a_title_is_plain_text(heading: str, anchor: str, title: str) -> None:
    body, sections = with_anchors(f"<h2>{heading}</h2>")

    assert sections == (Section(anchor, title),)
    assert body == f'<h2 id="{anchor}">{heading}</h2>'


def test_attributes_of_a_heading_stay() -> None:
    assert (
        with_anchors('<h2 lang="de">Fazit</h2>')[0] == '<h2 id="section-fazit" lang="de">Fazit</h2>'
    )


@pytest.mark.parametrize("body", ["", "<p>Only text.</p>", "<h2></h2>", "<h2> <br> </h2>"])
def test_without_a_word_nothing_changes(body: str) -> None:
    assert with_anchors(body) == (body, ())


# --- on the page ----------------------------------------------------------------------------

LONG = "<p>" + "word " * 230 + "</p>"
THREE = "".join(f"<h2>Part {name}</h2>{LONG}" for name in ("one", "two", "three"))


def nav(client: Client, article: Article) -> str:
    page = client.get(article.get_absolute_url()).content.decode()
    return "".join(re.findall(r'<nav class="contents".*?</nav>', page, re.DOTALL))


def test_a_long_article_begins_with_its_sections(
    client: Client, make_article: Callable[..., Article]
) -> None:
    article = make_article(body=THREE)
    assert re.findall(r'<a href="(.*?)">(.*?)</a>', nav(client, article)) == [
        ("#section-part-one", "Part one"),
        ("#section-part-two", "Part two"),
        ("#section-part-three", "Part three"),
        ("#comments", "No comments"),
    ]


def test_it_follows_the_number_of_comments(
    client: Client, make_article: Callable[..., Article], make_comment: Callable[..., object]
) -> None:
    article = make_article(body=THREE)
    assert "No comments" in nav(client, article)
    make_comment(article=article)
    assert "1 comment" in nav(client, article)


@pytest.mark.parametrize(
    "body",
    [
        "<h2>a</h2><h2>b</h2><h2>c</h2><p>Short.</p>",
        f"<h2>a</h2>{LONG}<h2>b</h2>{LONG}{LONG}",
    ],
)
def test_short_or_undivided_articles_have_none(
    client: Client, make_article: Callable[..., Article], body: str
) -> None:
    assert nav(client, make_article(body=body)) == ""


def test_a_heading_with_a_ticker_is_a_section_and_a_link(
    client: Client, make_article: Callable[..., Article]
) -> None:
    article = make_article(body=THREE.replace("Part one", "Why $NVDA &amp; &lt;b&gt;"))
    article.tags.create(
        name="NVIDIA", slug="nvidia", kind="ticker", symbol="NVDA", exchange="NASDAQ"
    )
    page = client.get(article.get_absolute_url()).content.decode()
    assert '<h2 id="section-why-nvda-b">Why <a class="cashtag"' in page
    assert '<a href="#section-why-nvda-b">Why $NVDA &amp; &lt;b&gt;</a>' in page


def test_feeds_hold_the_text_as_it_was_written(
    client: Client, make_article: Callable[..., Article]
) -> None:
    make_article(body=THREE)
    assert "section-part" not in client.get("/feed/").content.decode()
