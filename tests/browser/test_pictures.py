"""The library of pictures in a browser: chosen above a text, looked at by day and by night."""

import pytest
from django.core.files.base import ContentFile
from playwright.sync_api import expect

from articles.models import Picture
from articles.sample import pictures
from tests.articles.editors import address
from tests.browser.axe import on_phone_and_laptop
from tests.browser.steps import click, enter

pytestmark = pytest.mark.browser


@pytest.fixture
def library(tmp_path, settings):
    """Three pictures, one of them decorative."""
    from io import BytesIO

    settings.MEDIA_ROOT = tmp_path / "media"
    for motif, alt, caption, credit in (
        ("roofline", "A line that climbs and runs flat", "Drawn to no scale.", "Kim"),
        ("clocks", "Four bars", "", ""),
        ("tide", "", "", ""),
    ):
        data = BytesIO()
        pictures.draw(motif, width=320, height=180).save(data, "JPEG")
        Picture.objects.create(
            file=ContentFile(data.getvalue(), f"{motif}.jpg"),
            alt=alt, decorative=not alt, caption=caption, credit=credit,
        )  # fmt: skip


def test_a_picture_is_chosen_for_an_article(open_window, editor, make_article, library):
    draft = make_article("A draft", days_ago=None)
    page = open_window(staff=True)
    enter(page, editor, address("change", draft))
    field = page.locator(".field-library")
    field.locator(".select2-selection").click()
    page.keyboard.type("climbs")
    found = page.locator(".select2-results__option .picture-option")
    expect(found).to_have_count(1)
    page.keyboard.press("Enter")
    expect(field.locator(".select2-selection")).to_contain_text("A line that climbs")
    expect(field.locator(".select2-selection img")).to_be_visible()
    assert page.input_value("#id_picture_alt") == "A line that climbs and runs flat"
    assert page.input_value("#id_picture_caption") == "Drawn to no scale. Credit: Kim"
    page.fill("#id_picture_caption", "My own words")
    field.locator(".select2-selection").click()
    page.locator(".select2-results__option", has_text="Four bars").click()
    assert page.input_value("#id_picture_alt") == "Four bars"
    assert page.input_value("#id_picture_caption") == "My own words"
    click(page, page.locator("[name=_continue]"))
    draft.refresh_from_db()
    assert draft.picture.name.endswith("clocks.jpg")
    expect(page.locator(".picture-input img")).to_be_visible()


def test_axe_finds_nothing(open_window, editor, make_article, library):
    roofline = Picture.objects.get(alt__startswith="A line")
    make_article(picture=str(roofline.file), picture_alt="A")
    # In Django's own pages axe itself sets a style, which the policy forbids.
    page = open_window(staff=True, bypass_csp=True)
    base, found = "/admin/articles/picture/", []
    enter(page, editor, base)
    for where in ("", "add/", f"{roofline.pk}/change/", f"{roofline.pk}/delete/"):
        page.goto(base + where)
        found += on_phone_and_laptop(page)
    page.goto(f"{base}add/")
    click(page, page.locator("[name=_save]"))
    found += on_phone_and_laptop(page)
    assert found == []
