"""“Your sign-in”: a member's own password, second factor and sessions."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from staff import entrance, factor, notices, sessions
from staff.forms import NewPasswordForm, PasswordAgainForm
from staff.sign_in_pages import WRONG, show_codes


@staff_member_required(login_url="admin:login")
@never_cache
@require_http_methods(["GET"])
def overview(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    device = factor.authenticator_of(user)
    context = {
        "device": device,
        "codes_left": device.recovery_codes.count() if device else 0,
        "required": factor.must_set_up(user),
        "sessions": sessions.living(user),
        "this_session": request.session.session_key,
    }
    return render(request, "staff/overview.html", context)


@staff_member_required(login_url="admin:login")
@never_cache
@require_http_methods(["GET", "POST"])
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Ask the password again, then replace the recovery codes."""
    user = cast(User, request.user)
    if factor.authenticator_of(user) is None:
        return redirect("staff:overview")
    form = PasswordAgainForm(request, request.POST if request.method == "POST" else None)
    if form.is_valid():
        codes = factor.new_recovery_codes(user)
        if not codes:  # removed meanwhile, in another browser
            return redirect("staff:overview")
        notices.tell(user, notices.Event.CODES_RENEWED, request=request)
        done = _("These are your new recovery codes. The old ones no longer work.")
        return show_codes(request, codes, then=reverse("staff:overview"), done=done)
    context = {"form": form, "what": "renew"}
    return render(request, "staff/sure.html", context, status=WRONG if form.errors else 200)


@staff_member_required(login_url="admin:login")
@never_cache
@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest) -> HttpResponse:
    """Ask the password again, then take the second factor away, and end all other sessions:
    they were begun with a factor that is no more.
    """
    user = cast(User, request.user)
    device = factor.authenticator_of(user)
    if device is None:
        return redirect("staff:overview")
    form = PasswordAgainForm(request, request.POST if request.method == "POST" else None)
    if form.is_valid():
        device.delete()
        entrance.forget_factor(request)
        sessions.end_all(user, but=request.session.session_key)
        notices.tell(user, notices.Event.FACTOR_REMOVED, request=request)
        messages.success(
            request, _("Your second factor is removed. Everywhere else you are signed out.")
        )
        return redirect("staff:overview")
    context = {"form": form, "what": "remove"}
    return render(request, "staff/sure.html", context, status=WRONG if form.errors else 200)


@staff_member_required(login_url="admin:login")
@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own sessions; nobody else's can be named."""
    row = get_object_or_404(sessions.living(cast(User, request.user)), pk=pk)
    if row.session_id == request.session.session_key:
        request.session.flush()
        return redirect("admin:login")
    row.session.delete()
    messages.success(request, _("Signed out there."))
    return redirect("staff:overview")


@staff_member_required(login_url="admin:login")
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    ended = sessions.end_all(cast(User, request.user), but=request.session.session_key)
    said = ngettext("Signed out in %(n)d place.", "Signed out in %(n)d places.", ended)
    messages.success(request, said % {"n": ended})
    return redirect("staff:overview")


@method_decorator(staff_member_required(login_url="admin:login"), name="dispatch")
@method_decorator(never_cache, name="dispatch")
class ChangePassword(PasswordChangeView):
    """A new password; every other session of the member ends."""

    template_name = "staff/password.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("staff:overview")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        answer = super().form_valid(form)
        user = cast(User, self.request.user)
        sessions.begin(self.request, user)
        sessions.end_all(user, but=self.request.session.session_key)
        notices.tell(user, notices.Event.PASSWORD_CHANGED, request=self.request)
        messages.success(
            self.request, _("Your password is changed. Everywhere else you are signed out.")
        )
        return answer

    def form_invalid(self, form: PasswordChangeForm) -> HttpResponse:
        answer = super().form_invalid(form)
        answer.status_code = WRONG
        return answer
