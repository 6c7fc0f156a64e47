"""What axe complains of on a page. Nothing, says every test that asks."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.steps import overflow

#: The rules that can find by night what they did not find by day.
COLORS = ["color-contrast", "link-in-text-block"]

# Only complaints are described (what passed has no selectors and no HTML) and come back. `null`
# where the page has no axe yet: reading its half megabyte again would take longer than looking.
LOOK = """([include, options]) => typeof axe === "undefined" ? null
    : axe.run(include ? { include } : document, { resultTypes: ["violations"], ...options })
        .then(({ violations }) => violations)"""


def complaints(page: Page, *within: str, only: list[str] | None = None) -> list[str]:
    """What axe complains of on the page as it stands, or in the parts of it that are named.

    `within` are selectors, of which one at least must be there; `only` are the rules to ask.
    """
    asked = [[[each] for each in within] or None, {"runOnly": only} if only else {}]
    found = page.evaluate(LOOK, asked)
    if found is None:
        page.evaluate(AXE_SCRIPT)
        found = page.evaluate(LOOK, asked)
    return [
        f"{page.url}: {each['id']}: {node['html'][:120]} {node['failureSummary']}"
        for each in found
        for node in each["nodes"]
    ]


def by_day_and_night(page: Page, *within: str) -> list[str]:
    """Complaints by day, and those about colors by night.

    It stays the same page: asking again, with axe already at home, takes a fifth (a short page) to
    two fifths (a long one) of opening it and asking; the colors alone save another fifth of that.
    """
    show(page, "light")
    by_day = complaints(page, *within)
    show(page, "dark")
    return by_day + complaints(page, *within, only=COLORS)


def on_phone_and_laptop(page: Page, *within: str, phone: int = 390) -> list[str]:
    """Complaints by day on a phone of that width, by night on a laptop; and what is too wide."""
    found = []
    for width, scheme in ((phone, "light"), (1280, "dark")):
        page.set_viewport_size({"width": width, "height": 800})
        show(page, scheme)
        found += complaints(page, *within)
        if over := overflow(page):
            found.append(f"{page.url}: {over} pixels too wide for {width}")
    return found


def show(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    # Links change their color by and by.
    page.evaluate(
        """() => {
            const changing = () => document.getAnimations().filter((it) => it.transitionProperty);
            for (let all; (all = changing()).length; ) all.forEach((it) => it.finish());
        }"""
    )
