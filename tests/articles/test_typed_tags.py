"""Tags are typed into an article's form; who may make tags also makes them there."""

import pytest

from articles.models import Author, Tag
from articles.publishing import tags
from tests.articles.editors import address, edit, errors, opened, save


@pytest.fixture
def draft(make_article):
    return make_article("A draft", days_ago=None, tags=["chips"])


@pytest.fixture
def nvda(db):
    return Tag.objects.create(
        name="NVIDIA", slug="nvidia", kind="ticker", symbol="NVDA", exchange="NASDAQ"
    )


def named(article):
    return sorted(article.tags.values_list("name", flat=True))


def test_a_new_tag_is_made_when_the_article_is_saved(desk, draft):
    data = opened(desk, draft)
    data["tags"] = [*data["tags"], "+Power  grids ", "+power grids", "+2027"]
    desk.post(address("check", draft), data)
    desk.post(address("preview", draft), data)
    assert Tag.objects.count() == 1
    edit(desk, draft, **data)
    assert named(draft) == ["2027", "Chips", "Power grids"]
    assert Tag.objects.get(slug="power-grids").kind == "topic"
    assert draft.revisions.first().changed == ["tags"]


@pytest.mark.parametrize("typed", ["NVDA", "$nvda", "nvidia", "Nvidia", "Team green"])
def test_what_is_called_so_already_is_taken(desk, draft, nvda, typed):
    former = Tag.objects.create(name="Team green", slug="team-green", kind="ticker", symbol="TG",
                                exchange="NYSE")  # fmt: skip
    tags.redirects.keep("tag", "team-green", tag=nvda)
    former.delete()
    edit(desk, draft, tags=[f"+{typed}"])
    assert list(draft.tags.all()) == [nvda]
    assert Tag.objects.count() == 2


def test_of_several_the_one_that_is_called_just_so_is_taken(desk, draft, nvda):
    Tag.objects.create(name="A rumor", slug="nvda")
    Tag.objects.create(name="Also", slug="power-grids")
    grids = Tag.objects.create(name="Power grids", slug="grids")
    edit(desk, draft, tags=["+$NVDA"])
    assert list(draft.tags.all()) == [nvda]
    edit(desk, draft, tags=["+power grids"])
    assert list(draft.tags.all()) == [grids]


def test_signs_tell_names_apart(desk, draft, client):
    edit(desk, draft, tags=["+C++", "+C#", "+C", "+Disney+", "+#AI"])
    assert named(draft) == ["#AI", "C", "C#", "C++", "Disney+"]
    slugs = Tag.objects.order_by("slug").values_list("slug", flat=True)
    assert list(slugs) == ["ai", "c", "c-plus-plus", "c-sharp", "chips", "disney-plus"]
    edit(desk, draft, tags=["+c++", "+c plus plus", "+AI"])
    assert named(draft) == ["#AI", "C++"]


def test_a_tag_that_somebody_made_meanwhile_is_taken(desk, draft, monkeypatch):
    monkeypatch.setattr(
        "articles.editing.admin.library.take_in",
        lambda *_, **__: Tag.objects.create(name="Power Grids", slug="power-grids"),
    )
    edit(desk, draft, tags=["+Power grids"])
    assert named(draft) == ["Power Grids"]


@pytest.mark.parametrize("typed", ["+", "+!!!", "+" + "x" * 61, "Chips and more", "+\0"])
def test_what_cannot_be_a_tag_is_refused_beside_the_field(desk, draft, typed):
    response = save(desk, draft, opened(desk, draft), tags=[typed], title="Kept")
    assert list(errors(response)) == ["tags"]
    assert Tag.objects.count() == 1


def test_what_was_typed_stays_while_the_form_is_put_right(desk, draft):
    chips = draft.tags.get()
    response = save(desk, draft, opened(desk, draft), tags=[chips.pk, "+Power <grids>"], title="")
    assert list(errors(response)) == ["title"]
    page = response.content.decode()
    assert '<option value="+Power &lt;grids&gt;" selected>Power &lt;grids&gt;</option>' in page
    assert f'<option value="{chips.pk}" selected>Chips</option>' in page


def test_a_writer_makes_none(client, writer, draft):
    draft.author = Author.objects.get(user=writer)
    draft.save()
    client.force_login(writer)
    page = client.get(address("change", draft)).content.decode()
    assert "data-new-tags" not in page
    response = save(client, draft, opened(client, draft), tags=["+Power grids"])
    assert list(errors(response)) == ["tags"]
    assert Tag.objects.count() == 1


def test_tickers_are_looked_up_by_their_symbols(desk, nvda):
    query = {"app_label": "articles", "model_name": "article", "field_name": "tags", "term": "nvd"}
    found = desk.get("/admin/autocomplete/", query).json()["results"]
    assert found == [{"id": str(nvda.pk), "text": "NVIDIA ($NVDA)"}]
