"""Editors pin what to read next, and leave out what they do not want there."""

from html import unescape

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from articles import generation
from articles.models import Article, Author, Pick
from articles.publishing import workflow
from articles.publishing.standing import standing_of
from articles.related import related_to
from tests.articles.editors import address, edit, errors, opened, save


def names(article):
    standing = standing_of(article)
    found = related_to(article, pinned=standing.pinned, left_out=standing.left_out)
    return [each.title for each in found]


@pytest.fixture
def read(make_article):
    """The article that has just been read; without picks it leads to Shared 1 to 4, in order."""
    for number in range(1, 5):
        make_article(f"Shared {number}", tags=["a"], days_ago=10 + number)
    for number in range(1, 5):
        make_article(f"Other {number}", days_ago=1 + number)
    return make_article("Read", tags=["a"])


def pick(article, *titles, kind=Pick.Kind.PINNED):
    for place, title in enumerate(titles, start=1):
        other = Article.objects.get(title=title)
        Pick.objects.create(article=article, other=other, kind=kind, place=place)


def rows(data, *picks):
    """Add rows to what is sent: the other article, what, and its place."""
    start = int(data["picks-TOTAL_FORMS"])
    for number, (other, kind, place) in enumerate(picks, start=start):
        data |= {f"picks-{number}-other": other.pk, f"picks-{number}-kind": kind}
        data |= {f"picks-{number}-place": place}
    return data | {"picks-TOTAL_FORMS": start + len(picks)}


# --- what readers see -----------------------------------------------------------------------


def test_pins_come_first_in_their_order_and_the_best_of_the_rest_follow(read):
    pick(read, "Other 4", "Shared 3", "Other 2")
    assert names(read) == ["Other 4", "Shared 3", "Other 2", "Shared 1", "Shared 2"]


def test_pins_count_among_the_three_that_are_shown_at_least(make_article):
    read = make_article("Read")
    for number in range(1, 6):
        make_article(f"Other {number}", days_ago=number)
    pick(read, "Other 5")
    assert names(read) == ["Other 5", "Other 1", "Other 2"]
    pick(read, "Other 1")  # which is among the latest anyway
    assert sorted(names(read)) == ["Other 1", "Other 2", "Other 5"]


def test_what_is_left_out_never_comes(read):
    pick(read, "Shared 1", "Shared 2", "Shared 3", "Other 1", kind=Pick.Kind.LEFT_OUT)
    assert names(read) == ["Shared 4", "Other 2", "Other 3"]


def test_it_concerns_no_other_article(read, make_article):
    other = make_article("Another", tags=["a"], days_ago=20)
    pick(read, "Other 4")
    pick(read, "Shared 1", kind=Pick.Kind.LEFT_OUT)
    assert names(other) == ["Read", "Shared 1", "Shared 2", "Shared 3", "Shared 4"]


@pytest.mark.parametrize("hidden", ["draft", "scheduled", "withdrawn"])
def test_a_pin_waits_until_it_is_public(client, editor, read, make_article, hidden):
    days_ago = {"draft": None, "scheduled": -1, "withdrawn": 5}[hidden]
    pinned = make_article("Pinned", days_ago=days_ago)
    if hidden == "withdrawn":
        workflow.take("withdraw", pinned.pk, by=editor)
    pick(read, "Pinned")
    assert "Pinned" not in client.get(read.get_absolute_url()).content.decode()
    Article.objects.filter(pk=pinned.pk).update(published_at=timezone.now(), withdrawn_at=None)
    page = client.get(read.get_absolute_url()).content.decode()
    assert page.index("Pinned") < page.index("Shared 1")


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_page_takes_as_many_queries_as_without(client, read, make_article, count_queries, count):
    for number in range(20):
        make_article(f"Left out {number}")
    pick(read, *[f"Other {n}" for n in range(1, 1 + min(count, 4))])
    pick(read, *[f"Left out {n}" for n in range(4 * count)], kind=Pick.Kind.LEFT_OUT)
    client.get(read.get_absolute_url())
    assert len(count_queries(client.get, read.get_absolute_url())) == 4


def test_the_page_cache_notices(read, django_capture_on_commit_callbacks):
    now = generation.Generation()
    before = now.current()
    with django_capture_on_commit_callbacks(execute=True):
        pick(read, "Other 4")
    now._looked_at = 0
    assert now.current() != before


# --- the form -------------------------------------------------------------------------------


def test_an_editor_pins_and_leaves_out(desk, read, make_article):
    one, two, three = (Article.objects.get(title=f"Other {n}") for n in (1, 2, 3))
    wanted = ((one, "pinned", 7), (two, "left_out", 1), (three, "pinned", 3))
    edit(desk, read, **rows(opened(desk, read), *wanted))
    stored = [(p.other.title, p.kind, p.place) for p in read.picks.filter(kind="pinned")]
    assert stored == [("Other 3", "pinned", 1), ("Other 1", "pinned", 2)]
    assert names(read)[:2] == ["Other 3", "Other 1"]
    # A later one goes behind, and another order is one number.
    data = opened(desk, read)
    edit(desk, read, **rows(data | {"picks-1-place": 0}, (make_article("New"), "pinned", 5)))
    assert names(read)[:3] == ["Other 1", "Other 3", "New"]


def refused(desk, read, *wanted):
    response = save(desk, read, rows(opened(desk, read), *wanted))
    errors(response)
    assert not read.picks.exists()
    return unescape(response.content.decode())


def test_five_pins_at_most_and_any_number_left_out(desk, read):
    others = list(Article.objects.exclude(pk=read.pk)[:7])
    six = [(other, "pinned", 1) for other in others[:6]]
    assert "Pin 5 articles at most." in refused(desk, read, *six)
    edit(desk, read, **rows(opened(desk, read), *six[:5],
                            *((other, "left_out", 1) for other in others[5:])))  # fmt: skip
    assert read.picks.count() == 7
    # One goes, one comes.
    data = opened(desk, read) | {"picks-0-DELETE": "on", "picks-5-kind": "pinned"}
    edit(desk, read, **data)
    assert read.picks.filter(kind="pinned").count() == 5


def test_not_itself_and_each_once(desk, read):
    other = Article.objects.get(title="Other 1")
    assert "cannot be read after itself" in refused(desk, read, (read, "pinned", 1))
    twice = ((other, "pinned", 1), (other, "left_out", 1))
    assert "Choose each article once." in refused(desk, read, *twice)


def test_the_database_insists(read):
    pick(read, "Other 1")
    for title in ("Other 1", "Read"):
        with pytest.raises(IntegrityError), transaction.atomic():
            pick(read, title)


def test_a_writer_pins_what_a_writer_sees(client, writer, make_article):
    client.force_login(writer)
    own = Author.objects.get(user=writer)
    draft = make_article("Mine", days_ago=None)
    draft.author = own
    draft.save()
    public, hidden = make_article("Public"), make_article("Hidden", days_ago=None)
    response = save(client, draft, rows(opened(client, draft), (hidden, "pinned", 1)))
    assert response.status_code == 200
    assert "Hidden" not in response.content.decode()
    # Nor where somebody else saved meanwhile, and both versions are shown.
    data = rows(opened(client, draft), (hidden, "pinned", 1), (public, "pinned", 2))
    page = save(client, draft, data, version="of-yesterday").content.decode()
    assert "Pin: Public" in page
    assert "Hidden" not in page
    response = save(client, draft, opened(client, draft), follows=hidden.pk)
    assert list(errors(response)) == ["follows"]
    assert "Hidden" not in response.content.decode()
    edit(client, draft, **rows(opened(client, draft), (public, "pinned", 1)))
    # What an editor has chosen stays.
    pick(draft, "Hidden", kind=Pick.Kind.LEFT_OUT)
    edit(client, draft, title="Mine, still")
    assert draft.picks.count() == 2


def test_the_preview_shows_what_is_typed(desk, read):
    other = Article.objects.get(title="Other 4")
    data = rows(opened(desk, read), (other, "pinned", 1))
    assert "Other 4" in desk.post(address("preview", read), data).content.decode()
    assert "Other 4" not in desk.post(address("preview", read), opened(desk, read)).content.decode()


# --- revisions ------------------------------------------------------------------------------


def test_it_is_kept_compared_and_restored(desk, read):
    edit(desk, read, title="Read, first")
    first = read.revisions.first()
    one, two = (Article.objects.get(title=f"Other {n}") for n in (1, 2))
    edit(desk, read, **rows(opened(desk, read), (two, "pinned", 1), (one, "left_out", 1)))
    second = read.revisions.first()
    assert second.changed == ["picks"]
    page = desk.get(address("compare", read), {"from": first.pk}).content.decode()
    assert "Read next" in page
    assert "Other 2" in page
    edit(desk, read, **{"picks-0-DELETE": "on", "picks-1-DELETE": "on"})
    assert not read.picks.exists()
    two.delete()
    response = desk.post(address("restore", read, second.pk), follow=True)
    assert [(pick.other, pick.kind) for pick in read.picks.all()] == [(one, "left_out")]
    assert "The article “Other 2” is gone." in unescape(response.content.decode())


def test_another_order_is_a_change_and_another_title_is_none(desk, read):
    one, two = (Article.objects.get(title=f"Other {n}") for n in (1, 2))
    edit(desk, read, **rows(opened(desk, read), (one, "pinned", 1), (two, "pinned", 2)))
    count = read.revisions.count()
    Article.objects.filter(pk=one.pk).update(title="Renamed")
    edit(desk, read)
    assert read.revisions.count() == count
    edit(desk, read, **{"picks-0-place": 3})
    assert read.revisions.first().changed == ["picks"]


def test_two_editors_at_one_article(desk, read):
    other = Article.objects.get(title="Other 1")
    mine = rows(opened(desk, read), (other, "pinned", 1))
    edit(desk, read, **rows(opened(desk, read), (other, "left_out", 1)))
    response = save(desk, read, mine)
    assert "Not saved" in errors(response)["__all__"][0]
    difference = next(
        each
        for each in response.context["adminform"].form.collision.differences
        if each.name == "picks"
    )
    text = "".join(piece for line in difference.lines for _op, piece in line.pieces)
    assert "Pin" in text
    assert "Leave out" in text
