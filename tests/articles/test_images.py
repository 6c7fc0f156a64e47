"""Which pictures an editor may upload, through the admin: told beside the field, never a 500."""

import struct
import zlib

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from articles import images
from articles.models import Article


def png(width, height):
    """A PNG of few bytes that claims any size."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(b"\0" * 64)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


# Pillow warns from 89 megapixels on and refuses from 179 on; elsewhere a warning is a log line.
BOMB_WARNING = pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
)
HTML = b"<!doctype html><script>alert(1)</script>"


@pytest.fixture
def upload(client, editor, author, media):
    """Fill in the admin's form for a new article with a picture, and return the response."""
    client.force_login(editor)

    def send(picture, **fields):
        data = {
            "title": "Pictured",
            "slug": "pictured",
            "summary": "In short.",
            "body": "<p>Body.</p>",
            "comments_slow_minutes": "0",
            "author": author.pk,
            "picture": picture,
            "picture_alt": "A chart",
            **fields,
        }
        return client.post(reverse("admin:articles_article_add"), data)

    return send


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("chart.jpg", "JPEG"),
        ("chart.JPEG", "JPEG"),
        ("chart.png", "PNG"),
        ("chart.webp", "WEBP"),
        ("chart.avif", "AVIF"),
    ],
)
def test_these_are_taken(upload, make_picture, media, name, kind):
    assert upload(make_picture(name, kind, size=(64, 36))).status_code == 302
    article = Article.objects.get()
    assert (article.picture_width, article.picture_height) == (64, 36)
    assert [path.name for path in media.rglob("*.*")] == [name]


@BOMB_WARNING
@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("chart.svg", SVG, "not an image or a corrupted image"),
        ("chart.png", SVG, "not an image or a corrupted image"),
        ("chart.jpg", HTML, "not an image or a corrupted image"),
        ("chart.html", HTML, "not an image or a corrupted image"),
        ("chart.png", png(64, 36)[:30], "not an image or a corrupted image"),
        ("chart.png", b"", "empty"),
        ("chart", png(64, 36), "allowed"),
        ("chart.html", png(64, 36), "“html” is not allowed"),
        ("chart.png.php", png(64, 36), "“php” is not allowed"),
        ("chart.gif", b"GIF89a\1\0\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\0;", "“gif” is not allowed"),
        ("chart.png", b"GIF89a\1\0\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\0;", "not a JPEG, PNG, WebP"),
        ("chart.png", png(8000, 6000), "more than 40 megapixels"),
        ("chart.png", png(10_000, 10_000), "more than 40 megapixels"),
        ("chart.png", png(60_000, 60_000), "not an image or a corrupted image"),
    ],
)
def test_these_are_refused_beside_the_field(upload, media, name, data, message):
    response = upload(SimpleUploadedFile(name, data))
    assert response.status_code == 200
    errors = response.context["adminform"].form.errors
    assert list(errors) == ["picture"]
    assert message in " ".join(errors["picture"])
    assert not Article.objects.exists()
    assert not list(media.rglob("*.*"))


def test_a_picture_of_more_than_ten_megabytes_is_refused(upload, make_picture, media):
    response = upload(make_picture(padding=10 * 1024 * 1024))
    assert "larger than 10 MB" in " ".join(response.context["adminform"].form.errors["picture"])
    assert not Article.objects.exists()
    assert not list(media.rglob("*.*"))


@pytest.mark.parametrize(
    ("pixels", "fits"), [((8000, 5000), True), ((8000, 5001), False), ((5001, 8000), False)]
)
def test_forty_megapixels_are_the_most(pixels, fits):
    file = SimpleUploadedFile("chart.png", png(*pixels))
    if fits:
        images.validate_picture(file)
        return
    with pytest.raises(ValidationError, match="more than 40 megapixels"):
        images.validate_picture(file)


@BOMB_WARNING
@pytest.mark.parametrize("pixels", [(10_000, 10_000), (60_000, 60_000)])
def test_a_decompression_bomb_is_a_wrong_picture_and_nothing_worse(pixels):
    with pytest.raises(ValidationError):
        images.validate_picture(SimpleUploadedFile("chart.png", png(*pixels)))


def test_looking_at_a_picture_leaves_it_where_it_was():
    file = SimpleUploadedFile("chart.png", png(64, 36))
    file.seek(7)
    images.validate_picture(file)
    assert file.tell() == 7


def test_a_stored_picture_is_not_looked_at_again(article, make_picture, monkeypatch):
    article.picture, article.picture_alt = make_picture(), "A chart"
    article.save()
    monkeypatch.setattr(images, "Image", None)
    article.full_clean()
