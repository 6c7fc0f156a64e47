"""`import_wordpress` from a file to the pages: what comes over, once, and as it stood."""

from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from articles.models import Article, Author, Tag
from comments import moderation
from comments.models import Check, Comment, Discussion, StatusChange, Submission
from wordpress.importer import Importer
from wordpress.models import OldAddress, Origin

EVERYTHING = (Article, Author, Tag, Comment, Submission, StatusChange, Origin, OldAddress)
AUTHOR = """<wp:author><wp:author_login>ines</wp:author_login>
<wp:author_display_name><![CDATA[Ines Halvorsen]]></wp:author_display_name></wp:author>"""
CATEGORY = """<wp:category><wp:category_nicename>chips</wp:category_nicename>
<wp:cat_name><![CDATA[Chips &amp; memory]]></wp:cat_name>
<wp:category_description>What AI runs on.</wp:category_description></wp:category>"""


def snapshot():
    return [list(model.objects.order_by("pk").values()) for model in EVERYTHING]


def test_an_article_comes_over_with_all_that_belongs_to_it(export, item, run, client):
    terms = [
        ("category", "chips", "Chips &amp; memory"),
        ("post_tag", "chips", "chips"),
        ("category", "uncategorized", "Uncategorized"),
        ("post_format", "post-format-aside", "Aside"),
        ("post_tag", "power", "Power"),
    ]
    said = run(export(AUTHOR, CATEGORY, item(7, "P/E &lt; 20", terms=terms, excerpt="In short.")))

    article = Article.objects.get()
    assert (article.title, article.slug, article.summary) == ("P/E < 20", "post-7", "In short.")
    assert article.body == "<p>First.</p>\n<p>Second.</p>"
    assert article.published_at == datetime(2024, 3, 1, 9, tzinfo=UTC)
    assert (article.updated_at, article.comments_open) == (None, True)
    assert (article.author.name, article.author.slug) == ("Ines Halvorsen", "ines")
    assert article.author.user is None
    assert [(tag.slug, tag.name, tag.kind) for tag in article.tags.all()] == [
        ("chips", "Chips & memory", "topic"),
        ("power", "Power", "topic"),
    ]
    assert Tag.objects.get(slug="chips").description == "What AI runs on."
    assert client.get("/articles/post-7/").status_code == 200
    assert "1  published" in said
    assert "2  tags" in said


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"status": "publish"}, "published"),
        ({"status": "future", "post_date_gmt": "2199-01-01 00:00:00"}, "scheduled"),
        ({"status": "draft"}, "draft"),
        ({"status": "pending"}, "draft"),
        ({"status": "private"}, "draft"),
        ({"status": "of-a-plugin"}, "draft"),
        ({"post_password": "sesame"}, "draft"),
        ({"status": "trash"}, None),
        ({"status": "auto-draft"}, None),
        ({"status": "inherit"}, None),
        ({"post_type": "page"}, None),
        ({"status": "inherit", "post_type": "attachment"}, None),
    ],
)
def test_the_state_of_a_post(export, item, comment, run, client, fields, state):
    said = run(export(item(7, "T", comment(1), **fields)))
    if state is None:
        assert not Article.objects.exists()
        assert not Comment.objects.exists()
        assert "Left out" in said
        assert "1  comments on what was left out" in said
        return
    article = Article.objects.get()
    is_public = state == "published"
    assert (article.published_at is None) == (state == "draft")
    assert article.is_published == is_public
    assert client.get(article.get_absolute_url()).status_code == (200 if is_public else 404)


def test_posts_without_title_slug_author_or_date(export, item, run):
    empty = dict.fromkeys(("post_name", "creator", "link"), "")
    zero = dict.fromkeys(("post_date", "post_date_gmt"), "0000-00-00 00:00:00")
    said = run(export(item(7, "", **empty, **zero), item(8, "", content="", **empty)))

    first, second = Article.objects.order_by("pk")
    assert (first.title, first.slug) == ("First. Second.", "first-second")
    assert first.published_at == datetime(2024, 3, 4, 10, tzinfo=UTC)  # the day of the export
    assert (second.title, second.slug) == ("Untitled", "untitled")
    assert first.author.name == "Unknown author"
    assert "2  articles without a title" in said
    assert "1  without a date" in said


def test_a_slug_that_is_taken_gets_a_number(export, item, run, make_article):
    make_article("Older", slug="same")
    run(export(item(7, post_name="same"), item(8, post_name="same")))
    assert {"same", "same-2", "same-3"} == set(Article.objects.values_list("slug", flat=True))


def test_pictures_are_told_apart_by_where_they_lie(export, item, run):
    content = (
        '<img src="https://old.example/wp-content/uploads/a.png" alt="a">'
        '<img src="https://cdn.example/b.png" alt="b"><img src="//cdn.example/c.png" alt="c">'
    )
    said = run(export(item(7, content=content)))
    assert '<img src="/wp-content/uploads/a.png" alt="a"' in Article.objects.get().body
    assert "1  pictures on the old site itself" in said
    assert "2  pictures on other sites" in said


def test_authors_and_tags_of_this_site_are_found_again(export, item, run, author):
    Tag.objects.create(name="NVIDIA", slug="nvda", kind="ticker", symbol="NVDA", exchange="XNAS")
    Tag.objects.create(name="Power", slug="electricity")
    terms = [("post_tag", "nvda", "NVDA"), ("category", "power", "power")]
    run(export(item(7, creator="ines-halvorsen", terms=terms)))
    article = Article.objects.get()
    assert article.author == author
    assert {tag.slug for tag in article.tags.all()} == {"nvda", "electricity"}
    assert Tag.objects.count() == 2


# --- comments -------------------------------------------------------------------------------


def test_a_comment_comes_over_in_two_halves_as_it_stood(export, item, comment, run, client):
    run(
        export(
            item(7, "T", comment(5, "A &lt; B\n\nLine", author_url="https://rosa.example.org")),
        )
    )
    stored = Comment.objects.select_related("submission").get()
    assert (stored.name, stored.url, stored.text) == (
        "Rosa Reader",
        "https://rosa.example.org",
        "A < B\n\nLine",
    )
    assert stored.html == "<p>A &lt; B</p><p>Line</p>"
    assert stored.created_at == stored.submission.at == datetime(2024, 3, 2, 10, 5, tzinfo=UTC)
    assert (stored.status, stored.verdict, stored.check_due) == ("approved", "exempt", None)
    assert (stored.submission.email, stored.submission.ip) == ("rosa@example.com", "192.0.2.7")
    step = StatusChange.objects.get()
    assert (step.old, step.new, step.source, step.by) == ("", "approved", "import", None)
    page = client.get("/articles/post-7/").content.decode()
    assert "A &lt; B" in page
    assert "rosa@example.com" not in page


def test_the_address_is_encrypted(export, item, comment, run):
    from django.db import connection

    run(export(item(7, "T", comment(5))))
    with connection.cursor() as cursor:
        cursor.execute("SELECT email FROM comments_submission")
        assert "rosa" not in cursor.fetchone()[0]


def test_every_status_comes_over_and_only_the_public_is_counted(export, item, comment, run):
    approved = ["1", "1", "0", "spam", "trash", "post-trashed"]
    made = [comment(pk, approved=value) for pk, value in enumerate(approved, start=1)]
    run(export(item(7, "T", *made)))
    assert list(Comment.objects.order_by("pk").values_list("status", "verdict")) == [
        ("approved", "exempt"),
        ("approved", "exempt"),
        ("pending", "exempt"),
        ("spam", "exempt"),
        ("trash", "exempt"),
        ("trash", "exempt"),
    ]
    assert Article.objects.get().comment_count == 2


def test_nobody_is_told_and_akismet_is_neither_asked_nor_owed(
    export, item, comment, run, akismet, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        run(export(item(7, "T", *(comment(pk, approved=a) for pk, a in enumerate(["1", "spam"])))))
    call_command("work", once=True)
    assert akismet.log == []
    assert mail.outbox == []
    assert not Check.objects.exists()
    assert not Comment.objects.due_for_check().exists()
    assert not StatusChange.objects.filter(feedback_due__isnull=False).exists()


@pytest.mark.parametrize(
    ("meta", "restored"),
    [({"_wp_trash_meta_status": "1"}, "approved"), ({"_wp_trash_meta_status": "0"}, "pending")],
)
def test_what_is_restored_from_the_trash_is_what_it_was(
    export, item, comment, run, moderator, meta, restored
):
    run(export(item(7, "T", comment(1, approved="trash", meta=meta))))
    stored = Comment.objects.get()
    moderation.restore(stored, by=moderator, seen="trash")
    stored.refresh_from_db()
    assert stored.status == restored


def test_what_nobody_judged_is_judged_before_it_is_seen(export, item, comment, run, moderator):
    unjudged = {"_marginalia_unjudged": "1"}
    run(export(item(7, "T", comment(1, approved="0", meta=unjudged), comment(2, approved="trash"))))
    waiting, trashed = Comment.objects.order_by("pk")
    assert (waiting.status, waiting.verdict) == ("submitted", "unchecked")
    moderation.restore(trashed, by=moderator, seen="trash")
    assert set(Comment.objects.due_for_check()) == {waiting, trashed}


def test_pingbacks_and_trackbacks_are_left_out_and_counted(export, item, comment, run):
    said = run(
        export(
            item(
                7,
                "T",
                comment(1, type="pingback"),
                comment(2, type="trackback", parent=1),
                comment(3, parent=2, type=""),
            )
        )
    )
    stored = Comment.objects.get()
    assert (stored.parent, stored.ancestors) == (None, [])
    assert "1  comments (pingback)" in said
    assert "1  comments (trackback)" in said


def shape():
    """The threads by the texts: who stands under whom, and at which level."""
    return [
        (each.text, each.parent.text if each.parent else "", each.depth)
        for each in Comment.objects.select_related("parent").order_by("pk")
    ]


def test_threads_keep_their_shape_down_to_the_last_level(export, item, comment, run):
    Discussion(depth=3).save()
    chain = [comment(pk, str(pk), parent=pk - 1) for pk in (5, 4, 3, 2)]
    run(export(item(7, "T", comment(7, "7"), *chain, comment(1, "1"), comment(6, "6", parent=1))))
    assert shape() == [
        ("1", "", 1),
        ("2", "1", 2),
        ("3", "2", 3),
        ("4", "3", 3),
        ("5", "4", 3),
        ("6", "1", 2),
        ("7", "", 1),
    ]


def test_a_reply_older_than_what_it_replies_to_and_circles_and_orphans(
    export, item, comment, run, client
):
    old = "2024-03-02 09:00:00"
    run(
        export(
            item(
                7,
                "T",
                comment(1, "reply", parent=2, date_gmt=old),
                comment(2, "first"),
                comment(3, "a", parent=4),
                comment(4, "b", parent=3),
                comment(5, "orphan", parent=99),
                comment(6, "own parent", parent=6),
            )
        )
    )
    assert shape() == [
        ("first", "", 1),
        ("reply", "first", 2),
        ("b", "", 1),
        ("a", "b", 2),
        ("orphan", "", 1),
        ("own parent", "", 1),
    ]
    assert client.get("/articles/post-7/").status_code == 200


def test_comments_with_broken_fields(export, item, comment, run):
    zero = "0000-00-00 00:00:00"
    run(
        export(
            item(
                7,
                "T",
                comment(1, author="", author_email="", author_IP="x", date=zero, date_gmt=zero),
                comment(2, "", author_url="http://"),
                comment(3, "x" * 9000),
            )
        )
    )
    first, second, third = Comment.objects.select_related("submission").order_by("pk")
    assert (first.name, first.submission.email, first.submission.ip) == ("Anonymous", "", None)
    assert first.created_at == Article.objects.get().published_at
    assert (second.text, second.url) == ("", "")
    assert len(third.text) == 9000


# --- again ----------------------------------------------------------------------------------


def test_a_second_run_changes_nothing_and_says_so(export, item, comment, run):
    file = export(AUTHOR, CATEGORY, item(7, "T", comment(1), comment(2, parent=1)), item(8))
    run(file)
    before = snapshot()
    said = run(export(AUTHOR, CATEGORY, item(7, "T", comment(1), comment(2, parent=1)), item(8)))
    assert snapshot() == before
    assert "Nothing new: nothing was changed." in said
    assert "2  here already" in said


def test_a_newer_export_adds_what_is_new(export, item, comment, run):
    run(export(item(7, "T", comment(1, "1"))))
    Article.objects.update(title="Edited here", slug="edited")
    newer = item(7, "T", comment(1, "1"), comment(2, "2", parent=1))
    run(export(newer, item(8), site="http://OLD.example/"))
    assert shape() == [("1", "", 1), ("2", "1", 2)]
    assert Article.objects.count() == 2
    edited = Article.objects.get(slug="edited")
    assert (edited.title, edited.comment_count) == ("Edited here", 2)


def test_what_was_deleted_here_does_not_come_back(export, item, comment, run):
    run(export(item(7, "T", comment(1), comment(2)), item(8)))
    Comment.objects.order_by("pk")[0].delete()
    Article.objects.get(slug="post-8").delete()
    said = run(export(item(7, "T", comment(1), comment(2)), item(8)))
    assert Comment.objects.count() == Article.objects.count() == 1
    assert said.count("deleted here after an earlier import, not brought back") == 2


def test_another_site_with_the_same_numbers_is_another_site(export, item, comment, run):
    run(export(item(7, "T", comment(1))))
    run(export(item(7, "Other", comment(1), post_name="other"), site="https://old.example/blog"))
    assert Article.objects.count() == Comment.objects.count() == 2


def test_a_dry_run_tells_everything_and_stores_nothing(export, item, comment, run):
    file = export(AUTHOR, CATEGORY, item(7, "T", comment(1)))
    before = snapshot()
    said = run(file, dry_run=True)
    assert snapshot() == before
    assert "1  published" in said
    assert "1  approved" in said
    assert "A dry run: nothing was stored." in said


def test_a_broken_file_stores_nothing(export, item, run):
    file = export(item(7), item(8))
    file.write_text(file.read_text()[:-60])
    with pytest.raises(CommandError, match=r"line \d+: the file ends .* Nothing was imported"):
        run(file)
    assert not Article.objects.exists()


def test_a_file_that_is_not_there(run, tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        run(tmp_path / "none.xml")


@pytest.mark.django_db(transaction=True)
def test_after_a_crash_the_import_goes_on_where_it_stopped(
    export, item, comment, monkeypatch, django_user_model
):
    file = export(*(item(pk, "T", comment(pk * 10), comment(pk * 10 + 1)) for pk in (1, 2, 3)))
    take_over, taken = moderation.take_over, []

    def crash(*args, **kwargs):
        taken.append(1)
        if len(taken) == 4:
            raise KeyboardInterrupt
        return take_over(*args, **kwargs)

    monkeypatch.setattr(moderation, "take_over", crash)
    with pytest.raises(KeyboardInterrupt):
        Importer(file, progress=lambda done, total: None).run()
    # The second article was half done: none of it is there.
    assert (Article.objects.count(), Comment.objects.count()) == (1, 2)
    assert Origin.objects.filter(kind="article").count() == 1

    call_command("import_wordpress", str(file), stdout=StringIO(), stderr=StringIO())
    assert (Article.objects.count(), Comment.objects.count()) == (3, 6)
    assert set(Article.objects.values_list("comment_count", flat=True)) == {2}
