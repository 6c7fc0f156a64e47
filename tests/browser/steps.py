"""What people do in a browser, in the words of the stories."""

from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Locator, Page, Response

WAITING = "Your comment is awaiting moderation."
PASSWORD = "pass-word-1"  # what tests/conftest.py gives to staff


def click(page: Page, target: Locator) -> Response:
    """Click on something that leads to another page, and return the server's answer."""
    with page.expect_navigation() as navigation:
        target.click()
    return navigation.value


def decide(page: Page, target: Locator) -> Response:
    """Press a button of the desk, whose script asks without leaving the page; return the answer."""
    with page.expect_response(lambda response: response.request.method == "POST") as answer:
        target.click()
    return answer.value


def write(page: Page, text: str, **fields: str) -> None:
    """Fill in the comment form."""
    person = {"name": "Rosa Reader", "email": "rosa@example.com", **fields}
    for field, value in {"text": text, **person}.items():
        page.locator(f"#respond-{field}").fill(value)


def send(page: Page) -> Response:
    return click(page, page.get_by_role("button", name="Post Comment"))


def sign_in(page: Page, user: Any, address: str) -> None:
    """Ask for a page that needs a login, and sign in on the way."""
    page.goto(address)
    assert "/admin/login/" in page.url
    page.get_by_label("Username").fill(user.username)
    page.get_by_label("Password").fill(PASSWORD)
    click(page, page.get_by_role("button", name="Log in"))
    assert page.url.endswith(address)


def enter(page: Page, user: Any, address: str) -> None:
    """Open a page in a browser in which `user` has signed in some time ago."""
    page.context.add_cookies([session_of(user)])
    page.goto(address)
    assert page.url.endswith(address)


def desk_card(page: Page, name: str) -> Locator:
    """The card on the moderation desk of a comment by `name`."""
    return page.locator(".desk-card").filter(has=page.get_by_role("heading", name=name))


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.id")


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def session_of(user: Any) -> dict[str, str]:
    """The cookie of a browser in which `user` has signed in."""
    client = Client()
    client.force_login(user)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    return {
        "name": settings.SESSION_COOKIE_NAME,
        "value": value,
        "domain": "localhost",
        "path": "/",
    }
