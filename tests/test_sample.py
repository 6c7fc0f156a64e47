"""The sample content (`manage.py load_demo`): complete, consistent, loaded once."""

import re
import tomllib
from datetime import timedelta
from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Q
from django.test import override_settings
from django.utils import timezone

from articles import finished
from articles.html import word_count
from articles.models import Article, Author, Tag
from articles.sample import FOLDER
from comments import statistics
from comments.day_counts import Span
from comments.models import Check, Comment, StatusChange, Submission
from comments.status import HeldFor, Status, Verdict

pytestmark = pytest.mark.django_db

PASSWORD = "demo-pass-1"
TABLES = (Article, Article.tags.through, Author, Tag, Comment, Submission, StatusChange, Check)


def load(password):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEMO_PASSWORD", password)
        call_command("load_demo", verbosity=0)


@pytest.fixture(scope="module", autouse=True)
def sample(django_db_setup, django_db_blocker, tmp_path_factory):
    """Load the sample once for this file, in a transaction that is taken back afterwards."""
    media = override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media"))
    with django_db_blocker.unblock(), media, transaction.atomic():
        load(PASSWORD)
        yield
        transaction.set_rollback(True)


# --- articles -------------------------------------------------------------------------------


def test_there_is_enough_to_browse():
    published = Article.objects.published()
    assert published.count() >= 14
    assert Article.objects.filter(published_at=None).count() == 1
    assert Article.objects.filter(published_at__gt=timezone.now()).count() == 1
    assert Author.objects.count() == 3
    assert Author.objects.filter(articles__in=published).distinct().count() == 3
    used = Tag.objects.filter(articles__in=published).distinct()
    assert used.filter(kind="topic").count() >= 8
    assert used.filter(kind="ticker").count() >= 6
    for part in (~Q(thesis=""), Q(body__contains='class="sources"'), Q(body__contains="<figure>")):
        assert published.filter(part).exists(), part


def test_each_article_is_of_a_good_length():
    words = {article.slug: word_count(article.body) for article in Article.objects.published()}
    assert {slug: n for slug, n in words.items() if not 500 <= n <= 900} == {}


def test_each_article_has_all_its_parts():
    for article in Article.objects.all():
        assert article.picture, article.slug
        assert article.picture.storage.exists(article.picture.name), article.slug
        assert article.picture_width > article.picture_height > 400, article.slug
        assert article.picture_alt, article.slug
        assert article.picture_caption, article.slug
        assert article.tags.exists(), article.slug
        article.full_clean()
    for model in (Author, Tag):
        for row in model.objects.all():
            row.full_clean()


def test_cleaning_takes_nothing_out_of_what_was_written():
    for article in Article.objects.all():
        entry = tomllib.loads((FOLDER / f"{article.slug}.toml").read_text(encoding="utf-8"))
        written, stored = (
            [tag for tag in re.findall(r"<(\w+)", body) if tag != "tbody"]
            for body in (entry["body"], article.body)
        )
        assert stored == written, article.slug


def test_links_within_the_site_lead_somewhere(client):
    links = {
        link
        for article in Article.objects.all()
        for link in re.findall(r'href="(/[^"]*)"', article.body)
    }
    assert len(links) > 5
    assert [link for link in links if client.get(link).status_code != 200] == []


def test_every_public_page_answers(client):
    addresses = ["/", "/?page=2", "/tags/"]
    addresses += [row.get_absolute_url() for row in Article.objects.published()]
    addresses += [row.get_absolute_url() for row in Author.objects.all()]
    addresses += [row.get_absolute_url() for row in client.get("/tags/").context["tags"]]
    assert [address for address in addresses if client.get(address).status_code != 200] == []


# --- comments -------------------------------------------------------------------------------


def test_an_article_as_sent_weighs_at_most_25_kilobytes(client):
    """The page, its style sheets and its scripts, compressed as they are kept and collected."""
    longest = Article.objects.published().order_by("-comment_count").first()
    assert longest.comment_count >= 20
    page = client.get(longest.get_absolute_url()).content
    files = set(re.findall(r'(?:src|href)="/static/([^"]+\.(?:js|css))"', page.decode()))
    assert {"css/site.css", "js/comment-form.js"} <= files
    static = Path(settings.BASE_DIR) / "static"
    sent = {file: len(brotli.compress((static / file).read_bytes())) for file in files}
    sent["the page"] = len(finished.ENCODINGS["br"](page))
    assert sum(size for file, size in sent.items() if file.endswith(".js")) <= 5_000, sent
    assert sum(sent.values()) <= 25_000, sent


def test_there_are_comments_in_every_state():
    assert Comment.objects.count() >= 80
    assert set(Comment.objects.values_list("status", flat=True)) == set(Status.values)
    assert max(comment.depth for comment in Comment.objects.public()) == 5
    assert Comment.objects.public().filter(user__isnull=False).exists()


def test_counts_are_exact(client):
    for article in Article.objects.all():
        public = article.comments.public().count()
        assert article.comment_count == public, article.slug
        if article.is_published:
            page = client.get(article.get_absolute_url()).content.decode()
            assert page.count('<article class="comment') == public, article.slug


def test_threads_hang_together():
    for comment in Comment.objects.select_related("parent"):
        parent = comment.parent
        assert comment.ancestors == ([*parent.ancestors, parent.pk] if parent else [])
        assert comment.thread == (comment.ancestors[0] if parent else None)
        assert comment.article.is_published
        assert comment.article.published_at < comment.created_at < timezone.now()
        if parent:
            assert parent.article_id == comment.article_id
            assert parent.created_at < comment.created_at


def test_each_comment_has_a_history_that_ends_where_it_stands():
    for comment in Comment.objects.prefetch_related("changes"):
        steps = [(step.old, step.new) for step in comment.changes.all()]
        assert [old for old, _new in steps] == ["", *(new for _old, new in steps[:-1])]
        assert steps[-1][1] == comment.status
        assert (comment.check_due is not None) == (comment.status == Status.SUBMITTED)
        if comment.status == Status.PENDING:
            assert comment.verdict != Verdict.UNCHECKED
            assert comment.held_for


def test_the_desk_and_its_statistics_have_something_to_tell():
    came = Comment.objects.order_by("pk").values_list("created_at", flat=True)
    assert list(came) == sorted(came)
    waits = Comment.objects.queue().order_by("since").first()
    assert timedelta(0) < waits.since - waits.created_at < timedelta(hours=3)
    span = Span.of_days(90)
    assert timedelta(minutes=30) < statistics.time_to_decision(span)["median"] < timedelta(hours=6)
    rules = {row.rule: row.held for row in statistics.per_rule(span)}
    assert {"first_comment", "policy", "links", "words"} <= rules.keys() <= set(HeldFor)


def test_nobody_is_real():
    for submission in Submission.objects.select_related("comment"):
        assert re.search(r"@([a-z-]+\.)*example\.(com|net|org)$", submission.email)
        assert submission.ip.startswith("192.0.2.")
        for link in re.findall(r"https?://([^/\s]+)", submission.comment.url):
            assert re.search(r"(^|\.)example(\.|$)", link)


# --- logins, and a second time --------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "may", "may_not"),
    [
        ("editor", "/admin/articles/article/", "/moderation/"),
        ("moderator", "/moderation/", "/admin/articles/article/"),
        ("admin", "/admin/auth/user/", None),
    ],
)
def test_staff_can_sign_in_and_do_their_work(client, name, may, may_not):
    assert client.login(username=name, password=PASSWORD)
    assert client.get(may).status_code == 200
    if may_not:
        assert client.get(may_not).status_code == 403


@pytest.mark.parametrize("tab", ["queue", "awaiting", "approved", "spam", "trash"])
def test_each_shelf_of_the_desk_holds_something(client, tab):
    client.login(username="moderator", password=PASSWORD)
    assert client.get(f"/moderation/{tab}/").context["cards"]


def everything():
    rows = {model.__name__: list(model.objects.order_by("pk").values()) for model in TABLES}
    users = User.objects.order_by("pk").values("pk", "username", "is_staff", "is_superuser")
    return rows | {"users": list(users), "groups": list(User.groups.through.objects.values())}


def test_a_second_time_changes_nothing_but_the_passwords(client):
    before = everything()
    load("another-pass-2")
    assert everything() == before
    assert not client.login(username="admin", password=PASSWORD)
    assert client.login(username="admin", password="another-pass-2")


def test_without_a_password_it_does_nothing(client):
    before = everything()
    with pytest.raises(CommandError, match="DEMO_PASSWORD"):
        load("")
    assert everything() == before
    assert client.login(username="admin", password=PASSWORD)


def test_an_article_of_ones_own_keeps_the_sample_away(client, author_of_ones_own):
    load(PASSWORD)
    assert [article.title for article in Article.objects.all()] == ["My own"]
    assert not Comment.objects.exists()


@pytest.fixture
def author_of_ones_own():
    for model in (Comment, Article, Author, Tag, User):
        model.objects.all().delete()
    author = Author.objects.create(name="Me", slug="me")
    Article.objects.create(title="My own", slug="my-own", summary="x", body="x", author=author)
