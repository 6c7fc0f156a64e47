"""The WSGI application as a server calls it."""

from typing import Any

import pytest
from django.test import RequestFactory

from comments.models import Comment
from config.wsgi import application

pytestmark = pytest.mark.one_database


def answer(request: Any, content_type: str) -> int:
    """Hand the request to the application as `content_type`; return the status it answers with."""
    statuses: list[int] = []
    environ = {**request.environ, "CONTENT_TYPE": content_type}
    list(application(environ, lambda status, headers: statuses.append(int(status[:3]))))
    return statuses[0]


@pytest.mark.django_db(transaction=True)  # a request closes the connection that it finds
@pytest.mark.parametrize("charset", ["hex", "zlib_codec", "unicode_escape", "idna", "nonsense"])
def test_a_strange_encoding_is_not_believed(article, charset):
    build = RequestFactory()
    assert answer(build.get("/?page=1%41"), f"text/plain; charset={charset}") == 404
    assert answer(build.get("/"), f"text/plain; charset={charset}") == 200

    form = "application/x-www-form-urlencoded"
    fields = b"text=Caf%C3%A9&name=Rosa&email=rosa%40example.com"
    address = f"/articles/{article.slug}/comments/"
    posted = build.generic("POST", address, fields, content_type=form)
    assert answer(posted, f"{form};charset={charset}") == 302
    assert Comment.objects.get().text == "Café"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "parameter",
    [
        "x*=zz''b",
        "charset*=zz''b",
        "a=\"b;c\"; X* =zz''b",
        "x*0*=zz''b; x*1*=c",
        f"x*{'9' * 5000}=b",
    ],
)
def test_nor_is_one_in_another_parameter(article, parameter):
    build = RequestFactory()
    assert answer(build.get("/"), f"text/plain; {parameter}") == 200

    request = build.post(f"/articles/{article.slug}/comments/", {"text": "Café", "name": "Rosa"})
    boundary = request.environ["CONTENT_TYPE"]
    assert answer(request, f"{boundary}; {parameter}") == 422, "the email is missing, nothing else"
