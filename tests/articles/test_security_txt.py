"""The small files at addresses that machines know by heart."""

from datetime import UTC, datetime, timedelta

import pytest

ADDRESS = "/.well-known/security.txt"


def fields(client):
    response = client.get(ADDRESS)
    assert (response.status_code, response["Content-Type"]) == (200, "text/plain; charset=utf-8")
    return dict(line.split(": ", 1) for line in response.content.decode().splitlines())


@pytest.mark.parametrize(
    ("contact", "sender", "told"),
    [
        ("privacy@example.org", "", "mailto:privacy@example.org"),
        ("https://example.org/contact", "", "https://example.org/contact"),
        ("https://example.org/@us", "", "https://example.org/@us"),
        ("", "Marginalia <post@example.org>", "mailto:post@example.org"),
    ],
)
def test_whom_to_tell_about_a_weakness(client, settings, contact, sender, told):
    settings.PRIVACY_CONTACT, settings.DEFAULT_FROM_EMAIL = contact, sender
    assert fields(client)["Contact"] == told


def test_the_file_is_as_rfc_9116_wants_it(client):
    found = fields(client)
    assert found["Canonical"] == f"http://testserver{ADDRESS}"
    assert found["Preferred-Languages"] == "en"
    expires = datetime.fromisoformat(found["Expires"])
    assert timedelta(days=30) < expires - datetime.now(UTC) < timedelta(days=365)


def test_it_is_the_same_for_every_reader(client):
    response = client.get(ADDRESS)
    assert "s-maxage" in response["Cache-Control"]
    assert not response.cookies
    assert client.post(ADDRESS).status_code == 405


def test_the_icon_that_browsers_guess(client):
    response = client.get("/favicon.ico")
    assert (response.status_code, response["Location"]) == (301, "/static/img/icon.svg")
