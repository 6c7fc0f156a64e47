"""Comments of one verdict in the order of the desk; the newest of an origin from the index alone."""

from django.db import migrations, models

WIDER = ("submission_by_address", "submission_by_ip", "submission_by_network")


class Migration(migrations.Migration):
    dependencies = [("comments", "0012_thread_indexes")]
    operations = [
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(fields=["status", "verdict", "-id"], name="comment_by_verdict"),
        ),
        *(migrations.RemoveIndex(model_name="submission", name=name) for name in WIDER),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(fields=["email_hash", "at", "comment"], name=WIDER[0]),
        ),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(fields=["ip", "at", "comment"], name=WIDER[1]),
        ),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(
                fields=["network", "at", "comment"],
                name=WIDER[2],
                condition=models.Q(("network", ""), _negated=True),
            ),
        ),
    ]
