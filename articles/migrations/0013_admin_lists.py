"""Indexes of the lists in the admin: see docs/decisions.md."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("articles", "0012_related_pins")]
    operations = [
        migrations.AddIndex(
            model_name="article",
            index=models.Index(fields=["-comment_count", "-id"], name="article_most_discussed"),
        ),
        migrations.AddIndex(
            model_name="article",
            index=models.Index(
                fields=["comments_open", "-published_at", "-id"], name="article_by_comments_open"
            ),
        ),
        migrations.AddIndex(
            model_name="formeraddress",
            index=models.Index(fields=["-at", "-id"], name="former_address_newest"),
        ),
    ]
