import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0005_held"),
    ]

    operations = [
        migrations.AddField(
            model_name="article",
            name="picture_copies",
            field=models.JSONField(default=dict, editable=False),
        ),
        migrations.AddField(
            model_name="article",
            name="share_picture",
            field=models.CharField(blank=True, editable=False, max_length=255),
        ),
        migrations.CreateModel(
            name="Rendition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "due",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, null=True
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("made_at", models.DateTimeField(editable=False, null=True)),
                ("problem", models.CharField(blank=True, editable=False, max_length=200)),
                (
                    "source",
                    models.CharField(
                        editable=False, max_length=255, unique=True, verbose_name="file"
                    ),
                ),
                (
                    "digest",
                    models.CharField(blank=True, db_index=True, editable=False, max_length=64),
                ),
                ("copies", models.JSONField(default=dict, editable=False)),
                ("unused_since", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "verbose_name": "rendition",
                "verbose_name_plural": "renditions",
                "abstract": False,
                "indexes": [
                    models.Index(
                        condition=models.Q(("due__isnull", False)),
                        fields=["due"],
                        name="rendition_due",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SharePicture",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "due",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, null=True
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("made_at", models.DateTimeField(editable=False, null=True)),
                ("problem", models.CharField(blank=True, editable=False, max_length=200)),
                (
                    "name",
                    models.CharField(
                        blank=True, editable=False, max_length=255, verbose_name="file"
                    ),
                ),
                (
                    "article",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="share",
                        to="articles.article",
                    ),
                ),
            ],
            options={
                "verbose_name": "share picture",
                "verbose_name_plural": "share pictures",
                "abstract": False,
                "indexes": [
                    models.Index(
                        condition=models.Q(("due__isnull", False)),
                        fields=["due"],
                        name="sharepicture_due",
                    )
                ],
            },
        ),
    ]
