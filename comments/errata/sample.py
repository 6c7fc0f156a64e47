"""Sample reports of errors, one in every state, for `manage.py load_demo`."""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from articles.models import Article
from articles.publishing.models import Correction
from comments.models import ErrorDecision, ErrorReport

SAMPLE = Path(__file__).resolve().parents[1] / "sample" / "errata.toml"
State = ErrorReport.State


def load_errors(articles: dict[str, Article], editor: User) -> int:
    """Store the sample reports under `articles` (by slug); return how many there are."""
    entries = tomllib.loads(SAMPLE.read_text(encoding="utf-8"))["error"]
    for number, entry in enumerate(entries, start=1):
        _store(entry, articles[entry["article"]], editor, number)
    return len(entries)


def _store(entry: dict[str, Any], article: Article, editor: User, number: int) -> None:
    at = timezone.now() - timedelta(hours=entry["hours"])
    decided = at + timedelta(hours=3)
    note, state = entry.get("note", ""), entry["state"]
    correction = None
    if state == State.CORRECTED:
        day = timezone.localdate(decided)
        correction = Correction.objects.create(article=article, day=day, said=note)
    texts = ("quote", "claim", "source", "name", "email", "held_for", "held_detail")
    report = ErrorReport.objects.create(
        article=article,
        tell="email" in entry,
        # Set aside for documentation (RFC 5737): nobody's network.
        network="192.0.2.0/24" if number % 2 else "198.51.100.0/24",
        state=state,
        since=at if state == State.OPEN else decided,
        correction=correction,
        at=at,
        **{name: entry.get(name, "") for name in texts},
    )
    if state != State.OPEN:
        ErrorDecision.objects.create(
            report=report, old=State.OPEN, new=state, by=editor, note=note, at=decided
        )
