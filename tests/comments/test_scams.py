"""The scam rules: what they find, however it is disguised, and what honest readers may write."""

import time

import pytest
from django.core.management import call_command

from comments.models import Comment, Discussion
from comments.spam import scams, wallets
from comments.spam.disguise import reveal

pytestmark = pytest.mark.one_database

# --- honest comments of a blog about stocks ---------------------------------------------------

HAM = [
    "Guaranteed 4% by the Treasury beats the dividend yield of the whole basket.",
    "T-bills pay a guaranteed return of 4.3% right now, so why own a no-growth chipmaker?",
    "There is no such thing as guaranteed returns, and anyone who promises them is lying.",
    "Past performance does not guarantee future returns.",
    "Nobody can guarantee profits in this market.",
    "Margins are not guaranteed. Neither are profits.",
    "Whoever tells you that returns are guaranteed wants your money.",
    "The annuity has a guaranteed income for life but inflation eats it.",
    "If someone offers 10% daily profit, run.",
    "Beware of accounts here that offer to double your money in a week.",
    "At 7% a year you double your money in ten years, says the rule of 72.",
    "NVDA doubled my money in 2023 and I still sold too early.",
    "I invested $5,000 in AMD in 2020 and it is worth $21,000 after four years.",
    "Nvidia makes $300 million a day; let that sink in.",
    "Intel burns $1.2 billion a week if you count the fabs.",
    "I make about $300 a month from covered calls, which is beer money.",
    "EPS by quarter: 1.02 1.15 1.32 1.44 1.51 1.67",
    "EPS moved +10.25 +11.32 +12.41 +13.55 over the last four years.",
    "Change by year in percent: +10.25 11.32 12.41 13.55 and falling.",
    "Plus +5 10 15 basis points a year, and nobody noticed.",
    "The move was +12 34 56 in ticks.",
    "Revenue (in thousands): 2,000,000 2,150,000 2,310,000 2,480,000",
    "They shipped 2 000 000 000 units in total.",
    "Shares outstanding: 24,530,000,000. Price: $181.46.",
    "Volume was 312345678 on Friday and 298765432 on Monday.",
    "The ISIN is US67066G1040 and the CUSIP is 67066G104.",
    "ISIN DE0007164600, WKN 716460, traded on Xetra since 1998-06-22.",
    "I bought the 2026-01-16 $450 call at 12.30 and the 470 call at 8.10.",
    "Bought 100 at 131.20, 100 at 128.75, 100 at 119.90, average 126.62.",
    "NVDA 118.11, AMD 143.90, AVGO 168.36, TSM 171.20, ASML 820.15",
    "Guidance is $43.0 billion, plus or minus 2%.",
    "+1.5% after hours, -2.3% in the morning, who cares.",
    "From 2019 to 2024 capex rose from 7,301 to 44,477 to 55,900 million.",
    "10-K for 0001045810-24-000029 is worth reading in full.",
    "See page 1045810 of the filing, table 3.2.1, line 17.",
    "Meta has not begun to monetize WhatsApp; that is the real option value.",
    "WhatsApp has 3 billion users and almost no revenue.",
    "WhatsApp: 2,000,000,000 users, 50 engineers. Still the best deal ever.",
    "Meta AI is available on WhatsApp and Instagram now, without a subscription.",
    "Business messaging on WhatsApp grew 30% in Q3.",
    "Telegram sold bonds at 7%, did anybody look at the prospectus?",
    "Telegram is a company with 900 million users and no audited accounts.",
    "Durov announced it on Telegram, which is rather the point.",
    "The signal to noise ratio in these calls is terrible.",
    "A buy signal on the weekly chart; I would wait for the monthly signal.",
    "Signal is a foundation, so it has no shareholders to please.",
    "The officials planned it in a Signal chat. What does that say about security?",
    "WeChat is the moat of Tencent; nothing in the West compares.",
    "My broker is Interactive Brokers and the margin rate is fine.",
    "My broker charged me $4.95 a trade until 2019.",
    "My financial adviser says to rebalance once a year and do nothing else.",
    "Any account manager at a hyperscaler will tell you that discounts are over.",
    "Mr. Huang said supply is the constraint, not demand.",
    "Ms. Su has executed well for ten years. Credit where it is due.",
    "Thanks to Mr. Halvorsen for the clear table of capacity.",
    "Mr. Buffett sold Apple, and his portfolio is now a third cash.",
    "Mrs. Wood bought more at the top, as her fund does.",
    "Thank you Dr. Evil, but one million dollars buys half a rack now.",
    "I trade with Schwab and hold for years.",
    "FTX creditors may recover their funds in full, with interest.",
    "The stock recovered its losses within three weeks.",
    "Memory prices will recover in the second half, as they always do.",
    "Recovery of investments in fabs takes a decade.",
    "I lost money on Intel and got it back with Micron.",
    "After the loss of 2022 I recovered my investment only last month.",
    "Asset recovery values in a bankruptcy of a neocloud would be near zero.",
    "They send GPUs to Oracle and get back warrants: circular revenue.",
    "Risk-free rates at 4.5% are what kills long-duration growth.",
    "Bitcoin miners are turning into AI hosts because power is scarce.",
    "The 0x prefix means hexadecimal, e.g. 0xDEADBEEF.",
    "Commit 1f3870be274f6c49b3e31a0c6728957f2ad4e0b1 fixed the driver.",
    "Look up the term \u201ctake or pay\u201d; it explains the contract.",
    "Search his name and you find ten years of calls that did not age well: Cathie.",
    "Call me old-fashioned, but 450 times sales is a lot.",
    "Text me the day 10-year yields are at 3% again.",
    "Contact investor relations; they answered my question about leases within 3 days.",
    "You can reach me through my blog, linked above.",
    "Earnings call at 5:00 pm ET on 2025-05-28, replay until 2025-06-11.",
    "Der Umsatz stieg auf 44.062.000.000 Dollar, +69% gegenüber dem Vorjahr.",
    "Акции выросли на 12,5% за неделю, и это не предел.",
    "今年のデータセンター投資は3,000億ドルを超える見込みです。",
    "１２３．４５ドルで買いました。",
    "m² of clean room per wafer start, H₂O per chip: nobody reports either.",
]

# --- scams ------------------------------------------------------------------------------------

SCAMS = [
    ("messenger", "Text me on WhatsApp +1 555 010 9999 for details"),
    ("messenger", "WhatsApp: +44 7700 900123"),
    ("messenger", "whatsapp +15550109999"),
    ("messenger", "W h a t s A p p +1 (555) 010-9999"),
    ("messenger", "W.h.a.t.s.a.p.p +1 555 010 9999"),
    ("messenger", "What's App +1-555-010-9999"),
    ("messenger", "wh@tsapp + 1 5 5 5 0 1 0 9 9 9 9"),
    ("messenger", "𝐖𝐡𝐚𝐭𝐬𝐀𝐩𝐩 +15550109999"),
    ("messenger", "ＷｈａｔｓＡｐｐ ＋１ ５５５ ０１０ ９９９９"),
    ("messenger", "Wh\u200bats\u200bApp \u200b+1555\u200b0109999"),
    ("messenger", "WhаtsАpp +1 555 010 9999"),  # Cyrillic а and А
    ("messenger", "WhatsApp +1️⃣5️⃣5️⃣5️⃣0️⃣1️⃣0️⃣9️⃣9️⃣9️⃣9️⃣"),
    ("messenger", "WhatsApp ➕①⑤⑤⑤⓪①⓪⑨⑨⑨⑨"),
    ("messenger", "🆆🅷🅰🆃🆂🅰🅿🅿 +15550109999"),
    ("messenger", "+1 555 010 9999 (WhatsApp only)"),
    ("messenger", "Telegram: @alpha_trades_jane"),
    ("messenger", "T e l e g r a m @alphatrades"),
    ("messenger", "Te1egram @alphatrades"),
    ("messenger", "find her on telegram, she answers within minutes"),
    ("messenger", "Telegram ID: jane_trades01"),
    ("messenger", "@alpha_jane on Telegram"),
    ("messenger", "Contact Mrs Jane Doe on Signal"),
    ("messenger", "text him on signal and say that Paul sent you"),
    ("messenger", "Signal: +1 555 010 9999"),
    ("messenger", "My WeChat is below"),
    ("messenger", "WeChat id: stock_king88"),
    ("messenger", "Join my free VIP Telegram group for daily picks"),
    ("messenger", "join us on telegram"),
    ("messenger", "Drop your WhatsApp and I send you the list"),
    ("messenger", "She is available on WhatsApp day and night"),
    ("messenger", "WhatsApp me for the strategy"),
    ("messenger", "DM me via telegram"),
    ("messenger", "dm her on instagram, tell her I sent you"),
    ("messenger", "Reach out to Jane Doe on WhatsApp"),
    ("messenger", "Her WhatsApp number is in my profile"),
    ("messenger link", "Picks every morning: t.me/alpha_picks"),
    ("messenger link", "https://t.me/+AbCdEfGh123"),
    ("messenger link", "wa.me/15550109999"),
    ("messenger link", "https://chat.whatsapp.com/AbCdEfGh"),
    ("messenger link", "t . me / alpha_picks"),
    ("messenger link", "t(dot)me/alpha_picks"),
    ("phone number", "Text me +1 555 010 9999"),
    ("phone number", "Call or text: (555) 010-9999 now"),
    ("phone number", "Reach him at 555-010-9999"),
    ("phone number", "serious investors only +44 7700 900 123"),
    ("phone number", "text me on + 1 5 5 5 0 1 0 9 9 9 9"),
    ("phone number", "call me on five five five zero one zero nine nine nine nine"),
    ("phone number", "plus one five five five zero one zero nine nine nine nine"),
    ("wallet address", "Send to 1BoatSLRHtKNngkdXEeobR76b53LETtpyT"),
    ("wallet address", "btc: bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"),
    ("wallet address", "0x52908400098527886E0F7030069857D2E4169EE7 is my address"),
    ("wallet address", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t USDT please"),
    ("praised adviser", "Mrs Jane Doe manages my portfolio and I sleep well"),
    ("praised adviser", "Mr. Paul Smith has been trading for me since March"),
    ("praised adviser", "I started trading with Mrs Jane Doe last year"),
    ("praised adviser", "Thanks to Mrs. Jane Doe I make good profits every week"),
    ("praised adviser", "All my profits are courtesy of Mr Paul Smith"),
    ("praised adviser", "I made $45,000 last month with the help of my account manager"),
    ("praised adviser", "My financial adviser is Mrs Jane Doe, a legend"),
    ("praised adviser", "My broker helped me make over $20k from a small account"),
    ("praised adviser", "You can look her up online"),
    ("praised adviser", "Just search his name, Paul Smith"),
    ("praised adviser", "I simply copy her trades"),
    ("praised adviser", "Contact Mrs Jane Doe for all your crypto investments"),
    ("recovery of funds", "A crypto recovery expert got everything back"),
    ("recovery of funds", "He helped me recover all my lost funds"),
    ("recovery of funds", "I got my stolen bitcoin back in three days"),
    ("recovery of funds", "Best asset recovery agency, ask for Wizard"),
    ("recovery of funds", "Certified hacker, contact to retrieve your wallet"),
    ("recovery of funds", "I was scammed and recovered my money with the help of a firm"),
    ("guaranteed returns", "Guaranteed profit every single week"),
    ("guaranteed returns", "100% guaranteed weekly returns"),
    ("guaranteed returns", "Our returns are guaranteed, ask around. Not a scam!"),
    ("guaranteed returns", "Double your money in just 7 days"),
    ("guaranteed returns", "I invested $500 and got $5,500 within a week"),
    ("guaranteed returns", "Earn $3,000 weekly from forex"),
    ("guaranteed returns", "In crypto trading I make over $4,000 every week"),
    ("guaranteed returns", "10% daily profit paid out at midnight"),
    ("giveaway", "Send 0.1 BTC and get 0.2 BTC back"),
    ("giveaway", "Official Tesla giveaway starts now"),
]  # fmt: skip


@pytest.mark.parametrize("text", HAM)
def test_what_honest_readers_write_is_not_held(text):
    assert [str(found) for found in scams.findings(text)] == []
    assert scams.mask(text) == text


@pytest.mark.parametrize(("detector", "text"), SCAMS)
def test_what_scammers_write_is_found(detector, text):
    assert detector in [found.detector for found in scams.findings(text)]


def test_there_are_enough_examples():
    assert len(HAM) >= 60
    assert len(SCAMS) >= 60
    assert {detector for detector, _text in SCAMS} == {each.name for each in scams.DETECTORS}


# --- masks ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Text me on WhatsApp +1 555 010 9999 now", "Text me on WhatsApp ••• now"),
        ("ＷｈａｔｓＡｐｐ ＋１ ５５５ ０１０ ９９９９!", "ＷｈａｔｓＡｐｐ •••!"),
        ("WhatsApp +1️⃣5️⃣5️⃣5️⃣0️⃣1️⃣0️⃣9️⃣9️⃣9️⃣9️⃣ ok", "WhatsApp ••• ok"),
        ("Telegram ID: jane_trades01 or jane", "Telegram ID: ••• or jane"),
        ("see https://t.me/alpha_picks today", "see ••• today"),
        ("pay 1BoatSLRHtKNngkdXEeobR76b53LETtpyT, or +44 7700 900 123", "pay •••, or •••"),
        ("Telegram @alpha_jane", "Telegram •••"),
        ("Mrs Jane Doe manages my portfolio", "Mrs Jane Doe manages my portfolio"),
        ("revenue 2,000,000, EPS 1.02", "revenue 2,000,000, EPS 1.02"),
        ("", ""),
    ],
)
def test_only_the_contact_is_masked(text, shown):
    assert scams.mask(text) == shown


def test_pages_show_the_mask_and_moderators_what_was_matched(
    post_comment, akismet, client, moderator
):
    text = "Nice piece. Text me on WhatsApp +1 555 010 9999"
    post_comment(text=text)
    comment = Comment.objects.get()
    assert comment.text == text
    assert comment.html == "<p>Nice piece. Text me on WhatsApp •••</p>"

    akismet.script([{"body": "false"}])
    call_command("work", once=True)
    comment.refresh_from_db()
    assert (comment.status, comment.held_for) == ("pending", "scam")
    assert comment.held_detail == "messenger: WhatsApp +1 555 010 9999"
    client.force_login(moderator)
    page = client.get("/moderation/").content.decode()
    assert "messenger: WhatsApp +1 555 010 9999" in page


def test_a_name_that_is_a_contact_is_found_too(post_comment, akismet):
    akismet.script([{"body": "false"}])
    post_comment(name="WhatsApp +1 555 010 9999")
    call_command("work", once=True)
    assert Comment.objects.get().held_for == "scam"


def test_switched_off_nothing_is_held_or_masked(post_comment, akismet):
    Discussion(hold_scams=False).save()
    akismet.script([{"body": "false"}])
    post_comment(text="Text me on WhatsApp +1 555 010 9999")
    call_command("work", once=True)
    comment = Comment.objects.get()
    assert comment.held_for == "first_comment"
    assert comment.html == "<p>Text me on WhatsApp +1 555 010 9999</p>"


def test_staff_may_leave_a_number(post_comment, editor, client):
    client.force_login(editor)
    post_comment(text="Press office: call +44 7700 900 123")
    assert "900 123" in Comment.objects.get().html


# --- wallets ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("1BoatSLRHtKNngkdXEeobR76b53LETtpyT", True),
        ("1BoatSLRHtKNngkdXEeobR76b53LETtpyU", False),  # the checksum does not fit
        ("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", True),
        ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", True),
        ("rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", True),
        ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", True),
        ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdx", False),
        ("bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr", True),
        ("0x52908400098527886E0F7030069857D2E4169EE7", True),
        ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", False),
    ],
)
def test_a_wallet_is_known_by_its_checksum(word, expected):
    match = wallets.CANDIDATE.search(word)
    assert (match is not None and wallets.is_wallet(match[0])) is expected


# --- disguises --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("plain", "plain"),
        ("ＦＵＬＬ　１２", "FULL 12"),
        ("𝟏𝟐 𝓫𝓸𝓵𝓭", "12 bold"),
        ("ⓒⓘⓡⓒⓛⓔ ❶②", "circle 12"),
        ("🅰🅱 🇦🇧", "AB AB"),
        ("1️⃣2️⃣", "12"),
        ("a\u200bb\u00adc\u2060d", "abcd"),
        ("е\u0301", "e"),
        ("٣٤", "34"),
        ("ﬁn", "fin"),
    ],
)
def test_a_disguise_is_taken_off(text, plain):
    assert reveal(text).text == plain


@pytest.mark.parametrize("text", ["ﬁne ＋１ é x", "a\u200b１\u200b2", "𝟏𝟐"])
def test_every_character_is_found_again_where_it_stood(text):
    plain = reveal(text)
    for index in range(len(plain.text)):
        start, end = plain.original(index, index + 1)
        assert plain.text[index] in reveal(text[start:end]).text


# --- time -------------------------------------------------------------------------------------

NASTY = [
    "a ", "1 ", "+1", "my ", "A", "Mr A ", "text me on ", "invest $1 ", "lost ", "profit ",
    "whatsapp ", "w ", "+1 22 ", "one ", "@a", "guarantee ", "trading with ", "１", "а",
    "thanks to Mr A ", "$1 get $1 ", "1.1 ", "()", "double your money ", "Mr A\n", "bc1q",
    "t.me/", "\u200b",
]  # fmt: skip


@pytest.mark.parametrize("run", NASTY)
def test_no_comment_takes_long(run):
    text = (run * 5000)[:5000]
    started = time.process_time()
    scams.mask(text)
    assert time.process_time() - started < 0.5


# --- what is written to make patterns slow ------------------------------------------------------

SLOW_TEXTS = [
    "Mr Aa B" + "…" * 4980 + "x",
    "a" + " " * 4998 + "x",
    "telegram" + " " * 4990 + "x",
    "Mr Aa" + "-" * 4990,
    "100% legit " * 450,
    "Mr Aa" + "'a" * 2490,
    "my " + "\ufdfa" * 4900,
]


@pytest.mark.timeout(10)
@pytest.mark.parametrize("text", SLOW_TEXTS, ids=lambda text: repr(text[:12]))
def test_no_text_keeps_the_patterns_busy(text):
    """Each took seconds once, with all of a server's threads standing still meanwhile."""
    scams.find(text)
    scams.mask(text)


def test_a_long_run_of_signs_hides_nothing():
    text = "Write to me on WhatsApp " + " " * 40 + "+1 202 555 0143 today."
    assert scams.find(text)
    assert "0143" not in scams.mask(text)


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", "WhatsApp +1 202 555 0143"), ("url", "https://t.me/jane_trades")],
)
@pytest.mark.django_db
def test_a_contact_in_the_name_or_the_website_is_not_shown(client, make_comment, field, value):
    comment = make_comment("Thank you.", **{field: value})
    make_comment("Thank you, too.", parent=comment)
    article = comment.article.get_absolute_url()
    thread, reply = f"{article}?thread={comment.pk}", f"{article}?replytocom={comment.pk}"
    for page in (article, thread, reply, "/comments/feed/"):
        shown = client.get(page).content.decode()
        assert "Thank you." in shown
        assert "0143" not in shown
        assert "t.me" not in shown
    assert "•••" in comment.shown_name or field == "url"


@pytest.mark.django_db
def test_an_honest_name_and_website_stay(client, make_comment):
    comment = make_comment("Thanks.", name="Signal & Sons", url="https://signal.example/telegram")
    shown = client.get(comment.article.get_absolute_url()).content.decode()
    assert "Signal &amp; Sons" in shown
    assert 'href="https://signal.example/telegram"' in shown
