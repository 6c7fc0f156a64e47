"""The keys of the desk, as in WordPress; static/js/desk-keys.js presses the buttons for them."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from comments.desk.shelves import Tab
from comments.status import KEEP

#: The keys of each verb: for the comment in hand, and for all that are ticked.
VERB_KEYS = {
    "approve": ("a", "A"),
    "hold": ("u", "U"),
    "restore": ("u", "U"),
    "spam": ("s", "S"),
    "trash": ("d", "D T"),  # WordPress has two for the latter
    "keep": ("o", ""),  # okay; one after the other, as each was reported for a reason of its own
}


@dataclass(frozen=True)
class Key:
    """What a key does; a capital letter is pressed with Shift."""

    letters: str
    does: Promise | str

    @property
    def pressed(self) -> list[str]:
        """For example ["Shift", "D"]; the first of several."""
        letter = self.letters.split()[0]
        return ["Shift", letter] if letter.isupper() else letter.split("+")


MOVES = (Key("j", _("Next comment")), Key("k", _("Comment before")), Key("x", _("Tick it")))
WORDS = (
    Key("r", _("Reply")),
    Key("q", _("Quick edit")),
    Key("e", _("Edit on its own page")),
)
BACK = Key("z", _("Take back what you decided last"))
WRITING = (Key("Ctrl+Enter", _("Send what you write")), Key("Esc", _("Close, and keep the text")))


def keys_of(tab: Tab) -> tuple[tuple[Promise | str, tuple[Key, ...]], ...]:
    """Return the keys that do something on a tab, in groups, each with its heading."""
    known = [(VERB_KEYS[verb.name], verb.label) for verb in tab.verbs if verb.name in VERB_KEYS]
    one = [Key(keys[0], label) for keys, label in known]
    if tab.name == "reported":
        one.append(Key(VERB_KEYS[KEEP.name][0], KEEP.label))
    many = [Key(keys[1], label) for keys, label in known]
    return (
        (_("From comment to comment"), MOVES),
        (_("The comment in hand"), (*one, *WORDS)),
        (_("All that are ticked"), (Key("X", _("Tick all, or none")), *many, Key("Z", _("Undo")))),
        (_("Anywhere"), (BACK, *WRITING, Key("?", _("This help")))),
    )
