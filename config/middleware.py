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


class PermissionsPolicy:
    """Tell browsers what no page of ours will ever ask for, whatever is made to run in one."""

    REFUSED = ", ".join(
        f"{feature}=()"
        for feature in (
            "accelerometer",
            "browsing-topics",
            "camera",
            "display-capture",
            "geolocation",
            "gyroscope",
            "microphone",
            "midi",
            "payment",
            "usb",
        )
    )

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Permissions-Policy"] = self.REFUSED
        return response
