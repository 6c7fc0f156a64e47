"""A kind of mail: a draft waits for an editor."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("comments", "0008_scale")]

    operations = [
        migrations.AlterField(
            model_name="mail",
            name="kind",
            field=models.CharField(
                choices=[
                    ("confirm", "please confirm your address"),
                    ("link", "the link to your comment"),
                    ("reply", "a reply to your comment"),
                    ("key_trouble", "Akismet refuses our key"),
                    ("queue", "what waits for a moderator"),
                    ("review", "a draft waits for an editor"),
                ],
                max_length=12,
            ),
        ),
    ]
