"""The library in the admin: found, described, told where it is shown, deleted when it is not."""

import pytest
from django.contrib.auth.models import Group, User

from articles.editing import revisions
from articles.models import Article, Author, Picture, PictureUse, Rendition
from articles.pictures import renditions
from articles.pictures.drawing import Draftsman

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

LIST = "/admin/articles/picture/"


@pytest.fixture
def admin(client, editor, media):
    client.force_login(editor)
    return client


def page_of(picture, page="change"):
    return f"{LIST}{picture.pk}/{page}/"


def body_with(picture):
    return f'<figure><img src="{picture.file.url}" alt="A"></figure>'


def listed(client, **query):
    response = client.get(LIST, query)
    assert response.status_code == 200
    return [each.alt for each in response.context["cl"].result_list]


# --- the list ---------------------------------------------------------------------------------


def test_pictures_are_found_by_words_and_by_use(admin, keep, make_article):
    shown, within, past, _unused = keep("Hero"), keep("Within"), keep("Past"), keep("Unused")
    keep("", decorative=True, caption="A line")
    make_article("One", picture=str(shown.file), picture_alt="A", body=body_with(within))
    revisions.keep(make_article("Two", body=body_with(past)).pk, by=None)
    changed = Article.objects.get(title="Two")
    changed.body = "<p>None.</p>"
    changed.save()
    assert listed(admin) == ["", "Unused", "Past", "Within", "Hero"]
    assert listed(admin, q="line") == [""]
    assert listed(admin, use="shown") == ["Within", "Hero"]
    assert listed(admin, use="past") == ["Past"]
    assert listed(admin, use="unused") == ["", "Unused"]
    assert listed(admin, decorative__exact="1") == [""]
    assert len(listed(admin, use="nonsense", _facets="True")) == 5


def test_an_article_counts_once_however_often_it_shows_a_picture(admin, keep, make_article):
    picture = keep()
    for title in ("One", "Two"):
        make_article(title, picture=str(picture.file), picture_alt="A", body=body_with(picture) * 2)
    (row,) = admin.get(LIST).context["cl"].result_list
    assert row.uses == 2


def test_the_list_takes_as_many_queries_for_twenty_as_for_one(
    admin, editor, keep, make_article, count_queries
):
    make_article(body=body_with(keep(added_by=editor)))
    admin.get(LIST)
    one = len(count_queries(admin.get, LIST))
    for number in range(19):
        picture = keep(added_by=editor)
        make_article(f"Number {number}", body=body_with(picture))
    Draftsman().run(once=True)
    assert len(count_queries(admin.get, LIST)) <= one
    assert admin.get(LIST).content.count(b"/media/renditions/") == 20


# --- one picture ------------------------------------------------------------------------------


def test_a_picture_is_uploaded(admin, editor, make_picture):
    data = {"file": make_picture(), "alt": "A chart", "caption": "Ours.", "credit": "Kim"}
    assert admin.post(f"{LIST}add/", data).status_code == 302
    picture = Picture.objects.get()
    assert (picture.width, picture.height, picture.added_by) == (40, 30, editor)
    assert picture.legend == "Ours. Credit: Kim"
    assert Rendition.objects.get().source == str(picture.file)


def test_an_upload_without_words_is_refused_unless_it_is_decorative(admin, make_picture):
    response = admin.post(f"{LIST}add/", {"file": make_picture()})
    assert list(response.context["adminform"].form.errors) == ["alt"]
    assert not Picture.objects.exists()
    admin.post(f"{LIST}add/", {"file": make_picture(), "decorative": "on"})
    assert Picture.objects.get().decorative


def test_its_texts_can_be_changed_and_its_file_cannot(admin, keep, make_picture):
    picture = keep()
    data = {"alt": "Better", "caption": "C", "credit": "", "file": make_picture("other.jpg")}
    assert admin.post(page_of(picture), data).status_code == 302
    former = str(picture.file)
    picture.refresh_from_db()
    assert (picture.alt, str(picture.file)) == ("Better", former)


def test_its_page_tells_where_it_is_shown(admin, keep, make_article):
    picture, other = keep(), keep()
    one = make_article("One", picture=str(picture.file), picture_alt="A", body=body_with(picture))
    revisions.keep(make_article("Two", body=body_with(picture)).pk, by=None)
    Article.objects.get(title="Two").delete()
    two = make_article("Three", body=body_with(picture))
    revisions.keep(two.pk, by=None)
    two.body = "<p>None.</p>"
    two.save()
    page = admin.get(page_of(picture)).content.decode()
    assert (
        f'<a href="/admin/articles/article/{one.pk}/change/">One</a> (above the text, within'
        in page
    )
    assert "Three</a> (in an old version)" in page
    assert "Two" not in page
    assert "Nowhere." in admin.get(page_of(other)).content.decode()


def test_writers_are_not_told_of_drafts_of_others(client, keep, make_article):
    writer = User.objects.create_user("wendy", is_staff=True)
    writer.groups.add(Group.objects.get(name="Writers"))
    Author.objects.create(name="Wendy", slug="wendy", user=writer)
    picture = keep()
    for title, days in (("Public", 1), ("Secret plans", None), ("More plans", None)):
        make_article(title, days_ago=days, body=body_with(picture))
    client.force_login(writer)
    page = client.get(page_of(picture)).content.decode()
    assert "Public</a> (within the text)" in page
    assert "2 more articles" in page
    assert "plans" not in page
    assert client.get(page_of(picture, "delete")).status_code == 403


def test_moderators_see_nothing_of_it(client, moderator, keep):
    picture = keep()
    client.force_login(moderator)
    for address in (LIST, f"{LIST}add/", page_of(picture)):
        assert client.get(address).status_code == 403


# --- deleting ---------------------------------------------------------------------------------


def delete(client, picture, commit):
    with commit(execute=True):
        return client.post(page_of(picture, "delete"), {"post": "yes"})


def test_what_nobody_shows_is_deleted_with_its_files(
    admin, keep, media, django_capture_on_commit_callbacks
):
    picture = keep()
    Draftsman().run(once=True)
    assert len(list(media.rglob("*.*"))) > 3
    response = delete(admin, picture, django_capture_on_commit_callbacks)
    assert response.status_code == 302
    assert not Picture.objects.exists()
    assert not Rendition.objects.exists()
    assert not list(media.rglob("*.*"))


def test_another_whose_name_ends_alike_is_not_in_the_way(
    admin, keep, make_article, django_capture_on_commit_callbacks
):
    make_article(body=body_with(keep(name="the-chart.jpg")))
    picture = keep(name="chart.jpg")
    assert delete(admin, picture, django_capture_on_commit_callbacks).status_code == 302
    assert Picture.objects.get().file.name.endswith("the-chart.jpg")


@pytest.mark.parametrize("how", ["hero", "body", "past", "unnoticed"])
def test_what_is_shown_is_not_deleted_and_it_is_said_where(
    admin, keep, make_article, media, how, django_capture_on_commit_callbacks
):
    picture = keep(name="kept.jpg")
    if how == "hero":
        make_article("The article", picture=str(picture.file), picture_alt="A")
    else:
        article = make_article("The article", body=body_with(picture))
        if how == "past":
            revisions.keep(article.pk, by=None)
            article.body = "<p>None.</p>"
            article.save()
        if how == "unnoticed":
            PictureUse.objects.all().delete()
    page = admin.get(page_of(picture, "delete")).content.decode()
    assert "cannot be deleted" in page
    assert ("The article</a>" in page) == (how != "unnoticed")
    assert delete(admin, picture, django_capture_on_commit_callbacks).status_code == 200
    everything = {"action": "delete_selected", "_selected_action": [picture.pk], "post": "yes"}
    response = admin.post(LIST, everything)
    assert "Nothing was deleted" in response.content.decode()
    assert Picture.objects.exists()
    assert (media / str(picture.file)).exists()


def test_administrators_may_delete_what_only_old_versions_show(
    client, admin_user, keep, make_article, media, django_capture_on_commit_callbacks
):
    picture = keep(name="gone.jpg")
    article = make_article("The article", body=body_with(picture))
    revisions.keep(article.pk, by=None)
    client.force_login(admin_user)
    assert delete(client, picture, django_capture_on_commit_callbacks).status_code == 200
    article.body = "<p>None.</p>"
    article.save()
    page = client.get(page_of(picture, "delete")).content.decode()
    assert "The article</a> (in an old version)" in page
    assert delete(client, picture, django_capture_on_commit_callbacks).status_code == 302
    assert not list(media.rglob("gone.jpg"))


def test_several_are_deleted_at_once(admin, keep, media, django_capture_on_commit_callbacks):
    chosen = [keep().pk, keep().pk]
    with django_capture_on_commit_callbacks(execute=True):
        admin.post(LIST, {"action": "delete_selected", "_selected_action": chosen, "post": "yes"})
    assert not Picture.objects.exists()
    assert not list(media.rglob("*.*"))


def test_what_is_in_the_library_is_not_tidied_away(
    keep, media, monkeypatch, django_capture_on_commit_callbacks
):
    from datetime import timedelta

    from django.utils import timezone

    picture = keep()
    Draftsman().run(once=True)
    before = sorted(media.rglob("*.*"))
    later = timezone.now() + 2 * renditions.UNUSED_FOR
    with django_capture_on_commit_callbacks(execute=True):
        renditions.catch_up()
        monkeypatch.setattr(timezone, "now", lambda: later)
        renditions.catch_up()
        monkeypatch.setattr(timezone, "now", lambda: later + timedelta(days=30))
        renditions.catch_up()
    assert sorted(media.rglob("*.*")) == before
    assert (media / str(picture.file)).exists()
