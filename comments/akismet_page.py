"""`/moderation/akismet/`: what is known of Akismet, and two wishes that a worker carries out."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from comments import health, recheck
from comments.desk.pages import moderators_only
from comments.health_facts import facts_of
from comments.models import AkismetState

#: How long the page reloads by itself for a worker to answer, and how often.
PATIENCE, RELOAD_SECONDS = timedelta(minutes=2), 3


@moderators_only
@require_safe
def akismet(request: HttpRequest) -> HttpResponse:
    """Everything that is known of Akismet and the workers, and two wishes one may have."""
    now_known = health.known()
    found = health.faults(now_known)
    state, left = now_known.state, recheck.left()
    of = request.GET.get("of", "")
    total = max(left, int(of)) if of.isascii() and of.isdigit() and len(of) < 7 else left
    wanted = state.self_test_wanted_at
    waits = bool(wanted and timezone.now() - wanted < PATIENCE)
    context = {
        "title": _("Akismet’s health"),
        "banner": {"faults": found, "details": request.path} if found else None,
        "facts": facts_of(now_known, health.unjudged()),
        "state": state,
        "has_key": bool(settings.AKISMET_API_KEY),
        "errors": health.errors_of_the_day(),
        "left": left,
        "total": total,
        "done": total - left,
        "step": recheck.STEP,
        "step_seconds": int(recheck.STEP_EVERY.total_seconds()),
        "most": recheck.MOST,
        "waits": waits,
        # Reloads while there is something to wait for; nothing but a reload is needed.
        "refresh": RELOAD_SECONDS if waits or left else None,
    }
    return render(request, "comments/akismet.html", context)


@moderators_only
@require_POST
def self_test(request: HttpRequest) -> HttpResponse:
    """Wish for a self-test. A worker carries it out within seconds, and the page shows it."""
    AkismetState.note(self_test_wanted_at=timezone.now())
    return redirect("comments:akismet")


@moderators_only
@require_POST
def check_again(request: HttpRequest) -> HttpResponse:
    """Have the queue checked again, the longest waiting first."""
    marked = recheck.begin() if settings.AKISMET_API_KEY else 0
    if not marked:
        messages.warning(request, _("There is nothing in the queue that may be checked again."))
        return redirect("comments:akismet")
    return redirect(f"{reverse('comments:akismet')}?of={marked}#recheck")


@moderators_only
@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """Check no more of the queue again; what was asked about already keeps its answer."""
    stopped = recheck.stop()
    said = ngettext(
        "Stopped: %d comment stays as it is.", "Stopped: %d comments stay as they are.", stopped
    )
    messages.success(request, said % stopped)
    return redirect("comments:akismet")
