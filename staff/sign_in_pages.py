"""Signing in: the password, then the second factor, or its set-up where one is required."""

from typing import Any, cast

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, redirect_to_login
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from staff import entrance, factor, notices, sessions
from staff.forms import CodeForm, RecoveryForm, SignInForm
from staff.throttle import Attempts

WRONG = 422


class SignIn(LoginView):
    """One page for admin and desk: name and password."""

    template_name = "staff/sign_in.html"
    authentication_form = SignInForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and request.user.is_staff:
            return redirect(self.get_success_url())
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # Django would put the host's name where the layout has the site's.
        return super().get_context_data(**kwargs) | {"site_name": settings.SITE_NAME}

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user, then = form.get_user(), self.get_success_url()
        if factor.authenticator_of(user) is not None:
            entrance.wait(self.request, user, then=then)
            return redirect("staff:code")
        if factor.must_set_up(user):
            entrance.wait(self.request, user, then=then)
            return redirect("staff:set_up")
        entrance.come_in(self.request, user, shown=None)
        return redirect(then)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        if getattr(self.request, "axes_locked_out", False):
            return locked(self.request, form.cleaned_data.get("username"))
        answer = super().form_invalid(form)
        answer.status_code = WRONG
        return answer


def locked(request: HttpRequest, username: str | None) -> HttpResponse:
    """Say for how long nobody may sign in from here."""
    attempts = cast(Attempts, AxesProxyHandler.get_implementation())
    seconds = max(1, attempts.seconds_left(request, username))
    minutes = -(-seconds // 60)
    wait = ngettext("in %(n)d minute", "in %(n)d minutes", minutes) % {"n": minutes}
    answer = render(request, "staff/locked.html", {"wait": wait}, status=429)
    answer["Retry-After"] = str(seconds)
    return answer


@never_cache
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the second factor of whoever gave the password."""
    held = entrance.waiting(request)
    if held is None:
        return redirect("admin:login")
    user, then = held
    data = request.POST if request.method == "POST" else None
    use_recovery = data is not None and "recovery" in data
    form: Form = RecoveryForm(data) if use_recovery else CodeForm(data)
    if data is not None and form.is_valid():
        try:
            device = factor.admit(user, **form.cleaned_data)
        except factor.NotAdmitted as why:
            form.add_error(next(iter(form.fields)), str(why))
        else:
            entrance.come_in(request, user, shown=device)
            if use_recovery:
                notices.tell(user, notices.Event.CODE_USED, request=request)
                messages.warning(request, _codes_left(device.recovery_codes.count()))
            return redirect(then)
    context = {
        "code_form": CodeForm() if use_recovery else form,
        "recovery_form": form if use_recovery else RecoveryForm(),
        "use_recovery": use_recovery,
        "username": user.get_username(),
    }
    return render(request, "staff/code.html", context, status=WRONG if form.errors else 200)


def _codes_left(left: int) -> str:
    return ngettext(
        "You used a recovery code: %(n)d is left. Make new ones under “Your sign-in”.",
        "You used a recovery code: %(n)d are left. Make new ones under “Your sign-in”.",
        left,
    ) % {"n": left}


@never_cache
@require_http_methods(["GET", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator app: who is signed in may, who waits for having one must."""
    held = entrance.waiting(request)
    signed_in = request.user.is_authenticated and request.user.is_staff
    if not signed_in and held is None:
        return redirect_to_login(request.get_full_path(), resolve_url("admin:login"))
    user = cast(User, request.user) if signed_in or held is None else held[0]
    if factor.authenticator_of(user) is not None:
        return redirect("staff:overview" if signed_in else "staff:code")
    if request.POST.get("do") == "start":
        factor.start(user)
        return redirect("staff:set_up")

    device = factor.unconfirmed(user)
    form = CodeForm(request.POST if request.method == "POST" else None)
    if device is not None and form.is_valid():
        try:
            confirmed, codes = factor.confirm(user, form.cleaned_data["code"])
        except factor.NotAdmitted as why:
            form.add_error("code", str(why))
        else:
            if not signed_in:
                entrance.come_in(request, user, shown=confirmed)
            entrance.verify(request, confirmed)
            sessions.end_all(user, but=request.session.session_key)
            notices.tell(user, notices.Event.FACTOR_ADDED, request=request)
            then = held[1] if held else resolve_url("staff:overview")
            return show_codes(request, codes, then=then, done=_("Your second factor is set up."))
    context: dict[str, Any] = {"form": form, "device": device, "required": factor.must_set_up(user)}
    if device is not None:
        context["qr"] = factor.qr_code(factor.address(device))
        context["secret"] = factor.written(device)
        context["address"] = factor.address(device)
    status = WRONG if device is not None and form.errors else 200
    return render(request, "staff/set_up.html", context, status=status)


def show_codes(request: HttpRequest, codes: list[str], *, then: str, done: str) -> HttpResponse:
    """Show recovery codes, in this answer only."""
    return render(
        request, "staff/recovery_codes.html", {"codes": codes, "then": then, "done": done}
    )
