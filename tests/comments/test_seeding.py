"""A crowded site is made of rows that the site itself could have made."""

import pytest
from django.core.management import CommandError, call_command

from articles.models import Article
from comments.models import Check, Comment, Submission, Thread

pytestmark = pytest.mark.django_db


def test_seeded_comments_are_like_any_other(article, make_article, make_comment, client):
    make_article("Draft", days_ago=None)
    call_command("seed_comments", spam=60, pending=25, approved=15, verbosity=0)
    states = {
        status: Comment.objects.filter(status=status).count() for status in ("spam", "pending")
    }
    assert states == {"spam": 60, "pending": 25}
    assert Comment.objects.public().count() == 15
    article.refresh_from_db()
    assert article.comment_count == sum(Thread.objects.values_list("size", flat=True)) == 15
    for model in (Submission, Check):
        assert model.objects.count() == 100
    submission = Submission.objects.order_by("pk").first()
    assert submission.email.startswith("reader")
    assert submission.network == f"{submission.ip.rpartition('.')[0]}.0/24"
    for comment in Comment.objects.prefetch_related("changes"):
        steps = list(comment.changes.all())
        assert [step.old for step in steps] == ["", *(step.new for step in steps[:-1])]
        assert (steps[-1].new, steps[-1].at) == (comment.status, comment.since)
    assert (
        client.get(article.get_absolute_url()).content.decode().count('<article class="comment')
        == 15
    )
    # The next one gets a number of its own, and a second crowd comes beside the first.
    assert make_comment("Mine.").pk > 100
    call_command("seed_comments", spam=3, pending=0, approved=0, verbosity=0)
    assert Comment.objects.count() == 104


def test_without_an_article_it_says_what_to_do():
    assert not Article.objects.exists()
    with pytest.raises(CommandError, match="load_demo"):
        call_command("seed_comments", spam=1, pending=0, approved=0)
