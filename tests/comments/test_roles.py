"""Who may do what at the desk: every page that there is, and everybody who comes there."""

import re

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse

from articles.models import Article
from comments.models import Ban, Comment, Discussion
from comments.urls import urlpatterns

#: Every address of the desk, by itself: a page added later is looked at without being named here.
DESK = [pattern for pattern in urlpatterns if str(pattern.pattern).startswith("moderation/")]
#: role: its groups, is it staff?, and may it use the desk?
ROLES = {
    "stranger": ([], None, False),
    "reader with a login": ([], False, False),
    "author with a login": ([], False, False),
    "staff without a role": ([], True, False),
    "editor": (["Editors"], True, False),
    "data protection": (["Data protection"], True, False),
    "moderator": (["Moderators"], True, True),
    "moderator and editor": (["Editors", "Moderators"], True, True),
    "superuser": ([], True, True),
    "moderator who left": (["Moderators"], True, False),
}


@pytest.fixture
def sign_in(client, author):
    """Return a browser in which somebody of this role is signed in, or nobody."""

    def sign_in(role):
        groups, is_staff, _may = ROLES[role]
        if is_staff is None:
            return client
        user = User.objects.create_user(
            "someone", is_staff=is_staff, is_superuser=role == "superuser"
        )
        user.groups.set(Group.objects.filter(name__in=groups))
        if role == "author with a login":
            author.user = user
            author.save()
        client.force_login(user)
        if role == "moderator who left":
            User.objects.update(is_active=False)
        return client

    return sign_in


@pytest.fixture
def things(make_comment, moderator):
    """What the addresses of the desk may speak of; all have the number that `address` uses."""
    comment = make_comment(status="pending", ip="203.0.113.7")
    return {"comment": comment, "ban": Ban.objects.create(network="203.0.113.7/32", by=moderator)}


def address(pattern, things):
    """Return an address of a pattern; what it speaks of need not be there for a refusal."""
    values = {"verb": "approve", "name": "queue"}
    kwargs = {
        name: things["comment"].pk if "int" in type(converter).__name__.lower() else "approve"
        for name, converter in pattern.pattern.converters.items()
    }
    kwargs |= {name: values[name] for name in kwargs if name in values}
    return reverse(f"comments:{pattern.name}", kwargs=kwargs)


def state():
    """Everything that somebody without permission might have changed."""
    return (
        list(Comment.objects.order_by("pk").values()),
        list(Ban.objects.order_by("pk").values()),
        list(Article.objects.order_by("pk").values()),
        list(Discussion.objects.values()),
    )


def test_there_are_pages_to_look_at():
    assert {"desk", "act", "reveal", "bans", "end_ban", "article_controls"} <= {
        pattern.name for pattern in DESK
    }


@pytest.mark.parametrize("role", [role for role, (_g, _s, may) in ROLES.items() if not may])
def test_the_desk_is_closed_to(sign_in, things, role):
    browser, before = sign_in(role), state()
    for pattern in DESK:
        page = address(pattern, things)
        for method in ("get", "post"):
            response = getattr(browser, method)(page, {"seen": "pending", "who": "203.0.113.8"})
            if role in ("stranger", "moderator who left"):
                assert response.status_code == 302, page
                assert response["Location"].startswith("/admin/login/?next=/moderation/"), page
            else:
                assert response.status_code == 403, page
            assert "A thought." not in response.content.decode()
            assert "203.0.113.7" not in response.content.decode()
    assert state() == before


@pytest.mark.parametrize("role", [role for role, (_g, _s, may) in ROLES.items() if may])
def test_the_desk_is_open_to(sign_in, things, role):
    browser = sign_in(role)
    comment = things["comment"]
    shown = [pattern for pattern in DESK if pattern.name in ("desk", "bans")]
    pages = [address(pattern, things) for pattern in shown]
    pages.append(f"/moderation/articles/{comment.article_id}/")
    for page in pages:
        assert browser.get(page).status_code == 200, page
    assert browser.post(f"/moderation/bans/{things['ban'].pk}/end/").status_code == 302
    assert not Ban.objects.in_force().exists()
    response = browser.post(
        f"/moderation/articles/{comment.article_id}/", {"mode": "held", "seen": "10-0"}
    )
    assert response.status_code == 302
    assert Article.objects.get(comments_held=True) == comment.article


#: What the roles may do in the admin besides: page, and who may open it.
ADMIN = {
    "articles/article/": {"editor", "moderator and editor", "superuser"},
    "articles/article/add/": {"editor", "moderator and editor", "superuser"},
    "articles/author/": {"editor", "moderator and editor", "superuser"},
    "comments/comment/": {"moderator", "moderator and editor", "superuser"},
    "comments/comment/add/": set(),
    "comments/privacyevent/": {"data protection", "superuser"},
    "auth/user/": {"superuser"},
}


@pytest.mark.parametrize("role", ROLES)
def test_the_admin_is_open_only_to(sign_in, things, role):
    browser = sign_in(role)
    for page, may in ADMIN.items():
        status = browser.get(f"/admin/{page}").status_code
        if role in may:
            assert status in (200, 302), page
        else:
            outside = not ROLES[role][1] or role == "moderator who left"
            # The comments' list leads to the desk, or is refused; nobody adds a comment there.
            assert status == (302 if outside else 403), page


@pytest.mark.parametrize("role", ROLES)
def test_an_article_is_edited_only_by(sign_in, article, role):
    browser = sign_in(role)
    may = role in ADMIN["articles/article/"]
    page = f"/admin/articles/article/{article.pk}/change/"
    browser.post(page, {"title": "Another title", "slug": article.slug})
    response = browser.post(f"/admin/articles/article/{article.pk}/delete/", {"post": "yes"})
    assert Article.objects.exists() is not may
    assert (response.status_code == 302) is (may or not ROLES[role][1] or role.endswith("left"))


@pytest.mark.parametrize("role", ROLES)
def test_an_address_is_shown_only_to(sign_in, make_comment, role):
    comment = make_comment(status="pending", email="rosa@example.com")
    response = sign_in(role).post(f"/moderation/{comment.pk}/reveal/")
    may = ROLES[role][2]
    assert ("rosa@example.com" in response.content.decode()) is may


def test_a_moderator_may_be_kept_from_addresses(sign_in, make_comment, things):
    comment = make_comment(status="pending", email="rosa@example.com")
    group = Group.objects.get(name="Moderators")
    group.permissions.remove(Permission.objects.get(codename="reveal_address"))
    browser = sign_in("moderator")
    assert browser.post(f"/moderation/{comment.pk}/reveal/").status_code == 403
    for page in ("/moderation/", f"/moderation/bans/?comment={comment.pk}"):
        response = browser.get(page)
        assert response.status_code == 200
        assert "r•••@example.com" in response.content.decode()
        assert "rosa@example.com" not in response.content.decode()
    data = {"comment": comment.pk, "targets": "email"}
    assert browser.post("/moderation/bans/", data).status_code == 302
    assert Ban.objects.latest("pk").email == "rosa@example.com"


def test_a_right_that_is_taken_away_is_gone_at_once(sign_in, things):
    browser = sign_in("moderator")
    assert browser.get("/moderation/").status_code == 200
    User.objects.get(username="someone").groups.clear()
    assert browser.get("/moderation/").status_code == 403
    assert re.search("403|permission|may not", browser.get("/moderation/").content.decode())
