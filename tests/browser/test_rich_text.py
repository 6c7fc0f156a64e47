"""Writing in the rich-text editor: what it writes, what it keeps, and what it never loses."""

from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from articles import sample
from articles.html import clean
from articles.models import Article
from articles.pictures.models import Picture
from tests.articles.editors import address
from tests.browser.axe import complaints
from tests.browser.steps import click, enter, overflow
from tests.browser.test_editor import kept, leave

pytestmark = pytest.mark.browser

EVERYTHING = """<p lang="en">Plain <strong>bold <em>both</em></strong>, <b>old</b> <i>ways</i>, <code>x = 1</code>, H<sub>2</sub>O,
x<sup>2</sup>, <abbr title="earnings style=per share">EPS</abbr>, <cite>A paper</cite>, <a href="/tags/" title="All">a link</a> <a href="//[x">odd</a><br>and
a source<sup><a href="#source-2">[2]</a></sup>, <img src="/static/img/icon.svg" alt="small" width="16" height="16">&nbsp;1 &lt; 2 &amp; 3.</p>

<h2>A section</h2>
<ul>
<li>One</li>
<li>Two
<ol start="3">
<li>Three</li>
</ol>
</li>
<li><p>A paragraph.</p>
<p>Another.</p></li>
</ul>
<blockquote><p>Quoted.</p>
<p>Twice.</p></blockquote>

<h3>Tables</h3>
<table>
<caption>A <em>caption</em></caption>
<thead><tr><th scope="col">Year</th><th scope="col">Sum</th></tr></thead>
<tbody>
<tr><th scope="row">2025</th><td>1</td></tr>
<tr><td colspan="2"><p>Long</p>
<ul>
<li>x</li>
</ul></td></tr>
</tbody>
<tfoot><tr><td>All</td><td>2</td></tr></tfoot>
</table>

<h4>The rest</h4>
<pre><code>if a &lt; b:
    return  1</code></pre>
<pre>verse <strong>one</strong>
  verse two</pre>
<hr>
<figure><img src="/static/img/icon.svg" alt="An icon" width="64" height="64"><figcaption>Caption with <a href="/">a link</a></figcaption></figure>
<figure><a href="/tags/"><img src="/static/img/icon.svg" alt=""></a></figure>
<figure><blockquote><p>Pulled.</p></blockquote><figcaption>Somebody</figcaption></figure>

<h2>Sources</h2>
<ol class="sources">
<li>A report</li>
<li>A <a href="https://example.org/filing">filing</a></li>
</ol>"""  # noqa: E501

#: What the editor has no way to show.
ODD = (
    "<figure><figcaption>First</figcaption><img></figure>",
    "<ul>x<li>y</li></ul>",
    '<a href="/x/"><h2>x</h2></a>',
    "<table><tbody><tr><td>1</td></tr></tbody><tbody><tr><td>2</td></tr></tbody></table>",
    '<figure><img src="/x.png"><figcaption><p>1</p><p>2</p></figcaption></figure>',
)

READ = """async (bodies) => {
    const { getSchema, pm } = await import("django-prose-editor/editor");
    const { schema } = await import("marginalia/editor-text-schema");
    const { parsed, same, tidied } = await import("marginalia/editor-text-html");
    const { written } = await import("marginalia/editor-text-write");
    const { keyed } = await import("marginalia/editor-text-sources");
    const reader = pm.model.DOMParser.fromSchema(getSchema(schema));
    return bodies.map((html) => {
        const root = tidied(parsed(html));
        const again = written(reader.parse(keyed(root.cloneNode(true))));
        return [same(root, parsed(again)), again];
    });
}"""


@pytest.fixture
def draft(make_article: Any) -> Article:
    return make_article("A draft", days_ago=None, tags=["cloud"])


@pytest.fixture
def page(open_window, editor) -> Page:
    return open_window(staff=True)


def open_text(page: Page, editor: Any, article: Article) -> Any:
    """Open an article's form; return the text in the editor."""
    enter(page, editor, address("change", article))
    return page.locator(".text-body")


def written(page: Page) -> str:
    """What would be sent."""
    return page.input_value("#id_body")


def tool(page: Page, name: str) -> None:
    page.get_by_role("toolbar").get_by_role("button", name=name, exact=True).click()


def paste(page: Page, html: str) -> None:
    page.evaluate(
        """(html) => {
            const data = new DataTransfer();
            data.setData("text/html", html);
            const event = { clipboardData: data, bubbles: true, cancelable: true };
            document.querySelector(".text-body").dispatchEvent(new ClipboardEvent("paste", event));
        }""",
        html,
    )


def test_what_a_body_may_hold_is_shown_and_written_again(page, editor, draft):
    bodies = [clean(sample._read(path.stem)["body"])
              for path in sorted(sample.FOLDER.glob("*.toml"))
              if path.stem not in sample.LISTS]  # fmt: skip
    assert len(bodies) > 10
    open_text(page, editor, draft)
    for body, (whole, again) in zip(bodies, page.evaluate(READ, bodies), strict=True):
        assert whole
        assert clean(again) == body.replace("\n\n<p>", "\n<p>")
    ((whole, again),) = page.evaluate(READ, [clean(EVERYTHING)])
    assert whole
    assert clean(again).split() == clean(EVERYTHING).split()
    assert [whole for whole, _again in page.evaluate(READ, list(ODD))] == [False] * len(ODD)


def test_what_cannot_be_shown_whole_stays_html(page, editor, draft):
    Article.objects.filter(pk=draft.pk).update(body=ODD[0])
    text = open_text(page, editor, draft)
    expect(text).to_be_hidden()
    expect(page.locator("[data-note]")).to_contain_text("nothing is lost")
    assert written(page) == clean(ODD[0])
    tool(page, "HTML")
    expect(text).to_be_hidden()
    page.fill("#id_body", "<p>Mended.</p>")
    tool(page, "HTML")
    expect(text).to_have_text("Mended.")
    expect(page.locator("[data-note]")).to_be_hidden()


def test_an_article_with_everything(page, editor, draft):
    """Written with buttons and keys, saved, opened again: the same, and the console is empty."""
    text = open_text(page, editor, draft)
    keys, press = page.keyboard.type, page.keyboard.press
    text.click()
    press("Control+A")
    keys("Plain ")
    press("Control+B")
    keys("bold")
    press("Control+B")
    keys(" and ")
    press("Control+K")
    page.get_by_label("Address", exact=True).fill("javascript:alert(1)")
    page.get_by_role("button", name="Set link").click()
    expect(page.get_by_text("An address begins with")).to_be_visible()
    page.get_by_label("Address", exact=True).fill("example.org/x")
    page.get_by_label("Text", exact=True).fill("a link")
    press("Enter")
    expect(text).to_be_focused()
    keys(" there")
    press("Enter")
    page.get_by_label("Style of the paragraph").select_option(label="Heading 2")
    keys("Section")
    press("Enter")
    tool(page, "Bulleted list")
    keys("One")
    press("Enter")
    press("Tab")
    keys("Below")
    press("Enter")
    press("Enter")
    keys("Two")
    press("Enter")
    press("Enter")
    tool(page, "Quote")
    keys("Quoted")
    press("Enter")
    press("Enter")
    tool(page, "Block of code")
    keys("a < b")
    press("Enter")
    keys("c")
    press("Control+Enter")
    tool(page, "Table")
    keys("Year")
    press("Tab")
    keys("Sum")
    press("Tab")
    press("Tab")
    keys("2026")
    tool(page, "Delete column")
    tool(page, "Row below")
    tool(page, "Caption")
    keys("Sums")
    press("Control+End")
    press("ArrowDown")
    tool(page, "Line between sections")
    keys("Said")
    tool(page, "Source")
    page.get_by_label("What it is").fill("A report")
    page.get_by_label("Address, if it has one").fill("https://example.org/report")
    press("Enter")
    keys(".")
    body = written(page)
    click(page, page.locator("[name=_continue]"))
    draft.refresh_from_db()
    assert draft.body == clean(body)
    open_text(page, editor, draft)
    assert written(page) == draft.body
    for part in (
        '<p>Plain <strong>bold</strong> and <a href="https://example.org/x" rel="noopener">a link</a> there</p>',  # noqa: E501
        "<h2>Section</h2>",
        "<ul>\n<li>One\n<ul>\n<li>Below</li>\n</ul>\n</li>\n<li>Two</li>\n</ul>",
        "<blockquote><p>Quoted</p></blockquote>",
        "<pre><code>a &lt; b\nc</code></pre>",
        "<caption>Sums</caption>",
        '<thead><tr><th scope="col">',
        "<hr>",
        '<p>Said<sup><a href="#source-1" rel="noopener">[1]</a></sup>.</p>',
        '<h2>Sources</h2>\n<ol class="sources">\n<li><a href="https://example.org/report"',
    ):
        assert part in draft.body


def test_typing_while_a_picture_is_selected_keeps_it(page, editor, draft):
    figure = (
        '<figure><img src="/static/img/icon.svg" alt="An icon" width="64" height="64"></figure>'
    )
    Article.objects.filter(pk=draft.pk).update(body=f"<p>Before.</p>{figure}<p>After.</p>")
    text = open_text(page, editor, draft)
    before = written(page)
    picture = text.locator("figure img")
    picture.click()
    expect(text.locator("figure.ProseMirror-selectednode")).to_have_count(1)
    page.keyboard.type("Typed")
    expect(picture).to_be_visible()
    expect(text.locator("figcaption")).to_have_text("Typed")
    assert "<figcaption>Typed</figcaption>" in written(page)
    picture.click()
    paste(page, "<p>Pasted.</p>")
    expect(picture).to_be_visible()
    expect(text.locator("figure + p")).to_have_text("Pasted.")
    picture.click()
    page.keyboard.press("Enter")
    page.keyboard.type("Below.")
    expect(text.locator("figure + p")).to_have_text("Below.")
    # At the start of its caption Backspace takes the picture, the next one deletes it as a whole.
    text.locator("figcaption").click()
    page.keyboard.press("Home")
    page.keyboard.press("Backspace")
    expect(text.locator("figure.ProseMirror-selectednode")).to_have_count(1)
    page.keyboard.press("Backspace")
    assert "figure" not in written(page)
    page.keyboard.press("Control+Z")
    expect(picture).to_be_visible()
    picture.click()
    page.keyboard.press("Delete")
    expect(picture).to_have_count(0)
    for _time in range(10):
        page.keyboard.press("Control+Z")
    assert written(page) == before, "what was taken back is no change, to the byte"


def test_what_is_kept_comes_back_into_the_text(page, editor, draft):
    text = open_text(page, editor, draft)
    text.click()
    page.keyboard.press("End")
    page.keyboard.type(" Typed, not saved.")
    kept(page, "Typed, not saved.")
    leave(page, "/admin/")
    text = open_text(page, editor, draft)
    expect(text).to_have_text("Body.")
    page.get_by_role("button", name="Restore").click()
    expect(text).to_have_text("Body. Typed, not saved.")
    click(page, page.locator("[name=_continue]"))
    draft.refresh_from_db()
    assert draft.body == "<p>Body. Typed, not saved.</p>"


def test_the_numbers_follow_the_sources(page, editor, draft):
    def numbers() -> tuple[list[str], list[str]]:
        found = text.locator(".reference").all_text_contents()
        return found, text.locator(".sources li").all_text_contents()

    one, two = (f'<sup><a href="#source-{n}">[{n}]</a></sup>' for n in (1, 2))
    body = f'<p>a{one} b{two}</p>\n<ol class="sources">\n<li>One</li>\n<li>Two</li>\n</ol>'
    Article.objects.filter(pk=draft.pk).update(body=body)
    text = open_text(page, editor, draft)
    press = page.keyboard.press
    text.locator(".sources li").first.click()
    press("Home")
    press("Enter")
    assert numbers() == (["[2]", "[3]"], ["", "One", "Two"])
    press("ArrowUp")
    page.keyboard.type("New")
    text.locator(".sources li").nth(1).click(click_count=3)
    press("Backspace")
    press("Backspace")
    assert numbers() == (["[?]", "[2]"], ["New", "Two"])
    assert 'href="#source-x"' in written(page)
    press("Control+Z")
    assert numbers() == (["[2]", "[3]"], ["New", "One", "Two"])
    # Enter in an empty one at the end leads out of the list.
    press("Control+End")
    press("ArrowUp")
    press("End")
    press("Enter")
    press("Enter")
    page.keyboard.type("After.")
    assert written(page).endswith("<li>Two</li>\n</ol>\n<p>After.</p>")


@pytest.fixture
def png() -> bytes:
    data = BytesIO()
    Image.new("RGB", (80, 40), "teal").save(data, "PNG")
    return data.getvalue()


def drop(page: Page, data: bytes, on: str) -> None:
    """Drop a file onto a place in the text."""
    page.evaluate(
        """([bytes, on]) => {
            const file = new File([new Uint8Array(bytes)], "chart.png", { type: "image/png" });
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(file);
            const place = document.querySelector(on);
            const { left, top } = place.getBoundingClientRect();
            const event = { dataTransfer, bubbles: true, cancelable: true };
            place.dispatchEvent(
                new DragEvent("drop", { ...event, clientX: left + 5, clientY: top + 5 }),
            );
        }""",
        [list(data), on],
    )


def test_pictures_are_uploaded_dropped_and_picked(open_window, editor, draft, png):
    page = open_window(staff=True, faults=True)
    text = open_text(page, editor, draft)
    dialog = page.get_by_role("dialog")
    drop(page, png, ".text-body p")
    expect(dialog.get_by_label("What the picture shows")).to_be_focused()
    dialog.get_by_role("button", name="Upload and insert").click()
    expect(dialog).to_contain_text("Say what the picture shows")
    dialog.get_by_label("What the picture shows").fill("A chart")
    dialog.get_by_label("Caption").fill("Sales.")
    dialog.get_by_label("Credit").fill("Kim")
    # Whoever was signed out meanwhile loses neither the text nor what stands in the dialog.
    (cookie,) = [each for each in page.context.cookies() if each["name"] == "sessionid"]
    page.context.clear_cookies(name="sessionid")
    dialog.get_by_role("button", name="Upload and insert").click()
    expect(dialog).to_contain_text("You are signed out.")
    page.context.add_cookies([cookie])
    dialog.get_by_role("button", name="Upload and insert").click()
    expect(dialog).to_have_count(0)
    expect(text.locator("figcaption")).to_have_text("Sales. Credit: Kim")
    picture = Picture.objects.get()
    shown = f'src="{picture.file.url}" alt="A chart" width="80" height="40"'
    # Dropped at its beginning: before the paragraph, and never into it.
    assert written(page).startswith(f"<figure><img {shown}><figcaption>Sales. ")
    assert written(page).endswith("</figure>\n<p>Body.</p>")
    # What no server takes is said beside its field.
    drop(page, b"no picture", ".text-body p")
    dialog.get_by_label("Decorative").check()
    dialog.get_by_role("button", name="Upload and insert").click()
    expect(dialog.locator("#text-picture-file-wrong")).to_be_visible()
    page.keyboard.press("Escape")
    expect(text).to_be_focused()
    # The second one comes from the library, by keyboard.
    page.keyboard.press("Control+End")
    tool(page, "Picture")
    dialog.get_by_label("Search").fill("nothing of the kind")
    expect(dialog).to_contain_text("No picture found.")
    dialog.get_by_label("Search").fill("chart")
    choice = dialog.get_by_role("button", name="A chart")
    choice.focus()
    page.keyboard.press("Enter")
    expect(text.locator("figure")).to_have_count(2)
    change = text.locator("figure").nth(1).get_by_role("button", name="Change")
    change.click()
    dialog.get_by_label("What the picture shows").fill("Two\nlines")
    page.keyboard.press("Enter")
    assert 'alt="Two lines" width="80"' in written(page)
    change.click()
    dialog.get_by_label("Decorative").check()
    dialog.get_by_role("button", name="Set", exact=True).click()
    assert 'alt="" width="80"' in written(page)
    click(page, page.locator("[name=_continue]"))
    draft.refresh_from_db()
    assert draft.body.count("<figure>") == 2


PASTED = {
    # Google Docs: a bold that is none around all, styles for what is meant.
    '<meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1"><h1 dir="ltr"'
    ' style="x"><span style="font-size:20pt">Title</span></h1><p style="line-height:1.38"><span'
    ' style="font-weight:700;color:#000">Bold</span><span style="font-style:italic"> and'
    "</span></p></b>": "<h2>Title</h2>\n<p><strong>Bold</strong><em> and</em></p>",
    # Word: lists are paragraphs, and there is much that only Word understands.
    "<html><head><style>p{}</style></head><body><!--StartFragment--><p class=MsoNormal>Text<o:p>"
    "</o:p></p><p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><![if !supportLists]>"
    "<span style='mso-list:Ignore'>·<span>  </span></span><![endif]>One</p><p class=y"
    " style='mso-list:l0 level2 lfo1'><span style='mso-list:Ignore'>1.</span>Below</p><p class=x"
    " style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·</span>Two</p>"
    "<!--EndFragment--></body></html>": "<p>Text</p>\n<ul>\n<li>One\n<ol>\n<li>Below</li>\n</ol>\n"
    "</li>\n<li>Two</li>\n</ul>",
    # A page of the web.
    '<div class="x" onclick="y()"><script>z()</script><p>See <a href="https://example.org/"'
    ' target="_blank">this</a> <a href="javascript:x">that</a></p><h5>Low</h5><img'
    ' src="https://example.org/x.png"><iframe src="//evil.example"></iframe></div>': '<p>See <a'
    ' href="https://example.org/">this</a> that</p>\n\n<h4>Low</h4>',
}  # fmt: skip


def test_what_is_pasted_comes_clean(page, editor, draft):
    text = open_text(page, editor, draft)
    for html, expected in PASTED.items():
        text.click()
        page.keyboard.press("Control+A")
        page.keyboard.press("Backspace")
        paste(page, html)
        assert written(page) == expected
    expect(page.locator("[data-note]")).to_contain_text("Pictures of other sites were left out")


def test_the_bar_on_a_telephone_by_keyboard_and_for_axe(open_window, editor, draft):
    size = {"width": 390, "height": 800}
    body = EVERYTHING.replace("Plain", "Averylongword" * 20)
    Article.objects.filter(pk=draft.pk).update(body=body)
    page = open_window(staff=True, viewport=size, color_scheme="dark", bypass_csp=True)
    text = open_text(page, editor, draft)
    expect(text).to_be_visible()
    assert overflow(page) == 0
    text.click(position={"x": 40, "y": 30})
    page.keyboard.press("Escape")
    expect(page.get_by_label("Style of the paragraph")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name="Bold")).to_be_focused()
    page.keyboard.press("End")
    expect(page.get_by_role("button", name="HTML")).to_be_focused()
    page.keyboard.press("Escape")
    expect(text).to_be_focused()
    found = complaints(page, ".rich-text")
    tool(page, "Picture")
    page.get_by_role("button", name="Upload and insert").click()
    found += complaints(page, "dialog[open]")
    assert overflow(page) == 0
    assert found == []
