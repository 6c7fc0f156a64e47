"""An older site gets its library: what its articles show, each file once."""

import importlib

import pytest
from django.apps import apps

from articles.editing import revisions
from articles.models import Article, Picture, PictureUse

pytestmark = pytest.mark.django_db

migration = importlib.import_module("articles.migrations.0011_picture_library")


def test_heroes_are_taken_in_once_with_their_texts(make_article, make_picture):
    one = make_article("One", picture=make_picture(), picture_alt="A", picture_caption="C")
    name = str(one.picture)
    body = f'<p><img src="/media/{name}" alt=""></p>'
    make_article("Two", picture=name, picture_alt="Other words", body=body)
    gone = make_article("Gone", picture=make_picture("gone.jpg"), picture_alt="B")
    gone.picture.storage.delete(str(gone.picture))
    make_article("None")
    revisions.keep(one.pk, by=None)
    noted = set(PictureUse.objects.values_list("article", "source", "place"))
    PictureUse.objects.all().delete()
    migration.take_in(apps, None)
    migration.note_uses(apps, None)
    rows = Picture.objects.order_by("pk").values_list("file", "alt", "caption", "width", "height")
    assert list(rows) == [(name, "A", "C", 40, 30), (str(gone.picture), "B", "", 40, 30)]
    assert set(PictureUse.objects.values_list("article", "source", "place")) == noted
    assert {place for _article, _name, place in noted} == {"hero", "body", "past"}
    assert Article.objects.count() == 4
