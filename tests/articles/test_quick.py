"""`{% once %}` and `{% day %}`: made once, and right each time."""

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from django.template import Context, Template
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject

from articles.models import Article, Author, Tag
from articles.templatetags import quick

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


# --- what is remembered of an article's page -------------------------------------------------


def test_what_is_kept_by_version_is_made_anew_for_another_and_each_time_without_one():
    shown = Template(
        "{% load quick %}{% once by version of n=n %}{{ of.name }}{{ n }}{% endonce %}"
    )

    def say(version, name, n=1):
        return shown.render(Context({"version": version, "of": {"name": name}, "n": n}))

    assert [say((1,), "A"), say((1,), "B"), say((2,), "B"), say((1,), "C")] == [
        "A1",
        "A1",
        "B1",
        "A1",
    ]
    # A number or a text that is handed over counts as well.
    assert [say((1,), "B", 2), say((1,), "C", 2), say((1,), "D", "2")] == ["B2", "B2", "D2"]
    for none in (None, (), ""):
        assert [say(none, "A"), say(none, "B")] == ["A1", "B1"]


def test_what_is_lazy_is_left_alone_where_it_is_not_needed():
    shown = Template("{% load quick %}{% once by version lazy %}{{ lazy }}{% endonce %}")
    looked = []
    lazy = [SimpleLazyObject(lambda: looked.append(1) or "seen") for _ in range(2)]
    for each in lazy:
        assert shown.render(Context({"version": (1,), "lazy": each})) == "seen"
    assert looked == [1]


def test_what_is_very_long_is_not_kept():
    shown = Template("{% load quick %}{% once by version of %}{{ of.name }}{% endonce %}")
    for name in ("a" * quick.LONGEST, "b" * quick.LONGEST):
        assert shown.render(Context({"version": (1,), "of": {"name": name}})) == "a" * quick.LONGEST
    for letter in "cd":
        name = letter * (quick.LONGEST + 1)
        assert shown.render(Context({"version": (2,), "of": {"name": name}})) == name


def test_of_versions_the_oldest_go():
    shown = Template("{% load quick %}{% once by version version %}{{ version }}{% endonce %}")
    (node,) = shown.nodelist.get_nodes_by_type(quick.OnceNode)
    for number in range(1, 2 * quick.VERSIONS):
        assert shown.render(Context({"version": number})) == str(number)
        assert len(node._made) <= quick.VERSIONS


def test_many_threads_remember_at_once():
    shown = Template("{% load quick %}{% once by version %}A{% endonce %}")
    (node,) = shown.nodelist.get_nodes_by_type(quick.OnceNode)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-7)
    try:
        with ThreadPoolExecutor(6) as pool:
            for _done in pool.map(
                lambda who: [node._remember((who, n), "A") for n in range(20_000)], range(6)
            ):
                pass
    finally:
        sys.setswitchinterval(before)
    assert len(node._made) < quick.VERSIONS + 6


@pytest.fixture
def discussed(make_article):
    """An article with everything around it that its page tells of."""
    ticker = Tag.objects.create(
        name="NVIDIA", slug="nvidia", kind="ticker", symbol="NVDA", exchange="NASDAQ"
    )
    old = timezone.localdate() - timedelta(days=80)
    article = make_article("One", body="<p>$NVDA and $AMD</p>", tags=["chips"])
    Article.objects.filter(pk=article.pk).update(thesis="It grows.", thesis_as_of=old)
    article.tags.add(ticker)
    article.disclosures.create(ticker=ticker, position="long", as_of="2026-01-02", note="Since May")
    article.corrections.create(day="2026-01-03", said="Not 5 but 6.")
    make_article("Two", days_ago=2, tags=["chips"])
    return article


def _change(of, **values):
    """A change that no `save` sees, as an import or a shell may make it."""
    return lambda article: of(article).update(**values)


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (_change(lambda it: Article.objects.filter(pk=it.pk), title="Eins"), "<h1>Eins</h1>"),
        (_change(lambda it: Article.objects.filter(pk=it.pk), seo_description="Why"), '="Why"'),
        (_change(lambda it: Article.objects.filter(pk=it.pk), thesis="It falls."), "It falls."),
        (_change(lambda it: Article.objects.filter(pk=it.pk), comment_count=7), "7 comments"),
        (_change(lambda it: Article.objects.filter(pk=it.pk), comment_count=8), 'Count": 8'),
        (_change(lambda it: Author.objects.all(), name="Ada Lo"), ">Ada Lo</a>"),
        (_change(lambda it: Author.objects.all(), relationships="Paid by X"), "Paid by X"),
        (_change(lambda it: Tag.objects.filter(slug="chips"), name="Silicon"), ">Silicon</a>"),
        (_change(lambda it: Tag.objects.filter(symbol="NVDA"), name="Nvidia C"), "Nvidia C"),
        (_change(lambda it: it.disclosures.all(), note="Since June"), "Since June"),
        (_change(lambda it: it.corrections.all(), said="Not 6 but 7."), "Not 6 but 7."),
        (_change(lambda it: Article.objects.filter(slug="two"), title="Zwei"), "</span> Zwei</a>"),
        (_change(lambda it: Article.objects.filter(slug="two"), title="Zwei"), '/two/">Zwei</a>'),
        (lambda it: Article.objects.filter(slug="two").update(follows=it), "Followed up by"),
    ],
)
def test_whatever_changes_is_seen_on_the_next_page(client, discussed, change, seen):
    address = discussed.get_absolute_url()
    assert seen not in client.get(address).content.decode()
    change(discussed)
    assert seen in client.get(address).content.decode()


def test_a_ticker_that_comes_into_being_is_linked_to(client, discussed, make_article):
    address, link = discussed.get_absolute_url(), '<a class="cashtag" href="/tickers/AMD/">'
    assert link not in client.get(address).content.decode()
    amd = Tag.objects.create(name="AMD", slug="amd", kind="ticker", symbol="AMD", exchange="NASDAQ")
    make_article("Three").tags.add(amd)
    assert link in client.get(address).content.decode()


def test_an_open_thesis_grows_old_by_the_clock_alone(client, discussed, monkeypatch):
    Article.objects.filter(pk=discussed.pk).update(thesis_status="open")
    address = discussed.get_absolute_url()
    assert "more than 90 days old" not in client.get(address).content.decode()
    later = timezone.now() + timedelta(days=20)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert "more than 90 days old" in client.get(address).content.decode()
