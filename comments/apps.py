from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CommentsConfig(AppConfig):
    name = "comments"
    verbose_name = _("Comments")

    def ready(self) -> None:
        from comments import checks, word_index  # noqa: F401  (registers the system checks)

        post_migrate.connect(word_index.after_migrate, sender=self)
