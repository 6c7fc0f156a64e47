"""The picture above an article's text: uploaded into the library, or chosen from it."""

import pytest
from django.contrib.auth.models import Group, User

from articles.models import Article, Author, Picture
from articles.pictures.choosing import LISTED
from tests.articles.editors import ADD, address, edit, errors, opened, save

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


@pytest.fixture
def desk(client, editor, media):
    client.force_login(editor)
    return client


def test_what_is_uploaded_above_a_text_is_in_the_library(desk, editor, make_article, make_picture):
    article = make_article()
    texts = {"picture_alt": "A line", "picture_caption": "Ours."}
    edit(desk, article, picture=make_picture(size=(64, 36)), **texts)
    picture = Picture.objects.get()
    article.refresh_from_db()
    assert picture.file == article.picture
    assert (picture.alt, picture.caption, picture.added_by) == ("A line", "Ours.", editor)
    assert (picture.width, picture.height) == (64, 36)
    edit(desk, article, title="Another", picture_alt="Said anew")
    picture.refresh_from_db()
    assert picture.alt == "A line", "the article's own words are for this article"
    assert Picture.objects.count() == 1


def test_one_is_chosen_with_its_texts(desk, make_article, keep):
    article, picture = make_article(), keep("A map", caption="Of rivers.", credit="Kim")
    edit(desk, article, library=picture.pk)
    article.refresh_from_db()
    assert article.picture == picture.file
    assert (article.picture_width, article.picture_height) == (40, 30)
    assert (article.picture_alt, article.picture_caption) == ("A map", "Of rivers. Credit: Kim")
    assert Picture.objects.count() == 1
    assert article.revisions.first().data["picture"] == str(picture.file)


def test_what_the_editor_wrote_stays(desk, make_article, keep):
    article, picture = make_article(), keep("A map", caption="Of rivers.")
    edit(desk, article, library=picture.pk, picture_alt="Mine", picture_caption="Mine too")
    article.refresh_from_db()
    assert (article.picture_alt, article.picture_caption) == ("Mine", "Mine too")


def test_words_for_the_picture_before_do_not_stay_with_another(desk, make_article, keep):
    one, other = keep("A map", caption="Of rivers."), keep("A chart")
    article = make_article()
    edit(desk, article, library=one.pk)
    edit(desk, article, library=other.pk)
    article.refresh_from_db()
    assert article.picture == other.file
    assert (article.picture_alt, article.picture_caption) == ("A chart", "")
    edit(desk, article, picture_caption="Said anew")
    edit(desk, article, library=other.pk)  # it is there already
    article.refresh_from_db()
    assert article.picture_caption == "Said anew"


def test_an_article_can_begin_with_one(desk, author, keep):
    picture = keep("A map")
    data = opened(desk) | {
        "title": "New", "slug": "new", "summary": "S.", "body": "<p>B.</p>", "author": author.pk,
        "library": picture.pk,
    }  # fmt: skip
    assert save(desk, None, data).status_code == 302
    assert Article.objects.get().picture == picture.file


def test_a_decorative_one_needs_words_above_a_text(desk, make_article, keep):
    article, picture = make_article(), keep("", decorative=True)
    response = save(desk, article, opened(desk, article), library=picture.pk)
    assert list(errors(response)) == ["picture_alt"]
    assert f'<option value="{picture.pk}" selected>' in response.content.decode()
    edit(desk, article, library=picture.pk, picture_alt="A line")


def test_a_file_and_a_choice_at_once_are_refused(desk, make_article, make_picture, keep, media):
    article, picture = make_article(), keep()
    data = opened(desk, article)
    response = save(desk, article, data, library=picture.pk, picture=make_picture("q.jpg"),
                    picture_alt="A")  # fmt: skip
    assert list(errors(response)) == ["library"]
    assert not list(media.rglob("q.jpg"))


@pytest.mark.parametrize("chosen", ["0", "999999", "x", "-1", "9" * 40, "1.5", "\0"])
def test_a_choice_that_is_none_is_refused(desk, make_article, keep, chosen):
    keep()
    article = make_article()
    response = save(desk, article, opened(desk, article), library=chosen)
    assert list(errors(response)) == ["library"]
    assert not Article.objects.get().picture


def test_the_newest_are_listed_and_older_ones_can_be_chosen(desk, make_article, keep):
    article, oldest = make_article(), keep("The oldest")
    for number in range(LISTED + 5):
        Picture.objects.create(file=f"pictures/{number}.jpg", width=1, height=1, alt=f"n{number}")
    page = desk.get(address("change", article)).content.decode()
    assert page.count("<option") - page.count('<option value=""') >= LISTED
    assert "The oldest" not in page
    response = save(desk, article, opened(desk, article), library=oldest.pk, title="")
    assert "The oldest (p0.jpg)" in response.content.decode()
    edit(desk, article, library=oldest.pk)


def test_somebody_elses_choice_is_not_overwritten(desk, make_article, keep):
    one, other, article = keep("A map"), keep("A chart"), make_article()
    mine = opened(desk, article)
    edit(desk, article, library=one.pk)
    response = save(desk, article, mine, library=other.pk)
    assert "Not saved" in errors(response)["__all__"][0]
    page = response.content.decode()
    assert str(one.file) in page
    assert str(other.file) in page
    article.refresh_from_db()
    assert article.picture == one.file


def test_the_preview_and_the_checklist_know_what_was_chosen(desk, make_article, keep):
    article, picture = make_article(), keep("A map")
    data = opened(desk, article) | {"library": picture.pk}
    preview = desk.post(address("preview", article), data).content.decode()
    assert f'<img src="{picture.file.url}" alt="A map" width="40" height="30"' in preview
    checked = desk.post(address("check", article), data).content.decode()
    assert "Links to the article will show a plain card" not in checked
    assert not Article.objects.get().picture


@pytest.mark.parametrize("may_look", [True, False])
def test_only_who_may_look_at_the_library_is_offered_it(
    client, author, make_article, keep, may_look
):
    from django.contrib.auth.models import Permission

    user = User.objects.create_user("ed", is_staff=True)
    names = ["change_article", "publish_article", *(["view_picture"] if may_look else [])]
    user.user_permissions.add(*Permission.objects.filter(codename__in=names))
    client.force_login(user)
    article, picture = make_article(), keep()
    page = client.get(address("change", article)).content.decode()
    assert ('name="library"' in page) == may_look
    save(client, article, opened(client, article), library=picture.pk)
    article.refresh_from_db()
    assert bool(article.picture) == may_look


def test_writers_choose_and_their_published_articles_are_only_shown(
    client, make_article, author, keep
):
    writer = User.objects.create_user("wendy", is_staff=True)
    writer.groups.add(Group.objects.get(name="Writers"))
    Author.objects.filter(pk=author.pk).update(user=writer)
    client.force_login(writer)
    draft, public, picture = make_article("D", days_ago=None), make_article("P"), keep()
    edit(client, draft, library=picture.pk)
    draft.refresh_from_db()
    assert draft.picture == picture.file
    page = client.get(address("change", public))
    assert page.status_code == 200
    assert 'name="library"' not in page.content.decode()
    assert client.get(ADD).status_code == 200


def test_the_form_shows_the_picture_that_is_there(desk, make_article, keep):
    article, picture = make_article(), keep()
    edit(desk, article, library=picture.pk)
    page = desk.get(address("change", article)).content.decode()
    assert f'<img src="{picture.file.url}" alt="" width="40" height="30">' in page
