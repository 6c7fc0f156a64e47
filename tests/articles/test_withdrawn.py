"""Withdrawn articles: gone for readers, everywhere, with a page that says so; and back again."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from articles.models import Article
from articles.publishing import workflow
from comments.models import Comment
from tests.articles.editors import address, edit, errors, opened, save


@pytest.fixture
def withdrawn(article, editor, make_comment):
    """An article with a comment, withdrawn."""
    article.tags.create(name="Chips", slug="chips")
    make_comment("Seen once", status="approved")
    workflow.take("withdraw", article.pk, by=editor)
    article.refresh_from_db()
    return article


def test_its_address_says_that_it_is_gone(withdrawn, client):
    response = client.get(withdrawn.get_absolute_url())
    page = response.content.decode()
    assert response.status_code == 410
    assert "This page is gone" in page
    assert withdrawn.title not in page
    assert "s-maxage" in response["Cache-Control"]
    assert client.get(f"{withdrawn.get_absolute_url()}feed/").status_code == 410


def test_an_old_address_of_it_says_the_same(article, editor, client):
    old = article.get_absolute_url()
    article.slug = "better"
    article.save()
    workflow.take("withdraw", article.pk, by=editor)
    assert client.get(old).status_code == 410
    assert client.get("/articles/better/").status_code == 410


def test_no_comment_is_taken_and_none_is_lost(withdrawn, post_comment):
    assert post_comment(to=withdrawn).status_code in (404, 410)
    assert Comment.objects.get().text == "Seen once"


@pytest.mark.parametrize(
    "where",
    ["/", "/feed/", "/feed/atom/", "/comments/feed/", "/archive/", "/tags/", "/search/?q=inference",
     "/sitemap-articles.xml", "/articles/other/"],
)  # fmt: skip
def test_nothing_else_mentions_it(withdrawn, make_article, client, where):
    make_article("Other")
    response = client.get(where)
    assert response.status_code == 200
    page = response.content.decode()
    assert withdrawn.title not in page
    assert withdrawn.slug not in page
    assert "Seen once" not in page


def test_it_comes_back_as_it_was(desk, article, make_comment, client):
    when = article.published_at
    make_comment("Seen once", status="approved")
    page = address("publication", article)
    assert desk.post(page, {"step": "withdraw"}).status_code == 302
    assert client.get(article.get_absolute_url()).status_code == 410
    assert desk.post(page, {"step": "bring_back"}).status_code == 302
    article.refresh_from_db()
    assert (article.published_at, article.withdrawn_at) == (when, None)
    assert "Seen once" in client.get(article.get_absolute_url()).content.decode()
    assert [row.changed for row in article.revisions.all()[:2]] == [
        ["withdrawn_at", "published_at"]
    ] * 2


def test_a_time_in_the_form_does_not_bring_it_back(desk, withdrawn):
    data = opened(desk, withdrawn)
    assert "published_at_0" not in data
    edit(desk, withdrawn, title="Mended", published_at_0="2026-01-02", published_at_1="10:00:00")
    withdrawn.refresh_from_db()
    assert (withdrawn.title, withdrawn.published_at) == ("Mended", None)
    assert desk.get(withdrawn.get_absolute_url()).status_code == 410


def test_neither_the_database_has_both(withdrawn):
    with pytest.raises(IntegrityError), transaction.atomic():
        Article.objects.filter(pk=withdrawn.pk).update(published_at=timezone.now())


def test_it_is_withdrawn_from_the_list(desk, make_article):
    public, draft = make_article("One"), make_article("Two", days_ago=None)
    data = {"action": "withdraw", "_selected_action": [public.pk, draft.pk]}
    page = desk.post("/admin/articles/article/", data, follow=True).content.decode()
    assert "1 article changed." in page
    assert list(Article.objects.withdrawn()) == [public]
    page = desk.get("/admin/articles/article/?state=withdrawn").content.decode()
    assert "1 article" in page
    assert '<td class="field-state">Withdrawn</td>' in page


def test_publish_now_leaves_it_alone_and_says_so(desk, withdrawn):
    data = {"action": "publish_now", "_selected_action": [withdrawn.pk]}
    page = desk.post("/admin/articles/article/", data, follow=True).content.decode()
    assert "is in another state by now: Withdrawn." in page
    assert not Article.objects.published().exists()


def test_its_slug_stays_taken(desk, withdrawn, make_article):
    other = make_article("Other")
    response = save(desk, other, opened(desk, other), slug=withdrawn.slug)
    assert list(errors(response)) == ["slug"]
