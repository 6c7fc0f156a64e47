from typing import Any

from django.apps import AppConfig
from django.db.models.signals import (
    m2m_changed,
    post_delete,
    post_migrate,
    post_save,
    pre_delete,
    pre_save,
)
from django.utils.translation import gettext_lazy as _


class ArticlesConfig(AppConfig):
    name = "articles"
    verbose_name = _("Articles")

    def ready(self) -> None:
        from articles.editing.models import UNSEEN
        from articles.generation import changed
        from articles.models import Article, Tag
        from articles.pictures import drawing
        from articles.pictures.models import UNSEEN as UNSEEN_EITHER
        from articles.publishing import corrections, redirects, workflow
        from articles.publishing.models import UNSEEN as UNSEEN_TOO
        from articles.search import index

        def tell(**kwargs: Any) -> None:
            changed()

        for model in set(self.get_models()).difference(UNSEEN, UNSEEN_TOO, UNSEEN_EITHER):
            for signal in (post_save, post_delete):
                signal.connect(tell, sender=model, weak=False, dispatch_uid=f"{model} {signal}")
        m2m_changed.connect(tell, sender=Article.tags.through, weak=False, dispatch_uid="tags")

        tags = Article.tags.through
        post_save.connect(index.article_saved, sender=Article)
        post_save.connect(index.tag_saved, sender=Tag)
        pre_delete.connect(index.tag_to_be_deleted, sender=Tag)
        m2m_changed.connect(index.tags_changed, sender=tags)
        post_migrate.connect(index.fill_when_new, sender=self)

        for model in redirects.ADDRESSES:
            pre_save.connect(redirects.remember, sender=model)
        pre_save.connect(workflow.close_review, sender=Article)
        post_save.connect(corrections.date_article, sender=corrections.Correction)
        post_delete.connect(corrections.date_article, sender=corrections.Correction)

        drawing.connect()
