"""Fill the new columns for the comments that are there, and let groups do what is new."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import BigIntegerField, Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from comments.client_address import network_of
from comments.migrations import grant

BATCH = 1_000


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    comment = apps.get_model("comments", "Comment")
    steps = apps.get_model("comments", "StatusChange").objects.filter(comment=OuterRef("pk"))
    comment.objects.update(
        since=Coalesce(Subquery(steps.order_by("-at", "-pk").values("at")[:1]), F("created_at"))
    )
    counts = (
        comment.objects.filter(status="approved")
        .order_by()
        .annotate(opener=Coalesce("thread", "id", output_field=BigIntegerField()))
        .values_list("opener", "article")
        .annotate(size=Count("pk"))
    )
    thread = apps.get_model("comments", "Thread")
    thread.objects.bulk_create(
        (thread(opener=opener, article_id=article, size=size) for opener, article, size in counts),
        batch_size=BATCH,
    )

    submission = apps.get_model("comments", "Submission")
    submission.objects.exclude(sent="").update(sent_at=F("at"))
    rows = submission.objects.filter(~Q(ip=None)).only("pk", "ip").iterator(BATCH)
    batch = []
    for row in rows:
        row.network = network_of(row.ip)
        batch.append(row)
        if len(batch) == BATCH:
            submission.objects.bulk_update(batch, ["network"])
            batch.clear()
    submission.objects.bulk_update(batch, ["network"])


def add_permissions(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Moderators may reveal an address, which is noted; a group of its own exports and erases."""
    grant(apps, schema_editor, "Moderators", ["reveal_address", "view_report", "view_edit"])
    grant(apps, schema_editor, "Data protection", ["handle_personal_data", "view_privacyevent"])


class Migration(migrations.Migration):
    dependencies = [("comments", "0003_complete")]
    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(add_permissions, migrations.RunPython.noop),
    ]
