"""Pictures within a text, as browsers may choose among their copies."""

import re

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from articles.models import Article, Picture, PictureUse, Rendition
from articles.pictures import bodies, renditions
from articles.pictures.drawing import Draftsman
from articles.pictures.elements import with_copies

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


@pytest.fixture
def stored(make_picture):
    """Store pictures; return their addresses."""

    def store(name="chart.jpg", size=(800, 400)):
        return default_storage.url(
            default_storage.save(f"pictures/{name}", make_picture(size=size))
        )

    return store


def figure(address, more=""):
    image = f'<img src="{address}" alt="A &quot;b&quot;"{more}>'
    return f"<figure>{image}<figcaption>C</figcaption></figure>"


def draw():
    Draftsman().run(once=True)


def body_of(client, article):
    page = client.get(article.get_absolute_url()).content.decode()
    return re.search(r'<div class="body">\n(.*?)\n</div>\n</div>\n<footer', page, re.DOTALL)[1]


def test_a_figure_offers_what_the_hero_does(client, make_article, stored):
    article = make_article(body=figure(stored("a chart.jpg", (1800, 900))))
    plain = body_of(client, article)
    assert "<picture>" not in plain
    draw()
    shown = body_of(client, article)
    sources = re.findall(r'<source type="([^"]+)" srcset="([^"]+)" sizes="([^"]+)">', shown)
    assert [kind for kind, _set, _sizes in sources] == ["image/avif", "image/webp"]
    for _kind, offered, sizes in sources:
        assert [each.split()[1] for each in offered.split(", ")] == ["640w", "1024w", "1600w"]
        assert sizes.startswith("(min-width: 64rem) 36rem")
    (image,) = re.findall(r"<img [^>]*>", shown)
    assert re.search(r' src="/media/renditions/[^"]+-1024\.jpg"', image)
    assert ' alt="A &quot;b&quot;" loading="lazy" width="1800" height="900"' in image
    assert re.search(r"<figure><picture>.*</picture><figcaption>C</figcaption></figure>", shown)
    assert Article.objects.get().body == article.body, "what is stored stays plain"


def test_a_small_picture_is_not_fetched_larger_than_it_stands(client, make_article, stored):
    article = make_article(body=figure(stored(size=(800, 400)), ' width="300"'))
    draw()
    shown = body_of(client, article)
    assert 'sizes="(min-width: 44rem) 300px, 90vw"' in shown
    assert 'width="300" loading="lazy" height="150"' in shown


def test_pictures_of_elsewhere_and_unreadable_ones_stay_as_they_are(client, make_article, stored):
    body = figure("https://elsewhere.example/x.jpg") + figure("/media/pictures/gone.jpg")
    article = make_article(body=body + figure(stored()))
    draw()
    assert body_of(client, article).count("<picture>") == 1
    assert Rendition.objects.get(source="pictures/gone.jpg").problem


def test_a_picture_of_the_library_has_its_copies_already(client, make_article, make_picture):
    picture = Picture.objects.create(file=make_picture(size=(64, 36)), alt="A")
    draw()
    article = make_article(body=figure(picture.file.url))
    assert "<picture>" in body_of(client, article)
    assert Article.objects.get().body_copies.keys() == {str(picture.file)}


def test_copies_follow_the_text(client, make_article, stored):
    first, second = stored("one.jpg", (64, 36)), stored("two.jpg", (65, 36))
    article = make_article(body=figure(first))
    opened_before = Article.objects.get()
    draw()
    opened_before.summary = "New."
    opened_before.save()
    assert "<picture>" in body_of(client, article), "a form that was open takes no copies away"
    opened_before.body = figure(first) + figure(second)
    opened_before.save(update_fields=["body"])
    assert body_of(client, article).count("<picture>") == 1
    draw()
    assert body_of(client, article).count("<picture>") == 2
    opened_before.body = "<p>None.</p>"
    opened_before.save()
    assert Article.objects.get().body_copies == {}
    assert not PictureUse.objects.exists()


def test_a_preview_offers_them_too(client, editor, make_article, make_picture):
    picture = Picture.objects.create(file=make_picture(size=(64, 36)), alt="A")
    draw()
    client.force_login(editor)
    data = {"title": "Typed", "body": figure(picture.file.url)}
    page = client.post("/admin/articles/article/preview/", data).content.decode()
    assert page.count("<picture>") == 1
    assert not Article.objects.exists()


def test_feeds_take_the_picture_as_it_is(client, make_article, stored, settings):
    make_article(body=figure(stored()))
    draw()
    feed = client.get("/feed/").content.decode()
    assert "picture&gt;" not in feed
    assert f'&lt;img src="{settings.SITE_URL}/media/pictures/chart.jpg' in feed


def test_a_page_takes_no_query_more_for_its_pictures(client, make_article, stored, count_queries):
    def queries(article):
        client.get(article.get_absolute_url())
        return len(count_queries(client.get, article.get_absolute_url()))

    none = queries(make_article("None"))
    many = make_article(
        "Many", body="".join(figure(stored(f"{n}.jpg", (64 + n, 36))) for n in range(9))
    )
    draw()
    assert body_of(client, many).count("<picture>") == 9
    assert queries(many) == none


def test_a_text_without_pictures_is_not_looked_through():
    class Untouchable(dict):
        def get(self, *_):
            raise AssertionError

    body = "<p>&lt;img src=x&gt;</p>"
    assert with_copies(body, Untouchable(a=1)) is body
    assert with_copies("<img>", {}) == "<img>"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/media/pictures/2026/a.jpg", "pictures/2026/a.jpg"),
        ("/media/a%20b.jpg?x=1#y", "a b.jpg"),
        ("/media/a b.jpg", "a b.jpg"),
        ("/media/%C3%BC.jpg", "ü.jpg"),
        ("/media/", ""),
        ("/media/.", ""),
        ("/media/../secret", ""),
        ("/media/a/%2e%2e/%2e%2e/secret", ""),
        ("/media//etc/passwd", ""),
        ("/media/a//b.jpg", ""),
        ("/media/a%5Cb.jpg", ""),
        ("/media/%00.jpg", ""),
        ("/media/" + "a" * 300, ""),
        ("/static/a.jpg", ""),
        ("https://elsewhere.example/media/a.jpg", ""),
        ("", ""),
    ],
)
def test_an_address_leads_to_no_place_but_where_pictures_lie(address, name):
    assert bodies.stored_name(address) == name


def test_nobody_makes_copies_of_copies_or_has_them_deleted(make_article):
    body = figure("/media/renditions/ab/abc-640.webp") + figure("/media/share/1-abc.jpg")
    make_article(body=body)
    assert not Rendition.objects.exists()
    assert not PictureUse.objects.exists()


def test_a_file_that_nobody_uploaded_here_stays_when_it_is_no_longer_shown(
    make_article, make_picture, media, monkeypatch, django_capture_on_commit_callbacks
):
    default_storage.save("old-site/chart.jpg", make_picture(size=(64, 36)))
    article = make_article(body=figure("/media/old-site/chart.jpg"))
    draw()
    article.body = "<p>None.</p>"
    article.save()
    renditions.catch_up()
    later = timezone.now() + 2 * renditions.UNUSED_FOR
    with monkeypatch.context() as patched, django_capture_on_commit_callbacks(execute=True):
        patched.setattr(timezone, "now", lambda: later)
        renditions.catch_up()
    assert not Rendition.objects.exists()
    assert [path.name for path in media.rglob("*.*") if "share" not in path.parts] == ["chart.jpg"]


def test_uses_that_no_row_notes_yet_are_found_by_the_hour(make_article, stored):
    make_article(body=figure(stored()))
    Rendition.objects.all().delete()
    renditions.catch_up()
    assert Rendition.objects.get().source == "pictures/chart.jpg"
