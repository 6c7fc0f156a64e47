"""What is looked at on every page for staff, and on no other."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from staff import known_browsers, sessions
from staff.entrance import CAME_IN, has_shown

#: Where somebody comes in, goes out, or sets up what is missing.
OPEN = ("admin:login", "admin:logout", "staff:set_up")


class Doorkeeper:
    """Notes sessions as seen; leads to set-up who has no second factor and must have one; lets
    a browser in which a member came in be known again.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(settings.STAFF_PATHS) and request.user.is_authenticated:
            sessions.see(request, request.user)
            if (
                settings.STAFF_SECOND_FACTOR_REQUIRED
                and not has_shown(request)
                and request.path not in map(reverse, OPEN)
            ):
                return redirect("staff:set_up")
        response = self.get_response(request)
        if member := getattr(request, CAME_IN, None):
            known_browsers.remember(request, response, member)
        return response
