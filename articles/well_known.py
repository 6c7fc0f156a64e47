"""Small files at addresses that machines know by heart."""

from datetime import timedelta
from email.utils import parseaddr

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.utils import timezone
from django.views.decorators.http import require_safe

from articles.page_cache import shareable

#: RFC 9116 wants less than a year; whoever reads the file then asks again.
GOOD_FOR = timedelta(days=180)


@shareable
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Whom to tell about a weakness (RFC 9116): PRIVACY_CONTACT, else the mails' sender."""
    contact = settings.PRIVACY_CONTACT or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    if "@" in contact and not contact.startswith("https://"):
        contact = f"mailto:{contact}"
    # The day only, so that the file stays the same from one reader to the next.
    expires = (timezone.now() + GOOD_FOR).strftime("%Y-%m-%dT00:00:00Z")
    lines = (
        f"Contact: {contact}",
        f"Expires: {expires}",
        f"Preferred-Languages: {settings.LANGUAGE_CODE.partition('-')[0]}",
        f"Canonical: {settings.SITE_URL}/.well-known/security.txt",
    )
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@shareable
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """The address that browsers guess; pages name the icon themselves."""
    return redirect(static("img/icon.svg"), permanent=True)
