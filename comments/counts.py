"""The counts that are kept with every change of status, made anew from the comments."""

from django.db import transaction
from django.db.models import BigIntegerField, Count
from django.db.models.functions import Coalesce

from articles.models import Article
from comments.models import Comment, Thread


def recount(article: Article) -> int:
    """Count the public comments of `article` and of its threads; return how many it has."""
    with transaction.atomic():
        Article.objects.lock(article.pk)
        sizes: dict[int, int] = dict(
            Comment.objects.public()
            .filter(article=article)
            .order_by()
            .values_list(Coalesce("thread", "id", output_field=BigIntegerField()))
            .annotate(size=Count("pk"))
        )
        Thread.objects.filter(article=article).delete()
        Thread.objects.bulk_create(
            Thread(opener=opener, article=article, size=size) for opener, size in sizes.items()
        )
        count = sum(sizes.values())
        Article.objects.filter(pk=article.pk).update(comment_count=count)
    return count
