"""Who may not write here: found by email address, by IP address or by a range of them.

A ban stops new comments, edits and reports. Whoever it stops is told nothing but that, and staff
who are signed in are never stopped.
"""

from collections.abc import Iterable
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from comments import privacy
from comments.models import Ban

Network = IPv4Network | IPv6Network

#: What a ban may cover without being asked twice, in bits: MediaWiki allows no wider block at all.
WIDEST = {4: 16, 6: 19}
#: Stands in the admin's log, in plain English, when somebody ended a ban.
ENDED = "Ended."


def that_stop(*, email: str = "", ips: Iterable[str | None] = ()) -> QuerySet[Ban]:
    """Return the bans in force for whoever has this email address or one of these IP addresses.

    Networks are looked up by their names, so that the database need not understand addresses.
    """
    who = Q(network__in=[name for ip in ips if ip for name in _networks_around(ip)])
    if email not in ("", privacy.UNREADABLE):
        who |= Q(email_hash__in=privacy.address_hashes(email))
    return Ban.objects.in_force().filter(who)


def read_network(text: str) -> Network:
    """Return the network that `text` names: an address, or a range such as 203.0.113.0/24.

    Bits beyond the range are dropped. Raises ValueError, also for an address with a zone
    (fe80::1%eth0), which means something on one machine only.
    """
    if "%" in text:
        raise ValueError("an address with a zone")
    network = ip_network(text.strip(), strict=False)
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped and network.prefixlen >= 96:  # that is how we know its readers: client_address.py
        return ip_network((mapped, network.prefixlen - 96), strict=False)
    return network


def is_wide(network: Network) -> bool:
    """Tell whether so many people may lie in `network` that a ban of it needs a second thought."""
    return network.prefixlen < WIDEST[network.version]


def make(ban: Ban, *, by: User) -> None:
    """Put `ban` in force, and note in the admin's log who did it."""
    with transaction.atomic():
        ban.by = by
        ban.save()
        _note(ban, by=by, flag=ADDITION)


def end(ban: Ban, *, by: User) -> bool:
    """End a ban now, and note who did; False when it had ended already."""
    with transaction.atomic():
        ended = Ban.objects.in_force().filter(pk=ban.pk).update(until=timezone.now())
        if ended:
            _note(ban, by=by, flag=CHANGE, message=ENDED)
    return bool(ended)


def enders(bans: Iterable[Ban]) -> dict[int, tuple[str, datetime]]:
    """Return who ended which of these bans before their time, and when; one query."""
    pks = [str(ban.pk) for ban in bans]
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Ban),
        object_id__in=pks,
        change_message=ENDED,
    )
    return {
        int(pk or 0): (name, at)
        for pk, name, at in entries.values_list("object_id", "user__username", "action_time")
    }


def _networks_around(ip: str) -> list[str]:
    """Return every network that an address lies in, as a ban would name it."""
    address = ip_address(ip)
    address = getattr(address, "ipv4_mapped", None) or address
    return [
        str(ip_network((address, bits), strict=False)) for bits in range(address.max_prefixlen + 1)
    ]


def _note(ban: Ban, *, by: User, flag: int, message: str = "") -> None:
    # Not in the ban's own words: the log is kept for ever, and those hold an address.
    LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(Ban),
        object_id=str(ban.pk),
        object_repr=f"ban {ban.pk}",
        action_flag=flag,
        change_message=message,
    )
