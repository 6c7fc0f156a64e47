"""Pictures within an article's text."""

import pytest
from django.core.files.storage import default_storage

from articles.models import Article

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


@pytest.fixture
def stored(make_picture):
    return default_storage.save("pictures/a chart.jpg", make_picture(size=(800, 400)))


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("", 'loading="lazy" width="800" height="400"'),
        ('width="400"', 'width="400" loading="lazy" height="200"'),
        ('height="100"', 'height="100" loading="lazy"'),
        ('width="4" height="9"', 'width="4" height="9" loading="lazy"'),
        ('loading="eager"', 'loading="eager" width="800" height="400"'),
        ('width="100%"', 'width="100%" loading="lazy"'),
    ],
)
def test_the_place_of_a_picture_of_ours_is_kept_free(make_article, stored, written, kept):
    image = '<img alt="A" src="/media/pictures/a%20chart.jpg"'
    article = make_article(body=f"<p>{image} {written}></p>")
    assert article.body == f"<p>{image} {kept}></p>"
    article.save()
    article = Article.objects.get()
    assert kept in article.body
    assert article.updated_at is None, "saving it again is no change"


@pytest.mark.parametrize(
    "source",
    [
        "/media/pictures/gone.jpg",
        "/media/../../../../etc/passwd",
        "/media/",
        "/media/pictures",
        "/elsewhere.jpg",
        "https://elsewhere.example/x.jpg",
        "/media/pictures/text.txt",
        "/media/pictures/%00.jpg",
    ],
)
def test_what_cannot_be_measured_is_left_as_it_is(make_article, stored, source):
    from django.core.files.base import ContentFile

    default_storage.save("pictures/text.txt", ContentFile(b"no picture"))
    article = make_article(body=f'<p><img src="{source}" alt=""></p>')
    assert article.body == f'<p><img src="{source}" alt="" loading="lazy"></p>'


def test_text_that_only_looks_like_a_picture_is_no_picture(make_article):
    body = "<p>&lt;img src=x&gt;</p>"
    assert make_article(body=body).body == body
