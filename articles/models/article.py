"""Articles; `Article.objects.published()` is the readers' only gate."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modelsearch.index import AutocompleteField, Indexed, SearchField

from articles import fields, html, images
from articles.addresses import address
from articles.editing import models as editing
from articles.models.author import Author
from articles.models.tag import Tag
from articles.pictures import bodies
from articles.publishing import models as publishing


class ArticleQuerySet(models.QuerySet["Article"]):
    def published(self, at: datetime | None = None) -> "ArticleQuerySet":
        """Only what readers may see: articles whose time of publication has come (by `at`)."""
        return self.filter(published_at__lte=at or timezone.now())

    def withdrawn(self) -> "ArticleQuerySet":
        """What readers are told of that it is gone, at its address and nowhere else."""
        return self.filter(withdrawn_at__isnull=False)

    def lock(self, pk: int) -> None:
        """Let whoever else changes what is public under this article wait for our transaction.

        It is the first lock that any of them takes, so that none wait for each other in a circle.
        """
        self.select_for_update(no_key=True).filter(pk=pk).values_list("pk").first()

    def for_cards(self) -> "ArticleQuerySet":
        """Newest first, with all that a list shows, in one query however many there are."""
        return (
            self.order_by("-published_at", "-pk")
            .select_related("author")
            .defer("body", "body_copies")
        )


class Article(Indexed, editing.Listing, publishing.Withdrawable, publishing.Standing):
    """One piece of research. A draft has no `published_at`; a future one is scheduled."""

    class AiUse(models.TextChoices):
        NONE = "none", _("Written without AI tools.")
        ASSISTED = "assisted", _("Written with the help of AI tools.")
        GENERATED = "generated", _("Drafted by AI tools.")

    title = models.CharField(_("title"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=200, unique=True)
    summary = models.TextField(
        _("summary"), max_length=400, help_text=_("One or two sentences; shown in lists.")
    )
    body = fields.BodyField(
        _("body"),
        help_text=_("HTML. Headings from h2. What is not allowed is taken out when you save."),
    )
    picture = images.PictureField(
        _("picture"),
        upload_to="pictures/%Y/",
        help_text=_("JPEG, PNG, WebP or AVIF, up to 10 MB. Choose it again after an error."),
        blank=True,
        width_field="picture_width",
        height_field="picture_height",
        validators=[images.validate_extension, images.validate_picture],
    )
    picture_width = models.PositiveIntegerField(null=True, editable=False)
    picture_height = models.PositiveIntegerField(null=True, editable=False)
    picture_alt = models.CharField(
        _("alternative text"),
        max_length=300,
        blank=True,
        help_text=_("What the picture shows, for those who do not see it."),
    )
    picture_caption = models.CharField(_("caption"), max_length=300, blank=True)
    #: Copied from the rows of Rendition and SharePicture, so that a page reads them with the rest.
    picture_copies = models.JSONField(default=dict, editable=False)
    #: The same of each stored picture within the text, by its name.
    body_copies = models.JSONField(default=dict, editable=False)
    share_picture = models.CharField(max_length=255, blank=True, editable=False)
    author = models.ForeignKey(Author, models.PROTECT, "articles", verbose_name=_("author"))
    tags = models.ManyToManyField(Tag, "articles", blank=True, verbose_name=_("tags"))
    published_at = models.DateTimeField(
        _("published at"),
        null=True,
        blank=True,
        help_text=_("Empty: a draft. In the future: appears by itself at that time."),
    )
    updated_at = models.DateTimeField(_("updated at"), null=True, editable=False)
    comments_open = models.BooleanField(_("comments open"), default=True)
    comments_held = models.BooleanField(
        _("hold every comment"),
        default=False,
        help_text=_("Also those by known writers, where the site publishes them at once."),
    )
    comments_slow_minutes = models.PositiveSmallIntegerField(
        _("minutes between a writer’s comments"),
        default=0,
        validators=[MaxValueValidator(24 * 60)],
        help_text=_("Slow mode, for heated days. 0: the site’s ordinary limits."),
    )
    comment_count = models.PositiveIntegerField(_("comments"), default=0, editable=False)
    ai_use = models.CharField(_("use of AI"), max_length=9, choices=AiUse, blank=True)
    ai_reviewed_by = models.CharField(
        _("reviewed by"),
        max_length=100,
        blank=True,
        help_text=_("The person who checked what AI tools wrote."),
    )
    # Set where the search index has yet to follow; the worker does that and takes it away.
    index_due = models.BooleanField(default=False, editable=False)

    # Only `title` has a place of its own in the index; `headline` counts it in with the rest too,
    # so that words may be spread over the title and the text.
    search_auto_update = False  # articles.search.index does
    search_fields = [
        SearchField("title", boost=10),
        SearchField("headline", boost=10),
        SearchField("summary", boost=4),
        SearchField("plain_body", boost=2),
        SearchField("tag_names", boost=1),
        AutocompleteField("summary"),
    ]

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ["-published_at", "-pk"]
        permissions = [("publish_article", _("Can publish, schedule and withdraw articles"))]
        indexes = [
            models.Index(fields=["-published_at", "-id"], name="article_newest_first"),
            models.Index(fields=["id"], name="article_index_due", condition=Q(index_due=True)),
            # Of the list in the admin.
            models.Index(fields=["-comment_count", "-id"], name="article_most_discussed"),
            models.Index(
                fields=["comments_open", "-published_at", "-id"], name="article_by_comments_open"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="article_picture_has_alt",
                condition=Q(picture="") | ~Q(picture_alt=""),
                violation_error_message=_("A picture needs an alternative text."),
            ),
            models.CheckConstraint(
                name="article_withdrawn_is_not_listed",
                condition=Q(withdrawn_at=None) | Q(published_at=None),
                violation_error_message=_("A withdrawn article has no time at which it appears."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return address("articles:article", self.slug)

    @property
    def is_published(self) -> bool:
        return self.published_at is not None and self.published_at <= timezone.now()

    @property
    def reading_minutes(self) -> int:
        """Minutes to read the body at 230 words a minute (Brysbaert 2019: 238 for non-fiction)."""
        return max(1, round(html.word_count(self.body) / 230))

    @property
    def headline(self) -> str:
        return self.title

    @property
    def plain_body(self) -> str:
        return html.plain_text(self.body)

    @property
    def tag_names(self) -> str:
        return " ".join(f"{tag.name} {tag.symbol}" for tag in self.tags.all())

    @property
    def ai_statement(self) -> str:
        """What the article says about the use of AI; empty where nobody has said."""
        said = self.get_ai_use_display() if self.ai_use else ""
        if said and self.ai_reviewed_by:
            said += " " + gettext("Reviewed by %s.") % self.ai_reviewed_by
        return said

    def clean(self) -> None:
        errors: dict[str, Any] = {}
        if self.picture and not self.picture_alt:
            errors["picture_alt"] = _("A picture needs an alternative text.")
        if self.ai_use == self.AiUse.GENERATED and not self.ai_reviewed_by.strip():
            errors["ai_reviewed_by"] = _("Say who checked what AI tools wrote.")
        errors |= self.settle_standing()
        if errors:
            raise ValidationError(errors)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Clean the body whatever path it came by, and note a change readers would notice."""
        fields = kwargs.get("update_fields")
        if fields is None or {"title", "body"} & set(fields):
            self.body = bodies.settled(html.clean(self.body))
            if self._changed_since_publication():
                self.updated_at = timezone.now()
                if fields is not None:
                    kwargs["update_fields"] = {*fields, "updated_at"}
        super().save(*args, **kwargs)

    def _changed_since_publication(self) -> bool:
        if not self.pk or not self.is_published:
            return False
        stored = Article.objects.published().filter(pk=self.pk).values("title", "body").first()
        return stored is not None and (stored["title"], stored["body"]) != (self.title, self.body)
