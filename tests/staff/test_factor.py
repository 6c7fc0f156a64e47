"""The second factor: set up with a phone, asked for after the password, lost and found again."""

import re
from threading import Barrier, Thread

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
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
    phone, codes = give_phone(kim)
    give_password(client)
    assert "Wait 1 second," in give_code(client, "000000").content.decode()
    Authenticator.objects.update(throttling_failure_count=8)  # two minutes, for a slow machine
    page = give_code(client, phone.code())
    assert page.status_code == 422, "the right one, too early"
    assert give_recovery(client, codes[0]).status_code == 422, "the same wait"
    Authenticator.objects.update(throttling_failure_count=1)
    for seconds in (2, 4, 8, 16, 32, 64, 128, 256, 512, 512, 512):
        rested(kim)
        assert f"Wait {seconds} seconds," in give_code(client, "000000").content.decode()
    rested(kim)
    assert give_code(client, phone.code()).status_code == 302
    assert Authenticator.objects.get().throttling_failure_count == 0


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
