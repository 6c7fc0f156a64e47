"""What articles are about; `in_use()` are the tags that readers may know of."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from articles.addresses import address

SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9.-]*")


class TagQuerySet(models.QuerySet["Tag"]):
    def in_use(self) -> "TagQuerySet":
        """Tags that a published article carries; the others would tell what is being written."""
        from articles.models.article import Article  # which names these as its tags

        return self.filter(Exists(Article.objects.published().filter(tags=OuterRef("pk"))))


class Tag(models.Model):
    """What an article is about: a topic, or a ticker with its symbol and exchange."""

    class Kind(models.TextChoices):
        TOPIC = "topic", _("topic")
        TICKER = "ticker", _("ticker")

    name = models.CharField(_("name"), max_length=60, unique=True)
    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    kind = models.CharField(_("kind"), max_length=6, choices=Kind, default=Kind.TOPIC)
    symbol = models.CharField(_("symbol"), max_length=12, blank=True, help_text=_("Tickers only."))
    exchange = models.CharField(
        _("exchange"), max_length=12, blank=True, help_text=_("Tickers only.")
    )
    description = models.TextField(_("description"), blank=True)

    objects = TagQuerySet.as_manager()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["-kind", "name"]  # topics first
        constraints = [
            models.CheckConstraint(
                name="tag_ticker_has_symbol_and_exchange",
                condition=Q(kind="topic", symbol="", exchange="")
                | (Q(kind="ticker") & ~Q(symbol="") & ~Q(exchange="")),
                violation_error_message=_(
                    "A ticker needs a symbol and an exchange; a topic has neither."
                ),
            ),
            models.UniqueConstraint(
                name="tag_symbol_once", fields=["symbol"], condition=~Q(symbol="")
            ),
        ]

    def __str__(self) -> str:
        # For those who tag: tickers are known by their symbols.
        return f"{self.name} ({self.label})" if self.kind == self.Kind.TICKER else self.name

    @property
    def label(self) -> str:
        """What a reader sees on the tag: its name, or a ticker's symbol."""
        return f"${self.symbol}" if self.kind == self.Kind.TICKER else self.name

    def get_absolute_url(self) -> str:
        if self.kind == self.Kind.TICKER:
            return address("articles:ticker", self.symbol)
        return address("articles:tag", self.slug)

    def clean(self) -> None:
        self.symbol = self.symbol.strip().upper()
        self.exchange = self.exchange.strip().upper()
        errors: dict[str, Any] = {}
        for field in ("symbol", "exchange"):
            if self.kind == self.Kind.TICKER and not getattr(self, field):
                errors[field] = _("A ticker needs a symbol and an exchange.")
            elif self.kind == self.Kind.TOPIC and getattr(self, field):
                errors[field] = _("A topic has neither a symbol nor an exchange.")
        # The symbol stands in an address.
        if self.symbol and "symbol" not in errors and not SYMBOL.fullmatch(self.symbol):
            errors["symbol"] = _("Only letters, digits, dots and hyphens, a letter or digit first.")
        if errors:
            raise ValidationError(errors)
