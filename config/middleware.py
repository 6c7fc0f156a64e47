"""What is settled about a request before anything else reads it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from comments.client_address import comes_through_a_trusted_proxy

GetResponse = Callable[[HttpRequest], HttpResponse]


class OnlyTrustedProxies:
    """Forget X-Forwarded-Proto unless a proxy that we know has sent it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not comes_through_a_trusted_proxy(request):
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        return self.get_response(request)
