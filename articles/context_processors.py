"""What every page may say about the site itself."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, str]:
    """Give templates the site's name and its public address (no trailing slash)."""
    return {"site_name": settings.SITE_NAME, "site_url": settings.SITE_URL}
