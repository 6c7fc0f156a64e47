"""Former addresses, reviews, withdrawn articles, corrections, and theses."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0008_editing"),
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Correction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "day",
                    models.DateField(default=django.utils.timezone.localdate, verbose_name="day"),
                ),
                (
                    "said",
                    models.CharField(
                        help_text="As readers shall read it.",
                        max_length=600,
                        verbose_name="what was wrong, and what is right",
                    ),
                ),
            ],
            options={
                "verbose_name": "correction",
                "verbose_name_plural": "corrections",
                "ordering": ["day", "pk"],
            },
        ),
        migrations.CreateModel(
            name="EditorPreference",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("review_mail", models.BooleanField(default=False)),
            ],
            options={
                "verbose_name": "editor’s preference",
                "verbose_name_plural": "editors’ preferences",
            },
        ),
        migrations.CreateModel(
            name="FormerAddress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("article", "article"),
                            ("tag", "tag"),
                            ("ticker", "ticker"),
                            ("author", "author"),
                        ],
                        max_length=7,
                        verbose_name="kind",
                    ),
                ),
                ("key", models.CharField(max_length=200, verbose_name="former address")),
                (
                    "at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="since"),
                ),
            ],
            options={
                "verbose_name": "former address",
                "verbose_name_plural": "former addresses",
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Waits"),
                            ("taken_back", "Taken back"),
                            ("sent_back", "Sent back"),
                            ("accepted", "Accepted"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("answered_at", models.DateTimeField(null=True)),
                ("note", models.TextField(blank=True, max_length=2000)),
                ("told_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "review",
                "verbose_name_plural": "reviews",
                "ordering": ["-pk"],
            },
        ),
        migrations.AlterModelOptions(
            name="article",
            options={
                "ordering": ["-published_at", "-pk"],
                "permissions": [("publish_article", "Can publish, schedule and withdraw articles")],
                "verbose_name": "article",
                "verbose_name_plural": "articles",
            },
        ),
        migrations.AddField(
            model_name="article",
            name="follows",
            field=models.ForeignKey(
                blank=True,
                help_text="Both articles then link to each other.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="followed_by",
                to="articles.article",
                verbose_name="follow-up to",
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="thesis",
            field=models.CharField(
                blank=True,
                help_text="What the article claims: a sentence.",
                max_length=300,
                verbose_name="thesis",
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="thesis_as_of",
            field=models.DateField(
                blank=True,
                help_text="The day of the data and prices.",
                null=True,
                verbose_name="as of",
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="thesis_horizon",
            field=models.CharField(
                blank=True,
                help_text="For example: 12 to 18 months.",
                max_length=60,
                verbose_name="horizon",
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="thesis_status",
            field=models.CharField(
                blank=True,
                choices=[
                    ("open", "Open"),
                    ("played_out", "Played out"),
                    ("broke", "Broke"),
                    ("withdrawn", "Withdrawn"),
                ],
                max_length=10,
                verbose_name="status of the thesis",
            ),
        ),
        migrations.AddField(
            model_name="article",
            name="withdrawn_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="withdrawn at"),
        ),
        migrations.AddField(
            model_name="article",
            name="withdrawn_from",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddConstraint(
            model_name="article",
            constraint=models.CheckConstraint(
                condition=models.Q(("withdrawn_at", None), ("published_at", None), _connector="OR"),
                name="article_withdrawn_is_not_listed",
                violation_error_message="A withdrawn article has no time at which it appears.",
            ),
        ),
        migrations.AddField(
            model_name="disclosure",
            name="price",
            field=models.CharField(
                blank=True,
                help_text="With its currency.",
                max_length=30,
                verbose_name="price then",
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="article",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="corrections",
                to="articles.article",
            ),
        ),
        migrations.AddField(
            model_name="formeraddress",
            name="article",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="articles.article",
            ),
        ),
        migrations.AddField(
            model_name="formeraddress",
            name="author",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="articles.author",
            ),
        ),
        migrations.AddField(
            model_name="formeraddress",
            name="tag",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="articles.tag",
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="answered_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="article",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reviews",
                to="articles.article",
            ),
        ),
        migrations.AddField(
            model_name="review",
            name="asked_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="formeraddress",
            constraint=models.UniqueConstraint(fields=("kind", "key"), name="former_address_once"),
        ),
        migrations.AddConstraint(
            model_name="formeraddress",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("article__isnull", False),
                        ("author", None),
                        ("kind", "article"),
                        ("tag", None),
                    ),
                    models.Q(
                        ("article", None),
                        ("author", None),
                        ("kind__in", ["tag", "ticker"]),
                        ("tag__isnull", False),
                    ),
                    models.Q(
                        ("article", None),
                        ("author__isnull", False),
                        ("kind", "author"),
                        ("tag", None),
                    ),
                    _connector="OR",
                ),
                name="former_address_leads_to_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outcome", "")), fields=("article",), name="review_one_open"
            ),
        ),
    ]
