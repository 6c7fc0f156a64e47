"""Writers submit, editors decide: every role and every step, the mails, and what is refused."""

import importlib
import re
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.core import mail
from django.db import connection

from articles.models import Article, Author
from articles.publishing import workflow
from articles.publishing.models import EditorPreference, Review
from articles.publishing.states import State, condition, state_of
from comments.mail import reviews
from comments.mail.postman import Postman
from comments.models import Mail
from tests.articles.editors import ADD, address, edit, errors, opened, save

LIST = "/admin/articles/article/"


@pytest.fixture
def write(make_article, writer):
    """Make an article in a state, by the writer or by another author."""

    def make(state, *, own=True):
        days = {"scheduled": -1, "published": 1, "withdrawn": 1}.get(state)
        article = make_article(f"Article {state}", days_ago=days)
        if own:
            article.author = writer.author
            article.save()
        if state == State.SUBMITTED:
            article.reviews.create(asked_by=writer)
        if state == State.WITHDRAWN:
            boss = User.objects.create_user("boss", is_superuser=True)
            workflow.take("withdraw", article.pk, by=boss)
            article.refresh_from_db()
        assert state_of(article) == state
        return article

    return make


def press(client, article, step, **data):
    return client.post(address("publication", article), {"step": step, **data})


# --- the table ------------------------------------------------------------------------------

#: Where each step leads.
ENDS = {
    "submit": State.SUBMITTED, "take_back": State.DRAFT, "send_back": State.DRAFT,
    "publish": State.PUBLISHED, "unschedule": State.DRAFT, "withdraw": State.WITHDRAWN,
    "bring_back": State.PUBLISHED,
}  # fmt: skip
#: Which steps each may take, where the article is in the state for it.
ROLES = {
    "editor": set(ENDS) - {"take_back"},
    "superuser": set(ENDS) - {"take_back"},
    "writer": {"submit", "take_back"},
    "writer of another": set(),
    "moderator": set(),
    "data protection": set(),
    "staff without a role": set(),
}


@pytest.fixture
def sign_in(client, editor, moderator, writer):
    def sign_in(role):
        known = {"editor": editor, "moderator": moderator, "writer": writer}
        user = known.get(role) or User.objects.create_user(
            "someone", is_staff=True, is_superuser=role == "superuser"
        )
        group = {"writer of another": "Writers", "data protection": "Data protection"}.get(role)
        if group:
            user.groups.set(Group.objects.filter(name=group))
        client.force_login(user)
        return client

    return sign_in


def test_the_table_is_whole():
    assert set(workflow.STEPS) == set(ENDS)


@pytest.mark.parametrize("name", ENDS)
@pytest.mark.parametrize("role", ROLES)
def test_who_may_take_which_step(sign_in, write, role, name):
    begin = sorted(workflow.STEPS[name].begins)[0]
    article = write(begin)
    client = sign_in(role)
    response = press(client, article, name, note="Please.")
    article = Article.objects.get(pk=article.pk)
    if name in ROLES[role]:
        assert response.status_code == 302
        assert state_of(article) == ENDS[name]
    else:
        assert response.status_code in (403, 404)
        assert state_of(article) == begin


@pytest.mark.parametrize("name", ENDS)
def test_a_step_is_refused_where_it_does_not_begin(client, editor, writer, write, name):
    client.force_login(writer if name == "take_back" else editor)
    for state in set(State) - workflow.STEPS[name].begins:
        article = write(state)
        response = press(client, article, name, note="Please.")
        assert response.status_code == 200
        assert "is in another state by now" in response.content.decode()
        assert state_of(Article.objects.get(pk=article.pk)) == state
        article.delete()
        User.objects.filter(username="boss").delete()


def test_an_editor_takes_back_only_what_is_their_own(client, editor, author, make_article):
    article = make_article("Mine", days_ago=None)
    article.reviews.create(asked_by=editor)
    client.force_login(editor)
    shown = client.get(address("publication", article)).content.decode()
    assert 'value="send_back"' in shown
    assert 'value="take_back"' not in shown
    Author.objects.filter(pk=article.author_id).update(user=editor)
    assert 'value="take_back"' in client.get(address("publication", article)).content.decode()
    assert press(client, article, "take_back").status_code == 302
    assert state_of(Article.objects.get()) == State.DRAFT


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("own", [True, False])
def test_writers_change_drafts_of_their_own_and_nothing_else(client, writer, write, state, own):
    article = write(state, own=own)
    client.force_login(writer)
    may = own and state in (State.DRAFT, State.SUBMITTED)
    seen = own or state == State.PUBLISHED
    assert client.get(address("change", article)).status_code == (200 if seen else 302)
    if may:
        edit(client, article, title="Better")
    else:
        response = client.post(address("change", article), {"title": "Better"})
        assert response.status_code in (302, 403)
    article = Article.objects.get(pk=article.pk)
    assert (article.title == "Better") is may
    assert state_of(article) == state
    for page in ("history", "links"):
        assert client.get(address(page, article)).status_code == (200 if may else 403)


# --- what a writer can do -------------------------------------------------------------------


def test_a_writer_writes_and_submits_in_one_go(client, writer):
    client.force_login(writer)
    response = client.get(ADD)
    page = response.content.decode()
    assert "Save and submit for review" in page
    data = {"title": "Mine", "slug": "mine", "summary": "S.", "body": "<p>B.</p>",
            "author": writer.author.pk, "_submit_review": ""}  # fmt: skip
    response = save(client, None, opened(client), **data)
    article = Article.objects.get()
    assert response["Location"] == address("publication", article)
    assert state_of(article) == State.SUBMITTED
    assert article.reviews.get().asked_by == writer
    assert "Waits for review" in client.get(response["Location"]).content.decode()


def test_a_writer_cannot_publish_through_the_form(client, writer, write):
    draft = write(State.DRAFT)
    client.force_login(writer)
    data = opened(client, draft)
    assert not {"published_at_0", "comments_open"} & set(data)
    now = {"published_at_0": "2026-01-02", "published_at_1": "10:00:00"}
    for forbidden in ({**now, "published_at": "2026-01-02 10:00"}, {"comments_slow_minutes": "9"}):
        assert save(client, draft, data, **forbidden).status_code == 302
        draft.refresh_from_db()
        assert (draft.published_at, draft.comments_slow_minutes) == (None, 0)


def test_a_writer_cannot_write_under_another_name(client, writer, author):
    client.force_login(writer)
    data = {"title": "M", "slug": "m", "summary": "S.", "body": "<p>B.</p>", "author": author.pk}
    assert "author" in errors(save(client, None, opened(client), **data))
    assert not Article.objects.exists()


def test_a_writer_without_a_name_adds_nothing(client, writer):
    Author.objects.all().delete()
    client.force_login(writer)
    assert client.get(ADD).status_code == 403
    assert client.get(LIST).status_code == 200


@pytest.mark.parametrize(
    "action", ["publish_now", "back_to_draft", "withdraw", "open_comments", "delete_selected"]
)
def test_a_writer_decides_nothing_in_the_list(client, writer, write, action):
    article = write(State.SCHEDULED)
    client.force_login(writer)
    assert f'value="{action}"' not in client.get(LIST).content.decode()
    client.post(LIST, {"action": action, "_selected_action": [article.pk]})
    assert state_of(Article.objects.get()) == State.SCHEDULED


def test_a_writers_list_hides_the_drafts_of_others(client, writer, write):
    for state in (State.DRAFT, State.SCHEDULED, State.PUBLISHED):
        write(state, own=False)
        Article.objects.filter(slug=f"article-{state}").update(slug=f"other-{state}")
        write(state)
    client.force_login(writer)
    shown = client.get(LIST).context["cl"].result_list
    assert sorted(each.slug for each in shown) == [
        "article-draft", "article-published", "article-scheduled", "other-published",
    ]  # fmt: skip


# --- what comes of a review -----------------------------------------------------------------


def test_sent_back_with_a_note_that_the_writer_reads(client, editor, writer, write):
    article = write(State.SUBMITTED)
    client.force_login(editor)
    response = press(client, article, "send_back", note="  ")
    assert "Say what is still to be done." in response.content.decode()
    assert state_of(article) == State.SUBMITTED
    assert press(client, article, "send_back", note="Sources <b>missing</b>.").status_code == 302
    client.force_login(writer)
    page = client.get(address("change", article)).content.decode()
    assert "Sources &lt;b&gt;missing&lt;/b&gt;." in page
    assert "Sent back on" in page
    assert press(client, article, "submit").status_code == 302
    assert "Sent back on" not in client.get(address("change", article)).content.decode()


def test_publishing_in_the_form_answers_the_review(client, editor, write):
    article = write(State.SUBMITTED)
    client.force_login(editor)
    edit(client, article, published_at_0="2026-01-02", published_at_1="10:00:00")
    assert article.reviews.get().outcome == Review.Outcome.ACCEPTED
    article.refresh_from_db()
    article.published_at = None
    article.save()
    assert state_of(article) == State.DRAFT


def test_the_checklist_stands_against_publishing(client, editor, write):
    article = write(State.SUBMITTED)
    Article.objects.update(body="<p>TK</p>")
    client.force_login(editor)
    response = press(client, article, "publish")
    assert "TK" in response.content.decode()
    assert state_of(Article.objects.get()) == State.SUBMITTED


def test_submitted_twice_waits_once(client, writer, write):
    article = write(State.DRAFT)
    client.force_login(writer)
    assert press(client, article, "submit").status_code == 302
    assert press(client, article, "submit").status_code == 200
    assert article.reviews.count() == 1


def test_a_step_that_there_is_not(client, editor, article):
    client.force_login(editor)
    assert press(client, article, "explode").status_code == 404
    assert client.put(address("publication", article)).status_code == 405


@pytest.mark.parametrize("state", State)
def test_the_list_is_filtered_by_every_state(client, editor, write, state):
    for each in State:
        write(each)
    client.force_login(editor)
    found = client.get(f"{LIST}?state={state}").context["cl"].result_list
    assert [state_of(each) for each in found] == [state]
    assert Article.objects.filter(condition(state)).count() == 1


def test_the_field_says_which_time_it_is(client, editor, article):
    client.force_login(editor)
    page = client.get(address("change", article)).content.decode()
    assert re.search(r"Time zone: [\w/]+\. Now it is \d{4}-\d\d-\d\d \d\d:\d\d there\.", page)


# --- the first page of the admin ------------------------------------------------------------


def waiting(client):
    page = client.get("/admin/").content.decode()
    return dict(re.findall(r'<li><a href="[^"]*">([^<]*)</a>: <strong>([^<]*)</strong>', page))


def test_the_first_page_tells_what_waits(client, editor, writer, write):
    for state in (State.DRAFT, State.SUBMITTED, State.SCHEDULED, State.PUBLISHED):
        write(state)
    client.force_login(editor)
    assert waiting(client) == {
        "All drafts": "1",
        "Drafts that wait for review": "1",
        "Scheduled articles": "1",
        "Errors that readers reported": "0",
    }
    client.force_login(writer)
    assert waiting(client)["Your drafts"] == "1"
    assert "All drafts" not in waiting(client)
    url = f"{LIST}?state=draft&author__id__exact={writer.author.pk}"
    assert len(client.get(url).context["cl"].result_list) == 1


def test_who_has_nothing_to_do_with_articles_is_told_nothing(client, moderator, write):
    write(State.SUBMITTED)
    client.force_login(moderator)
    assert "What waits for you" not in client.get("/admin/").content.decode()


def test_it_stops_counting_at_a_hundred(client, editor, make_article, count_queries):
    client.force_login(editor)
    client.get("/admin/")
    few = len(count_queries(client.get, "/admin/"))
    for number in range(100):
        make_article(f"Number {number}", days_ago=-1)
    assert waiting(client)["Scheduled articles"] == "99+"
    assert len(count_queries(client.get, "/admin/")) == few


# --- mail -----------------------------------------------------------------------------------


@pytest.fixture
def post(settings):
    """What the postman delivers."""
    settings.MAIL_ENABLED = True

    def deliver():
        Postman().run(once=True)
        return mail.outbox

    return deliver


def test_an_editor_who_wants_it_gets_one_mail(client, editor, writer, write, post):
    article = write(State.DRAFT)
    client.force_login(editor)
    assert client.post(address("publication", article), {"mail": "on"}).status_code == 302
    client.force_login(writer)
    press(client, article, "submit", note="Ready, I think.")
    assert mail.outbox == []  # not in the request
    (letter,) = post()
    assert letter.to == [editor.email]
    assert "“Article draft” waits for review" in letter.subject
    assert "Ready, I think." in letter.body
    assert address("publication", article) in letter.body
    assert len(post()) == 1


def test_nobody_else_gets_one(editor, moderator, writer, write, post):
    EditorPreference.objects.create(user=moderator, review_mail=True)  # may not publish
    EditorPreference.objects.create(user=editor, review_mail=False)
    write(State.SUBMITTED)
    assert post() == []


def test_no_mail_about_what_was_decided_meanwhile(editor, writer, write, post):
    EditorPreference.objects.create(user=editor, review_mail=True)
    article = write(State.SUBMITTED)
    reviews.owe_reviews()
    workflow.take("take_back", article.pk, by=writer)
    assert post() == []
    assert Mail.objects.get().error == "dropped: no review for this editor any more"


def test_mail_is_chosen_by_those_who_publish(client, writer, write):
    article = write(State.DRAFT)
    client.force_login(writer)
    assert client.post(address("publication", article), {"mail": "on"}).status_code == 403
    assert not EditorPreference.objects.exists()


def test_whoever_could_publish_still_can(db):
    """The migration gives the new permission to those who could change articles."""
    user = User.objects.create_user("old hand", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_article"))
    group = Group.objects.create(name="Desk")
    group.permissions.add(Permission.objects.get(codename="change_article"))
    module = importlib.import_module("articles.migrations.0010_writers")
    module.add_groups(apps, SimpleNamespace(connection=connection))
    assert workflow.may_publish(User.objects.get(pk=user.pk))
    assert group.permissions.filter(codename="publish_article").exists()
    writers = Group.objects.get(name="Writers")
    assert not writers.permissions.filter(codename="publish_article").exists()
