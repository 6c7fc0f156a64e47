"""Ticker pages, and `$NVDA` in an article that leads there."""

from datetime import date

import pytest

from articles import html
from articles.models import Article, Author, Disclosure, Tag


@pytest.fixture
def make_ticker():
    def make(symbol, name="", **fields):
        fields = {"slug": symbol.lower(), "exchange": "NASDAQ", "name": name or symbol} | fields
        return Tag.objects.create(kind="ticker", symbol=symbol, **fields)

    return make


@pytest.fixture
def nvda(make_ticker, article):
    tag = make_ticker("NVDA", "NVIDIA", description="Designs accelerators.")
    article.tags.add(tag)
    return tag


def disclose(article, ticker, position="long", **fields):
    return Disclosure.objects.create(
        article=article, ticker=ticker, position=position, as_of=date(2026, 3, 4), **fields
    )


# --- the page -------------------------------------------------------------------------------


def test_what_stands_on_a_ticker_page(client, article, nvda, make_comment):
    disclose(article, nvda, note="Held since 2024.")
    comment = make_comment("<b>Margins</b> & more, said in a thought.", name="Kim")
    page = client.get("/tickers/NVDA/").content.decode()
    for part in (
        "NVIDIA",
        "NASDAQ: NVDA",
        "Designs accelerators.",
        "Inference and training",
        "<strong>Long</strong>",
        "March 4, 2026",
        "Held since 2024.",
        "Ines Halvorsen",
        f'href="{article.get_absolute_url()}#disclosure"',
        f'href="{comment.get_absolute_url()}"',
        "Kim",
    ):
        assert part in page, part
    assert "<b>Margins" not in page


def test_an_empty_ticker_page_says_so(client, nvda):
    page = client.get("/tickers/NVDA/").content.decode()
    assert "No author has disclosed a position in NVDA yet." in page
    assert "Nobody has commented yet." in page


def test_only_what_is_public_stands_there(client, article, nvda, make_article, make_comment):
    draft = make_article("Draft", days_ago=None)
    draft.tags.add(nvda)
    disclose(draft, nvda, note="Secretly held.")
    make_comment("On a draft.", article=draft)
    other = make_article("Elsewhere")
    disclose(other, nvda, note="Named, and no tag.")
    make_comment("Elsewhere said.", article=other)
    make_comment("Said in public.")
    for status in ("pending", "spam", "trash", "submitted"):
        make_comment(f"Held as {status}.", status=status)
    page = client.get("/tickers/NVDA/").content.decode()
    for hidden in ("Draft", "Secretly", "On a draft", "Elsewhere said", "Held as"):
        assert hidden not in page
    assert "Said in public." in page
    assert "Named, and no tag." in page  # it is about this ticker, and public
    draft.published_at = article.published_at
    draft.save()
    assert "Secretly held." in client.get("/tickers/NVDA/").content.decode()


def test_the_newest_five_of_each(client, nvda, make_article, make_comment):
    for number in range(7):
        article = make_article(f"Number {number}")
        article.tags.add(nvda)
        disclosure = disclose(article, nvda, note=f"Note {number}.")
        Disclosure.objects.filter(pk=disclosure.pk).update(as_of=date(2026, 1, 1 + number))
        make_comment(f"Comment {number}.", article=article)
    page = client.get("/tickers/NVDA/").content.decode()
    for number in range(7):
        assert (f"Note {number}." in page) == (number >= 2)
        assert (f"Comment {number}." in page) == (number >= 2)


def test_the_number_of_queries_does_not_grow(
    client, nvda, article, make_article, make_comment, count_queries
):
    disclose(article, nvda)
    make_comment("First.")
    with_one = len(count_queries(client.get, "/tickers/NVDA/"))
    for number in range(20):
        another = make_article(f"Number {number}")
        another.tags.add(nvda)
        disclose(another, nvda)
        make_comment(f"Comment {number}.", article=another)
    assert len(count_queries(client.get, "/tickers/NVDA/")) == with_one <= 6


def test_a_long_comment_is_cut_between_two_words(client, nvda, article, make_comment):
    article.tags.add(nvda)
    make_comment(f"Margins {'shrinking ' * 30}")
    make_comment("w" * 300)
    page = client.get("/tickers/NVDA/").content.decode()
    assert "shrinking …</span>" in page
    assert f"{'w' * 159}…</span>" in page


def test_ticker_pages_are_in_the_sitemap(client, nvda):
    assert "/tickers/NVDA/</loc>" in client.get("/sitemap-tags.xml").content.decode()


# --- $NVDA ----------------------------------------------------------------------------------

LINK = '<a class="cashtag" href="/tickers/NVDA/">$NVDA</a>'


@pytest.mark.parametrize(
    ("body", "linked"),
    [
        ("<p>$NVDA rose.</p>", f"<p>{LINK} rose.</p>"),
        ("<p>($NVDA), $NVDA's <em>$NVDA</em></p>", f"<p>({LINK}), {LINK}'s <em>{LINK}</em></p>"),
        ("<p>$NVDA.</p>", f"<p>{LINK}.</p>"),
        ("<p>$100, $AAPL, NVDA, $nvda</p>", None),
        ("<p>US$NVDA $$NVDA $NVDAX $NVDA1 $NVDA_x $NVDA$</p>", None),
        ('<p><a href="/x/">on <em>$NVDA</em></a></p>', None),
        ("<p><code>$NVDA</code></p><pre>$NVDA\n$NVDA</pre>", None),
        ('<p title="$NVDA">x</p><img src="/x.png" alt="a > $NVDA">', None),
        ("<p><abbr>$NVDA</abbr></p>", f"<p><abbr>{LINK}</abbr></p>"),
        ('<p><a href="/x/">x</a> $NVDA <code>x</code></p>',
         f'<p><a href="/x/">x</a> {LINK} <code>x</code></p>'),
    ],
)  # fmt: skip
def test_symbols_become_links(body, linked):
    assert html.with_ticker_links(body, {"NVDA": "/tickers/NVDA/"}) == (linked or body)


def test_symbols_with_a_dot_and_at_a_sentence_end():
    addresses = {"BRK.B": "/tickers/BRK.B/"}
    linked = html.with_ticker_links("<p>We hold $BRK.B.</p>", addresses)
    assert linked == '<p>We hold <a class="cashtag" href="/tickers/BRK.B/">$BRK.B</a>.</p>'
    assert html.tickers_named("<p>$NVDA, $BRK.B and $100</p>") == {"NVDA", "BRK.B"}


def test_an_article_links_tickers_that_have_a_page(client, make_article, make_ticker, nvda):
    make_ticker("AMD")  # no article carries it
    article = make_article("On both", body="<p>$NVDA and $AMD.</p>")
    page = client.get(article.get_absolute_url()).content.decode()
    assert f"{LINK} and $AMD." in page
    nvda.articles.clear()
    assert LINK not in client.get(article.get_absolute_url()).content.decode()
    assert Article.objects.get(pk=article.pk).body == "<p>$NVDA and $AMD.</p>"


def test_links_to_tickers_cost_one_query_at_most(client, make_article, nvda, count_queries):
    plain = make_article("Plain")
    named = make_article("Named", body="<p>$NVDA $AMD $TSM $MU</p>")
    without = len(count_queries(client.get, plain.get_absolute_url()))
    assert len(count_queries(client.get, named.get_absolute_url())) == without + 1


def test_another_author_discloses_for_themselves(client, nvda, make_article):
    other = Author.objects.create(name="Marcus Adeyemi", slug="marcus")
    article = make_article("By another")
    Article.objects.filter(pk=article.pk).update(author=other)
    disclose(article, nvda, "short")
    page = client.get("/tickers/NVDA/").content.decode()
    assert "Marcus Adeyemi, as of" in page
    assert "<strong>Short</strong>" in page
