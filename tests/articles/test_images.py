"""Which pictures an editor may upload, through the admin: told beside the field, never a 500."""

import struct
import zlib
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image, ImageCms

from articles import images
from articles.models import Article

pytestmark = pytest.mark.one_database


def png(width, height):
    """A PNG of few bytes: black, of any size; whole up to the forty megapixels that we take."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    lines = b"\0" * min((width // 8 + 2) * height, 6_000_000)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(lines)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def drawn(mode="RGB", size=(64, 36)):
    """A picture whose upper left is red and whose lower right is blue; the rest is green."""
    picture = Image.new("RGB", size, "green")
    across, down = size[0] // 4, size[1] // 4
    picture.paste((255, 0, 0), (0, 0, across, down))
    picture.paste((0, 0, 255), (size[0] - across, size[1] - down, *size))
    return picture.convert(mode)


def written(kind, picture=None, **options):
    data = BytesIO()
    (picture or drawn()).save(data, kind, **options)
    return data.getvalue()


def many_scans():
    """A JPEG that holds its picture a hundred times over: slow to read, whatever its size."""
    data = written("JPEG", progressive=True)
    start, end = data.index(b"\xff\xda"), data.rindex(b"\xff\xd9")
    return data[:start] + data[start:end] * 100 + data[end:]


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
            "disclosures-TOTAL_FORMS": "0",
            "disclosures-INITIAL_FORMS": "0",
            "corrections-TOTAL_FORMS": "0",
            "corrections-INITIAL_FORMS": "0",
            "picks-TOTAL_FORMS": "0",
            "picks-INITIAL_FORMS": "0",
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
        ("chart.png", png(64, 36)[:-30], "not an image or a corrupted image"),
        ("chart.jpg", written("JPEG", drawn(size=(900, 600)))[:-2000], "or it is damaged"),
        ("chart.webp", written("WEBP")[:-20], "not an image or a corrupted image"),
        ("chart.jpg", many_scans(), "or it is damaged"),
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


# --- what is stored ---------------------------------------------------------------------------

GPS = "N 48° 51' E 2° 21'"


def exif(orientation=1):
    made = Image.Exif()
    made[0x0112], made[0x010E], made[0x013B] = orientation, GPS, "Kim"
    made.get_ifd(0x8825)[1] = "N"
    return made


def stored(article, data, name="chart.jpg"):
    """Store a picture as code does, and return it as it lies on the disk."""
    article.picture.save(name, ContentFile(data), save=False)
    with article.picture.open() as file:
        found = Image.open(BytesIO(file.read()))
        found.load()
    return found


def colors(picture):
    """Name the colors of the upper left and the lower right corner."""
    plain = picture.convert("RGB")
    corners = (plain.getpixel((1, 1)), plain.getpixel((plain.width - 2, plain.height - 2)))
    return ["rgb"[max(range(3), key=pixel.__getitem__)] for pixel in corners]


@pytest.mark.parametrize(
    ("name", "kind", "options"),
    [
        ("a.jpg", "JPEG", {"comment": GPS, "exif": exif(), "xmp": f"<x>{GPS}</x>".encode()}),
        ("a.png", "PNG", {"exif": exif()}),
        ("a.webp", "WEBP", {"exif": exif(), "xmp": f"<x>{GPS}</x>".encode()}),
        ("a.webp", "WEBP", {"exif": exif(), "lossless": True}),
        ("a.avif", "AVIF", {"exif": exif(), "xmp": f"<x>{GPS}</x>".encode()}),
    ],
)
def test_where_a_picture_was_taken_is_not_kept(article, media, name, kind, options):
    data = written(kind, **options)
    assert b"Kim" in data
    found = stored(article, data, name)
    kept = (media / article.picture.name).read_bytes()
    assert not [said for said in (b"Kim", b"51' E", GPS.encode(), b"<x>") if said in kept]
    assert (found.format, dict(found.getexif()), colors(found)) == (kind, {}, ["r", "b"])


def test_what_is_appended_to_a_picture_is_not_kept(article, media):
    for name, kind in (("a.jpg", "JPEG"), ("a.png", "PNG"), ("a.webp", "WEBP")):
        stored(article, written(kind) + HTML, name)
        assert HTML not in (media / article.picture.name).read_bytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_turned_picture_is_set_upright(article, media, kind):
    upside_down = drawn().transpose(Image.Transpose.ROTATE_90)
    found = stored(article, written(kind, upside_down, exif=exif(6)), f"a.{kind.lower()}")
    assert found.size == (64, 36)
    assert (article.picture_width, article.picture_height) == (64, 36)
    assert colors(found) == ["r", "b"]


@pytest.mark.parametrize(
    ("mode", "kind", "kept"),
    [
        ("CMYK", "JPEG", "RGB"),
        ("L", "JPEG", "L"),
        ("P", "PNG", "P"),
        ("1", "PNG", "1"),
        ("I;16", "PNG", "RGB"),
        ("LA", "PNG", "LA"),
        ("RGBA", "PNG", "RGBA"),
        ("RGBA", "WEBP", "RGBA"),
        ("RGBA", "AVIF", "RGBA"),
    ],
)
def test_every_kind_of_pixels_is_understood(article, media, mode, kind, kept):
    picture = drawn("L" if mode == "I;16" else mode)
    if mode == "I;16":
        picture = picture.convert("I").point(lambda value: value * 257).convert("I;16")
    found = stored(article, written(kind, picture), f"a.{kind.lower()}")
    # Where nothing is to be seen through, the channel for it may go.
    assert found.mode in (kept, kept.removesuffix("A"))
    if mode in ("I;16", "L"):
        shades = [found.convert("L").getpixel(at) for at in ((1, 1), (32, 18))]
        assert [abs(shade - meant) < 4 for shade, meant in zip(shades, (76, 75), strict=True)]
        assert max(found.convert("L").getextrema()) < 90
    elif mode not in ("1", "LA"):
        assert colors(found) == ["r", "b"]


def swapped_profile():
    """A profile in which what is called red is blue, and the other way round."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = data.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))
    for tags in ((b"rXYZ", b"bXYZ"), (b"rTRC", b"bTRC")):
        for old, new in zip(tags, (b"temp", tags[0]), strict=True):
            data = data.replace(old, new, 1)
        data = data.replace(b"temp", tags[1], 1)
    return data


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_profile_is_put_into_the_pixels(article, media, kind):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    of_other_pictures = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for profile, seen in (
        (srgb, ["r", "b"]),
        (swapped_profile(), ["b", "r"]),
        (of_other_pictures, ["r", "b"]),
        (b"nonsense", ["r", "b"]),
    ):
        found = stored(article, written(kind, icc_profile=profile), f"a.{kind.lower()}")
        assert "icc_profile" not in found.info
        assert colors(found) == seen


def test_the_first_frame_of_a_moving_picture_is_kept(article, media):
    frames = [drawn(), Image.new("RGB", (64, 36), "white")]
    for kind in ("WEBP", "PNG", "AVIF"):
        data = written(kind, frames[0], save_all=True, append_images=frames[1:])
        assert Image.open(BytesIO(data)).n_frames == 2
        found = stored(article, data, f"a.{kind.lower()}")
        assert (getattr(found, "n_frames", 1), colors(found)) == (1, ["r", "b"])


@pytest.mark.parametrize(
    "options",
    [{}, {"exif": exif(6)}, {"icc_profile": swapped_profile()}],
    ids=["plain", "turned", "profile"],
)
def test_a_photo_with_a_second_picture_in_its_file_is_a_jpeg(upload, media, options):
    """As some cameras and telephones write them: MPO, called .jpg."""
    data = written("MPO", save_all=True, append_images=[drawn(size=(90, 50))], **options)
    assert Image.open(BytesIO(data)).format == "MPO"
    assert upload(SimpleUploadedFile("photo.jpg", data)).status_code == 302
    (kept,) = media.rglob("*.jpg")
    with Image.open(kept) as found:
        assert (found.format, found.info.get("mp")) == ("JPEG", None)


def test_scans_are_counted_in_a_photo_with_a_second_picture_too(upload):
    data = written("MPO", save_all=True, append_images=[drawn()], progressive=True)
    start = data.index(b"\xff\xda")
    end = data.index(b"\xff\xd9", start)
    data = data[:start] + data[start:end] * 100 + data[end:]
    response = upload(SimpleUploadedFile("photo.jpg", data))
    assert "or it is damaged" in " ".join(response.context["adminform"].form.errors["picture"])


def test_a_name_that_lies_about_its_format_is_put_right(article, media):
    stored(article, written("PNG"), "a.jpg")
    assert article.picture.name.endswith("/a.png")


def test_larger_than_any_screen_is_not_kept(article, media):
    found = stored(article, written("JPEG", drawn(size=(5000, 2500))))
    assert found.size == (article.picture_width, article.picture_height) == (2560, 1280)
    assert colors(found) == ["r", "b"]


@pytest.mark.parametrize(
    ("size", "unpacked"),
    [
        ((5200, 2700), (2600, 1350)),
        ((2700, 5200), (1350, 2600)),
        ((5100, 2700), (5100, 2700)),
        ((20_000, 4), (5000, 1)),
        ((640, 360), (640, 360)),
    ],
)
def test_a_large_jpeg_is_never_unpacked_whole(article, media, size, unpacked):
    """All of it would be hundreds of megabytes of a server's memory."""
    data = written("JPEG", drawn(size=size), exif=exif(6))
    assert images.opened(BytesIO(data)).size == unpacked
    found = stored(article, data)
    assert max(found.size) == min(max(size), 2560)
    assert (found.width < found.height) == (size[0] > size[1]), "it was not set upright"
    with pytest.raises(ValidationError, match="damaged"):
        images.opened(BytesIO(data[: len(data) // 2]))


@pytest.mark.parametrize(
    ("mode", "kind"), [("CMYK", "JPEG"), ("P", "PNG"), ("RGB", "PNG"), ("L", "JPEG"), ("LA", "PNG")]
)
def test_large_pictures_keep_what_they_show(article, media, mode, kind):
    picture = drawn(mode, size=(5200, 1300))
    options = {"transparency": (0, 128, 0)} if (mode, kind) == ("RGB", "PNG") else {}
    found = stored(article, written(kind, picture, **options), f"a.{kind.lower()}")
    assert found.size == (2560, 640)
    assert mode in ("L", "LA") or colors(found) == ["r", "b"]
    if options:
        assert found.getpixel((1280, 320))[3] == 0
        assert found.getpixel((1, 1))[3] == 255


def test_what_can_be_seen_through_stays_so(article, media):
    picture = drawn("RGBA", size=(3000, 30))
    picture.putpixel((1500, 15), (0, 0, 0, 0))
    assert stored(article, written("PNG", picture), "a.png").mode == "RGBA"


@pytest.mark.parametrize("data", [SVG, b"", png(10_000, 5_000)])
def test_code_cannot_store_what_an_editor_may_not(article, media, data):
    with pytest.raises(ValidationError):
        article.picture.save("a.png", ContentFile(data), save=False)
    assert not list(media.rglob("*.*"))
