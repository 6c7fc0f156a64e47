"""The library of pictures: what articles show above their texts is in it from the beginning."""

import django.db.models.deletion
import django.utils.timezone
from django.apps.registry import Apps
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.core.validators import FileExtensionValidator
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import articles.images
from articles.pictures.bodies import names, stored_name

#: What each group may do with the library.
GRANTS = {
    "Editors": ("view_picture", "add_picture", "change_picture", "delete_picture"),
    "Writers": ("view_picture", "add_picture", "change_picture"),
}
BATCH = 500


def take_in(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take the articles' pictures into the library, each file once, with the texts they have."""
    article, picture = (apps.get_model("articles", name) for name in ("Article", "Picture"))
    columns = ("picture", "picture_alt", "picture_caption", "picture_width", "picture_height")
    known: dict[str, tuple] = {}
    for name, *texts in article.objects.exclude(picture="").order_by("pk").values_list(*columns):
        known.setdefault(name, tuple(texts))
    fields = ("alt", "caption", "width", "height")
    picture.objects.bulk_create(
        [
            picture(file=name, **dict(zip(fields, texts, strict=True)))
            for name, texts in known.items()
        ],
        batch_size=BATCH,
    )


def note_uses(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Note which pictures articles show, and which their revisions did."""
    article, revision, use = (
        apps.get_model("articles", name) for name in ("Article", "Revision", "PictureUse")
    )
    heroes = article.objects.exclude(picture="").values_list("pk", "picture")
    found = {(pk, name, "hero") for pk, name in heroes}
    bodies = article.objects.filter(body__contains="<img").values_list("pk", "body")
    for pk, body in bodies.iterator(chunk_size=BATCH):
        found.update((pk, name, "body") for name in names(body))
    shown = revision.objects.exclude(files="").values_list("article_id", "files")
    for pk, files in shown.iterator(chunk_size=BATCH):
        for line in files.splitlines():
            # The picture above the text stands there by its name, those within by an address.
            name = line if line.startswith("pictures/") else stored_name(line)
            if name:
                found.add((pk, name, "past"))
    use.objects.bulk_create(
        [use(article_id=pk, source=name, place=place) for pk, name, place in sorted(found)],
        batch_size=BATCH,
    )


def let_staff_in(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    # Permissions are otherwise made after the last migration, too late for a group.
    config = apps.get_app_config("articles")
    config.models_module = True  # type: ignore[assignment]
    create_permissions(config, apps=apps, verbosity=0, using=schema_editor.connection.alias)
    config.models_module = None

    ours = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="articles")
    for name, codenames in GRANTS.items():
        for group in apps.get_model("auth", "Group").objects.filter(name=name):
            group.permissions.add(*ours.filter(codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0010_writers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField(
            model_name="article",
            name="body_copies",
            field=models.JSONField(default=dict, editable=False),
        ),
        migrations.CreateModel(
            name="Picture",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "file",
                    articles.images.PictureField(
                        height_field="height",
                        help_text="JPEG, PNG, WebP or AVIF, up to 10 MB.",
                        unique=True,
                        upload_to="pictures/%Y/",
                        validators=[
                            FileExtensionValidator(["jpg", "jpeg", "png", "webp", "avif"]),
                            articles.images.validate_picture,
                        ],
                        verbose_name="file",
                        width_field="width",
                    ),
                ),
                ("width", models.PositiveIntegerField(editable=False, null=True)),
                ("height", models.PositiveIntegerField(editable=False, null=True)),
                (
                    "alt",
                    models.CharField(
                        blank=True,
                        help_text="What the picture shows, for those who do not see it.",
                        max_length=300,
                        verbose_name="alternative text",
                    ),
                ),
                (
                    "decorative",
                    models.BooleanField(
                        default=False,
                        help_text="It says nothing that the text does not say: no alternative text within it.",
                        verbose_name="decorative",
                    ),
                ),
                (
                    "caption",
                    models.CharField(blank=True, max_length=300, verbose_name="caption"),
                ),
                (
                    "credit",
                    models.CharField(
                        blank=True,
                        help_text="Who made it, or whose it is.",
                        max_length=100,
                        verbose_name="credit",
                    ),
                ),
                (
                    "added_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="added at"
                    ),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="added by",
                    ),
                ),
            ],
            options={
                "verbose_name": "picture",
                "verbose_name_plural": "pictures",
                "ordering": ["-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("alt", ""), _negated=True),
                            ("decorative", True),
                            _connector="OR",
                        ),
                        name="picture_has_alt_or_is_decorative",
                        violation_error_message="Say what the picture shows, or that it is decorative.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PictureUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=255)),
                (
                    "place",
                    models.CharField(
                        choices=[
                            ("hero", "above the text"),
                            ("body", "within the text"),
                            ("past", "in an old version"),
                        ],
                        max_length=4,
                    ),
                ),
                (
                    "article",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="picture_uses",
                        to="articles.article",
                    ),
                ),
            ],
            options={
                "verbose_name": "use of a picture",
                "verbose_name_plural": "uses of pictures",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("source", "article", "place"), name="picture_use_once"
                    )
                ],
            },
        ),
        migrations.RunPython(take_in, migrations.RunPython.noop),
        migrations.RunPython(note_uses, migrations.RunPython.noop),
        migrations.RunPython(let_staff_in, migrations.RunPython.noop),
    ]
