"""`export_wordpress`: everything, privately, and in a form that comes back the same."""

import json
import stat
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from articles.models import Article, Author, Tag
from comments.models import Comment, Submission
from wordpress.models import OldAddress, Origin
from wordpress.wxr import read

LONG_AGO = datetime(2024, 2, 1, 9, 30, 15, tzinfo=UTC)


@pytest.fixture
def article(make_article):
    """The article of the comments, with awkward texts."""
    return make_article(
        "P/E < 20 & ]]> “quotes”",
        slug="awkward_1",
        summary="Less <than> &amp; more",
        body="loose <b>text</b>\n\n<p>a [gallery] b</p>\n<pre>x\n\n\ny</pre>"
        '<p><a href="http://testserver/articles/x/">own link</a></p>',
        published_at=LONG_AGO,
    )


@pytest.fixture
def site(article, make_article, make_comment):
    """A site with one of everything."""
    Author.objects.update(role="Analyst", bio="Reads ]]> & <b>filings</b>.\n\nTwice.")
    Tag.objects.create(name="NVIDIA", slug="nvda", kind="ticker", symbol="NVDA", exchange="XNAS")
    Tag.objects.create(name="Unused & <odd>", slug="odd", description="5 < 6")
    article.tags.add(Tag.objects.get(slug="nvda"), Tag.objects.create(name="Power", slug="power"))
    Article.objects.filter(pk=article.pk).update(updated_at=LONG_AGO + timedelta(days=3))
    make_article("Draft", days_ago=None, comments_open=False)
    make_article("Scheduled", published_at=datetime(2199, 1, 1, tzinfo=UTC))
    made = {"created_at": LONG_AGO + timedelta(hours=1)}
    top = make_comment('Text <b>bold</b> & "<i" &lt; ]]> \U0001f4c8\n\n\nend', **made)
    deep = top
    for number in range(7):
        deep = make_comment(
            f"Reply {number}", parent=deep, name=f"Reader <{number}>", ip="2001:db8::1",
            created_at=LONG_AGO + timedelta(hours=2 + number),
        )  # fmt: skip
        Comment.objects.filter(pk=deep.pk).update(ancestors=deep.ancestors[:4])
        deep.ancestors = deep.ancestors[:4]
    for status in ("submitted", "pending", "spam", "trash"):
        make_comment(f"In {status}", status=status, parent=top, email="Ö@Example.com", **made)
    return article


def content():
    """All that must survive a round trip, in a form without our ids."""
    text_of = dict(Comment.objects.values_list("pk", "text"))
    return {
        "authors": list(Author.objects.order_by("slug").values("name", "slug", "role", "bio")),
        "tags": list(
            Tag.objects.order_by("slug").values(
                "name", "slug", "kind", "symbol", "exchange", "description"
            )
        ),
        "articles": [
            (article, set(Tag.objects.filter(articles__slug=article["slug"]).values_list("slug")))
            for article in Article.objects.order_by("slug").values(
                "title", "slug", "summary", "body", "published_at", "updated_at",
                "comments_open", "comment_count", "author__slug",
            )
        ],
        "comments": [
            {
                **{
                    name: getattr(comment, name)
                    for name in ("name", "url", "text", "html", "created_at", "status", "depth")
                },
                "article": comment.article.slug,
                "parent": text_of.get(comment.parent_id),
                "above": [text_of[pk] for pk in comment.ancestors],
                "thread": text_of.get(comment.thread),
                "email": comment.submission.email,
                "email_hash": comment.submission.email_hash,
                "ip": comment.submission.ip,
            }
            for comment in Comment.objects.select_related("article", "submission").order_by("text")
        ],
    }  # fmt: skip


def empty():
    for model in (Comment, Article, Author, Tag, Origin, OldAddress):
        model.objects.all().delete()


def export_to(file, **options):
    said = StringIO()
    call_command("export_wordpress", str(file), stderr=said, **options)
    return said.getvalue()


def test_an_export_comes_back_as_it_was(site, run, tmp_path):
    before = content()
    file = tmp_path / "all.xml"
    export_to(file)
    empty()
    run(file)
    after = content()
    for part, expected in before.items():
        assert after[part] == expected

    Origin.objects.all().delete()
    again = tmp_path / "again.xml"
    export_to(again)
    empty()
    run(again)
    assert content() == before


def test_an_export_read_back_into_the_same_site_adds_nothing(site, run, tmp_path):
    Comment.objects.filter(text="In spam").update(created_at=LONG_AGO + timedelta(microseconds=7))
    before = content()
    file = tmp_path / "all.xml"
    export_to(file)
    run(file)
    assert content() == before


def test_what_is_missing_comes_back_from_an_export(site, run, tmp_path):
    before = content()
    file = tmp_path / "all.xml"
    export_to(file)
    Comment.objects.filter(text="In spam").delete()
    Article.objects.get(slug="draft").delete()
    run(file)
    after = content()
    assert after["articles"] == before["articles"]
    assert sorted(each["text"] for each in after["comments"]) == sorted(
        each["text"] for each in before["comments"]
    )


def test_replies_to_what_is_gone_hang_under_the_next_above(site, run, tmp_path):
    Comment.objects.get(text="Reply 1").delete()
    file = tmp_path / "all.xml"
    export_to(file)
    empty()
    run(file)
    assert Comment.objects.get(text="Reply 2").parent.text == "Reply 0"


def test_it_is_the_format_that_wordpress_reads(site, tmp_path):
    file = tmp_path / "all.xml"
    export_to(file)
    wp = "{http://wordpress.org/export/1.2/}"
    channel = ET.parse(file).getroot().find("channel")
    assert channel.findtext(f"{wp}wxr_version") == "1.2"
    items = {each.findtext(f"{wp}post_name"): each for each in channel.iter("item")}
    assert {name: each.findtext(f"{wp}status") for name, each in items.items()} == {
        "awkward_1": "publish",
        "draft": "draft",
        "scheduled": "future",
    }
    first = items["awkward_1"]
    assert first.findtext("title") == "P/E &lt; 20 &amp; ]]&gt; “quotes”"
    assert first.findtext("link") == "http://testserver/articles/awkward_1/"
    assert first.findtext(f"{wp}post_date_gmt") == "2024-02-01 09:30:15"
    assert items["draft"].findtext(f"{wp}post_date_gmt") == "0000-00-00 00:00:00"
    approved = [each.findtext(f"{wp}comment_approved") for each in first.iter(f"{wp}comment")]
    assert approved == ["1"] * 8 + ["0", "0", "spam", "trash"]


def test_characters_that_xml_forbids_are_left_out(make_article, tmp_path):
    make_article("Bell\x07 and \ufffe")
    file = tmp_path / "all.xml"
    export_to(file)
    assert [piece.title for piece in read(file) if hasattr(piece, "title")] == ["Bell and"]


def test_an_empty_site_is_an_export_too(db, tmp_path):
    file = tmp_path / "all.xml"
    export_to(file)
    assert len(list(read(file))) == 1


def test_json_lines_hold_the_same(site, tmp_path):
    file = tmp_path / "all.jsonl"
    export_to(file, format="jsonl")
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    kinds = [line["type"] for line in lines]
    assert kinds == ["author"] + ["tag"] * 3 + ["article"] + ["comment"] * 12 + ["article"] * 2
    article = next(line for line in lines if line["type"] == "article")
    assert (article["slug"], article["author"]) == ("awkward_1", "ines-halvorsen")
    assert article["published_at"] == "2024-02-01T09:30:15+00:00"
    assert sorted(article["tags"]) == ["nvda", "power"]
    comment = lines[5]
    assert (comment["email"], comment["status"]) == ("reader@example.com", "approved")
    assert comment["text"] == site.comments.order_by("pk")[0].text


@pytest.mark.parametrize("format", ["wxr", "jsonl"])
def test_the_file_is_for_its_owner_alone_and_says_what_it_holds(site, tmp_path, format):
    file = tmp_path / "all"
    file.touch(mode=0o666)
    said = export_to(file, format=format)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "keep it private" in said
    assert [each.name for each in tmp_path.iterdir()] == ["all"]


def test_without_a_file_it_goes_to_standard_output(site, capsys):
    call_command("export_wordpress")
    assert capsys.readouterr().out.startswith('<?xml version="1.0"')


def test_an_export_that_fails_leaves_what_was_there(site, tmp_path, monkeypatch):
    file = tmp_path / "all.xml"
    file.write_text("older")
    Submission.objects.all().delete()
    with pytest.raises(Submission.DoesNotExist):
        export_to(file)
    assert file.read_text() == "older"
    assert len(list(tmp_path.iterdir())) == 1
    with pytest.raises(CommandError, match="No such file"):
        export_to(tmp_path / "none" / "all.xml")


@pytest.mark.parametrize("articles", [1, 20])
def test_queries_grow_with_the_articles_only(make_article, make_comment, count_queries, articles):
    for number in range(articles):
        article = make_article(f"Article {number}", tags=["power"])
        for _each in range(3):
            make_comment(article=article)
    statements = count_queries(call_command, "export_wordpress", stdout=StringIO())
    assert len(statements) == 5 + articles
