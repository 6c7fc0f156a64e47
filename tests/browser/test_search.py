"""A reader looks for an article: by day, by night, on a phone, and with the keyboard alone."""

from datetime import date

import pytest

from articles.models import Disclosure, Tag
from tests.browser.axe import on_phone_and_laptop

pytestmark = pytest.mark.browser

DESK = {"width": 1280, "height": 800}


@pytest.fixture
def ticker(article, make_comment):
    tag = Tag.objects.create(
        name="NVIDIA", slug="nvda", kind="ticker", symbol="NVDA", exchange="NASDAQ"
    )
    article.body = "<p>$NVDA trains and serves.</p>"
    article.save()
    article.tags.add(tag)
    Disclosure.objects.create(
        article=article, ticker=tag, position="long", as_of=date(2026, 3, 4), note="x" * 200
    )
    make_comment("A" * 300)
    return tag


def test_axe_finds_nothing_and_nothing_is_too_wide(open_window, article, ticker):
    page, found = open_window(), []
    for address in (
        "/search/",
        "/search/?q=inference",
        "/search/?q=nvda",
        "/search/?q=zeppelin",
        f"/search/?q={'w' * 201}",
        "/tickers/NVDA/",
        article.get_absolute_url(),
    ):
        page.goto(address)
        found += on_phone_and_laptop(page, phone=320)
    assert found == []


def test_from_any_page_to_an_article_by_keyboard(open_window, article):
    page = open_window(viewport=DESK)
    page.goto("/tags/")
    for _time in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "q":
            break
    page.keyboard.type("inferense")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.get_by_text("These hold “inference”.").is_visible()
    assert page.locator("mark").first.inner_text() == "Inference"
    with page.expect_navigation():
        page.get_by_role("link", name="Inference and training").press("Enter")
    assert page.url.endswith(article.get_absolute_url())


def test_on_a_phone_the_header_holds_a_link_to_the_search(open_window, article):
    page = open_window(viewport={"width": 390, "height": 800}, has_touch=True)
    page.goto("/")
    assert page.locator(".header-search").is_hidden()
    assert page.locator(".site-header").bounding_box()["height"] < 80
    with page.expect_navigation():
        page.get_by_role("link", name="Search").tap()
    page.get_by_label("Search articles").last.fill("training")
    with page.expect_navigation():
        page.locator(".search-form button").tap()
    assert page.get_by_role("link", name="Inference and training").is_visible()


def test_a_symbol_in_an_article_leads_to_its_ticker(open_window, article, ticker):
    page = open_window()
    page.goto(article.get_absolute_url())
    with page.expect_navigation():
        page.locator(".body").get_by_role("link", name="$NVDA").click()
    assert page.url.endswith("/tickers/NVDA/")
    assert page.get_by_role("heading", name="Latest disclosures").is_visible()
