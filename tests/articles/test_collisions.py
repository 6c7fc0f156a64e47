"""Two editors at one article: nothing is overwritten that its editor has not seen."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from articles.models import Article, Disclosure, Tag
from tests.articles.editors import address, edit, errors, opened, save


@pytest.fixture
def other(db):
    """Another editor's browser."""
    user = User.objects.create_user("wanda", first_name="Wanda", last_name="Writer", is_staff=True)
    user.groups.add(Group.objects.get(name="Editors"))
    client = Client()
    client.force_login(user)
    return client


def test_the_second_is_refused_and_told_who_and_what(desk, other, article):
    data = opened(desk, article)
    edit(other, article, title="Inference or training", summary="By Wanda.")
    response = save(desk, article, data, title="Inference, training", body="<p>Mine.</p>")
    said = errors(response)["__all__"][0]
    assert said.startswith("Not saved: Wanda Writer saved this article on ")
    page = response.content.decode()
    assert "<del>Inference or </del><ins>Inference, </ins>training" in page
    assert "<del>By Wanda.</del>" in page
    # What was typed is still in the form, and the database as the first left it.
    form = response.context["adminform"].form
    assert (form["title"].value(), form["body"].value()) == ("Inference, training", "<p>Mine.</p>")
    assert [each.name for each in form.collision.differences] == ["title", "summary", "body"]
    stored = Article.objects.get()
    assert (stored.title, stored.summary) == ("Inference or training", "By Wanda.")
    # Pressing Save again is no answer.
    data["version"] = form.version
    assert "Not saved" in errors(save(desk, article, data, title="Mine"))["__all__"][0]


def test_mine_is_saved_over_theirs_when_asked_for(desk, other, article, editor):
    data = opened(desk, article)
    edit(other, article, title="Theirs")
    response = save(desk, article, data, title="Mine")
    over = response.context["adminform"].form.collision.version
    assert f'name="_over" value="{over}"' in response.content.decode()
    assert save(desk, article, data, title="Mine", _over=over).status_code == 302
    assert Article.objects.get().title == "Mine"
    after, before, _first = article.revisions.all()
    assert (after.why, after.by, after.data["title"]) == ("over", editor, "Mine")
    assert before.data["title"] == "Theirs"


def test_a_third_save_in_between_is_seen_too(desk, other, article):
    data = opened(desk, article)
    edit(other, article, title="Theirs")
    over = save(desk, article, data, title="Mine").context["adminform"].form.collision.version
    edit(other, article, title="Theirs again")
    assert "Not saved" in errors(save(desk, article, data, title="Mine", _over=over))["__all__"][0]
    assert Article.objects.get().title == "Theirs again"


@pytest.mark.parametrize("over", ["", "x", "0"])
def test_no_made_up_version_saves_over(desk, other, article, over):
    data = opened(desk, article)
    edit(other, article, title="Theirs")
    assert errors(save(desk, article, data, title="Mine", _over=over))
    assert Article.objects.get().title == "Theirs"


def test_who_saved_without_a_change_is_in_nobodys_way(desk, other, article):
    data = opened(desk, article)
    edit(other, article)
    assert save(desk, article, data, title="Mine").status_code == 302


def test_two_who_wrote_the_same_do_not_collide(desk, other, article):
    data = opened(desk, article)
    edit(other, article, title="Same")
    assert save(desk, article, data, title="Same").status_code == 302
    assert article.revisions.count() == 2


def test_a_change_by_another_way_is_no_persons(desk, article):
    edit(desk, article, title="Mine")
    data = opened(desk, article)
    Article.objects.update(comments_open=False)
    said = errors(save(desk, article, data, title="Mine, longer"))["__all__"][0]
    assert said.startswith("Not saved: the article was changed while you were writing.")
    assert not Article.objects.get().comments_open


def test_tags_and_disclosures_collide_too(desk, other, article):
    ticker = Tag.objects.create(
        name="NVIDIA", slug="nvda", kind="ticker", symbol="NVDA", exchange="NASDAQ"
    )
    data = opened(desk, article)
    article.tags.add(Tag.objects.create(name="Cloud", slug="cloud"))
    Disclosure.objects.create(article=article, ticker=ticker, position="none", as_of="2026-01-02")
    response = save(desk, article, data)
    names = [each.name for each in response.context["adminform"].form.collision.differences]
    assert names == ["tags", "disclosures"]
    assert list(article.tags.values_list("name", flat=True)) == ["Cloud"]


def test_the_page_offers_theirs(desk, other, article):
    data = opened(desk, article)
    edit(other, article, title="<b>Theirs</b>")
    page = save(desk, article, data, title="Mine").content.decode()
    assert f'href="{address("change", article)}"' in page
    assert "<b>Theirs</b>" not in page


def test_a_comment_or_a_drawn_picture_is_no_collision(desk, article, make_comment):
    data = opened(desk, article)
    make_comment()
    Article.objects.update(picture_copies={"any": 1}, share_picture="share/x.jpg")
    assert save(desk, article, data, title="Mine").status_code == 302
