"""Members in the admin: their second factor and sessions, and the last administrator stays."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, UserChangeForm
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from staff import factor, notices, sessions
from staff.administrators import would_be_none_without
from staff.models import Authenticator

LAST = gettext_lazy(
    "This is the last administrator: without one nobody could let others in. Make somebody else "
    "an administrator first."
)


#: What Django answers when a password was set; a form that was refused is shown again.
REDIRECTED = 302
#: What decides about what somebody may do.
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


def is_within_reach(request: HttpRequest, member: User | None) -> bool:
    """Tell whether who asks may touch this member: an administrator only if they are one."""
    return request.user.is_superuser or member is None or not member.is_superuser


class MemberForm(UserChangeForm):
    """Refuses to take from the last administrator what makes one."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        lost = [
            name for name in ("is_active", "is_staff", "is_superuser") if cleaned.get(name) is False
        ]
        if lost and would_be_none_without([self.instance]):
            for name in lost:
                self.add_error(name, LAST)
        return cleaned


class MemberPasswordForm(AdminPasswordChangeForm):
    """Refuses to take the password from the last administrator."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned["set_usable_password"] and would_be_none_without([self.user]):
            self.add_error("usable_password", LAST)
        return cleaned


admin.site.unregister(User)


@admin.register(User)
class MemberAdmin(UserAdmin):
    """Rights are given and taken, and administrators changed, by administrators only."""

    form = MemberForm
    change_password_form = MemberPasswordForm
    change_form_template = "staff/admin_user.html"

    def get_urls(self) -> list[Any]:
        address = path(
            "<int:pk>/sign-in/",
            self.admin_site.admin_view(self.sign_in),
            name="auth_user_sign_in",
        )
        return [address, *super().get_urls()]

    def sign_in(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show how a member signs in; administrators reset the second factor and end sessions."""
        user = get_object_or_404(User, pk=pk)
        if not request.user.is_superuser:
            raise PermissionDenied
        if request.method == "POST":
            self.change_sign_in(request, user, request.POST.get("do", ""))
            return redirect("admin:auth_user_sign_in", pk)
        device = factor.authenticator_of(user)
        context = {
            **self.admin_site.each_context(request),
            "title": _("How %(name)s signs in") % {"name": user.get_username()},
            "opts": self.opts,
            "member": user,
            "device": device,
            "codes_left": device.recovery_codes.count() if device else 0,
            "sessions": sessions.living(user),
            "this_session": request.session.session_key,
        }
        return render(request, "staff/admin_sign_in.html", context)

    def change_sign_in(self, request: HttpRequest, user: User, do: str) -> None:
        if do == "reset" and user == request.user:
            said = _("Your own second factor is removed under “Your sign-in”, with your password.")
            self.message_user(request, said, messages.ERROR)
        elif do == "reset" and Authenticator.objects.filter(user=user).delete()[0]:
            sessions.end_all(user)
            notices.tell(user, notices.Event.FACTOR_REMOVED, request=request)
            self.log_change(request, user, "Reset the second factor.")
            self.message_user(request, _("The second factor is reset."), messages.SUCCESS)
        elif do == "end":
            ended = sessions.end_all(user, but=request.session.session_key)
            self.log_change(request, user, "Ended all sessions.")
            said = ngettext("%(n)d session ended.", "%(n)d sessions ended.", ended)
            self.message_user(request, said % {"n": ended}, messages.SUCCESS)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        before = User.objects.get(pk=obj.pk) if change else obj
        super().save_model(request, obj, form, change)
        if before.email.lower() != obj.email.lower():
            # At the former address: the new one may be somebody else's.
            notices.tell(before, notices.Event.ADDRESS_CHANGED, request=request)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return fixed if request.user.is_superuser else (*fixed, *RIGHTS)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and is_within_reach(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and is_within_reach(request, obj)

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        with transaction.atomic():
            answer = super().user_change_password(request, id, form_url)
            member = self.get_object(request, unquote(id))
            if member is not None and answer.status_code == REDIRECTED:
                notices.tell(member, notices.Event.PASSWORD_CHANGED, request=request)
            return answer

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        with transaction.atomic():
            user = self.get_object(request, unquote(object_id))
            may = user is not None and self.has_delete_permission(request, user)
            if user is not None and may and would_be_none_without([user]):
                self.message_user(request, LAST, messages.ERROR)
                return redirect("admin:auth_user_change", user.pk)
            return super().delete_view(request, object_id, extra_context)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        if delete := actions.get("delete_selected"):
            function, name, description = delete

            def delete_others(
                self: MemberAdmin, request: HttpRequest, users: QuerySet[User]
            ) -> Any:
                with transaction.atomic():
                    if would_be_none_without(users):
                        self.message_user(request, LAST, messages.ERROR)
                        return None
                    return function(self, request, users)

            actions["delete_selected"] = (delete_others, name, description)
        return actions
