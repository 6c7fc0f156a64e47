"""What moderators choose for themselves, at the desk or by a link in a mail: whether mail tells
them of the queue.
"""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from comments import forgery, roles, tokens
from comments.desk.pages import staff
from comments.models import Discussion, ModeratorPreference
from comments.writer.manage import FOREIGN
from comments.writer.token_pages import Gone, token_page


@roles.desk_only
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Show the switch and what stands in the way of mail; a POST sets it."""
    user = staff(request)
    if request.method == "POST":
        ModeratorPreference.choose(user, digest="digest" in request.POST)
        messages.success(request, _("Saved."))
        return redirect("comments:preferences")
    role = roles.role_of(user)
    context = {
        "title": _("Mail about the queue"),
        "wants": _wants(user),
        "email": user.email,
        "minutes": Discussion.load().digest_minutes,
        "mail_enabled": settings.MAIL_ENABLED,
        "is_moderator": role is not None and role.is_moderator,
    }
    return render(request, "comments/preferences.html", context)


@token_page(tokens.DIGEST_OFF, even_expired=True)
def digest_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop the mails about the queue; mail programs do so with one click (RFC 8058).

    It works without a login, and for as long as anybody keeps the mail.
    """
    user = User.objects.filter(pk=pk, is_active=True).first()
    if user is None:
        raise Gone(_("This login is gone, and with it all mail to it."))
    if request.method != "POST":
        return _show_off(request, user)
    if forgery.is_foreign(request):
        return _show_off(request, user, problem=str(FOREIGN), status=403)
    ModeratorPreference.choose(user, digest=False)
    if "List-Unsubscribe" in request.POST:  # a mail program follows no redirect
        return _show_off(request, user)
    return HttpResponseRedirect(request.path)


def _wants(user: User) -> bool:
    return ModeratorPreference.objects.filter(pk=user.pk, digest=True).exists()


def _show_off(
    request: HttpRequest, user: User, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {"wants": _wants(user), "problem": problem, "here": request.path}
    return render(request, "comments/digest_off.html", context, status=status)
