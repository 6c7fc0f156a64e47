"""Mail to a member of the staff about their own sign-in: what `staff.notices` tells.

`staff` imports nothing of ours; settings name `owe_notice`. It writes a row, and no request waits
for a mail server. Nobody can switch these mails off: who came in with a stolen password would.
"""

import json
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from comments.models import Mail

#: What is said of each thing that can happen, by its name.
SAID: dict[str, str | Promise] = {
    "new_browser": _("Somebody signed in with your name from a new browser"),
    "address_changed": _("The email address of your login was changed"),
    "factor_added": _("Your second factor was set up"),
    "factor_removed": _("Your second factor was removed"),
    "code_used": _("A recovery code of yours was used"),
    "codes_renewed": _("You have new recovery codes"),
    "password_changed": _("Your password was changed"),
}


def owe_notice(user: User, what: str, *, browser: str, network: str, by: str) -> None:
    """Owe `user` a mail that something happened to their sign-in: one a minute of each kind.

    Nothing is owed while no mail server is set or their login has no address. `by` is the name of
    another member who did it, if it was another.
    """
    if not settings.MAIL_ENABLED or not user.email:
        return
    now = timezone.now()
    Mail.owe(
        Mail.Kind.SIGN_IN,
        user.email,
        key=f"sign_in:{what}:{user.pk}:{now:%Y%m%d%H%M}",
        moderator=user,
        detail=json.dumps([what, browser[:60], network, by[:40]], ensure_ascii=False),
    )


def contents(mail: Mail) -> dict[str, Any] | None:
    """Return what the mail tells; None when its reader has no such login any more.

    It goes to the address that the login had when it happened: whoever came in with a stolen
    password could change the address before the mail has left.
    """
    user = mail.moderator
    if user is None or not user.is_active:
        return None
    what, browser, network, by = json.loads(mail.detail)
    return {
        "said": SAID[what],
        "username": user.get_username(),
        "when": timezone.localtime(mail.at),
        "browser": browser,
        "network": network,
        "by": by,
        "page": settings.SITE_URL + reverse("staff:overview"),
    }
