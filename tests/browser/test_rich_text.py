"""Writing in the rich-text editor: what it writes, what it keeps, and what it never loses."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from articles import sample
from articles.html import clean
from articles.models import Article
from tests.articles.editors import address
from tests.browser.steps import click, sign_in
from tests.browser.test_editor import kept, leave

pytestmark = pytest.mark.browser

EVERYTHING = """<p lang="en">Plain <strong>bold <em>both</em></strong>, <b>old</b> <i>ways</i>, <code>x = 1</code>, H<sub>2</sub>O,
x<sup>2</sup>, <abbr title="earnings per share">EPS</abbr>, <cite>A paper</cite>, <a href="/tags/" title="All">a link</a><br>and
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
    """Open an article's form, signing in where that is needed; return the text in the editor."""
    if "sessionid" in {cookie["name"] for cookie in page.context.cookies()}:
        page.goto(address("change", article))
    else:
        sign_in(page, editor, address("change", article))
    page.wait_for_load_state("load")
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
    print(body)
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
