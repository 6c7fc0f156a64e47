"""Editors at work in a browser: nothing typed is lost, and what is wrong is seen while writing."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone
from playwright.sync_api import Page, expect

from articles.models import Article, Tag
from tests.articles.editors import address
from tests.browser.axe import complaints, on_phone_and_laptop
from tests.browser.steps import PASSWORD, click, enter

pytestmark = pytest.mark.browser

NOTICE = "#editor-draft"


@pytest.fixture
def draft(make_article: Callable[..., Article]) -> Article:
    return make_article("A draft", days_ago=None, tags=["cloud"])


@pytest.fixture
def window(open_window, editor) -> Page:
    page = open_window(staff=True)
    page.clock.install()
    return page


def open_form(page: Page, article: Article) -> None:
    page.goto(address("change", article))


def rest(page: Page) -> None:
    """Type nothing for a while: then the page keeps what was typed, and looks at it."""
    page.clock.fast_forward(2_000)


def kept(page: Page, words: str) -> None:
    """Wait until the browser has kept these words."""
    page.wait_for_function(
        "words => Object.values(localStorage).some((it) => it.includes(words))", arg=words
    )


def count_kept(page: Page) -> int:
    """How many articles the browser keeps something of."""
    keys = page.evaluate("Object.keys(localStorage)")
    return len([key for key in keys if key.startswith("marginalia.editor")])


def leave(page: Page, where: str) -> None:
    """Leave the page, in spite of its warning; what was typed is kept at that moment."""
    page.once("dialog", lambda dialog: dialog.accept())
    page.goto(where)


def test_what_was_typed_is_offered_again_until_it_is_saved(window, editor, draft):
    page = window
    typed = "<p>Lines\nof a body</p><div>which is not kept as it is</div>"
    other = Tag.objects.create(name="Semiconductors", slug="semiconductors")
    enter(page, editor, address("change", draft))
    expect(page.locator(NOTICE)).to_be_hidden()
    page.fill("#id_title", "Typed, not saved")
    page.get_by_role("button", name="HTML").click()
    page.fill("#id_body", typed)
    page.locator(".field-tags .select2-selection").click()
    page.locator(".select2-results__option", has_text="Semiconductors").click()
    page.uncheck("#id_comments_open")
    rest(page)
    kept(page, "Semiconductors")
    leave(page, "/admin/")

    open_form(page, draft)
    expect(page.locator(NOTICE)).to_contain_text("You have unsaved changes from")
    expect(page.locator("[data-when-newer]")).to_be_hidden()
    assert page.input_value("#id_title") == "A draft"
    page.get_by_role("button", name="Restore").click()
    assert page.input_value("#id_title") == "Typed, not saved"
    assert page.input_value("#id_body") == typed
    assert not page.is_checked("#id_comments_open")
    expect(page.locator(".field-tags")).to_contain_text("Semiconductors")
    click(page, page.locator("[name=_continue]"))
    draft.refresh_from_db()
    assert (draft.title, draft.comments_open) == ("Typed, not saved", False)
    assert other in draft.tags.all()
    open_form(page, draft)
    expect(page.locator(NOTICE)).to_be_hidden()
    assert count_kept(page) == 0


def test_what_is_discarded_is_gone(window, editor, draft):
    page = window
    enter(page, editor, address("change", draft))
    page.fill("#id_title", "Typed")
    leave(page, "/admin/")
    open_form(page, draft)
    page.get_by_role("button", name="Discard").click()
    expect(page.locator(NOTICE)).to_be_hidden()
    assert count_kept(page) == 0
    assert page.input_value("#id_title") == "A draft"
    open_form(page, draft)
    expect(page.locator(NOTICE)).to_be_hidden()


def test_leaving_is_warned_of_only_with_changes(window, editor, draft):
    page = window
    enter(page, editor, address("change", draft))
    warned = []
    page.on("dialog", lambda dialog: (warned.append(dialog.type), dialog.accept()))
    page.goto("/admin/")
    open_form(page, draft)
    assert warned == []
    page.locator("#id_title").press_sequentially("x")
    page.goto("/admin/")
    assert warned == ["beforeunload"]


def test_a_login_that_ran_out_loses_nothing(window, editor, draft):
    page = window
    enter(page, editor, address("change", draft))
    page.fill("#id_summary", "Written while nobody was signed in.")
    page.context.clear_cookies(name="sessionid")
    page.fill("#id_title", "And this")
    rest(page)
    expect(page.locator("#editor-signed-out")).to_be_visible()
    click(page, page.locator("[name=_continue]"))
    page.fill("[name=username]", editor.username)
    page.fill("[name=password]", PASSWORD)
    with page.expect_navigation():
        page.press("[name=password]", "Enter")
    open_form(page, draft)
    page.get_by_role("button", name="Restore").click()
    assert page.input_value("#id_summary") == "Written while nobody was signed in."
    assert page.input_value("#id_title") == "And this"
    click(page, page.locator("[name=_continue]"))
    draft.refresh_from_db()
    assert draft.title == "And this"


def test_a_form_with_mistakes_keeps_what_was_typed(window, editor, draft):
    page = window
    enter(page, editor, address("change", draft))
    page.fill("#id_title", "")
    page.fill("#id_summary", "Still here.")
    click(page, page.locator("[name=_save]"))
    assert page.input_value("#id_summary") == "Still here."
    leave(page, "/admin/")
    open_form(page, draft)
    page.get_by_role("button", name="Restore").click()
    assert page.input_value("#id_summary") == "Still here."


def test_two_editors(open_window, window, editor, draft):
    wanda = User.objects.create_user("wanda", password=PASSWORD, is_staff=True)
    wanda.groups.add(Group.objects.get(name="Editors"))
    mine, hers = window, open_window(staff=True)
    enter(mine, editor, address("change", draft))
    enter(hers, wanda, address("change", draft))
    hers.fill("#id_title", "Hers")
    click(hers, hers.locator("[name=_continue]"))
    mine.fill("#id_title", "Mine")
    rest(mine)
    expect(mine.locator("[data-stale]")).to_be_visible()
    # Not saved, left, and come back to: still compared with what its writer had seen.
    leave(mine, "/admin/")
    open_form(mine, draft)
    expect(mine.locator("[data-when-newer]")).to_be_visible()
    mine.get_by_role("button", name="Restore").click()
    click(mine, mine.locator("[name=_save]"))
    expect(mine.locator(".errorlist.nonfield")).to_contain_text("wanda saved this article")
    expect(mine.locator(".editor-collision del")).to_have_text("Hers")
    expect(mine.locator(".editor-collision ins")).to_have_text("Mine")
    draft.refresh_from_db()
    assert draft.title == "Hers"
    click(mine, mine.get_by_role("button", name="Save mine over it"))
    draft.refresh_from_db()
    assert draft.title == "Mine"
    open_form(mine, draft)
    expect(mine.locator(NOTICE)).to_be_hidden()


def test_the_checklist_follows_and_leads_to_the_field(window, editor, draft):
    page = window
    enter(page, editor, address("change", draft))
    panel = page.locator("#editor-checklist")
    expect(panel).not_to_contain_text("“TK")
    text = page.get_by_role("textbox", name="Body")
    text.fill("TK")
    rest(page)
    expect(panel).to_contain_text("“TK”")
    panel.get_by_role("link", name="Body").click()
    expect(text).to_be_focused()
    page.locator(".field-tags .select2-selection__choice__remove").click()
    page.keyboard.press("Escape")
    rest(page)
    expect(panel).to_contain_text("Tags: None.")
    page.locator("#id_title").focus()


def test_a_preview_opens_beside_the_form(window, editor, draft):
    page = window
    enter(page, editor, address("change", draft))
    page.fill("#id_title", "Typed")
    with page.context.expect_page() as opening:
        page.get_by_role("button", name="Preview in a new tab").click()
    opened = opening.value
    opened.wait_for_load_state()
    expect(opened.locator("h1")).to_have_text("Typed")
    assert page.input_value("#id_title") == "Typed"
    rest(page)
    kept(page, "Typed")


def test_axe_finds_nothing(open_window, editor, draft):
    # In Django's own pages axe itself sets a style, which the policy forbids.
    page = open_window(staff=True, bypass_csp=True)
    long = "A title with averyveryveryverylongwordthatgoesonandon" * 3
    enter(page, editor, address("change", draft))
    page.fill("#id_title", "TK")
    Article.objects.update(title=long, body="<h2>New</h2><p>Other.</p>")
    leave(page, "/admin/")
    open_form(page, draft)
    expect(page.locator(NOTICE)).to_be_visible()
    found = ours(page)
    page.get_by_role("button", name="Restore").click()
    click(page, page.locator("[name=_continue]"))
    expect(page.locator(".editor-collision")).to_be_visible()
    found += ours(page)
    click(page, page.get_by_role("button", name="Save mine over it"))
    open_form(page, draft)
    click(page, page.get_by_role("link", name="Preview links"))
    click(page, page.get_by_role("button", name="Make a link"))
    found += ours(page)
    link = page.locator("input[type=url]").input_value()
    page.goto(address("history", draft))
    found += ours(page)
    click(page, page.get_by_role("button", name="Compare the two"))
    found += ours(page)
    link = link.replace("http://testserver", "")  # where the tests' settings say the site is
    assert page.goto(link).status == 200
    found += on_phone_and_laptop(page)
    draft.preview_links.update(revoked_at=timezone.now())
    assert page.goto(link).status == 410
    found += on_phone_and_laptop(page)
    assert found == []


OURS = (
    ".editor-notice:not([hidden])", ".editor-collision", ".editor-checklist", ".editor-choices",
    ".editor-history", ".editor-versions", ".editor-link", ".diff",
)  # fmt: skip


def ours(page: Page) -> list[str]:
    """What axe finds in what we put onto a page of Django's; and whether it is too wide."""
    here = [each for each in OURS if page.locator(each).count()]
    assert here
    return on_phone_and_laptop(page, *here)


def test_rows_are_blocks_on_a_phone(open_window, editor, draft):
    page = open_window(staff=True, viewport={"width": 390, "height": 800}, bypass_csp=True)
    enter(page, editor, address("change", draft))
    for group, fields in (("disclosures", 6), ("corrections", 3), ("picks", 4)):
        rows = page.locator(f"#{group}-group")
        rows.locator(".add-row").get_by_role("button").click()
        cells = rows.locator(f"#{group}-0 td:visible")
        expect(cells).to_have_count(fields)
        for cell in cells.all():
            assert cell.evaluate("it => getComputedStyle(it, '::before').content.length > 4")
            box = cell.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
        assert rows.evaluate("it => it.scrollWidth <= it.clientWidth")
        assert complaints(page, f"#{group}-group") == []


def test_a_tag_that_there_is_not_is_typed_like_any_other(window, editor, draft):
    page = window
    Tag.objects.create(name="Semiconductors", slug="semiconductors")
    # As where the page is there before the admin's own scripts have begun.
    page.add_init_script(
        "const soon = setTimeout;"
        "setTimeout = (what, when, ...more) => soon(what, when || 200, ...more)"
    )
    enter(page, editor, address("change", draft))
    options = page.locator(".select2-results__option:not(.loading-results)")
    for typed, shown in (
        ("semi", ["Semiconductors", "New tag: semi"]),
        ("2027", ["New tag: 2027"]),
    ):
        field = page.locator(".field-tags .select2-search__field")
        field.click()
        field.press_sequentially(typed)
        expect(options).to_have_text(shown)
        field.press("Enter")  # takes the first
    rest(page)
    kept(page, "+2027")
    click(page, page.locator("[name=_continue]"))
    assert sorted(map(str, draft.tags.all())) == ["2027", "Cloud", "Semiconductors"]
