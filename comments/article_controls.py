"""How one article takes comments: open, held, slow or closed, set from the desk.

Whoever may decide about its comments may set this, without the right to edit articles.
"""

from dataclasses import dataclass
from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from articles import generation
from articles.models import Article
from comments import roles
from comments.models import Discussion
from comments.opening import accepts_comments

#: How entries in the admin's log begin that tell of a change made here; they are in plain English.
NOTED = "Comments: "
#: So many changes are listed.
NOTED_MOST = 10
DAY = 24 * 60


class Changed(Exception):
    """Somebody else set this article meanwhile."""


@dataclass(frozen=True)
class Mode:
    """One way to take comments, and the article's switches that make it."""

    name: str
    label: Promise | str
    about: Promise | str
    switches: dict[str, bool]


MODES = {
    mode.name: mode
    for mode in (
        Mode(
            "open",
            gettext_lazy("Open"),
            gettext_lazy("As everywhere on this site."),
            {"comments_open": True, "comments_held": False},
        ),
        Mode(
            "held",
            gettext_lazy("Held"),
            gettext_lazy("Every comment waits for a moderator, also those by known writers."),
            {"comments_open": True, "comments_held": True},
        ),
        Mode(
            "closed",
            gettext_lazy("Closed"),
            gettext_lazy("No new comments and no edits. What stands there stays."),
            {"comments_open": False},
        ),
    )
}


class ControlsForm(forms.Form):
    """One of the modes, and the minutes of slow mode (empty or 0: off)."""

    mode = forms.ChoiceField(
        choices=[(name, mode.label) for name, mode in MODES.items()],
        error_messages={
            "required": gettext_lazy("Please choose one."),
            "invalid_choice": gettext_lazy("Please choose one of these."),
        },
    )
    slow_minutes = forms.IntegerField(
        required=False,
        validators=[
            MinValueValidator(0, gettext_lazy("0 or more, please.")),
            MaxValueValidator(DAY, gettext_lazy("At most %(limit_value)d minutes: a day.")),
        ],
        error_messages={"invalid": gettext_lazy("Whole minutes, please.")},
    )

    def clean_slow_minutes(self) -> int:
        return self.cleaned_data["slow_minutes"] or 0


@roles.desk_only
@require_http_methods(["GET", "HEAD", "POST"])
def article_controls(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how a published article takes comments; a POST changes it, 409 if it was changed."""
    article = get_object_or_404(Article.objects.published(), pk=pk)
    if not roles.may_set(request.user, article):
        raise PermissionDenied
    if request.method != "POST":
        return _show(request, article)
    form = ControlsForm(request.POST)
    if not form.is_valid():
        return _show(request, article, form=form, status=422)
    mode, slow = MODES[form.cleaned_data["mode"]], form.cleaned_data["slow_minutes"]
    seen, by = request.POST.get("seen", ""), cast(User, request.user)
    try:
        done = set_controls(article, mode, slow, seen=seen, by=by)
    except Changed:
        return _show(request, get_object_or_404(Article, pk=pk), stale=True, status=409)
    said = _("Saved: %s.") % done if done else _("It is as it was; nothing was changed.")
    messages.success(request, said)
    return redirect("comments:article_controls", pk)


def set_controls(article: Article, mode: Mode, slow_minutes: int, *, seen: str, by: User) -> str:
    """Let `article` take comments so, and note who said so; return what changed, or "".

    `seen` is the `version` that the moderator saw. Raises Changed.
    """
    with transaction.atomic():
        current = Article.objects.select_for_update(no_key=True).get(pk=article.pk)
        if version(current) != seen:
            raise Changed
        before = _describe(current)
        fields = {**mode.switches, "comments_slow_minutes": slow_minutes}
        if all(getattr(current, name) == value for name, value in fields.items()):
            return ""
        Article.objects.filter(pk=current.pk).update(**fields)
        current.refresh_from_db(fields=list(fields))
        said = f"{before} → {_describe(current)}"
        LogEntry.objects.create(
            user=by,
            content_type=ContentType.objects.get_for_model(Article),
            object_id=str(current.pk),
            object_repr=str(current)[:200],
            action_flag=CHANGE,
            change_message=NOTED + said,
        )
        generation.changed()  # an update sends no signal
    return said


def version(article: Article) -> str:
    """Return what stands for the switches as they are: `set_controls` asks for it."""
    return f"{article.comments_open:d}{article.comments_held:d}-{article.comments_slow_minutes}"


def mode_of(article: Article) -> Mode:
    """Return the mode that the article's own switches make."""
    if not article.comments_open:
        return MODES["closed"]
    return MODES["held" if article.comments_held else "open"]


def _describe(article: Article) -> str:
    said, minutes = mode_of(article).name, article.comments_slow_minutes
    return f"{said}, slow mode {minutes} min" if minutes else said


def _show(
    request: HttpRequest,
    article: Article,
    *,
    form: ControlsForm | None = None,
    stale: bool = False,
    status: int = 200,
) -> HttpResponse:
    discussion, mode = Discussion.load(), mode_of(article)
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Article),
        object_id=str(article.pk),
        change_message__startswith=NOTED,
    ).select_related("user")[:NOTED_MOST]
    context = {
        "article": article,
        "form": form
        or ControlsForm(
            initial={"mode": mode.name, "slow_minutes": article.comments_slow_minutes or None}
        ),
        "modes": MODES.values(),
        "mode": mode,
        "version": version(article),
        "stale": stale,
        "closed_by_age": article.comments_open and not accepts_comments(article, discussion),
        "close_after_days": discussion.close_after_days,
        "all_wait": not discussion.trust_known_writers or discussion.akismet_log_only,
        "log": [(entry, entry.change_message.removeprefix(NOTED)) for entry in entries],
    }
    return render(request, "comments/article_controls.html", context, status=status)
