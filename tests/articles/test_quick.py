"""`{% once %}` and `{% day %}`: made once, and right each time."""

from datetime import UTC, date, datetime

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

ONCE = Template(
    "{% load quick %}{% once name here=place.name %}{{ name }}{{ here }}{{ user }}{% endonce %}"
)


def test_what_is_kept_knows_what_is_named_and_nothing_else():
    told = {"name": "<A>", "place": {"name": "b"}, "user": "Kim"}
    for user in ("Kim", "Sam"):
        assert ONCE.render(Context({**told, "user": user})) == "&lt;A&gt;b"
    assert ONCE.render(Context({"name": "A", "place": {"name": "c"}})) == "Ac"
    assert ONCE.render(Context(told)) == "&lt;A&gt;b"


def test_each_language_has_its_own():
    said = Template("{% load i18n quick %}{% once %}{% translate 'Search' %}{% endonce %}")
    with translation.override("de"):
        german = said.render(Context())
    assert (said.render(Context()), german) == ("Search", "Suchen")


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (date(2026, 3, 3), '<time datetime="2026-03-03">March 3, 2026</time>'),
        (None, ""),
        (
            datetime(2026, 3, 3, 23, 30, tzinfo=UTC),
            '<time datetime="2026-03-03T23:30:00+00:00">March 3, 2026</time>',
        ),
    ],
)
def test_a_day(moment, expected):
    assert (
        Template("{% load quick %}{% day moment %}").render(Context({"moment": moment})) == expected
    )


def test_a_day_is_that_of_the_sites_time_zone():
    moment = datetime(2026, 3, 3, 23, 30, tzinfo=UTC)
    shown = Template("{% load quick %}{% day moment %}")
    assert "March 3, 2026" in shown.render(Context({"moment": moment}))
    with timezone.override("Asia/Tokyo"):
        assert "March 4, 2026" in shown.render(Context({"moment": moment}))


def test_the_place_in_the_navigation_is_marked_and_no_other(client, make_article):
    make_article("One")
    for address, marked in (("/", 1), ("/tags/", 1), ("/articles/one/", 0), ("/", 1)):
        page = client.get(address).content.decode()
        assert page.count('aria-current="page"') == marked, address
