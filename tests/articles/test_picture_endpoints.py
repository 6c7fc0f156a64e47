"""What the editor's scripts ask of the library: answers in JSON, and every refusal too."""

import pytest
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from articles.models import Picture
from articles.pictures.drawing import Draftsman
from tests.articles.test_images import BOMB_WARNING, HTML, SVG, many_scans, png

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

LIBRARY = "/admin/articles/picture/library/"
UPLOAD = "/admin/articles/picture/upload/"
KEYS = {"id", "src", "thumb", "width", "height", "alt", "decorative", "caption", "credit"}


@pytest.fixture
def library(client, editor, media):
    client.force_login(editor)
    return client


def alts(response):
    return [each["alt"] for each in response.json()["pictures"]]


def test_the_addresses_are_those_of_the_contract():
    assert reverse("admin:articles_picture_library") == LIBRARY
    assert reverse("admin:articles_picture_upload") == UPLOAD


# --- looking ----------------------------------------------------------------------------------


def test_a_picture_is_told_with_all_that_inserting_it_takes(library, keep):
    kept = keep("A chart", caption="Of ours.", credit="Kim")
    (told,) = library.get(LIBRARY).json()["pictures"]
    assert told == {
        "id": kept.pk,
        "src": kept.file.url,
        "thumb": kept.file.url,
        "width": 40,
        "height": 30,
        "alt": "A chart",
        "decorative": False,
        "caption": "Of ours.",
        "credit": "Kim",
    }
    Draftsman().run(once=True)
    (told,) = library.get(LIBRARY).json()["pictures"]
    assert told["thumb"].startswith("/media/renditions/")
    assert told["thumb"].endswith(".webp")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["Per cent: 100%", "A_B", "A chart", "A map"]),
        ("chart", ["A chart"]),
        ("CHART kim", ["A chart"]),
        ("chart nobody", []),
        ("kim", ["A chart"]),
        ("rivers", ["A map"]),
        ("p1.jpg", ["A chart"]),
        ("%", ["Per cent: 100%"]),
        ("_", ["A_B"]),
        ("a%t", []),
        ("\\", []),
        ("'", []),
        ("\0", ["Per cent: 100%", "A_B", "A chart", "A map"]),
        ("x" * 10_000, []),
    ],
)
def test_words_are_looked_for_as_they_are_written(library, keep, words, found):
    keep("A map", caption="Of rivers")
    keep("A chart", credit="Kim")
    keep("A_B")
    keep("Per cent: 100%")
    response = library.get(LIBRARY, {"q": words})
    assert (response.status_code, alts(response)) == (200, found)


def test_pages_of_twenty_four_newest_first(library, make_picture, count_queries):
    Picture.objects.bulk_create(
        Picture(file=f"pictures/{n}.jpg", width=1, height=1, alt=f"{n}") for n in range(50)
    )
    pages = [library.get(LIBRARY, {"page": number}) for number in ("1", "2", "3", "4")]
    assert [page.json()["next"] for page in pages] == [2, 3, None, None]
    assert [len(alts(page)) for page in pages] == [24, 24, 2, 0]
    listed = [alt for page in pages for alt in alts(page)]
    assert listed == [str(n) for n in reversed(range(50))]
    many = len(count_queries(library.get, LIBRARY))
    Picture.objects.exclude(pk=Picture.objects.latest("pk").pk).delete()
    assert len(count_queries(library.get, LIBRARY)) == many


@pytest.mark.parametrize("page", ["0", "-1", "1_0", "٣", "x", "", "1.0", "9" * 30, "1 "])
def test_a_page_number_that_is_none_is_refused(library, keep, page):
    keep()
    response = library.get(LIBRARY, {"page": page})
    assert response.status_code == 404
    assert list(response.json()["errors"]) == ["page"]


# --- taking in --------------------------------------------------------------------------------


def send(client, file, **fields):
    return client.post(UPLOAD, {"file": file, **fields})


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"alt": " A chart "}, ("A chart", False)),
        ({"decorative": "on"}, ("", True)),
        ({"decorative": "on", "alt": "A line"}, ("A line", True)),
    ],
)
def test_a_picture_is_taken_in(library, editor, make_picture, fields, kept):
    response = send(library, make_picture(), caption="Ours.", credit="Kim", **fields)
    assert response.status_code == 201
    picture = Picture.objects.get()
    told = response.json()
    assert set(told) == KEYS
    assert (told["id"], told["src"], told["width"]) == (picture.pk, picture.file.url, 40)
    assert (picture.alt, picture.decorative) == kept
    assert (picture.caption, picture.credit, picture.added_by) == ("Ours.", "Kim", editor)


@BOMB_WARNING
@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("chart.svg", SVG, "not an image"),
        ("chart.jpg", HTML, "not an image"),
        ("chart.png.php", png(64, 36), "“php” is not allowed"),
        ("chart.png", png(10_000, 10_000), "40 megapixels"),
        ("chart.jpg", many_scans(), "damaged"),
        ("chart.png", png(64, 36)[:30], "not an image"),
        ("chart.png", b"", "empty"),
    ],
)
def test_a_hostile_file_is_refused(library, media, name, data, said):
    response = send(library, SimpleUploadedFile(name, data), alt="A chart")
    assert response.status_code == 422
    assert list(response.json()["errors"]) == ["file"]
    assert said in " ".join(response.json()["errors"]["file"])
    assert not Picture.objects.exists()
    assert not list(media.rglob("*.*"))


def test_too_much_is_refused(library, make_picture, media):
    response = send(library, make_picture(padding=10 * 1024 * 1024), alt="A chart")
    assert response.status_code == 422
    assert "larger than 10 MB" in " ".join(response.json()["errors"]["file"])
    assert not list(media.rglob("*.*"))


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, ["alt"]),
        ({"alt": "   "}, ["alt"]),
        ({"alt": "x" * 301}, ["alt"]),
        ({"alt": "x", "credit": "x" * 101}, ["credit"]),
        ({"alt": "x", "caption": "x" * 290, "credit": "Kim"}, ["caption"]),
        ({"alt": "a\0b"}, ["alt"]),
    ],
)
def test_missing_or_too_long_texts_are_refused(library, make_picture, media, fields, wrong):
    response = send(library, make_picture(), **fields)
    assert response.status_code == 422
    assert list(response.json()["errors"]) == wrong
    assert not list(media.rglob("*.*"))


def test_nothing_is_no_picture(library):
    response = library.post(UPLOAD)
    assert response.status_code == 422
    assert set(response.json()["errors"]) == {"file", "alt"}


# --- who may ----------------------------------------------------------------------------------


def ask(client, address, make_picture):
    if address == LIBRARY:
        return client.get(address)
    return client.post(address, {"file": make_picture(), "alt": "A chart"})


@pytest.mark.parametrize("address", [LIBRARY, UPLOAD])
def test_who_is_signed_out_is_told_so_and_led_nowhere(client, make_picture, address):
    response = ask(client, address, make_picture)
    assert response.status_code == 401
    assert list(response.json()["errors"]) == [""]
    assert not Picture.objects.exists()


@pytest.mark.parametrize("address", [LIBRARY, UPLOAD])
@pytest.mark.parametrize(
    ("group", "is_staff", "status"),
    [
        ("Editors", True, {LIBRARY: 200, UPLOAD: 201}),
        ("Writers", True, {LIBRARY: 200, UPLOAD: 201}),
        ("Moderators", True, {LIBRARY: 403, UPLOAD: 403}),
        ("Editors", False, {LIBRARY: 403, UPLOAD: 403}),
    ],
)
def test_only_staff_with_the_permission(client, make_picture, address, group, is_staff, status):
    user = User.objects.create_user("somebody", is_staff=is_staff)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    response = ask(client, address, make_picture)
    assert response.status_code == status[address]
    assert response["Content-Type"] == "application/json"
    assert Picture.objects.exists() == (response.status_code == 201)


def test_who_may_only_look_takes_nothing_in(client, make_picture, editor):
    from django.contrib.auth.models import Permission

    user = User.objects.create_user("looker", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_picture"))
    client.force_login(user)
    assert client.get(LIBRARY).status_code == 200
    assert send(client, make_picture(), alt="A chart").status_code == 403


def test_each_answers_to_its_own_method(library, make_picture):
    for response, allowed in ((library.post(LIBRARY), "GET"), (library.get(UPLOAD), "POST")):
        assert (response.status_code, response["Allow"]) == (405, allowed)
        assert list(response.json()["errors"]) == [""]


@pytest.mark.parametrize("token", ["", "x" * 64])
def test_a_form_of_elsewhere_takes_nothing_in(editor, make_picture, token):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(editor)
    data = {"file": make_picture(), "alt": "A chart"}
    assert strict.post(UPLOAD, data, headers={"X-CSRFToken": token}).status_code == 403
    assert not Picture.objects.exists()
    strict.get("/admin/articles/picture/add/")
    right = strict.cookies["csrftoken"].value
    data = {"file": make_picture(), "alt": "A chart"}
    assert strict.post(UPLOAD, data, headers={"X-CSRFToken": right}).status_code == 201


def test_nobody_keeps_the_answers(library):
    assert "no-store" in library.get(LIBRARY)["Cache-Control"]
