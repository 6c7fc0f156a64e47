"""What scripts of the editors ask of the library of pictures; answered in JSON, errors too."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from articles.pictures import library
from articles.pictures.forms import PictureForm

PAGE_SIZE = 24
#: Digits of a page's number: more pages than anybody turns.
DIGITS = 6
#: Characters of what is looked for.
WORDS_LENGTH = 200

View = Callable[[HttpRequest], JsonResponse]


def _refused(status: int, **errors: list[str]) -> JsonResponse:
    """Say why not, field by field; what belongs to no field stands under the empty name."""
    named = {name if name != "__all__" else "": said for name, said in errors.items()}
    return JsonResponse({"errors": named}, status=status)


def _for_staff(method: str, permission: str) -> Callable[[View], View]:
    """Let in who may; nobody is led to a login page, since no person looks at the answer."""

    def wrapped(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest) -> JsonResponse:
            user: Any = request.user
            if not user.is_authenticated:
                said = _("You are signed out. Sign in again in another tab, then try once more.")
                return _refused(401, __all__=[said])
            if not user.is_staff or not user.has_perm(permission):
                return _refused(403, __all__=[_("You may not do this.")])
            if request.method != method:
                response = _refused(405, __all__=[_("This is asked for in another way.")])
                response["Allow"] = method
                return response
            return view(request)

        return never_cache(checked)

    return wrapped


@_for_staff("GET", "articles.view_picture")
def listed(request: HttpRequest) -> JsonResponse:
    """One page of the pictures with the words of `q`; `next` is the number of the page after."""
    number = request.GET.get("page", "1")
    if not (number.isascii() and number.isdigit() and len(number) <= DIGITS and int(number)):
        return _refused(404, page=[_("There is no such page.")])
    page = int(number)
    start = (page - 1) * PAGE_SIZE
    words = request.GET.get("q", "")[:WORDS_LENGTH]
    pictures = list(library.found(words)[start : start + PAGE_SIZE + 1])
    more = len(pictures) > PAGE_SIZE
    return JsonResponse(
        {
            "pictures": [library.told(each) for each in pictures[:PAGE_SIZE]],
            "next": page + 1 if more else None,
        }
    )


@_for_staff("POST", "articles.add_picture")
def uploaded(request: HttpRequest) -> JsonResponse:
    """Take a picture into the library (201), or say what is wrong with it (422)."""
    form = PictureForm(request.POST, request.FILES)
    if not form.is_valid():
        return _refused(422, **{name: list(map(str, said)) for name, said in form.errors.items()})
    form.instance.added_by = request.user
    return JsonResponse(library.told(form.save()), status=201)
