"""Who was signed out while they worked signs in, and comes back to where they were. What they had
written is shown to them first: it must not be lost on the way.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.csrf import csrf_failure as plain_csrf_failure


def signed_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Ask strangers to sign in; scripts of the desk are told that they have to (401).

    What was posted is not done after signing in: a person presses the button again. A text that
    was posted stands on the page that asks.
    """

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if wants_json(request):
            return JsonResponse({}, status=401)
        if request.method != "POST":
            return redirect_to_login(request.get_full_path())
        if request.POST.get("text", "").strip():
            return _text_back(request)
        return redirect_to_login(_place(request))

    return checked


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Refuse a form whose token does not fit (403); what a moderator wrote in it is shown."""
    is_desk = request.path.startswith(reverse("comments:desk"))
    if is_desk and not wants_json(request) and request.POST.get("text", "").strip():
        return _text_back(request)
    return plain_csrf_failure(request, reason)


def wants_json(request: HttpRequest) -> bool:
    """A script of the desk asks, not a person."""
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def _text_back(request: HttpRequest) -> HttpResponse:
    is_out, again = not request.user.is_authenticated, _place(request)
    if is_out:
        again = redirect_to_login(again).url
    context = {"text": request.POST["text"], "is_out": is_out, "again": again}
    response = render(request, "comments/desk_text_back.html", context, status=403)
    response["Cache-Control"] = "no-store"
    return response


def _place(request: HttpRequest) -> str:
    """Return the address of the page from which something was posted."""
    asked = ("tab", "view", "comment")
    place = {name: request.POST[name] for name in asked if request.POST.get(name)}
    return request.path + (f"?{urlencode(place)}" if place else "")
