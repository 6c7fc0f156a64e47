"""Every save leaves a revision; revisions can be compared and brought back; nothing is lost."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from articles.editing import snapshot
from articles.models import Article, Author, Disclosure, Tag
from articles.pictures.renditions import is_used
from tests.articles.editors import ADD, address, disclose, edit, opened, save

UNKNOWN = {
    # Not of the article itself, or not of an editor's making.
    "id", "picture_width", "picture_height", "picture_copies", "body_copies", "share_picture",
    "updated_at", "comment_count", "index_due", "withdrawn_from",
}  # fmt: skip


@pytest.fixture
def ticker(db):
    return Tag.objects.create(
        name="NVIDIA", slug="nvda", kind="ticker", symbol="NVDA", exchange="NASDAQ"
    )


def words(response):
    """What a page says, without markup."""
    assert response.status_code == 200
    text = re.sub(r"<(/?)(ins|del)\b[^>]*>", lambda tag: f" [{tag[1]}{tag[2]}] ",
                  response.content.decode())  # fmt: skip
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())


def newest(article):
    return article.revisions.first()


# --- what is kept ---------------------------------------------------------------------------


def test_every_part_of_an_article_is_kept():
    """A field added to an article must be added to the table, or here with a reason."""
    fields = {field.name for field in (*Article._meta.concrete_fields, *Article._meta.many_to_many)}
    assert fields - UNKNOWN == set(snapshot.LABELS) - {"disclosures", "picks"}


def test_a_new_article_has_one_revision(desk, author, editor):
    data = {"title": "New", "slug": "new", "summary": "S.", "body": "<p>B.</p>",
            "author": author.pk, "comments_slow_minutes": "0"}  # fmt: skip
    assert save(desk, None, opened(desk), **data).status_code == 302
    revision = Article.objects.get().revisions.get()
    assert (revision.by, revision.why, revision.changed) == (editor, "saved", [])
    assert revision.data["title"] == "New"
    assert revision.data["author"] == {"id": author.pk, "name": author.name}


def test_the_first_save_of_an_old_article_keeps_what_was_there(desk, article, editor):
    edit(desk, article, title="Changed")
    after, before = article.revisions.all()
    assert (before.by, before.why, before.data["title"]) == (None, "found", article.title)
    assert (after.by, after.why, after.data["title"]) == (editor, "saved", "Changed")
    assert after.changed == ["title"]


def test_nothing_changed_is_nothing_kept(desk, article):
    edit(desk, article, title="Changed")
    count = article.revisions.count()
    edit(desk, article)
    edit(desk, article, body=article.body + "\r\n")
    assert article.revisions.count() == count


def test_a_refused_form_keeps_nothing(desk, article):
    assert save(desk, article, opened(desk, article), title="").status_code == 200
    assert not article.revisions.exists()


def test_what_came_by_another_way_is_kept_before_it_is_replaced(desk, article):
    edit(desk, article, title="One")
    Article.objects.filter(pk=article.pk).update(title="By an import")
    edit(desk, article, title="Two")
    assert [(row.data["title"], row.why) for row in article.revisions.all()[:2]] == [
        ("Two", "saved"),
        ("By an import", "found"),
    ]


def test_tags_and_disclosures_are_kept_with_their_names(desk, article, ticker):
    row = {"ticker": ticker.pk, "position": "long", "as_of": "2026-01-02", "note": "Small."}
    data = disclose(opened(desk, article), row)
    assert save(desk, article, data, tags=[ticker.pk]).status_code == 302
    revision = newest(article)
    assert revision.changed == ["tags", "disclosures"]
    assert revision.data["tags"] == [{"id": ticker.pk, "name": "$NVDA", "kind": "ticker"}]
    assert revision.data["disclosures"] == [
        {"id": ticker.pk, "name": "$NVDA", "position": "long", "as_of": "2026-01-02",
         "note": "Small."}
    ]  # fmt: skip


def test_another_name_of_a_tag_is_no_change_of_the_article(desk, article):
    edit(desk, article, tags=[Tag.objects.create(name="Cloud", slug="cloud").pk])
    count = article.revisions.count()
    Tag.objects.update(name="Clouds")
    edit(desk, article)
    assert article.revisions.count() == count


@pytest.mark.parametrize(
    ("action", "days_ago", "public"), [("publish_now", None, True), ("back_to_draft", 1, False)]
)
def test_changes_in_bulk_are_kept_too(desk, make_article, editor, action, days_ago, public):
    article = make_article("One", days_ago=days_ago)
    data = {"action": action, "_selected_action": [article.pk]}
    desk.post("/admin/articles/article/", data)
    article.refresh_from_db()
    assert article.is_published == public
    after, before = article.revisions.all()
    assert (after.by, after.changed, before.why) == (editor, ["published_at"], "found")


def test_a_revision_outlives_who_made_it(desk, article, editor):
    edit(desk, article, title="Changed")
    desk.logout()
    LogEntry.objects.all().delete()
    editor.delete()
    assert newest(article).by is None
    desk.force_login(_superuser())
    assert "Changed" in words(desk.get(address("history", article)))


def _superuser():
    from django.contrib.auth.models import User

    return User.objects.create_superuser("root")


# --- the list -------------------------------------------------------------------------------


def test_the_list_tells_who_when_and_what(desk, article):
    assert "No revisions yet" in words(desk.get(address("history", article)))
    edit(desk, article, title="Changed", summary="Also.")
    said = words(desk.get(address("history", article)))
    assert "eddie Saved: Title, Summary" in said
    assert "– Found so before a change" in said
    assert "in another way" not in said
    Article.objects.update(body="<p>Imported.</p>")
    assert "in another way than by the form: Body" in words(desk.get(address("history", article)))


def test_a_long_history_costs_no_more_than_a_short_one(desk, article, count_queries):
    edit(desk, article, title="Changed")
    desk.get(address("history", article))
    few = count_queries(desk.get, address("history", article))
    for number in range(20):
        Article.objects.filter(pk=article.pk).update(title=f"Title {number}")
        edit(desk, article, summary=f"Summary {number}")
    many = count_queries(desk.get, address("history", article))
    assert len(many) == len(few) <= 14
    assert not [sql for sql in many if '"data"' in sql and "LIMIT 50" in sql]


def test_older_revisions_are_on_further_pages(desk, article, monkeypatch):
    monkeypatch.setattr("articles.editing.pages.REVISIONS_A_PAGE", 2)
    for title in "ABC":
        edit(desk, article, title=title)
    assert "Older" in words(desk.get(address("history", article)))
    said = words(desk.get(address("history", article), {"page": "2"}))
    assert "Found so before a change" in said
    assert "Newer" in said


# --- comparing ------------------------------------------------------------------------------


def test_two_revisions_are_compared_word_by_word(desk, article):
    edit(desk, article, title="Inference or training", body="<p>Body.</p><p>More.</p>")
    after, before = article.revisions.all()
    query = {"from": before.pk, "to": after.pk}
    desk.get(address("history", article))  # where the message of the save is read
    said = words(desk.get(address("compare", article), query))
    assert "Inference [del] and [/del] [ins] or [/ins] training" in said
    assert "[ins] More. [/ins]" in said
    # Chosen the wrong way round, it is the same.
    assert words(desk.get(address("compare", article), {"from": after.pk, "to": before.pk})) == said


def test_a_revision_is_compared_with_what_is_there_now(desk, article):
    edit(desk, article, title="Changed")
    query = {"from": newest(article).pk, "to": "now"}
    page = address("compare", article)
    assert "Nothing differs." in words(desk.get(page, query))
    Article.objects.update(published_at=None, comments_open=False)
    said = words(desk.get(page, query))
    assert "Published at" in said
    assert "Comments open [del] Yes [/del] [ins] No [/ins]" in said


def test_markup_in_a_text_is_shown_and_not_obeyed(desk, article):
    edit(desk, article, title="<script>alert(1)</script>", summary='"><img src=x onerror=y>')
    after, before = article.revisions.all()
    page = desk.get(address("compare", article), {"from": before.pk, "to": after.pk})
    assert "<script>alert" not in page.content.decode()
    assert "<img" not in page.content.decode()


@pytest.mark.parametrize("query", ["", "from=x", "from=1²", "from=999999", "from=now", "from=1e9"])
def test_an_address_without_a_revision_is_none(desk, article, query):
    assert desk.get(f"{address('compare', article)}?{query}").status_code == 404


def test_another_articles_revision_is_not_shown(desk, article, make_article):
    edit(desk, article, title="Changed")
    other = make_article("Other")
    query = {"from": newest(article).pk}
    assert desk.get(address("compare", other), query).status_code == 404
    assert desk.post(address("restore", other, query["from"])).status_code == 404


# --- bringing back --------------------------------------------------------------------------


def test_restoring_brings_the_text_back_as_a_new_revision(desk, article, ticker, editor):
    topic = Tag.objects.create(name="Cloud", slug="cloud")
    article.tags.set([topic, ticker])
    Disclosure.objects.create(
        article=article, ticker=ticker, position="long", as_of=date(2026, 1, 2), note="Small."
    )
    other = Author.objects.create(name="Other", slug="other")
    data = opened(desk, article) | {"title": "Worse", "body": "<p>Worse.</p>", "author": other.pk}
    data["tags"] = []
    data["disclosures-0-DELETE"] = "on"
    assert save(desk, article, data).status_code == 302
    assert not article.disclosures.exists()

    found = article.revisions.get(why="found")
    page = words(desk.get(address("compare", article), {"from": found.pk, "to": "now"}))
    assert "Restore the version of" in page
    response = desk.post(address("restore", article, found.pk), follow=True)
    assert "was restored" in words(response)
    stored = Article.objects.get()
    assert (stored.title, stored.body, stored.author) == (
        article.title,
        article.body,
        article.author,
    )
    assert set(stored.tags.all()) == {topic, ticker}
    row = stored.disclosures.get()
    assert (row.ticker, row.position, row.as_of, row.note) == (
        ticker, "long", date(2026, 1, 2), "Small."
    )  # fmt: skip
    revision = newest(article)
    assert (revision.why, revision.by, revision.source) == ("restored", editor, found)
    assert article.revisions.count() == 3
    assert "Restored from" in words(desk.get(address("history", article)))
    assert LogEntry.objects.filter(change_message__contains="Restored").count() == 1
    # Twice is once.
    desk.post(address("restore", article, found.pk))
    assert article.revisions.count() == 3


def test_restoring_leaves_address_publication_and_comments_alone(desk, make_article):
    article = make_article("Draft", days_ago=None)
    edit(desk, article, title="Draft, changed")
    when = timezone.now() - timedelta(hours=1)
    Article.objects.update(slug="moved", published_at=when, comments_open=False)
    desk.post(address("restore", article, article.revisions.last().pk))
    stored = Article.objects.get()
    assert (stored.title, stored.slug, stored.comments_open) == ("Draft", "moved", False)
    assert stored.is_published


def test_a_picture_comes_back_while_its_file_is_there(desk, make_article, make_picture, media):
    article = make_article("Seen", picture=make_picture("one.jpg"), picture_alt="One")
    name = article.picture.name
    edit(desk, article, picture=make_picture("two.jpg"), picture_alt="Two")
    assert (media / name).exists()
    found = article.revisions.get(why="found")
    desk.post(address("restore", article, found.pk))
    stored = Article.objects.get()
    assert (stored.picture.name, stored.picture_alt) == (name, "One")

    edit(desk, article, picture=make_picture("three.jpg"), picture_alt="Three", title="Again")
    (media / name).unlink()
    said = words(desk.post(address("restore", article, found.pk), follow=True))
    assert "The picture’s file is gone; the present picture stays." in said
    stored = Article.objects.get()
    assert stored.picture.name != name
    assert stored.title == "Seen"


def test_no_picture_is_cleared_away_while_a_revision_shows_it(desk, make_article, make_picture):
    article = make_article("Seen", picture=make_picture("one.jpg"), picture_alt="One")
    name = article.picture.name
    body = '<p><img src="/media/pictures/2026/inside.png" alt=""></p>'
    edit(desk, article, body=body)
    edit(desk, article, body="<p>None.</p>", **{"picture-clear": "on"})
    article.refresh_from_db()
    assert not article.picture
    assert is_used(name)
    assert is_used("pictures/2026/inside.png")
    assert not is_used("pictures/2026/other.png")
    article.revisions.all().delete()
    assert not is_used(name)


def test_what_is_gone_is_named(desk, article, ticker):
    topic = Tag.objects.create(name="Cloud", slug="cloud")
    article.tags.set([topic])
    edit(desk, article, tags=[], author=Author.objects.create(name="Other", slug="other").pk)
    topic.delete()
    Author.objects.get(slug="ines-halvorsen").delete()
    found = article.revisions.get(why="found")
    said = words(desk.post(address("restore", article, found.pk), follow=True))
    assert "The tag “Cloud” is gone." in said
    assert "The author is gone; the present one stays." in said
    assert Article.objects.get().author.name == "Other"


def test_what_may_not_appear_is_not_restored_into_public(desk, article):
    Article.objects.update(title="TK")
    edit(desk, article, title="Ready")
    found = article.revisions.get(why="found")
    said = words(desk.post(address("restore", article, found.pk), follow=True))
    assert "Not restored: Title" in said
    assert Article.objects.get().title == "Ready"
    assert newest(article).data["title"] == "Ready"
    # A draft may hold anything.
    edit(desk, article, published_at_0="", published_at_1="")
    desk.post(address("restore", article, found.pk))
    assert Article.objects.get().title == "TK"


# --- who may --------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["history", "compare", "restore", "links", "preview", "check"])
def test_only_who_may_change_articles(client, article, moderator, editor, page):
    client.force_login(editor)
    edit(client, article, title="Changed")
    number = article.revisions.last().pk
    where = address(page, article, *([number] if page == "restore" else []))
    send = client.post if page in ("restore", "preview", "check") else client.get
    for user in (moderator, None):
        client.logout()
        if user:
            client.force_login(user)
        assert send(where, {"from": number}).status_code == (403 if user else 302)
    assert Article.objects.get().title == "Changed"


@pytest.mark.parametrize("page", ["restore", "preview", "check"])
def test_reading_changes_nothing(desk, article, page):
    edit(desk, article, title="Changed")
    others = [article.revisions.last().pk] if page == "restore" else []
    assert desk.get(address(page, article, *others)).status_code == 405
    assert Article.objects.get().title == "Changed"


def test_a_forged_request_is_refused(article, editor):
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)
    revision = article.revisions.create(data={**snapshot.take(article), "title": "Forged"})
    for where in (
        address("restore", article, revision.pk),
        address("links", article),
        address("preview", article),
        address("check", article),
    ):
        assert client.post(where).status_code == 403
    assert Article.objects.get().title == article.title
    assert not article.preview_links.exists()
    assert client.get(ADD).status_code == 200
