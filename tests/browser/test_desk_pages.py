"""The pages beside the desk: nothing is cut off, hidden by something else, or to complain of."""

import pytest
from django.utils import timezone

from comments.models import AkismetState, Check
from tests.browser.axe import complaints
from tests.browser.steps import overflow, session_of

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
LAPTOP = {"viewport": {"width": 1280, "height": 800}}
#: Texts that end in "…", and what stays in its place while the page goes by.
CUT_OR_STUCK = """() => [...document.querySelectorAll("main *")].filter((it) => {
    const { position, textOverflow } = getComputedStyle(it);
    const isCut = textOverflow === "ellipsis" && it.scrollWidth > it.clientWidth;
    return isCut || position === "sticky";
}).map((it) => it.textContent)"""


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (LAPTOP, "light")])
def test_nothing_to_complain_of(open_window, moderator, make_comment, size, scheme):
    now = timezone.now()
    AkismetState.note(worker_seen_at=now, last_good_at=now, key_valid=True)  # "All is well."
    comment = make_comment(
        "w" * 5_000, name="W" * 245, status="pending", held_for="words", held_detail="z" * 200,
        ip="192.0.2.1",
    )  # fmt: skip
    page, found = open_window(staff=True, color_scheme=scheme, **size), []
    page.context.add_cookies([session_of(moderator)])

    def look(path):
        page.goto(f"/moderation/{path}")
        found.extend(complaints(page))
        found.extend((path, each) for each in page.evaluate(CUT_OR_STUCK))
        found.extend([(path, "wider than the screen")] * bool(overflow(page)))

    look("akismet/")
    Check.objects.create(comment=comment, error="timeout", detail="d" * 200)  # a fault's banner
    for path in ("stats/", "akismet/", "preferences/", "bans/", f"bans/?comment={comment.pk}"):
        look(path)
    for path in (
        f"articles/{comment.article_id}/",
        f"{comment.pk}/receipt/",
        f"{comment.pk}/edit/",
    ):
        look(path)
    assert found == []
