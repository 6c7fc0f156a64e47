"""Who was signed out while they worked signs in, and comes back to where they were."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse


def signed_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Ask strangers to sign in; scripts of the desk are told that they have to (401).

    What was posted is not done after signing in: a person presses the button again.
    """

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if wants_json(request):
            return JsonResponse({}, status=401)
        if request.method != "POST":
            return redirect_to_login(request.get_full_path())
        asked = ("tab", "view", "comment")
        place = {name: request.POST[name] for name in asked if request.POST.get(name)}
        return redirect_to_login(request.path + (f"?{urlencode(place)}" if place else ""))

    return checked


def wants_json(request: HttpRequest) -> bool:
    """A script of the desk asks, not a person."""
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"
