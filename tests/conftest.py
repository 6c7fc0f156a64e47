"""Fixtures that more than one folder of tests uses."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.text import slugify

from articles.models import Article, Author, Tag
from comments.counts import recount
from comments.models import Comment, StatusChange, Submission
from comments.status import Status, Verdict
from comments.text import render
from tests.akismet_server import AkismetServer
from tests.environment import FOLDER
from tests.groups import make_again


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """On SQLite, test on a file: one in memory cannot be shared by threads and processes."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database.setdefault("TEST", {})["NAME"] = str(FOLDER / "test.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def plain_static_files() -> Iterator[None]:
    """Tests do not collect static files, so their names carry no hash."""
    from django.conf import settings
    from django.test import override_settings

    staticfiles = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": staticfiles}):
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Passwords are hashed slowly on purpose; tests make hundreds of them."""
    from django.test import override_settings

    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session")
def _akismet_server() -> Iterator[AkismetServer]:
    with AkismetServer() as server:
        yield server


@pytest.fixture
def akismet(_akismet_server: AkismetServer, settings: Any) -> AkismetServer:
    """The stand-in Akismet, over a real socket, with an empty log; the settings point to it."""
    _akismet_server.reset()
    settings.AKISMET_API_URL = _akismet_server.url
    return _akismet_server


@pytest.fixture
def author(db: None) -> Author:
    return Author.objects.create(name="Ines Halvorsen", slug="ines-halvorsen")


@pytest.fixture
def make_article(author: Author) -> Callable[..., Article]:
    """Make an article, published an hour ago; `days_ago=None` a draft, `tags` by their slugs."""

    def make(title: str = "A title", *, days_ago: float | None = 0.04, **fields: Any) -> Article:
        tags = fields.pop("tags", [])
        fields.setdefault("slug", slugify(title))
        fields.setdefault("summary", f"Summary of {title}.")
        fields.setdefault("body", "<p>Body.</p>")
        if days_ago is not None:
            fields.setdefault("published_at", timezone.now() - timedelta(days=days_ago))
        article = Article.objects.create(title=title, author=author, **fields)
        for slug in tags:
            tag, _created = Tag.objects.get_or_create(slug=slug, defaults={"name": slug.title()})
            article.tags.add(tag)
        return article

    return make


@pytest.fixture
def article(make_article: Callable[..., Article]) -> Article:
    return make_article("Inference and training")


@pytest.fixture
def make_comment(article: Article) -> Callable[..., Comment]:
    """Store a comment in any state, with both halves and a first step of history.

    For what stands already when a test begins; what a test is about goes through the front door.
    """

    @transaction.atomic  # pages that are asked for meanwhile must not meet half of it
    def make(text: str = "A thought.", **fields: Any) -> Comment:
        parent: Comment | None = fields.pop("parent", None)
        private = {
            name: fields.pop(name)
            for name in ("email", "ip", "user_agent", "referrer", "honeypot", "key")
            if name in fields
        }
        private.setdefault("email", "reader@example.com")
        status = fields.setdefault("status", Status.APPROVED)
        fields.setdefault(
            "verdict", Verdict.UNCHECKED if status == Status.SUBMITTED else Verdict.HAM
        )
        if status == Status.SUBMITTED:
            fields.setdefault("check_due", timezone.now())
        ancestors = [*parent.ancestors, parent.pk] if parent else []
        fields.setdefault("article", parent.article if parent else article)
        fields.setdefault("name", "Rosa Reader")
        comment = Comment.objects.create(
            parent=parent,
            ancestors=ancestors,
            thread=ancestors[0] if ancestors else None,
            text=text,
            html=render(text),
            **fields,
        )
        Submission.objects.create(comment=comment, at=comment.created_at, **private)
        StatusChange.objects.create(
            comment=comment, new=status, source="reader", at=comment.created_at
        )
        comment.article.comment_count = recount(comment.article)
        return comment

    return make


@pytest.fixture
def post_comment(client: Client, article: Article) -> Callable[..., Any]:
    """POST the comment form as a browser does, and return the response."""

    def post(*, to: Article | None = None, headers: dict[str, str] | None = None, **fields: Any):
        data = {
            "text": "What would change your mind?",
            "name": "Rosa Reader",
            "email": "rosa.reader@example.com",
            "url": "",
            "parent": "",
            "key": "",
            **fields,
        }
        if headers is None:
            headers = {"Sec-Fetch-Site": "same-origin", "Origin": "http://testserver"}
        address = f"/articles/{(to or article).slug}/comments/"
        return client.post(address, data, headers=headers)

    return post


@pytest.fixture
def no_flood(db: None) -> None:
    """Let one person write as fast as a test does."""
    from comments.models import Discussion

    Discussion(flood_seconds=0, flood_per_minute=0, flood_per_hour=0).save()


def _staff(name: str, group: str) -> User:
    user = User.objects.create_user(name, f"{name}@example.org", "pass-word-1", is_staff=True)
    if not Group.objects.filter(name=group).exists():
        make_again()
    user.groups.add(Group.objects.get(name=group))
    return user


@pytest.fixture
def moderator(db: None) -> User:
    return _staff("kim", "Moderators")


@pytest.fixture
def editor(db: None) -> User:
    return _staff("eddie", "Editors")


@pytest.fixture
def desk(client: Client, moderator: User) -> Client:
    """A browser in which a moderator is signed in."""
    client.force_login(moderator)
    return client


@pytest.fixture
def count_queries() -> Callable[..., list[str]]:
    """Call a function and return the SQL statements it ran, without the bounds of transactions."""

    def count(function: Callable[..., Any], *args: Any, **kwargs: Any) -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            function(*args, **kwargs)
        bounds = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
        return [each["sql"] for each in captured if not each["sql"].startswith(bounds)]

    return count
