"""Members of the staff, and a telephone."""

import time
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django_otp.oath import TOTP

from staff import factor
from staff.models import Authenticator

PASSWORD = "a-long-pass-word-1"


class Phone:
    """Shows the codes of one secret, at the time that it thinks it is."""

    def __init__(self, device):
        self.secret, self.seconds = device.secret, time.time()

    def code(self, *, off=0):
        """The code that is shown `off` seconds from the phone's time."""
        totp = TOTP(self.secret)
        totp.time = self.seconds + off
        return f"{totp.token():06d}"


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """The server's time where codes are checked; `clock.now += 30` lets half a minute pass."""
    clock = SimpleNamespace(now=time.time())
    monkeypatch.setattr("staff.models.time", SimpleNamespace(time=lambda: clock.now))
    return clock


@pytest.fixture
def kim(db):
    """A member without any rights besides coming in."""
    return User.objects.create_user("kim", password=PASSWORD, is_staff=True)


@pytest.fixture
def root(db):
    return User.objects.create_superuser("root", password=PASSWORD)


@pytest.fixture
def give_phone(clock):
    """Set up an authenticator app for somebody; return the phone and the recovery codes."""

    def give(user):
        factor.start(user)
        phone = Phone(factor.unconfirmed(user))
        phone.seconds = clock.now - 60
        clock.now -= 60
        _device, codes = factor.confirm(user, phone.code())
        clock.now += 60
        phone.seconds = clock.now
        return phone, codes

    return give


@pytest.fixture
def browser():
    """Return a browser of its own, at an address of its own."""

    def browser(address="203.0.113.7", agent="Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"):
        return Client(REMOTE_ADDR=address, HTTP_USER_AGENT=agent)

    return browser


def give_password(client, name="kim", password=PASSWORD, then=""):
    """Send the first form of signing in."""
    return client.post("/admin/login/", {"username": name, "password": password, "next": then})


def is_in(client):
    """Whether the admin is open."""
    return client.get("/admin/").status_code == 200


def rested(user):
    """Let the wait after wrong codes be over."""
    Authenticator.objects.filter(user=user).update(throttling_failure_timestamp=None)
