from typing import Any

from django.apps import AppConfig
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.utils.translation import gettext_lazy as _


class ArticlesConfig(AppConfig):
    name = "articles"
    verbose_name = _("Articles")

    def ready(self) -> None:
        from articles.generation import changed
        from articles.models import Article

        def tell(**kwargs: Any) -> None:
            changed()

        for model in self.get_models():
            for signal in (post_save, post_delete):
                signal.connect(tell, sender=model, weak=False, dispatch_uid=f"{model} {signal}")
        m2m_changed.connect(tell, sender=Article.tags.through, weak=False, dispatch_uid="tags")
