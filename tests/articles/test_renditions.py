"""Smaller copies of pictures: made once, offered to browsers, gone with the picture."""

import re
import threading
from datetime import timedelta
from io import BytesIO, StringIO
from urllib.parse import quote

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from PIL import Image

from articles import generation
from articles.editing import revisions
from articles.models import Article, Rendition, SharePicture
from articles.pictures import drawing, renditions
from articles.pictures.drawing import Draftsman
from tests.processes import wait_until

pytestmark = pytest.mark.django_db


@pytest.fixture
def pictured(make_article, make_picture):
    """Make an article with a picture of a size; `color` tells it from others."""

    def make(title="Pictured", size=(1800, 900), kind="JPEG", color="teal", **fields):
        data = BytesIO()
        Image.new("RGBA" if kind == "PNG" else "RGB", size, color).save(data, kind)
        name = f"{title.lower()}.{kind.lower()}"
        picture = ContentFile(data.getvalue(), name)
        return make_article(title, picture=picture, picture_alt='A "chart"', **fields)

    return make


def draw():
    Draftsman().run(once=True)


def files(media):
    return sorted(path.name for path in media.rglob("*.*") if "renditions" in path.parts)


def picture_of(client, address):
    """Return what the first picture of a page offers: its sources and its <img>."""
    page = client.get(address).content.decode()
    main = page[page.index("<main") :]
    image = re.search(r"<img [^>]*>", main)[0]
    sources = re.findall(r'<source type="([^"]+)" srcset="([^"]+)" sizes="[^"]+">', main)
    return {kind: srcset.split(", ") for kind, srcset in sources}, image


# --- made -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "widths"),
    [
        ((1800, 900), [640, 1024, 1600]),
        ((1600, 900), [640, 1024, 1600]),
        ((1200, 800), [640, 1024, 1200]),
        ((640, 480), [640]),
        ((300, 200), [300]),
        ((1, 1), [1]),
        ((1000, 1), [640, 1000]),
    ],
)
def test_copies_are_made_in_three_widths_and_never_wider(client, pictured, size, widths):
    article = pictured(size=size)
    plain = picture_of(client, article.get_absolute_url())
    assert plain[0] == {}
    assert f'src="{article.picture.url}"' in plain[1]
    draw()
    sources, image = picture_of(client, article.get_absolute_url())
    assert list(sources) == ["image/avif", "image/webp"]
    for kind, offered in sources.items():
        assert [each.split()[1] for each in offered] == [f"{width}w" for width in widths]
        for each, width in zip(offered, widths, strict=True):
            address, _width = each.split()
            with article.picture.storage.open(address.removeprefix("/media/")) as file:
                copy = Image.open(file)
                assert (copy.width, f"image/{copy.format.lower()}") == (width, kind)
                assert copy.height == max(1, round(size[1] * width / size[0]))
    assert f'width="{size[0]}" height="{size[1]}"' in image
    assert 'alt="A &quot;chart&quot;"' in image
    fallback = re.search(r'src="/media/([^"]+)"', image)[1]
    with article.picture.storage.open(fallback) as file:
        copy = Image.open(file)
        assert (copy.format, copy.width) == ("JPEG", min(size[0], 1024))


def test_what_can_be_seen_through_falls_back_to_a_png(pictured, media):
    pictured(kind="PNG", color=(0, 0, 0, 90))
    draw()
    (name,) = [name for name in files(media) if name.endswith(".png")]
    assert Image.open(BytesIO(next(media.rglob(name)).read_bytes())).mode == "RGBA"


def test_copies_are_made_once(pictured, media, monkeypatch):
    article = pictured()
    draw()
    before = {path: path.stat().st_mtime_ns for path in media.rglob("*.*")}
    article.refresh_from_db()
    monkeypatch.setattr(renditions, "_made", None)
    article.title = "Another title"
    article.save()
    article.save(update_fields=["summary"])
    Draftsman().run(once=True)
    after = {path: path.stat().st_mtime_ns for path in media.rglob("*.*")}
    copies = [path for path in before if "renditions" in path.parts]
    assert len(copies) == 7
    assert all(after[path] == before[path] for path in copies)


def test_a_form_that_was_open_meanwhile_takes_no_copies_away(pictured, client, monkeypatch):
    article = pictured()
    opened_before = Article.objects.get(pk=article.pk)
    draw()
    monkeypatch.setattr(renditions, "_made", None)
    opened_before.summary = "New."
    opened_before.save()
    draw()
    assert picture_of(client, article.get_absolute_url())[0]


def test_equal_pictures_share_their_copies(pictured, media):
    one, other = pictured("One"), pictured("Other")
    assert one.picture.name != other.picture.name
    draw()
    assert len(files(media)) == 7
    for article in (one, other):
        article.refresh_from_db()
        assert article.picture_copies["source"] == article.picture.name


def test_a_new_picture_is_never_shown_by_copies_of_the_former(client, pictured, make_picture):
    article = pictured()
    draw()
    article.refresh_from_db()
    article.picture = make_picture("new.jpg", size=(700, 300))
    article.save()
    sources, image = picture_of(client, article.get_absolute_url())
    assert (sources, f'src="{article.picture.url}"' in image) == ({}, True)
    assert 'width="700" height="300"' in image
    draw()
    assert picture_of(client, article.get_absolute_url())[0]


def test_pages_that_are_kept_are_made_anew(pictured, django_capture_on_commit_callbacks):
    from django.core.cache import cache

    pictured()
    SharePicture.objects.update(due=None)
    cache.set(generation.KEY, "before")
    with django_capture_on_commit_callbacks(execute=True):
        draw()
    assert cache.get(generation.KEY) != "before"


@pytest.mark.django_db(transaction=True)
def test_two_workers_make_them_once(pictured, monkeypatch):
    for number in range(4):
        pictured(f"Number {number}", size=(64, 36 + number))
    made, real = [], renditions._made
    monkeypatch.setattr(
        renditions, "_made", lambda row, *rest: made.append(row.source) or real(row, *rest)
    )

    def work():
        try:
            draw()
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(made) == len(set(made)) == 4
    assert not Rendition.objects.filter(due__isnull=False).exists()


def test_what_a_killed_worker_left_is_made_after_its_lease(pictured, monkeypatch):
    pictured()
    assert drawing._claim(Rendition)
    draw()
    assert not Rendition.objects.get().made_at
    now = timezone.now() + drawing.LEASE + timedelta(seconds=1)
    monkeypatch.setattr(timezone, "now", lambda: now)
    draw()
    assert Rendition.objects.get().made_at


def test_a_claim_that_was_taken_over_does_not_count(pictured):
    pictured()
    row = drawing._claim(Rendition)
    Rendition.objects.update(due=timezone.now() + timedelta(hours=1))
    renditions.make(row)
    assert not Rendition.objects.get().made_at
    assert Article.objects.get().picture_copies == {}


def assert_draws(draftsman, article):
    """Let it run in a thread, as in the worker, until the copies are there."""
    thread = threading.Thread(target=lambda: (draftsman.run(), connection.close()))
    thread.start()
    try:
        wait_until(
            lambda: Article.objects.get(pk=article.pk).picture_copies, "copies are made", seconds=20
        )
    finally:
        draftsman.stop()
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_the_worker_makes_them_beside_its_other_work(pictured):
    article = pictured()
    draftsman = Draftsman(poll_seconds=0.05)
    assert_draws(draftsman, article)


def test_the_worker_of_a_cron_makes_them_too(pictured, akismet):
    article = pictured(size=(64, 36))
    call_command("work", once=True)
    article.refresh_from_db()
    assert article.picture_copies
    assert article.share_picture


# --- what fails -------------------------------------------------------------------------------


@pytest.mark.parametrize(("spoil", "problem"), [("gone", "FileNotFound"), ("cut", "damaged")])
def test_a_picture_that_cannot_be_read_is_noted_and_left_alone(
    client, pictured, media, spoil, problem, caplog
):
    article = pictured()
    path = media / article.picture.name
    if spoil == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:300])
    pictured("Sound", size=(64, 36))
    draw()
    row = Rendition.objects.get(source=article.picture.name)
    assert (problem in row.problem, row.due, row.attempts) == (True, None, 1)
    assert problem in caplog.text
    assert Rendition.objects.exclude(pk=row.pk).get().made_at, "it keeps up no other"
    drawing.Draftsman().run(once=True)
    row.refresh_from_db()
    assert row.attempts == 1
    assert client.get(article.get_absolute_url()).status_code == 200


def test_a_full_disk_is_tried_three_times(pictured, monkeypatch):
    pictured()
    monkeypatch.setattr(renditions, "_store", lambda *_: (_ for _ in ()).throw(OSError("full")))
    now = timezone.now()
    for attempt in range(1, 6):
        monkeypatch.setattr(timezone, "now", lambda at=now + attempt * timedelta(hours=1): at)
        draw()
    row = Rendition.objects.get()
    assert (row.attempts, row.due, row.problem) == (3, None, "OSError")


@pytest.mark.django_db(transaction=True)
def test_what_fails_around_the_drawing_does_not_end_it(pictured, monkeypatch, caplog):
    article = pictured(size=(64, 36))
    real, failures = renditions.catch_up, [PermissionError("secret"), RuntimeError("secret")]

    def catch_up():
        if failures:
            draftsman._next_catch_up = timezone.now()
            raise failures.pop()
        real()

    monkeypatch.setattr(renditions, "catch_up", catch_up)
    draftsman = Draftsman(poll_seconds=0.05)
    with pytest.raises(RuntimeError):
        draftsman.run(once=True)
    assert_draws(draftsman, article)
    assert "(PermissionError)" in caplog.text
    assert "secret" not in caplog.text


def test_the_command_tries_again_and_says_what_is_wrong(pictured, media):
    article = pictured()
    path = media / article.picture.name
    data = path.read_bytes()
    path.unlink()
    draw()
    told, wrong = StringIO(), StringIO()
    call_command("make_renditions", stdout=told, stderr=wrong)
    assert f"{article.picture.name}: FileNotFoundError" in wrong.getvalue()
    path.write_bytes(data)
    told, wrong = StringIO(), StringIO()
    call_command("make_renditions", stdout=told, stderr=wrong)
    assert "renditions: 1 made" in told.getvalue()
    assert wrong.getvalue() == ""


def test_pictures_that_no_row_asks_for_are_found(pictured):
    article = pictured()
    Rendition.objects.all().delete()  # as after an upgrade
    call_command("make_renditions", stdout=StringIO())
    article.refresh_from_db()
    assert article.picture_copies


# --- what nobody shows any more ---------------------------------------------------------------


@pytest.fixture
def later(monkeypatch, django_capture_on_commit_callbacks):
    """Let the hourly look around happen now, and again when nothing is needed any longer."""

    def happen():
        with django_capture_on_commit_callbacks(execute=True):
            renditions.catch_up()
        now = timezone.now() + renditions.UNUSED_FOR + timedelta(minutes=1)
        with monkeypatch.context() as patched, django_capture_on_commit_callbacks(execute=True):
            patched.setattr(timezone, "now", lambda: now)
            renditions.catch_up()

    return happen


def test_a_replaced_picture_goes_after_a_while(pictured, make_picture, media, later):
    article = pictured()
    draw()
    former, copies = article.picture.name, files(media)
    article.picture = make_picture("new.jpg")
    article.save()
    renditions.catch_up()
    assert (media / former).exists(), "somebody may still have the page that shows it"
    later()
    assert not (media / former).exists()
    assert not set(copies) & set(files(media))
    assert (media / article.picture.name).exists()
    assert Rendition.objects.get().source == article.picture.name


def test_a_body_may_write_the_name_of_a_picture_as_addresses_do(pictured, make_article):
    name = pictured("Übersicht", size=(64, 36), slug="overview").picture.name
    Article.objects.all().delete()
    assert not renditions.is_used(name)
    assert quote(name) != name
    body = f'<p><img src="/media/{quote(name)}" alt=""></p>'
    other = make_article("Other", body=body)
    assert renditions.is_used(name)
    revisions.keep(other.pk, by=None)
    Article.objects.update(body="")
    assert renditions.is_used(name)


def test_the_picture_of_a_deleted_article_goes_after_a_while(pictured, media, later):
    pictured().delete()
    pictured("Kept", color="red")
    draw()
    later()
    assert [path.name for path in media.rglob("*.jpeg")] == ["kept.jpeg"]


@pytest.mark.parametrize("how", ["another", "body", "equal", "again"])
def test_what_another_article_shows_stays(pictured, make_article, media, later, how):
    article = pictured()
    draw()
    name, copies = article.picture.name, files(media)
    if how == "another":
        make_article("Other", picture=name, picture_alt="A chart")
    if how == "body":
        make_article("Other", body=f'<p><img src="/media/{name}" alt=""></p>')
    if how == "equal":
        pictured("Equal")
        draw()
    Article.objects.filter(pk=article.pk).update(picture="")
    renditions.catch_up()
    if how == "again":
        Article.objects.filter(pk=article.pk).update(picture=name)
    later()
    assert how != "again" or Rendition.objects.get().unused_since is None
    assert (media / name).exists() == (how != "equal")
    assert files(media) == copies


# --- shown ------------------------------------------------------------------------------------


def test_the_first_picture_of_a_page_comes_at_once_and_the_others_when_near(client, pictured):
    for number in range(3):
        pictured(f"Number {number}", size=(64, 36), color=("red", "green", "blue")[number])
    for _ in range(2):
        page = client.get("/").content.decode()
        loaded = re.findall(r'<img [^>]*?((?:fetchpriority|loading)="\w+")', page)
        assert loaded == ['fetchpriority="high"', 'loading="lazy"', 'loading="lazy"']
        hero = picture_of(client, "/articles/number-0/")[1]
        assert 'fetchpriority="high"' in hero
        assert "loading" not in hero
        draw()
    assert page.count("<picture>") == 3


def test_copies_cost_no_query(client, pictured, count_queries):
    def queries(address):
        client.get(address)
        return len(count_queries(client.get, address))

    pictured("First", size=(64, 36))
    before = queries("/"), queries("/articles/first/")
    for number in range(9):
        pictured(f"Number {number}", size=(64 + number, 36))
    draw()
    assert (queries("/"), queries("/articles/first/"))[0] <= before[0]
    assert client.get("/").content.decode().count("<picture>") == 10
