"""Who may do what at the desk: every page that there is, and everybody who comes there."""

import re

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse
from django.urls.converters import IntConverter

from articles.models import Article, Author
from comments.models import Ban, Comment, Discussion
from comments.urls import urlpatterns

#: Behind links that are mailed: the token is the authority, whoever is signed in or not.
BY_TOKEN = {"mailed", "digest_off"}
#: Every address of the desk, by itself: a page added later is looked at without being named here.
DESK = [
    pattern
    for pattern in urlpatterns
    if str(pattern.pattern).startswith("moderation/") and pattern.name not in BY_TOKEN
]
#: What an author may open while authors moderate; all else of the desk is closed to them.
FOR_AUTHORS = {
    "desk", "desk_find", "act", "undo", "bulk", "desk_edit", "desk_reply", "receipt",
    "article_controls", "preferences",
}  # fmt: skip
#: role: its groups, is it staff?, and may it use the desk?
ROLES = {
    "stranger": ([], None, False),
    "reader with a login": ([], False, False),
    "author with a login": ([], False, False),
    "author on the staff": ([], True, False),
    "staff without a role": ([], True, False),
    "editor": (["Editors"], True, False),
    "data protection": (["Data protection"], True, False),
    "moderator": (["Moderators"], True, True),
    "moderator and editor": (["Editors", "Moderators"], True, True),
    "superuser": ([], True, True),
    "moderator who left": (["Moderators"], True, False),
    "moderator no longer on the staff": (["Moderators"], False, False),
    "superuser no longer on the staff": ([], False, False),
}


@pytest.fixture
def sign_in(client, author):
    """Return a browser in which somebody of this role is signed in, or nobody."""

    def sign_in(role):
        groups, is_staff, _may = ROLES[role]
        if is_staff is None:
            return client
        user = User.objects.create_user(
            "someone", is_staff=is_staff, is_superuser=role.startswith("superuser")
        )
        user.groups.set(Group.objects.filter(name__in=groups))
        if role.startswith("author"):
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
        name: things["comment"].pk if isinstance(converter, IntConverter) else "approve"
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
    User.objects.filter(username="someone").update(is_staff=False)
    assert browser.get("/moderation/").status_code == 403
    User.objects.filter(username="someone").update(is_staff=True)
    assert browser.get("/moderation/").status_code == 200
    User.objects.get(username="someone").groups.clear()
    assert browser.get("/moderation/").status_code == 403
    assert re.search("403|permission|may not", browser.get("/moderation/").content.decode())


# --- authors at the desk ------------------------------------------------------------------------


@pytest.fixture
def at_desk(sign_in, author):
    """Return a browser in which an author is signed in, while authors moderate."""
    Discussion(authors_moderate=True).save()
    return sign_in("author on the staff")


@pytest.fixture
def foreign(make_article, make_comment):
    """A comment on an article by somebody else."""
    other = Author.objects.create(name="Otto Other", slug="otto-other")
    elsewhere = make_article("By somebody else")
    Article.objects.filter(pk=elsewhere.pk).update(author=other)
    return make_comment(
        "A foreign thought.", article=elsewhere, status="pending", name="Fay Foreign",
        email="fay@foreign.example", ip="198.51.100.7",
    )  # fmt: skip


@pytest.mark.parametrize("pattern", DESK, ids=lambda pattern: str(pattern.pattern))
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_an_author_may_open(at_desk, things, article, pattern, method):
    before = state()
    page = address(pattern, things)
    if pattern.name == "article_controls":
        page = f"/moderation/articles/{article.pk}/"
    status = getattr(at_desk, method)(page, {"who": "203.0.113.8"}).status_code
    assert (status != 403) is (pattern.name in FOR_AUTHORS), status
    if pattern.name not in FOR_AUTHORS:
        assert state() == before


@pytest.mark.parametrize("what", ["not staff", "left", "switched off", "no article"])
def test_the_desk_is_closed_to_an_author_who_is(at_desk, things, author, what):
    assert at_desk.get("/moderation/").status_code == 200
    if what == "not staff":
        User.objects.filter(username="someone").update(is_staff=False)
    elif what == "left":
        User.objects.filter(username="someone").update(is_active=False)
    elif what == "switched off":
        Discussion(authors_moderate=False).save()
    else:
        other = Author.objects.create(name="Otto Other", slug="otto-other")
        Article.objects.update(author=other)
    assert at_desk.get("/moderation/").status_code == (302 if what == "left" else 403)


def test_an_author_sees_and_counts_only_what_is_on_their_articles(at_desk, things, foreign):
    own = things["comment"]
    for tab in ("queue", "all"):
        page = at_desk.get(f"/moderation/{tab}/").content.decode()
        assert "A thought." in page
        assert "foreign" not in page.lower()
        assert re.search(r'Queue <span class="count"[^>]*>1<', page)
        assert re.search(r'All <span class="count"[^>]*>1<', page)
    for query in ("q=thought", "article=somebody", f"writer={foreign.pk}", f"ip={foreign.pk}"):
        page = at_desk.get(f"/moderation/all/?{query}").content.decode()
        assert "A foreign" not in page, query
        assert "foreign.example" not in page, query
        assert "198.51.100.7" not in page, query
        assert "By somebody else" not in page, query
    for query in ("", f"?ip={own.pk}"):
        page = at_desk.get(f"/moderation/{query}").content.decode()
        assert "A thought." in page
        assert "203.0.113" not in page, "where readers write from is for moderators"


@pytest.mark.parametrize("words", ["fay@foreign.example", "198.51.100.7", "198.51.100.0/24"])
def test_an_author_does_not_learn_who_wrote_elsewhere(at_desk, things, foreign, words):
    response = at_desk.post("/moderation/find/", {"q": words, "tab": "all"})
    assert response.status_code == 422
    assert "No comment came from there." in response.content.decode()
    own = at_desk.post("/moderation/find/", {"q": "203.0.113.7", "tab": "all"})
    assert own["Location"] == f"/moderation/all/?ip={things['comment'].pk}"


def test_an_author_decides_on_their_own_articles(at_desk, things):
    comment = things["comment"]
    seen = {f"seen-{comment.pk}": "pending", "tab": "queue"}
    assert at_desk.post(f"/moderation/{comment.pk}/approve/", seen).status_code == 302
    comment.refresh_from_db()
    assert comment.status == "approved"
    assert comment.changes.last().by.username == "someone"
    seen = {f"seen-{comment.pk}": "approved", "tab": "queue"}
    assert at_desk.post(f"/moderation/{comment.pk}/undo/", seen).status_code == 302
    data = {"pk": comment.pk, f"seen-{comment.pk}": "pending"}
    assert at_desk.post("/moderation/bulk/trash/", data).status_code == 302
    assert Comment.objects.get().status == "trash"
    page = f"/moderation/articles/{comment.article_id}/"
    assert at_desk.post(page, {"mode": "held", "seen": "10-0"}).status_code == 302
    assert Article.objects.get().comments_held


@pytest.mark.parametrize(
    "page",
    ["approve/", "keep/", "undo/", "edit/", "reply/", "receipt/", "reveal/", "delete/"],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_author_has_no_say_elsewhere(at_desk, foreign, page, method):
    before = state()
    data = {f"seen-{foreign.pk}": "pending", "text": "Mine now."}
    response = getattr(at_desk, method)(f"/moderation/{foreign.pk}/{page}", data)
    nothing_to_press = method == "get" and page in ("approve/", "keep/", "undo/")
    nothing_to_post = method == "post" and page == "receipt/"
    expected = 302 if nothing_to_press else 405 if nothing_to_post else 403
    assert response.status_code == expected
    assert "foreign" not in response.content.decode().lower()
    assert state() == before


def test_an_author_has_no_say_elsewhere_in_bulk(at_desk, things, foreign):
    before, own = state(), things["comment"]
    data = {"pk": [own.pk, foreign.pk]}
    data |= {f"seen-{each.pk}": "pending" for each in (own, foreign)}
    assert at_desk.post("/moderation/bulk/spam/", data).status_code == 403
    page = f"/moderation/articles/{foreign.article_id}/"
    assert at_desk.get(page).status_code == 403
    assert at_desk.post(page, {"mode": "closed", "seen": "10-0"}).status_code == 403
    assert state() == before


def test_an_authors_page_offers_nothing_that_is_refused(at_desk, things, make_comment):
    make_comment("Spam.", status="spam")
    for tab in ("queue", "spam"):
        page = at_desk.get(f"/moderation/{tab}/").content.decode()
        for what in ("/reveal/", "/bans/", "/stats/", "/akismet/", "/delete/", "/empty/"):
            assert what not in page, what
        assert "/moderation/preferences/" in page


@pytest.mark.parametrize("on", [True, False])
def test_the_admin_leads_an_author_to_the_desk(sign_in, article, on):
    Discussion(authors_moderate=on).save()
    page = sign_in("author on the staff").get("/admin/").content.decode()
    assert ('href="/moderation/"' in page) is on


def test_twenty_comments_cost_an_author_as_much_as_one(at_desk, make_comment, count_queries):
    make_comment(status="pending")
    at_desk.get("/moderation/")
    one = count_queries(at_desk.get, "/moderation/")
    for number in range(19):
        make_comment(f"{number}", status="pending", email=f"reader{number}@example.com")
    twenty = count_queries(at_desk.get, "/moderation/")
    assert len(twenty) <= len(one) <= 10, "\n".join(one)
    pk = Comment.objects.latest("pk").pk
    for query in (f"?article=inference&q=own&writer={pk}", "?mine=on&first=2026-01-01"):
        for tab in ("queue", "reported", "all"):
            asked = count_queries(at_desk.get, f"/moderation/{tab}/{query}")
            assert len(asked) <= 10, "\n".join(asked)
