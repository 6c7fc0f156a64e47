"""Readers' pages on small and large screens, on paper, and in the colors people ask for."""

from datetime import date

import pytest

from articles.models import Article, Disclosure, Tag
from tests.browser.axe import by_day_and_night
from tests.browser.steps import overflow

pytestmark = pytest.mark.browser

TEXT = f"<p>{'Margins are what is left. ' * 60}</p>"
WIDE = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
NARROWEST = {"width": 320, "height": 640}
TABLET = {"width": 768, "height": 1024}
SHIFTS = """() => new Promise((done) => {
    let sum = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((it) => (sum += it.value)))
        .observe({ type: "layout-shift", buffered: true });
    setTimeout(() => done(sum), 300);
})"""


@pytest.fixture
def study(make_article, deep_thread):
    """A long article on a ticker, with all that stands around it, between two others."""
    ticker = Tag.objects.create(
        name="NVIDIA", slug="nvidia", kind="ticker", symbol="NVDA", exchange="NASDAQ"
    )
    sections = (f"<h2>{name}: $NVDA {'long ' * 12}</h2>{TEXT}" for name in ("One", "Two", "Three"))
    study = make_article(
        f"A study {'of everything ' * 9}",
        slug="study",
        days_ago=1,
        tags=["semiconductors"],
        body="".join(sections),
        ai_use=Article.AiUse.ASSISTED,
    )
    study.tags.add(ticker)
    Disclosure.objects.create(
        article=study, ticker=ticker, position="long", as_of=date(2026, 1, 2), note="n" * 200
    )
    study.author.name = "Wolfeschlegel von Steinhausenbergerdorff " * 2  # longer than a line
    study.author.save()
    make_article("W" * 120, slug="earlier", days_ago=2, summary="y" * 200)
    return study


def addresses(study):
    month = f"/archive/{study.published_at:%Y/%m}/"
    return (
        *("/", "/articles/earlier/", "/articles/illustrated/", study.get_absolute_url()),
        *("/tags/", "/tags/semiconductors/", "/tickers/NVDA/", study.author.get_absolute_url()),
        *("/archive/", month, "/search/", "/search/?q=margins", "/search/?q=zzzz"),
        *("/comment-data/", "/nowhere/", f"/comments/{some_comment()}/report/"),
        f"{study.get_absolute_url()}error/",
    )


def some_comment():
    return Article.objects.get(slug="illustrated").comments.public().first().pk


def test_every_kind_of_page_is_accessible_and_fits_the_screen(open_window, study):
    page, found = open_window(), []
    for address in addresses(study):
        assert page.goto(address).status == (404 if address == "/nowhere/" else 200)
        for size in (NARROWEST, PHONE, TABLET, WIDE):
            page.set_viewport_size(size)
            if size in (PHONE, WIDE):
                found += by_day_and_night(page)
            if over := overflow(page):
                found.append(f"{page.url}: {over} pixels wider than {size}")
    assert found == []


@pytest.mark.parametrize("size", [PHONE, WIDE])
def test_nothing_moves_after_it_was_painted(open_window, study, size):
    page = open_window(viewport=size)
    for address in ("/", "/articles/illustrated/", study.get_absolute_url(), "/tickers/NVDA/"):
        page.goto(address)
        assert page.evaluate(SHIFTS) == 0, address


def test_the_sections_stay_beside_the_text_and_lead_to_it(open_window, study):
    page = open_window(viewport=WIDE)
    page.goto(study.get_absolute_url())
    contents, body = page.locator(".contents"), page.locator(".body")
    assert contents.bounding_box()["x"] > body.bounding_box()["x"] + body.bounding_box()["width"]
    contents.get_by_role("link", name="Three").press("Enter")
    assert 0 <= page.get_by_role("heading", name="Three").bounding_box()["y"] < 100
    assert 0 <= contents.bounding_box()["y"] < 100


def test_the_sections_stop_where_the_text_ends(open_window, study):
    page = open_window(viewport=WIDE)
    page.goto(study.get_absolute_url())
    footer = page.locator(".article-footer")
    footer.evaluate("(it) => it.scrollIntoView()")
    contents, foot = page.locator(".contents").bounding_box(), footer.bounding_box()
    assert contents["y"] + contents["height"] <= foot["y"]


def test_on_a_phone_the_sections_come_before_the_text(open_window, study):
    page = open_window(viewport=PHONE)
    page.goto(study.get_absolute_url())
    contents, body = (page.locator(each).bounding_box() for each in (".contents", ".body"))
    assert contents["y"] + contents["height"] <= body["y"]
    page.get_by_text("On this page").press("Enter")
    assert not page.locator(".contents ol").is_visible()


def test_on_paper_the_disclosure_stays_and_the_form_goes(open_window, study):
    page = open_window(color_scheme="dark", viewport=WIDE)
    page.goto(study.get_absolute_url())
    page.emulate_media(media="print")
    for kept in (".disclosure", ".disclaimer", "h1", ".body", "#comments-title"):
        assert page.locator(kept).first.is_visible(), kept
    for gone in (".respond", ".contents", ".neighbors", ".related", ".site-header nav", "form"):
        assert not page.locator(gone).first.is_visible(), gone
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(255, 255, 255)"


def test_on_paper_the_widest_table_fits(open_window, illustrated):
    page = open_window(viewport={"width": 718, "height": 1000})  # A4 within a browser's margins
    page.emulate_media(media="print")
    page.goto(illustrated.get_absolute_url())
    assert page.evaluate("document.documentElement.scrollWidth") == 718
    table, body = (page.locator(each).bounding_box() for each in (".body table", ".body"))
    assert table["width"] <= body["width"]


def test_who_asks_for_contrast_gets_underlined_links(open_window, study):
    page = open_window(contrast="more", viewport=WIDE)
    page.goto(study.get_absolute_url())
    link = page.locator(".contents a").first
    line, ink = (
        link.evaluate(f"(it) => getComputedStyle(it).{name}")
        for name in ("textDecorationColor", "color")
    )
    assert line == ink
