"""A real browser against the real site. Without Chromium these tests are skipped, and counted."""

import shutil
import signal
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, sync_playwright

from articles.models import Article

#: The first is the same Chromium without a window's machinery: it takes half the time.
EXECUTABLES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
TIMEOUT = 10_000  # milliseconds; far more than anything here takes


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    executable = next(filter(None, map(shutil.which, EXECUTABLES)), None)
    if executable is None:
        pytest.skip("no Chromium found")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def emptied(chromium: Browser, transactional_db: None) -> None:
    """Empty the database after each test; the fixtures of people make their groups again."""


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """Signing in is not what these tests wait for."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def open_window(chromium: Browser, live_server: Any) -> Iterator[Callable[..., Page]]:
    """Open a browser window of its own, with no cookies and nothing remembered.

    `staff=True` for somebody who will sign in; nobody else may be given a cookie. Whatever the
    browser complains of (a script's error, the Content-Security-Policy, a file not found) in any
    window fails the test in the end; with `faults=True` not that a script was refused something,
    or got no answer.
    """
    contexts, complaints = [], []
    refused: set[str] = set()

    def open_it(*, staff: bool = False, faults: bool = False, **options: Any) -> Page:
        context = chromium.new_context(base_url=live_server.url, **options)
        context.set_default_timeout(TIMEOUT)
        contexts.append((context, staff))
        page = context.new_page()

        def note_answer(response: Response) -> None:
            if response.status >= 400 and response.request.is_navigation_request():
                refused.add(response.url)

        def note_message(message: ConsoleMessage) -> None:
            expected = faults and message.text.startswith("Failed to load resource")
            if message.type == "error" and not expected:
                complaints.append((message.location["url"], f"{page.url}: {message.text}"))

        page.on("response", note_answer)
        page.on("console", note_message)
        page.on("pageerror", lambda error: complaints.append(("", f"{page.url}: {error}")))
        return page

    yield open_it
    cookies = [cookie for context, staff in contexts if not staff for cookie in context.cookies()]
    for context, _staff in contexts:
        context.close()
    # A page that is answered with an error on purpose is told in the console too.
    assert [said for address, said in complaints if address not in refused] == []
    assert cookies == []


@pytest.fixture
def work(akismet: Any) -> Iterator[Callable[[], None]]:
    """Run `manage.py work --once` against the stand-in Akismet."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield lambda: call_command("work", "--once")
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def illustrated(make_article: Callable[..., Article]) -> Article:
    """An article with everything that may stand in one, some of it wider than a telephone."""
    data = BytesIO()
    Image.new("RGB", (1200, 675), "teal").save(data, "JPEG")
    cells = "".join(f"<td>{number}0,000,000</td>" for number in range(14))
    return make_article(
        "What a foundry’s queue tells you about capital expenditure in semiconductors",
        slug="illustrated",
        tags=["capital-expenditure", "semiconductors"],
        picture=ContentFile(data.getvalue(), "queue.jpg"),
        picture_alt="A row of boxes",
        picture_caption="Each box is a month of waiting.",
        body=f"""
            <p>First <a href="/tags/">linked</a>, <code>{"longword" * 20}</code>.</p>
            <h2>A table</h2>
            <table><thead><tr><th scope="col">Year</th></tr></thead>
            <tbody><tr>{cells}</tr></tbody></table>
            <h3>Code</h3><pre><code>{"x = 1; " * 40}</code></pre>
            <blockquote><p>Quoted.</p></blockquote>
            <ul><li>One</li><li>Two</li></ul>
        """,
    )


@pytest.fixture
def deep_thread(illustrated: Article, make_comment: Callable[..., Any]) -> Article:
    """The illustrated article with two threads, one as deep as they go."""
    above = None
    for level in range(1, 6):
        above = make_comment(
            f"Level {level}: {'thoughtful ' * 30} https://example.org/{'path' * 30}",
            name=f"Somebody With A Rather Long Name {level}",
            url="https://example.com/" if level % 2 else "",
            parent=above,
            article=illustrated,
        )
    make_comment(f"<pre>{'wide ' * 60}</pre>\n\n{'w' * 200}", article=illustrated)
    illustrated.refresh_from_db()
    return illustrated
