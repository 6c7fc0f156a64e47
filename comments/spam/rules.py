"""The local rules, in order and without any network: DESIGN.md section 4. Pure functions.

A rule looks at one `Draft` and returns a `Hit` or None. What a hit means is the caller's to do.
"""

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from comments.spam import scams as scam_rules
from comments.spam import words as word_lists
from comments.spam.draft import Draft, Earlier, Effect, Hit, Judged, Scene, Writer
from comments.status import SPAM_VERDICTS, HeldFor

__all__ = ["Draft", "Earlier", "Effect", "Hit", "Judged", "Scene", "Writer", "intake", "why_held"]

#: All that somebody who is banned is told.
BANNED = _("You cannot comment here at the moment.")
#: Coral's rule: who had more than this share of a week's comments rejected is not trusted.
REJECTED_SHARE = 0.3


# --- before anything is stored --------------------------------------------------------------


def closed(draft: Draft, scene: Scene) -> Hit | None:
    """An article whose comments are closed takes none."""
    if scene.comments_open:
        return None
    return Hit(Effect.REFUSE, _("Comments are closed."), status=403)


def banned(draft: Draft, scene: Scene) -> Hit | None:
    """A moderator banned the address, the machine or its network; staff are never banned."""
    if scene.is_staff or all(each.kind != Earlier.BANNED for each in scene.earlier):
        return None
    return Hit(Effect.REFUSE, BANNED, status=403)


def submission_key(draft: Draft, scene: Scene) -> Hit | None:
    """The browser sent the same form twice (a double click, a reload)."""
    for earlier in scene.earlier:
        if earlier.kind == Earlier.KEY:
            return Hit(Effect.REPEAT, comment_id=earlier.comment_id)
    return None


def duplicate(draft: Draft, scene: Scene) -> Hit | None:
    """Somebody of this name has said the same in the same place."""
    if any(earlier.kind == Earlier.DUPLICATE for earlier in scene.earlier):
        said = _("Duplicate comment detected; it looks as though you’ve already said that!")
        return Hit(Effect.REFUSE, said, status=409)
    return None


def flood(draft: Draft, scene: Scene) -> Hit | None:
    """One IP or email address, and one network, may write so often; staff may always.

    `retry_after` is when all of these limits would let the same reader pass.
    """
    if scene.is_staff:
        return None
    wait = max(
        _wait(_ages(scene, Earlier.RECENT), 1 if scene.flood_seconds else 0, scene.flood_seconds),
        _wait(_ages(scene, Earlier.NETWORK), scene.flood_per_minute, 60),
        _wait(_ages(scene, Earlier.NETWORK), scene.flood_per_hour, 3600),
    )
    if not wait:
        return None
    said = _("You are posting comments too quickly. Slow down.")
    return Hit(Effect.REFUSE, said, status=429, retry_after=wait)


def slow_mode(draft: Draft, scene: Scene) -> Hit | None:
    """On a heated article one reader may write every so many minutes; staff may always."""
    if scene.is_staff or not scene.slow_minutes:
        return None
    wait = _wait(_ages(scene, Earlier.SLOW), 1, scene.slow_minutes * 60)
    if not wait:
        return None
    minutes = -(-wait // 60)
    said = _("This discussion is in slow mode: %(rule)s %(then)s") % {
        "rule": ngettext(
            "one comment per person every minute.",
            "one comment per person every %d minutes.",
            scene.slow_minutes,
        )
        % (() if scene.slow_minutes == 1 else scene.slow_minutes),
        "then": ngettext(
            "You can post again in %d minute.", "You can post again in %d minutes.", minutes
        )
        % minutes,
    }
    return Hit(Effect.REFUSE, said, status=429, retry_after=wait)


def honeypot(draft: Draft, scene: object = None) -> Hit | None:
    """A field that people do not see was filled in. Autofill does that too, so it only holds."""
    if draft.honeypot.strip():
        return Hit(Effect.HOLD, draft.honeypot[:100], held_for=HeldFor.HONEYPOT)
    return None


def disallowed_words(draft: Draft, scene: Scene) -> Hit | None:
    """A word that no comment may contain; what is trashed so is not sent to Akismet."""
    if scene.is_staff:
        return None
    found = word_lists.find(scene.disallowed_words, draft)
    if found and not found.timed_out:
        return Hit(Effect.TRASH, found.said, held_for=HeldFor.WORDS)
    return _hold_for(found)


Rule = Callable[[Draft, Scene], Hit | None]

#: Before anything is stored. The order is part of the promise; a final hit ends the row.
INTAKE_RULES: tuple[Rule, ...] = (
    closed,
    banned,
    submission_key,
    duplicate,
    flood,
    slow_mode,
    honeypot,
    disallowed_words,
)


def intake(draft: Draft, scene: Scene) -> Hit | None:
    """Return the first final hit of the intake rules, else the first that holds, else None."""
    held = None
    for rule in INTAKE_RULES:
        hit = rule(draft, scene)
        if hit and hit.effect is not Effect.HOLD:
            return hit
        held = held or hit
    return held


def _ages(scene: Scene, kind: str) -> list[float]:
    """Seconds since each earlier comment of this kind, youngest first."""
    return sorted(each.age.total_seconds() for each in scene.earlier if each.kind == kind)


def _wait(ages: list[float], limit: int, span: int) -> int:
    """Return in how many seconds fewer than `limit` comments lie within `span`; 0: now.

    A limit of 0 is none. Whole seconds, rounded up: who waits so long gets through.
    """
    within = [max(0.0, age) for age in ages if age < span]
    if not limit or len(within) < limit:
        return 0
    return max(1, -int(-(span - within[limit - 1]) // 1))


# --- when Akismet has judged it --------------------------------------------------------------


def log_only(draft: Draft, judged: Judged) -> Hit | None:
    """What Akismet calls spam waits while its verdict is only noted."""
    if judged.log_only and judged.verdict in SPAM_VERDICTS:
        return Hit(Effect.HOLD, _("Akismet says spam"), held_for=HeldFor.LOG_ONLY)
    return None


def staff_name(draft: Draft, judged: Judged) -> Hit | None:
    """A guest goes by the name or address of somebody on the staff."""
    name = judged.writer.staff_name
    return Hit(Effect.HOLD, name, held_for=HeldFor.STAFF_NAME) if name else None


def scams(draft: Draft, judged: Judged) -> Hit | None:
    """It reads like an investment scam."""
    if not judged.hold_scams:
        return None
    found = scam_rules.find(f"{draft.name}\n{draft.text}\n{draft.url}")
    return Hit(Effect.HOLD, str(found), held_for=HeldFor.SCAM) if found else None


def links(draft: Draft, judged: Judged) -> Hit | None:
    """So many links stand in the comment as readers would see it."""
    count = judged.html.count("<a ")
    if count < judged.links_to_hold:
        return None
    said = ngettext("%d link", "%d links", count) % count
    return Hit(Effect.HOLD, said, held_for=HeldFor.LINKS)


def words(draft: Draft, judged: Judged) -> Hit | None:
    """A word stands in it that moderators want to look at, or that no comment may contain.

    The latter where the list was changed after the comment came, or a person restored it.
    """
    return _hold_for(
        word_lists.find(judged.hold_words, draft) or word_lists.find(judged.disallowed_words, draft)
    )


def rejected_before(draft: Draft, judged: Judged) -> Hit | None:
    """People rejected too many of this address's comments of the last seven days."""
    writer = judged.writer
    if writer.rejected <= REJECTED_SHARE * writer.decided:
        return None
    said = _("%(rejected)d of %(decided)d in 7 days") % {
        "rejected": writer.rejected,
        "decided": writer.decided,
    }
    return Hit(Effect.HOLD, said, held_for=HeldFor.REJECTED_BEFORE)


def shadowed(draft: Draft, judged: Judged) -> Hit | None:
    """While Akismet's verdict is only noted, every comment waits."""
    return Hit(Effect.HOLD, held_for=HeldFor.LOG_ONLY) if judged.log_only else None


def edited(draft: Draft, judged: Judged) -> Hit | None:
    """Where every comment waits, a changed one waits again; known writers are judged anew."""
    if judged.edited and not judged.trust:
        return Hit(Effect.HOLD, held_for=HeldFor.EDITED)
    return None


def first_comment(draft: Draft, judged: Judged) -> Hit | None:
    """The address has no approved comment yet, or too few to be known."""
    approved = judged.writer.approved
    if approved >= (judged.approvals_to_trust if judged.trust else 1):
        return None
    said = ngettext("%d approved before", "%d approved before", approved) % approved
    return Hit(Effect.HOLD, said if approved else "", held_for=HeldFor.FIRST_COMMENT)


def held_article(draft: Draft, judged: Judged) -> Hit | None:
    """Every comment on this article is held, whoever wrote it."""
    if not judged.article_held:
        return None
    return Hit(Effect.HOLD, _("on this article"), held_for=HeldFor.POLICY)


def unconfirmed(draft: Draft, judged: Judged) -> Hit | None:
    """Anybody can type the address of somebody who is known."""
    if judged.trust and not judged.writer.confirmed:
        return Hit(Effect.HOLD, held_for=HeldFor.UNCONFIRMED)
    return None


def policy(draft: Draft, judged: Judged) -> Hit | None:
    """Every comment is held."""
    return None if judged.trust else Hit(Effect.HOLD, held_for=HeldFor.POLICY)


#: Why a comment waits, the weightiest reason first. None of them: it may appear at once.
HOLDING_RULES: tuple[Callable[[Draft, Judged], Hit | None], ...] = (
    log_only,
    honeypot,
    staff_name,
    scams,
    links,
    words,
    rejected_before,
    shadowed,
    edited,
    first_comment,
    held_article,
    unconfirmed,
    policy,
)


def why_held(draft: Draft, judged: Judged) -> Hit | None:
    """Say why a comment that is not spam waits all the same; None: it may be published."""
    return next((hit for rule in HOLDING_RULES if (hit := rule(draft, judged))), None)


def _hold_for(found: word_lists.Found | None) -> Hit | None:
    if not found:
        return None
    return Hit(Effect.HOLD, found.said, held_for=HeldFor.WORDS)
