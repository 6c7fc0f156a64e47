"""A reader reports an error, an editor corrects it, and the reader sees that."""

import pytest

from tests.browser.axe import by_day_and_night
from tests.browser.steps import click, enter, overflow

pytestmark = pytest.mark.browser


#: What is ours of a page of Django's admin.
OURS = "#content-main"


def test_an_error_is_reported_and_corrected(open_window, article, editor, settings):
    settings.MAIL_ENABLED = True
    type(article).objects.update(body="<p>Ten chips. Two more make it fifteen. So be it.</p>")
    page = open_window(viewport={"width": 390, "height": 800}, reduced_motion="reduce")
    page.goto(article.get_absolute_url())
    click(page, page.get_by_role("link", name="Report a factual error"))
    found = by_day_and_night(page)
    page.get_by_label("The sentence in question").fill("Two more make it fifteen.")
    claim = page.get_by_label("What is wrong, and what is right")
    claim.fill("x" * 2001)
    assert page.get_by_text("Characters too many: 1").is_visible()
    claim.fill("Ten and two are twelve.")
    page.get_by_label("Tell me by mail").check()
    send = page.get_by_role("button", name="Send the report")
    assert click(page, send).status == 422
    assert page.evaluate("document.activeElement.id") == "error-email"
    assert claim.input_value() == "Ten and two are twelve."
    found += by_day_and_night(page)
    assert overflow(page) == 0
    page.get_by_label("Your email address").fill("rosa@example.com")
    click(page, send)
    assert page.get_by_role("heading", name="Thank you").is_visible()
    found += by_day_and_night(page)

    desk = open_window(staff=True, viewport={"width": 1280, "height": 900})
    enter(desk, editor, "/admin/")
    click(desk, desk.get_by_role("link", name="Errors that readers reported"))
    click(desk, desk.get_by_role("link", name="Ten and two are twelve."))
    assert desk.locator("mark").inner_text() == "Two more make it fifteen"
    found += by_day_and_night(desk, OURS)
    text = desk.get_by_label("The correction, as readers")
    text.press("End")
    text.press("Control+End")
    text.press_sequentially(" twelve.")
    click(desk, desk.get_by_role("button", name="Correct", exact=True))
    assert desk.get_by_text("The correction stands below the article.").is_visible()
    found += by_day_and_night(desk, OURS)

    page.goto(article.get_absolute_url())
    corrections = page.get_by_role("region", name="Corrections")
    assert "“Two more make it fifteen.” Correct is: twelve." in corrections.inner_text()
    assert found == []
