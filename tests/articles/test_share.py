"""The cards that other sites show for a link to an article."""

import re
from io import BytesIO, StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from PIL import Image, ImageChops

from articles.models import Article, SharePicture
from articles.pictures import lettering, share
from articles.pictures.drawing import Draftsman

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
PICTURE = Image.new("RGB", (400, 300), "red")


@pytest.fixture(autouse=True)
def _media(media):
    return media


def draw():
    Draftsman().run(once=True)


def told(client, address):
    page = client.get(address).content.decode()
    return dict(
        re.findall(r'<meta (?:property|name)="((?:og:image|twitter)[^"]*)" content="([^"]*)"', page)
    )


def test_a_link_shows_the_articles_card(client, make_article, media):
    make_article('Chips & "margins"', slug="chips")
    assert told(client, "/articles/chips/") == {"twitter:card": "summary"}
    draw()
    meta = told(client, "/articles/chips/")
    assert meta["twitter:card"] == "summary_large_image"
    assert meta["og:image"].startswith("http://testserver/media/share/")
    assert (meta["og:image:width"], meta["og:image:height"]) == ("1200", "630")
    assert meta["og:image:alt"] == "Chips &amp; &quot;margins&quot;"
    path = media / meta["og:image"].removeprefix("http://testserver/media/")
    card = Image.open(BytesIO(path.read_bytes()))
    assert (card.size, card.format) == ((1200, 630), "JPEG")
    assert path.stat().st_size < 100_000, "some messengers show no larger ones"


def test_until_it_is_drawn_the_picture_must_do(client, make_article, make_picture):
    picture = ContentFile(make_picture().read(), "chart.jpg")
    article = make_article("Chips", picture=picture, picture_alt="A chart")
    assert told(client, "/articles/chips/")["og:image"] == f"http://testserver{article.picture.url}"
    draw()
    assert "/share/" in told(client, "/articles/chips/")["og:image"]


def test_it_is_drawn_anew_when_it_would_say_something_else(
    make_article, make_picture, media, settings, django_capture_on_commit_callbacks
):
    article = make_article("Chips")

    def drawn():
        with django_capture_on_commit_callbacks(execute=True):
            draw()
        (path,) = (media / "share").iterdir()  # the one before is gone
        article.refresh_from_db()
        assert article.share_picture == f"share/{path.name}"
        return path.name

    names = [drawn()]
    article.summary, article.body = "Another.", "<p>Another.</p>"
    article.save()
    assert drawn() == names[-1]
    for change in ("title", "author", "picture", "site"):
        if change == "title":
            article.title = "Other chips"
            article.save(update_fields=["title"])
        if change == "author":
            article.author.name = "Somebody Else"
            article.author.save()
        if change == "picture":
            article.picture, article.picture_alt = make_picture(), "A chart"
            article.save()
        if change == "site":
            settings.SITE_NAME = "Elsewhere"
            with django_capture_on_commit_callbacks(execute=True):
                call_command("make_renditions", "--all", stdout=StringIO())
        names.append(drawn())
    assert len(set(names)) == 5


def test_it_goes_with_its_article(make_article, media, django_capture_on_commit_callbacks):
    article = make_article("Chips")
    draw()
    assert list((media / "share").iterdir())
    with django_capture_on_commit_callbacks(execute=True):
        article.delete()
    assert not list((media / "share").iterdir())
    assert not SharePicture.objects.exists()


def test_articles_that_no_row_asks_for_are_found(make_article):
    article = make_article("Chips")
    SharePicture.objects.all().delete()
    Article.objects.update(share_picture="")
    draw()
    article.refresh_from_db()
    assert article.share_picture


def test_a_picture_that_cannot_be_read_leaves_a_card_of_words(make_article, make_picture, media):
    article = make_article("Chips", picture=make_picture(), picture_alt="A chart")
    (media / article.picture.name).unlink()
    draw()
    article.refresh_from_db()
    assert article.share_picture


# --- how it is drawn --------------------------------------------------------------------------


def ink(card, box=(0, 150, share.RULE - 10, 500)):
    """The bounds of what is written in a part of a card; None when there is nothing."""
    part = card.crop(box)
    return ImageChops.difference(part, Image.new("RGB", part.size, share.PAPER)).getbbox()


@pytest.mark.parametrize(
    "title",
    [
        "A",
        "Custom silicon and the merchant question",
        "Inventory days " * 13,
        "W" * 200,
        "Что покупает капитал",
        "Ποιος πληρώνει;",
        "Rockets 🚀 and 👩‍💻 people",
        "e\u0301clair " * 5,
    ],
)
def test_a_title_stays_within_its_margin(title):
    card = share.card(title, "Ines Halvorsen", "Marginalia", PICTURE)
    left, top, right, bottom = ink(card)
    assert left >= share.PAD - 8
    assert right <= share.RULE - share.GAP + 8
    assert 0 < top < bottom < 350
    assert card.getpixel((share.RULE + 100, 300)) == (255, 0, 0)


@pytest.mark.parametrize("title", ["人工智能的资本支出", "🚀", "\u200b", "AI 资本"])
def test_a_title_that_no_font_can_write_stays_out(title, monkeypatch):
    monkeypatch.setattr(lettering, "TITLE_FONTS", ("",))
    pictured = share.card(title, "Ines Halvorsen", "Marginalia", PICTURE)
    assert pictured.getpixel((600, 315)) == (255, 0, 0), "the picture alone"
    plain = share.card(title, "Ines Halvorsen", "Marginalia", None)
    assert ink(plain) is None


def test_without_any_font_of_the_system_it_is_written_all_the_same(monkeypatch):
    monkeypatch.setattr(lettering, "TITLE_FONTS", ("NoSuchFont.ttf", ""))
    monkeypatch.setattr(lettering, "LINE_FONTS", ("NoSuchFont.ttf", ""))
    assert ink(share.card("Custom silicon", "Ines Halvorsen", "Marginalia", None))


def test_letters_that_need_shaping_need_the_library_for_it(monkeypatch):
    monkeypatch.setattr(lettering, "_can_shape", lambda: False)
    assert lettering.font_for("שלום") is None
    assert lettering.font_for("Custom silicon – “quoted”…") is not None


def test_a_name_that_no_font_can_write_stays_out(monkeypatch):
    monkeypatch.setattr(lettering, "LINE_FONTS", ("",))
    card = share.card("Chips", "人工", "智能", None)
    assert ink(card, (0, 500, 800, 630)) is None


def test_a_picture_that_can_be_seen_through_lies_on_the_paper():
    glass = Image.new("RGBA", (400, 300), (0, 0, 0, 0))
    card = share.card("Chips", "Ines", "Marginalia", glass)
    assert card.getpixel((1100, 300)) == (0xF6, 0xF1, 0xE7)


class Pen:
    """Notes what it is told to write, and how large."""

    def __init__(self):
        self.lines, self.sizes = [], set()

    def text(self, at, text, ink, font, anchor):
        self.lines.append(text)
        self.sizes.add(font.size)


@pytest.mark.parametrize(
    ("count", "size", "whole"), [(1, 84, True), (6, 62, True), (30, 44, False)]
)
def test_long_titles_are_written_smaller_and_the_longest_shortened(count, size, whole):
    title, pen = " ".join(["Inventory days"] * count), Pen()
    lettering.block(pen, (72, 156, 780, 494), title, "", "black")
    assert pen.sizes == {size}
    written = " ".join(pen.lines)
    assert (written == title, written.endswith("…")) == (whole, not whole)
    assert len(pen.lines) * size * lettering.LEADING <= 494 - 156
