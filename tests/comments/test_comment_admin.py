"""Comments in the Django admin: the desk's verbs, no private value, and exact permissions."""

import re

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db.models import PositiveSmallIntegerField

from comments import moderation
from comments.models import Comment, Discussion, PrivacyEvent
from comments.status import VERBS

LIST = "/admin/comments/comment/"


@pytest.fixture
def make_private_comment(make_comment):
    def make(text="A thought.", **fields):
        return make_comment(
            text,
            email="rosa.reader@private.example",
            ip="203.0.113.77",
            user_agent="Unmistakable/1.0",
            referrer="https://referrer.example/secret",
            honeypot="sweet-secret",
            **fields,
        )

    return make


def run_action(client, verb, comments, seen=None, **extra):
    fields = {
        "action": verb,
        "index": "0",
        "_selected_action": [comment.pk for comment in comments],
        **{f"seen-{comment.pk}": seen or comment.status for comment in comments},
        **extra,
    }
    return client.post(LIST, fields, follow=True)


def messages_of(response):
    return [str(message) for message in response.context["messages"]]


# --- the verbs ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "old", "new", "done"),
    [
        ("approve", "pending", "approved", "approved"),
        ("hold", "approved", "pending", "put back into the queue"),
        ("spam", "approved", "spam", "marked as spam"),
        ("trash", "pending", "trash", "moved to the trash"),
        ("restore", "trash", "submitted", "restored"),
    ],
)
def test_an_action_is_the_desks_verb(desk, make_comment, moderator, verb, old, new, done):
    comments = [make_comment(f"{number}", status=old) for number in range(2)]
    response = run_action(desk, verb, comments)

    assert messages_of(response) == [f"2 comments: {done}."]
    for comment in comments:
        comment.refresh_from_db()
        assert comment.status == new
        step = comment.changes.last()
        assert (step.old, step.new, step.by, step.source) == (old, new, moderator, "moderator")
    comments[0].article.refresh_from_db()
    assert comments[0].article.comment_count == 2 * (new == "approved")


def test_the_actions_are_the_verbs_and_nothing_else(desk, make_comment):
    make_comment(status="pending")
    page = desk.get(LIST).content.decode()
    actions = re.findall(r'<option value="(\w+)"', page[: page.index("</select>")])
    assert actions == list(VERBS)


def test_the_list_sends_along_what_was_seen(desk, make_comment):
    comment = make_comment(status="pending")
    page = desk.get(LIST).content.decode()
    form = page[page.index('id="changelist-form"') : page.rindex("</form>")]
    assert f'<input type="hidden" name="seen-{comment.pk}" value="pending">' in form


def test_a_stale_comment_is_named_and_the_others_are_done(desk, make_comment, editor):
    stale, fresh = make_comment(status="pending", name="Stella"), make_comment(status="pending")
    moderation.spam(stale, by=editor, seen="pending")  # whence it could be approved, too
    response = run_action(desk, "approve", [stale, fresh])

    said = messages_of(response)
    assert len(said) == 2
    assert re.fullmatch(r"Stella: Already “Spam”: decided by eddie \d s ago\.", said[0])
    assert said[1] == "1 comment: approved."
    stale.refresh_from_db()
    fresh.refresh_from_db()
    assert (stale.status, fresh.status) == ("spam", "approved")


def test_away_and_back_again_is_not_what_was_seen(desk, make_comment, editor):
    comment = make_comment(status="pending")
    page = desk.get(LIST).content.decode()
    since = re.search(rf'name="since-{comment.pk}" value="([^"]+)"', page)[1]
    moderation.approve(comment, by=editor, seen="pending")
    moderation.hold(comment, by=editor, seen="approved")
    response = run_action(desk, "spam", [comment], **{f"since-{comment.pk}": since})
    assert "decided by eddie" in messages_of(response)[0]
    comment.refresh_from_db()
    assert comment.status == "pending"


def test_twice_is_once(desk, make_comment):
    comment = make_comment(status="pending")
    run_action(desk, "approve", [comment])
    run_action(desk, "approve", [comment])
    assert comment.changes.count() == 2
    comment.article.refresh_from_db()
    assert comment.article.comment_count == 1


# --- what is shown ------------------------------------------------------------------------


def test_one_comment_is_only_to_be_read(desk, make_private_comment):
    comment = make_private_comment(status="pending", held_for="links", held_detail="3 links")
    address = f"{LIST}{comment.pk}/change/"
    page = desk.get(address).content.decode()
    for shown in ("A thought.", "Rosa Reader", "r•••@private.example", "In the queue", "3 links"):
        assert shown in page
    content = page[page.index('id="content"') :]
    # Nothing to fill in; the one button reveals.
    assert not re.search(r'<(?:input|textarea|select)(?![^>]*type="(?:hidden|submit)")', content)

    response = desk.post(address, {"status": "approved", "text": "changed", "name": "Changed"})
    assert response.status_code == 403
    comment.refresh_from_db()
    assert (comment.status, comment.text, comment.name) == ("pending", "A thought.", "Rosa Reader")


def test_the_history_is_shown(desk, make_comment, editor):
    comment = make_comment(status="pending")
    moderation.spam(comment, by=editor, seen="pending")
    page = desk.get(f"{LIST}{comment.pk}/change/").content.decode()
    assert "eddie" in page
    assert "tell Akismet it was spam" in page


@pytest.mark.parametrize("query", ["", "?q=thought", "?status__exact=pending", "?q=rosa.reader"])
def test_no_private_value_but_the_masked_address(desk, make_private_comment, query):
    comment = make_private_comment(status="pending")
    for address in (LIST + query, f"{LIST}{comment.pk}/change/"):
        page = desk.get(address).content.decode().replace(query, "").replace("rosa.reader", "", 1)
        if not query.endswith("rosa.reader"):
            assert "Rosa Reader" in page
        for private in (
            "rosa.reader@",
            "203.0.113.77",
            "Unmistakable",
            "referrer.example",
            "sweet-secret",
            comment.submission.email_hash,
        ):
            assert private not in page


def test_addresses_cannot_be_searched_for(desk, make_private_comment):
    make_private_comment(status="pending")
    response = desk.get(LIST, {"q": "private.example"})
    assert response.context["cl"].result_count == 0
    # Nor asked for through the relation, one letter at a time.
    response = desk.get(LIST, {"submission__ip__startswith": "203"})
    assert response.status_code in (302, 400)


def test_twenty_comments_cost_as_much_as_one(desk, make_comment, count_queries):
    make_comment(status="pending")
    one = count_queries(desk.get, LIST)
    for number in range(19):
        make_comment(f"{number}", status="pending")
    assert len(count_queries(desk.get, LIST)) == len(one)


# --- the address in full --------------------------------------------------------------------


def test_one_address_is_revealed_and_noted(desk, moderator, make_private_comment):
    comment = make_private_comment(status="pending")
    page = desk.get(f"{LIST}{comment.pk}/change/").content.decode()
    assert "Reveal the email address" in page
    response = desk.post(f"{LIST}{comment.pk}/reveal/")
    assert "rosa.reader@private.example" in response.content.decode()
    assert "203.0.113.77" not in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    event = PrivacyEvent.objects.get()
    assert (event.kind, event.by, event.comment) == ("reveal", moderator, comment)
    assert "rosa.reader" not in desk.get(f"{LIST}{comment.pk}/change/").content.decode()


def test_revealing_needs_a_permission_and_a_press_of_the_button(
    desk, client, editor, make_private_comment
):
    comment = make_private_comment(status="pending")
    address = f"{LIST}{comment.pk}/reveal/"
    assert desk.get(address)["Location"] == f"{LIST}{comment.pk}/change/"
    group = Group.objects.get(name="Moderators")
    group.permissions.remove(Permission.objects.get(codename="reveal_address"))
    assert "Reveal" not in desk.get(f"{LIST}{comment.pk}/change/").content.decode()
    assert desk.post(address).status_code == 403
    client.force_login(editor)
    assert client.post(address).status_code == 403
    assert not PrivacyEvent.objects.exists()


def test_the_log_of_looks_is_only_to_be_read(client, make_private_comment, moderator):
    comment = make_private_comment(status="pending")
    event = PrivacyEvent.objects.create(kind="reveal", actor="staff", by=moderator, comment=comment)
    log = "/admin/comments/privacyevent/"
    officer = User.objects.create_user("dana", is_staff=True)
    officer.groups.add(Group.objects.get(name="Data protection"))
    client.force_login(officer)
    page = client.get(log).content.decode()
    assert "address revealed" in page
    assert "kim" in page
    detail = client.get(f"{log}{event.pk}/change/")
    for private in ("A thought.", "rosa.reader", "Rosa Reader"):
        assert private not in page + detail.content.decode()
    assert client.get(f"{log}add/").status_code == 403
    assert client.post(f"{log}{event.pk}/change/", {"kind": "erase"}).status_code == 403
    assert client.post(f"{log}{event.pk}/delete/", {"post": "yes"}).status_code == 403
    client.force_login(moderator)
    assert client.get(log).status_code == 403


# --- who may ------------------------------------------------------------------------------


def codenames(group):
    permissions = Group.objects.get(name=group).permissions
    return {
        f"{app}.{name}"
        for app, name in permissions.values_list("content_type__app_label", "codename")
    }


def test_the_groups_hold_exactly_these_permissions(db):
    assert set(Group.objects.values_list("name", flat=True)) == {
        "Data protection",
        "Editors",
        "Moderators",
        "Writers",
    }
    assert codenames("Editors") == {
        f"articles.{verb}_{model}"
        for verb in ("add", "change", "delete", "view")
        for model in ("article", "author", "correction", "disclosure", "pick", "picture", "tag")
    } | {
        "comments.change_errorreport",
        "comments.view_errorreport",
        "articles.publish_article",
        "articles.view_formeraddress",
        "articles.delete_formeraddress",
    }
    assert not codenames("Writers") & {"articles.publish_article", "articles.delete_article"}
    assert codenames("Moderators") == {
        "comments.moderate_comment",
        "comments.view_comment",
        "comments.view_statuschange",
        "comments.add_discussion",
        "comments.change_discussion",
        "comments.view_discussion",
        "comments.reveal_address",
        "comments.view_edit",
        "comments.view_report",
    }
    assert codenames("Data protection") == {
        "comments.handle_personal_data",
        "comments.view_privacyevent",
    }


@pytest.mark.parametrize("path", ["", "1/change/", "add/", "1/delete/", "1/history/"])
def test_editors_see_no_comments(client, editor, make_comment, path):
    comment = make_comment("Held words.", status="pending")
    client.force_login(editor)
    response = client.get(LIST + path.replace("1", str(comment.pk)))
    assert response.status_code == 403
    assert "Held words." not in response.content.decode()
    index = client.get("/admin/").content.decode()
    assert "/admin/comments/comment/" not in index
    assert "/moderation/" not in index


def test_editors_cannot_act(client, editor, make_comment):
    comment = make_comment(status="pending")
    client.force_login(editor)
    response = run_action(client, "approve", [comment])
    assert response.status_code == 403
    comment.refresh_from_db()
    assert comment.status == "pending"


def test_strangers_are_asked_to_sign_in(client, make_comment):
    make_comment("Held words.", status="pending")
    response = client.get(LIST)
    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("who", ["moderator", "admin"])
@pytest.mark.parametrize("path", ["add/", "1/delete/"])
def test_nobody_adds_or_deletes_comments_here(client, moderator, make_comment, who, path):
    comment = make_comment(status="pending")
    admin = User.objects.create_superuser("root")
    client.force_login(moderator if who == "moderator" else admin)
    address = LIST + path.replace("1", str(comment.pk))
    assert client.get(address).status_code == 403
    assert client.post(address, {"post": "yes"}).status_code == 403
    assert Comment.objects.count() == 1
    response = run_action(client, "delete_selected", [comment])
    assert Comment.objects.count() == 1
    assert "No action selected." in " ".join(messages_of(response))


def test_moderators_may_nothing_about_articles(desk, article):
    assert desk.get("/admin/articles/article/").status_code == 403
    assert desk.get(f"/admin/articles/article/{article.pk}/change/").status_code == 403


def test_moderators_find_the_desk_from_the_admin(desk):
    assert 'href="/moderation/"' in desk.get("/admin/").content.decode()


# --- the settings -------------------------------------------------------------------------

SETTINGS = {
    **{
        field.name: str(field.default)
        for field in Discussion._meta.get_fields()
        if isinstance(field, PositiveSmallIntegerField)
    },
    "links_to_hold": "3",
    "hold_words": "lottery",
    "disallowed_words": "casino",
    "flood_seconds": "20",
    "comments_per_page": "10",
    "depth": "4",
}


def test_the_discussion_settings_are_one_row(desk):
    address = "/admin/comments/discussion/"
    assert desk.get(address)["Location"] == f"{address}1/change/"
    assert desk.get(f"{address}1/change/").status_code == 200
    assert desk.post(f"{address}1/change/", SETTINGS).status_code == 302
    row = Discussion.objects.get()
    assert (row.pk, row.links_to_hold, row.depth) == (Discussion.SINGLETON, 3, 4)
    assert Discussion.load().disallowed_words == "casino"

    assert desk.get(f"{address}add/").status_code == 403
    assert desk.post(f"{address}add/", SETTINGS).status_code == 403
    assert desk.post(f"{address}1/change/", {**SETTINGS, "depth": "2"}).status_code == 302
    assert Discussion.load().depth == 2
    assert desk.get(f"{address}1/delete/").status_code == 403
    assert desk.post(f"{address}1/delete/", {"post": "yes"}).status_code == 403
    assert Discussion.objects.count() == 1


def test_the_defaults_are_in_force_while_there_is_no_row(db):
    settings = Discussion.load()
    assert not Discussion.objects.exists()
    assert (settings.links_to_hold, settings.flood_seconds) == (2, 15)
    assert (settings.comments_per_page, settings.depth) == (50, 5)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("links_to_hold", "0"),
        ("comments_per_page", "0"),
        ("comments_per_page", "501"),
        ("depth", "0"),
        ("depth", "11"),
        ("flood_seconds", "-1"),
    ],
)
def test_settings_that_would_break_a_page_are_refused(desk, field, value):
    desk.get("/admin/comments/discussion/")
    response = desk.post("/admin/comments/discussion/1/change/", {**SETTINGS, field: value})
    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors
    assert getattr(Discussion.load(), field) == getattr(Discussion(), field)


def test_editors_do_not_tune_the_discussion(client, editor):
    client.force_login(editor)
    assert client.get("/admin/comments/discussion/").status_code == 403
    assert client.post("/admin/comments/discussion/add/", SETTINGS).status_code == 403
    assert not Discussion.objects.exists()
