"""The indexes of threads, with a condition that SQLite does not take for a range of sizes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("comments", "0011_errata")]
    operations = [
        migrations.RemoveIndex(model_name="thread", name="thread_oldest"),
        migrations.RemoveIndex(model_name="thread", name="thread_most_replied"),
        migrations.AddIndex(
            model_name="thread",
            index=models.Index(
                condition=models.Q(("size", 0), _negated=True),
                fields=["article", "opener"],
                name="thread_oldest",
            ),
        ),
        migrations.AddIndex(
            model_name="thread",
            index=models.Index(
                condition=models.Q(("size", 0), _negated=True),
                fields=["article", "-size", "opener"],
                name="thread_most_replied",
            ),
        ),
    ]
