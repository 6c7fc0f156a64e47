"""The second factor: set up with a phone, asked for after the password, lost and found again."""

import re
from io import StringIO
from threading import Barrier, Thread

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import connection
from django.test import Client

from staff import factor
from staff.models import Authenticator, RecoveryCode
from tests.staff.conftest import PASSWORD, Phone, give_password, is_in, rested

CODE, SET_UP, OVERVIEW = "/admin/login/code/", "/admin/sign-in/set-up/", "/admin/sign-in/"


def give_code(client, code):
    return client.post(CODE, {"code": code})


def give_recovery(client, code):
    return client.post(CODE, {"recovery": code})


def codes_on(page):
    return re.findall(r"<li><code>([\w-]+)</code></li>", page.content.decode())


# --- set-up ---------------------------------------------------------------------------------


def test_a_phone_is_set_up(client, kim, clock):
    give_password(client)
    assert "password alone" in client.get(OVERVIEW).content.decode()
    assert not Authenticator.objects.exists()
    assert client.post(SET_UP, {"do": "start"})["Location"] == SET_UP
    page = client.get(SET_UP)
    assert "no-store" in page["Cache-Control"]
    text = page.content.decode()
    device = Authenticator.objects.get()
    assert factor.written(device) in text
    assert 'class="qr-ink"' in text
    assert "<style" not in text
    assert "style=" not in text
    assert "otpauth://totp/Marginalia:kim?secret=" in text

    page = client.post(SET_UP, {"code": Phone(device).code()})
    codes = codes_on(page)
    assert len(set(codes)) == 10
    assert all(len(code) == 19 for code in codes)
    text = client.get(OVERVIEW).content.decode()
    assert "10 recovery codes are left" in text
    assert not [code for code in codes if code in text]
    assert client.get(SET_UP)["Location"] == OVERVIEW


def test_a_wrong_first_code_sets_nothing_up(client, kim, clock):
    client.force_login(kim)
    client.post(SET_UP, {"do": "start"})
    phone = Phone(Authenticator.objects.get())
    page = client.post(SET_UP, {"code": phone.code(off=300)})
    assert page.status_code == 422
    assert "This code is not right" in page.content.decode()
    assert not Authenticator.objects.get().confirmed
    assert not RecoveryCode.objects.exists()
    rested(kim)
    assert client.post(SET_UP, {"code": phone.code()}).status_code == 200
    assert Authenticator.objects.get().confirmed


def test_an_app_in_use_is_not_replaced(client, kim, give_phone):
    give_phone(kim)
    client.force_login(kim)
    before = Authenticator.objects.values().get()
    assert client.post(SET_UP, {"do": "start"})["Location"] == OVERVIEW
    assert client.post(SET_UP, {"code": "123456"})["Location"] == OVERVIEW
    assert Authenticator.objects.values().get() == before


def test_who_is_not_signed_in_sets_nothing_up(client, kim):
    for answer in (client.get(SET_UP), client.post(SET_UP, {"do": "start"})):
        assert answer["Location"].startswith("/admin/login/?next=")
    client.force_login(User.objects.create_user("reader"))
    assert client.post(SET_UP, {"do": "start"})["Location"].startswith("/admin/login/")
    assert not Authenticator.objects.exists()


def test_setting_up_signs_out_everywhere_else(browser, kim, clock):
    here, elsewhere, unlisted = browser(), browser("198.51.100.9"), Client()
    give_password(here)
    give_password(elsewhere)
    unlisted.force_login(kim)
    here.post(SET_UP, {"do": "start"})
    here.post(SET_UP, {"code": Phone(Authenticator.objects.get()).code()})
    assert is_in(here)
    assert not is_in(elsewhere)
    assert not is_in(unlisted)


def test_nobody_reads_the_secret_in_the_database(kim, give_phone):
    phone, codes = give_phone(kim)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM staff_authenticator")
        device = str(cursor.fetchall())
        cursor.execute("SELECT * FROM staff_recoverycode")
        kept = str(cursor.fetchall())
    assert str(phone.secret) not in device
    assert phone.secret.hex() not in device
    assert not [code for code in codes if code in kept or code.replace("-", "") in kept]


# --- signing in with it ---------------------------------------------------------------------


@pytest.mark.parametrize("then", ["/moderation/", "/admin/"])
def test_after_the_password_the_code_is_asked(client, root, give_phone, then):
    phone, _codes = give_phone(root)
    assert give_password(client, "root", then=then)["Location"] == CODE
    assert client.get(then)["Location"] == f"/admin/login/?next={then}", "not in yet"
    page = client.get(CODE)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert give_code(client, phone.code())["Location"] == then
    assert client.get(then).status_code == 200


def test_with_the_password_alone_nobody_is_staff_anywhere(client, kim, give_phone, article):
    give_phone(kim)
    give_password(client)
    assert "_auth_user_id" not in client.session
    for page in (OVERVIEW, "/admin/", "/admin/password_change/", "/moderation/"):
        assert client.get(page)["Location"].startswith("/admin/login/")
    assert client.get(SET_UP)["Location"] == CODE


@pytest.mark.parametrize("code", ["000000", "", "12345", "abcdef", "1234567", "١٢٣٤٥٦", "-12345"])
def test_a_wrong_code_opens_nothing(client, kim, give_phone, code):
    phone, _codes = give_phone(kim)
    assert code != phone.code()
    give_password(client)
    page = give_code(client, code)
    assert page.status_code == 422
    assert 'id="id_code_error"' in page.content.decode()
    assert not is_in(client)
    rested(kim)
    assert give_code(client, f"{phone.code()[:3]} {phone.code()[3:]}").status_code == 302
    assert is_in(client)


def test_a_code_opens_once(browser, kim, give_phone, clock):
    phone, _codes = give_phone(kim)
    first, second = browser(), browser()
    give_password(first)
    give_password(second)
    code = phone.code()
    assert give_code(first, code).status_code == 302
    assert give_code(second, code).status_code == 422
    rested(kim)
    clock.now += 30
    assert give_code(second, phone.code(off=30)).status_code == 302


@pytest.mark.parametrize("with_recovery", [False, True])
def test_two_at_once_with_one_code(transactional_db, kim, give_phone, with_recovery):
    phone, codes = give_phone(kim)
    given = {"recovery": codes[0]} if with_recovery else {"code": phone.code()}
    both_ready, admitted = Barrier(2), []

    def come():
        both_ready.wait()
        try:
            admitted.append(factor.admit(kim, **given))
        except factor.NotAdmitted:
            pass
        finally:
            connection.close()

    threads = [Thread(target=come) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(admitted) == 1


@pytest.mark.parametrize(("off", "good"), [(-30, True), (30, True), (-90, False), (90, False)])
def test_a_clock_may_be_off_by_half_a_minute(client, kim, give_phone, off, good):
    phone, _codes = give_phone(kim)
    give_password(client)
    assert (give_code(client, phone.code(off=off)).status_code == 302) is good


def test_a_clock_that_drifts_is_followed(browser, kim, give_phone, clock):
    phone, _codes = give_phone(kim)
    for off in (30, 60, 90):
        clock.now += 300
        client = browser()
        give_password(client)
        assert give_code(client, phone.code(off=clock.now - phone.seconds + off)).status_code == 302


def test_wrong_codes_have_to_wait_longer_and_longer(client, kim, give_phone):
    phone, _codes = give_phone(kim)
    give_password(client)
    assert "Wait 1 second," in give_code(client, "000000").content.decode()
    Authenticator.objects.update(throttling_failure_count=8)  # two minutes, for a slow machine
    page = give_code(client, phone.code())
    assert page.status_code == 422, "the right one, too early"
    Authenticator.objects.update(throttling_failure_count=1)
    for seconds in (2, 4, 8, 16, 32, 64, 128, 256, 512, 512, 512):
        rested(kim)
        assert f"Wait {seconds} seconds," in give_code(client, "000000").content.decode()
    rested(kim)
    assert give_code(client, phone.code()).status_code == 302
    assert Authenticator.objects.get().throttling_failure_count == 0


def test_who_knows_the_password_cannot_keep_its_owner_out(browser, kim, give_phone):
    phone, codes = give_phone(kim)
    stranger, owner = browser(), browser()
    give_password(stranger)
    for number in range(10):
        text = give_code(stranger, "000000").content.decode()
        assert ("somebody else knows your password" in text) is (number >= 2)
        rested(kim)
    give_code(stranger, "000000")
    give_password(owner)
    text = give_code(owner, phone.code()).content.decode()
    assert "come in with a recovery code, which needs no waiting, and change it" in text
    for _n in range(5):
        page = give_recovery(owner, "wrong")
        assert page.status_code == 422
        assert "This recovery code is not right" in page.content.decode()
        assert "Wait" not in page.content.decode()
    assert Authenticator.objects.get().throttling_failure_count == 10, "counted apart"
    assert give_recovery(owner, codes[0]).status_code == 302
    assert Authenticator.objects.get().throttling_failure_count == 10, "no new start for guessing"
    fields = {"old_password": PASSWORD, "new_password1": "a-new-pass-word"}
    fields["new_password2"] = fields["new_password1"]
    assert owner.post("/admin/password_change/", fields).status_code == 302
    assert give_code(stranger, phone.code())["Location"] == "/admin/login/"


def test_the_password_is_good_for_ten_minutes(client, kim, give_phone, monkeypatch):
    phone, _codes = give_phone(kim)
    give_password(client)
    monkeypatch.setattr("staff.entrance.WAIT_SECONDS", -1)
    assert give_code(client, phone.code())["Location"] == "/admin/login/"
    assert not is_in(client)


@pytest.mark.parametrize("change", ["password", "left", "no staff", "device"])
def test_what_changes_meanwhile_counts(client, kim, give_phone, change):
    phone, _codes = give_phone(kim)
    give_password(client)
    if change == "password":
        kim.set_password("another-long-one")
        kim.save()
    elif change == "device":
        Authenticator.objects.all().delete()
    else:
        User.objects.update(**{"is_active" if change == "left" else "is_staff": False})
    answer = give_code(client, phone.code())
    assert answer.status_code == 422 if change == "device" else 302
    assert not is_in(client)


def test_without_a_password_there_is_no_code_page(client, kim, give_phone):
    phone, _codes = give_phone(kim)
    assert client.get(CODE)["Location"] == "/admin/login/"
    assert give_code(client, phone.code())["Location"] == "/admin/login/"


def test_who_has_no_device_is_not_asked(client, kim):
    assert give_password(client)["Location"] == "/admin/"
    assert is_in(client)


# --- without the phone ----------------------------------------------------------------------


def test_a_recovery_code_opens_once(browser, root, give_phone):
    _phone, codes = give_phone(root)
    first, second = browser(), browser()
    give_password(first, "root")
    give_password(second, "root", then="/moderation/")
    typed = codes[3].upper().replace("-", " ")
    assert give_recovery(first, typed)["Location"] == "/admin/"
    assert "9 are left" in first.get("/admin/").content.decode()
    page = give_recovery(second, codes[3])
    assert page.status_code == 422
    assert "<details open>" in page.content.decode()
    rested(root)
    assert give_recovery(second, codes[4])["Location"] == "/moderation/"
    assert "8 recovery codes are left" in second.get(OVERVIEW).content.decode()


def test_somebody_elses_recovery_code_opens_nothing(client, kim, root, give_phone):
    give_phone(kim)
    _phone, codes = give_phone(root)
    give_password(client)
    assert give_recovery(client, codes[0]).status_code == 422
    assert RecoveryCode.objects.count() == 20


def test_recovery_codes_are_renewed(client, kim, give_phone):
    phone, codes = give_phone(kim)
    give_password(client)
    give_code(client, phone.code())
    page = "/admin/sign-in/recovery-codes/"
    assert client.get(page).status_code == 200
    answer = client.post(page, {"password": "wrong"})
    assert answer.status_code == 422
    assert "This is not your password." in answer.content.decode()
    assert RecoveryCode.objects.filter(digest=RecoveryCode.digest_of(codes[0])).exists()
    new = codes_on(client.post(page, {"password": PASSWORD}))
    assert len(set(new) - set(codes)) == 10
    assert RecoveryCode.objects.count() == 10
    client.logout()
    give_password(client)
    assert give_recovery(client, codes[0]).status_code == 422
    rested(kim)
    assert give_recovery(client, new[0]).status_code == 302


def test_two_at_once_leave_ten_codes(transactional_db, kim, give_phone):
    _phone, old = give_phone(kim)
    both_ready, given = Barrier(2), []

    def renew():
        both_ready.wait()
        try:
            given.append(factor.new_recovery_codes(kim))
        finally:
            connection.close()

    threads = [Thread(target=renew) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = set(RecoveryCode.objects.values_list("digest", flat=True))
    assert kept in [{RecoveryCode.digest_of(code) for code in codes} for codes in given]
    assert not [code for code in old if RecoveryCode.digest_of(code) in kept]


def test_codes_are_not_renewed_for_a_device_that_goes_meanwhile(
    client, kim, give_phone, monkeypatch
):
    give_phone(kim)
    client.force_login(kim)
    real = factor.new_recovery_codes

    def after_it_went(user):
        Authenticator.objects.all().delete()
        return real(user)

    monkeypatch.setattr(factor, "new_recovery_codes", after_it_went)
    answer = client.post("/admin/sign-in/recovery-codes/", {"password": PASSWORD})
    assert answer["Location"] == OVERVIEW
    assert not RecoveryCode.objects.exists()


@pytest.mark.parametrize("required", [True, False])
def test_removing_a_device_signs_out_everywhere_else(
    browser, kim, root, give_phone, clock, settings, required
):
    settings.STAFF_SECOND_FACTOR_REQUIRED = required
    phone, _codes = give_phone(kim)
    here, elsewhere, roots = browser(), browser("198.51.100.9"), browser()
    for each in (elsewhere, here):
        give_password(each)
        give_code(each, phone.code(off=clock.now - phone.seconds))
        clock.now += 30
        assert is_in(each)
    roots.force_login(root)
    page = "/admin/sign-in/remove/"
    assert "Everywhere else you are signed out" in here.get(page).content.decode()
    assert here.post(page, {"password": "wrong"}).status_code == 422
    assert is_in(elsewhere)
    assert here.post(page, {"password": PASSWORD})["Location"] == OVERVIEW
    assert elsewhere.get("/admin/")["Location"].startswith("/admin/login/")
    assert is_in(here) is not required, "led to set up another one"
    assert roots.get("/admin/").status_code == (302 if required else 200), "not signed out"
    assert "_auth_user_id" in roots.session


def test_a_device_is_removed_with_the_password_only(client, kim, give_phone):
    phone, _codes = give_phone(kim)
    give_password(client)
    give_code(client, phone.code())
    page = "/admin/sign-in/remove/"
    for fields in ({}, {"password": "wrong"}, {"password": ""}):
        assert client.post(page, fields).status_code == 422
    assert Authenticator.objects.exists()
    assert client.get(page).status_code == 200
    assert Authenticator.objects.exists()
    assert client.post(page, {"password": PASSWORD})["Location"] == OVERVIEW
    assert not Authenticator.objects.exists()
    assert not RecoveryCode.objects.exists()
    client.logout()
    assert give_password(client)["Location"] == "/admin/"


@pytest.mark.parametrize(
    ("page", "field", "more"),
    [
        ("/admin/sign-in/remove/", "password", {}),
        (
            "/admin/password_change/",
            "old_password",
            {"new_password1": "a-new-pass-word", "new_password2": "a-new-pass-word"},
        ),
    ],
)
def test_wrong_passwords_there_lock_too(client, kim, give_phone, page, field, more):
    give_phone(kim)
    client.force_login(kim)
    for _n in range(4):
        assert "This is not your password." in client.post(page, {field: "w"}).content.decode()
    assert "Too many wrong passwords" in client.post(page, {field: "w"}).content.decode()
    assert client.post(page, {field: PASSWORD, **more}).status_code == 422
    assert Authenticator.objects.exists()
    kim.refresh_from_db()
    assert kim.check_password(PASSWORD)


@pytest.mark.parametrize("page", ["recovery-codes", "remove"])
def test_without_a_device_there_is_nothing_to_ask(client, kim, page):
    client.force_login(kim)
    assert client.get(f"{OVERVIEW}{page}/")["Location"] == OVERVIEW
    assert client.post(f"{OVERVIEW}{page}/", {"password": PASSWORD})["Location"] == OVERVIEW


# --- by an administrator --------------------------------------------------------------------


def test_an_administrator_resets_it_and_that_is_noted(client, browser, kim, root, give_phone):
    phone, _codes = give_phone(kim)
    theirs = browser()
    give_password(theirs)
    give_code(theirs, phone.code())
    client.force_login(root)
    page = f"/admin/auth/user/{kim.pk}/sign-in/"
    assert page in client.get(f"/admin/auth/user/{kim.pk}/change/").content.decode()
    text = client.get(page).content.decode()
    assert "An authenticator app since" in text
    assert factor.written(Authenticator.objects.get()) not in text
    assert Authenticator.objects.exists()
    assert client.post(page, {"do": "reset"})["Location"] == page
    assert not Authenticator.objects.exists()
    assert not is_in(theirs)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (root, str(kim.pk))
    assert "Reset the second factor" in entry.get_change_message()
    assert client.post(page, {"do": "reset"})["Location"] == page, "twice is once"
    assert LogEntry.objects.count() == 1


def test_an_administrators_own_is_not_reset_without_the_password(client, root, give_phone):
    give_phone(root)
    client.force_login(root)
    answer = client.post(f"/admin/auth/user/{root.pk}/sign-in/", {"do": "reset"}, follow=True)
    assert "with your password" in answer.content.decode()
    assert Authenticator.objects.exists()


def test_others_may_not(client, kim, root, give_phone):
    give_phone(root)
    kim.user_permissions.add(*Permission.objects.filter(content_type__app_label="auth"))
    client.force_login(kim)
    page = f"/admin/auth/user/{root.pk}/sign-in/"
    assert page not in client.get(f"/admin/auth/user/{root.pk}/change/").content.decode()
    assert client.get(page).status_code == 403
    assert client.post(page, {"do": "reset"}).status_code == 403
    assert Authenticator.objects.exists()


# --- required of all ------------------------------------------------------------------------


def test_when_required_it_is_set_up_before_anything_else(client, root, settings, clock):
    settings.STAFF_SECOND_FACTOR_REQUIRED = True
    assert give_password(client, "root", then="/moderation/")["Location"] == SET_UP
    assert client.get("/moderation/").status_code == 302
    assert "every member of the staff needs" in client.get(SET_UP).content.decode()
    client.post(SET_UP, {"do": "start"})
    assert client.get("/moderation/").status_code == 302, "not before it is confirmed"
    page = client.post(SET_UP, {"code": Phone(Authenticator.objects.get()).code()})
    assert 'href="/moderation/"' in page.content.decode()
    assert len(codes_on(page)) == 10
    assert client.get("/moderation/").status_code == 200


def test_who_is_signed_in_when_it_becomes_required_is_led_there(client, root, settings, clock):
    give_password(client, "root")
    settings.STAFF_SECOND_FACTOR_REQUIRED = True
    for page in ("/admin/", "/moderation/", OVERVIEW, "/admin/sign-in/remove/"):
        assert client.get(page)["Location"] == SET_UP
        assert client.post(page)["Location"] == SET_UP
    assert client.get("/").status_code == 200
    assert client.get(SET_UP).status_code == 200
    client.post(SET_UP, {"do": "start"})
    client.post(SET_UP, {"code": Phone(Authenticator.objects.get()).code()})
    assert is_in(client)


def test_when_required_a_login_without_staff_status_opens_nothing(client, kim, settings):
    settings.STAFF_SECOND_FACTOR_REQUIRED = True
    reader = User.objects.create_user("reader", is_superuser=True)
    client.force_login(reader)
    for page in ("/admin/", "/moderation/"):
        assert client.get(page)["Location"] == SET_UP
    login = client.get(SET_UP)["Location"]
    assert login == f"/admin/login/?next={SET_UP}"
    assert "not a member of the staff" in client.get(login).content.decode()
    assert give_password(client)["Location"] == SET_UP, "somebody else comes in there"


def test_when_required_the_phone_is_enough(client, kim, give_phone, settings):
    settings.STAFF_SECOND_FACTOR_REQUIRED = True
    phone, _codes = give_phone(kim)
    assert give_password(client)["Location"] == CODE
    assert give_code(client, phone.code())["Location"] == "/admin/"
    assert is_in(client)


# --- keys -----------------------------------------------------------------------------------


def test_a_new_secret_key_opens_what_the_old_one_sealed(browser, kim, give_phone, settings, clock):
    phone, codes = give_phone(kim)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "the-key-of-next-year-" + "n" * 40
    settings.SECRET_KEY_FALLBACKS = [old]
    client = browser()
    give_password(client)
    assert give_code(client, phone.code()).status_code == 302
    settings.SECRET_KEY_FALLBACKS = []
    clock.now += 30
    client = browser()
    give_password(client)
    assert give_code(client, phone.code(off=30)).status_code == 302, "sealed anew by its use"
    settings.SECRET_KEY = "a-lost-key-" + "l" * 40
    client = browser()
    give_password(client)
    page = give_code(client, phone.code())
    assert page.status_code == 422
    assert "Ask an administrator" in page.content.decode()
    rested(kim)
    assert give_recovery(client, codes[0]).status_code == 302


def test_reencrypt_leaves_no_secret_to_the_former_key(browser, kim, root, give_phone, settings):
    def run():
        output = StringIO()
        call_command("reencrypt", stdout=output)
        return output.getvalue()

    phone, _codes = give_phone(kim)
    give_phone(root)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "the-key-of-next-year-" + "n" * 40
    Authenticator.objects.filter(user=root).update(sealed_secret="of a key that is gone")
    settings.SECRET_KEY_FALLBACKS = [old]
    said = run()
    assert "staff.Authenticator: 1 renewed, 1 unreadable" in said
    assert "Nothing is left" not in said
    Authenticator.objects.filter(user=root).delete()
    said = run()
    assert "staff.Authenticator: 0 renewed\n" in said
    assert "Nothing is left" in said
    settings.SECRET_KEY_FALLBACKS = []
    client = browser()
    give_password(client)
    assert give_code(client, phone.code()).status_code == 302
