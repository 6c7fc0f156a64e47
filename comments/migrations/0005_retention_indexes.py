"""Indexes that retention can use: on SQLite too, and for comments without an IP address."""

from django.db import migrations, models
from django.db.models import Q

ORIGIN = Q(ip__isnull=False) | ~Q(user_agent="") | ~Q(referrer="") | ~Q(honeypot="")


class Migration(migrations.Migration):
    dependencies = [("comments", "0004_backfill")]
    operations = [
        migrations.RemoveIndex(model_name="comment", name="comment_kept_until"),
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(
                fields=["status", "since"],
                name="comment_kept_until",
                condition=Q(status="spam") | Q(status="trash"),
            ),
        ),
        migrations.RemoveIndex(model_name="submission", name="submission_origin"),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(fields=["at"], name="submission_origin", condition=ORIGIN),
        ),
    ]
