"""What editors do in the admin, in the words of the tests."""

from typing import Any

from django.test import Client
from django.urls import reverse

from articles.models import Article

ADD = "/admin/articles/article/add/"


def address(page: str, article: Article, *others: Any) -> str:
    return reverse(f"admin:articles_article_{page}", args=[article.pk, *others])


def opened(client: Client, article: Article | None = None) -> dict[str, Any]:
    """Open the form as a browser does; return all that would be sent if nothing was changed."""
    response = client.get(address("change", article) if article else ADD)
    assert response.status_code == 200
    form = response.context["adminform"].form
    data: dict[str, Any] = {"version": form.version, "draft": form.draft}
    for bound in form:
        value = bound.value()
        if bound.name == "published_at":
            shown = bound.field.widget.decompress(value) if value else ("", "")
            data |= {f"published_at_{n}": str(part or "") for n, part in enumerate(shown)}
        elif value is True:
            data[bound.name] = "on"
        elif isinstance(value, list):
            data[bound.name] = [getattr(each, "pk", each) for each in value]
        elif value is not None and value is not False and bound.name != "picture":
            data[bound.name] = value
    for inline in response.context["inline_admin_formsets"]:
        formset = inline.formset
        prefix = formset.prefix
        for field in formset.management_form:
            data[f"{prefix}-{field.name}"] = field.value()
        for row in formset.initial_forms:
            for bound in row:
                data[f"{prefix}-{row.prefix.rpartition('-')[2]}-{bound.name}"] = bound.value() or ""
    return data


def disclose(data: dict[str, Any], *rows: dict[str, Any]) -> dict[str, Any]:
    """Add rows of disclosures to what is sent."""
    start = int(data["disclosures-TOTAL_FORMS"])
    for number, row in enumerate(rows, start=start):
        data |= {f"disclosures-{number}-{name}": value for name, value in row.items()}
    return data | {"disclosures-TOTAL_FORMS": start + len(rows)}


def save(client: Client, article: Article | None, data: dict[str, Any], **changed: Any) -> Any:
    """Send the form; the answer is a redirect where it was saved."""
    where = address("change", article) if article else ADD
    return client.post(where, {**data, **changed})


def edit(client: Client, article: Article, **changed: Any) -> None:
    """Open, change and save, with success."""
    response = save(client, article, opened(client, article), **changed)
    assert response.status_code == 302, response.context["errors"]


def errors(response: Any) -> dict[str, list[str]]:
    """What was refused: the messages of each field, and of none."""
    assert response.status_code == 200
    return {name: list(said) for name, said in response.context["adminform"].form.errors.items()}
