"""Settings → Discussion: every field is there, and what would break something is refused."""

import pytest

from comments.discussion_admin import DiscussionAdmin
from comments.models import Discussion


def test_every_setting_stands_in_one_of_the_sets():
    shown = [name for _title, options in DiscussionAdmin.fieldsets for name in options["fields"]]
    fields = [field.name for field in Discussion._meta.fields if field.name != "id"]
    assert sorted(shown) == sorted(fields)


def test_the_defaults_can_be_saved_as_they_are(save_discussion):
    assert save_discussion().status_code == 302
    saved, defaults = Discussion.objects.get(), Discussion(pk=1)
    for field in Discussion._meta.fields:
        assert getattr(saved, field.name) == getattr(defaults, field.name)


def test_all_of_it_can_be_changed(save_discussion):
    response = save_discussion(
        trust_known_writers="on", hold_words="moon\n/cas+ino/", discard_blatant_spam="on"
    )
    assert response.status_code == 302
    row = Discussion.load()
    assert row.trust_known_writers
    assert row.discard_blatant_spam
    assert row.hold_words == "moon\n/cas+ino/"


@pytest.mark.parametrize("field", ["hold_words", "disallowed_words"])
@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("fine\n/(/", "Line 2, /(/, is no regular expression: missing ) at position 1."),
        ("/(a+)+$/\nfine", "Line 1, /(a+)+$/, could take so long"),
        ("/[/\n/*/", "Line 2, /*/, is no regular expression"),
    ],
)
def test_a_pattern_that_cannot_work_is_refused_beside_its_field(
    save_discussion, field, lines, said
):
    response = save_discussion(**{field: lines})
    assert response.status_code == 200
    errors = response.context["adminform"].form.errors
    assert list(errors) == [field]
    assert any(each.startswith(said) for each in errors[field])
    assert response.context["adminform"].form[field].value() == lines
    assert getattr(Discussion.load(), field) == ""


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("approvals_to_trust", "0"),
        ("links_to_hold", "0"),
        ("reports_to_hold", "-1"),
        ("flood_per_minute", "-1"),
        ("flood_per_hour", "many"),
        ("close_after_days", "99999999"),
        ("comments_per_page", "501"),
        ("depth", "11"),
        ("spam_days", "0"),
        ("sent_days", "16"),
        ("origin_days", "0"),
    ],
)
def test_numbers_that_would_break_something_are_refused(save_discussion, field, value):
    response = save_discussion(**{field: value})
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == [field]
    assert getattr(Discussion.load(), field) == getattr(Discussion(), field)
