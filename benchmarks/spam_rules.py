"""`python -m benchmarks.spam_rules FILE.csv`: what every local rule makes of comments that people
have sorted into honest and spam.

The file has the columns `text` and `spam` (1 or 0), such as the YouTube Spam Collection. For each
rule, how many honest comments and how many spam it finds; how much of what it finds is spam (its
precision) and how much of what it leaves is honest; every honest comment that it finds, in full;
and what a comment costs. Rules that need more than a text (who wrote it, when, from where) are not
here. No database is read.
"""

import csv
import os
import sys
import time
from collections import Counter
from collections.abc import Callable

os.environ |= {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "SECRET_KEY": "benchmarks-only-" + "k" * 40,
    "DATABASE_URL": "sqlite:///unused.sqlite3",
}
#: What a moderator of a blog about stocks might begin with; not made from the file.
WORDS = (
    "subscribe\ncasino\nmy channel\nfree gift\nviagra\n/\\bfollow (?:me|us)\\b/\n/\\bcheck out\\b/"
)
LINKS = (1, 2, 3)

Rule = Callable[[str], object]


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], newline="", encoding="utf-8") as file:
        rows = [(row["text"], row["spam"] == "1") for row in csv.DictReader(file)]
    spam = sum(is_spam for _text, is_spam in rows)
    print(f"{len(rows):,} comments: {len(rows) - spam:,} honest, {spam:,} spam\n")
    print("| rule | honest | spam | of what it finds, spam | of what it leaves, honest | ms each |")
    print("|---|---:|---:|---:|---:|---:|")
    honest_hits = []
    for name, rule in rules():
        found = Counter[bool]()
        started = time.process_time()
        for text, is_spam in rows:
            hit = rule(text)
            if hit:
                found[is_spam] += 1
                if not is_spam:
                    honest_hits.append(f"{name}: {hit} | {' '.join(text.split())[:150]}")
        each = (time.process_time() - started) * 1000 / len(rows)
        total, left = sum(found.values()), len(rows) - sum(found.values())
        right = f"{found[True] / total:.1%}" if total else "–"
        rest = f"{(len(rows) - spam - found[False]) / left:.1%}" if left else "–"
        print(f"| {name} | {found[False]} | {found[True]} | {right} | {rest} | {each:.3f} |")
    scams = [line for line in honest_hits if line.startswith("scam")]
    print(f"\nHonest comments that a scam rule finds: {len(scams)}")
    print(*scams, sep="\n")


def rules() -> list[tuple[str, Rule]]:
    """Return every rule by its name, the scam detectors one by one and all together."""
    import django

    django.setup()
    from comments.spam import rules, scams
    from comments.spam.rules import Draft, Judged
    from comments.text import render

    def draft(text: str) -> Draft:
        return Draft(name="", email="", text=text)

    def links(limit: int) -> Rule:
        return lambda text: rules.links(draft(text), Judged(html=render(text), links_to_hold=limit))

    def detector(name: str) -> Rule:
        of_this_name = [each for each in scams.DETECTORS if each.name == name]
        return lambda text: next(scams.findings(text, of_this_name), None)

    seen: set[str] = set()

    def repeated(text: str) -> bool:
        """The rule knows the article and the name too; here, the words alone."""
        again = text in seen
        seen.add(text)
        return again

    names = dict.fromkeys(each.name for each in scams.DETECTORS)
    return [
        ("said before (duplicate)", repeated),
        *((f"links, {limit} or more", links(limit)) for limit in LINKS),
        ("words (a sample)", lambda text: rules.words(draft(text), Judged(hold_words=WORDS))),
        *((f"scam: {name}", detector(name)) for name in names),
        ("scam: any of these", lambda text: rules.scams(draft(text), Judged())),
    ]


if __name__ == "__main__":
    main()
