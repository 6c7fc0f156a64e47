"""With a million comments too: nothing that people wait for reads a whole table."""

import re
from contextlib import contextmanager

import pytest
from django.db import connection

from comments.models import Discussion, Report
from tests.comments.test_desk import cards

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.sqlite,  # PostgreSQL plans by how much there is
]
LARGE = r"SCAN (comments_comment|comments_submission|comments_statuschange)$"


@contextmanager
def plans():
    """Collect how SQLite goes about every search that is made meanwhile."""
    found = []

    def explain(execute, sql, params, many, context):
        if sql.startswith(("SELECT", "WITH")):
            rows = connection.connection.execute(
                "EXPLAIN QUERY PLAN " + sql.replace("%s", "?").replace("%%", "%"), params or ()
            )
            found.extend(row[-1] for row in rows)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield found


@pytest.mark.parametrize("tab", ["queue", "spam", "reported", "all"])
@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("", ""),
        ("order=oldest", ""),
        ("q=word", "VIRTUAL TABLE"),
        ("q=word&network={}", "submission_by_network"),
        ("network={}", "submission_by_network"),
        ("ip={}", "submission_by_ip"),
        ("writer={}", "submission_by_address"),
        ("first=2026-01-01", "comment_written"),
        ("article=inference", "comment_by_article"),
        ("held_for=links", "VIRTUAL TABLE"),
        ("verdict=ham&article=inference", "VIRTUAL TABLE"),
    ],
)
def test_a_view_reads_through_an_index(desk, make_comment, tab, query, index):
    comment = make_comment("Word.", status="pending", ip="203.0.113.5")
    Report.objects.create(comment=comment, reason="spam", ip="192.0.2.1")
    with plans() as found:
        desk.get(f"/moderation/{tab}/?{query.format(comment.pk)}")
    if "=" in query.removeprefix("order=") or tab != "all":  # which is the table, page by page
        assert [step for step in found if re.fullmatch(LARGE, step)] == []
    if tab != "reported" or "submission" in index:
        assert any(index in step for step in found), "\n".join(found)


def test_the_reported_tab_begins_with_the_reports(desk, make_comment):
    comment = make_comment()
    Report.objects.create(comment=comment, reason="spam", ip="192.0.2.1")
    with plans() as found:
        assert cards(desk.get("/moderation/reported/")) == [comment.pk]
    by_report = [step for step in found if "SCAN comments_report USING" in step]
    assert by_report, "\n".join(found)
    assert not any("MULTI-INDEX OR" in step for step in found)


def test_a_comment_is_taken_in_through_indexes(post_comment):
    """Also without a key: in the index of keys all those without one lie side by side."""
    Discussion(flood_per_minute=9, flood_per_hour=99).save()
    with plans() as found:
        assert post_comment(key="").status_code == 302
    assert any("submission_by_network" in step for step in found), "\n".join(found)
    assert [step for step in found if re.fullmatch(LARGE, step) or "(key=?)" in step] == []


@pytest.mark.parametrize(
    ("order", "index"),
    [
        ("oldest", "thread_oldest (article_id=?)"),
        ("newest", "thread_oldest (article_id=?)"),
        ("replies", "thread_most_replied (article_id=?)"),
    ],
)
def test_a_page_of_threads_is_read_in_its_order(client, article, make_comment, order, index):
    make_comment()
    with plans() as found:
        assert client.get(f"{article.get_absolute_url()}?order={order}").status_code == 200
    steps = [step for step in found if "comments_thread" in step]
    assert [step.partition("INDEX ")[2] for step in steps] == [index]
    after = found[found.index(steps[0]) :]
    assert not any("TEMP B-TREE" in step for step in after[: len(after) - 1]), "\n".join(after)
