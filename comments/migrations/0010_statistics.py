"""What statistics ask of the history, and the counts that are kept of each day."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("comments", "0009_editors_mail")]

    operations = [
        migrations.AddIndex(
            model_name="statuschange",
            index=models.Index(
                fields=["at"],
                name="change_sorted",
                condition=Q(source="akismet", new="pending")
                | Q(source="akismet", new="approved")
                | Q(source="rules", new="trash"),
            ),
        ),
        migrations.AddIndex(
            model_name="statuschange",
            index=models.Index(
                fields=["at"], name="change_decided", condition=Q(source="moderator")
            ),
        ),
        migrations.AlterField(
            model_name="tally",
            name="what",
            field=models.CharField(
                choices=[
                    ("arrived", "comments that came in"),
                    ("ham", "not spam, said Akismet"),
                    ("spam", "spam, said Akismet"),
                    ("unanswered", "Akismet gave no answer"),
                    ("held", "held for a moderator"),
                    ("decided", "decided by moderators"),
                    ("discarded", "blatant spam, not stored"),
                    ("spam_deleted", "old spam, deleted"),
                    ("trash_deleted", "old trash, deleted"),
                    ("copies_deleted", "copies of what Akismet got, deleted"),
                    ("origins_deleted", "IP addresses and user agents, deleted"),
                    ("mails_deleted", "mails, deleted"),
                    ("forwarded", "forwarded headers that no setting explains"),
                ],
                max_length=16,
            ),
        ),
    ]
