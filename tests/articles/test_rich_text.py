"""The rich-text editor on the server: what its page carries, and that no other page does."""

import json
import re

import pytest
from django.contrib.auth.models import Group, User

from articles import html
from articles.models import Article
from tests.articles.editors import ADD, address, opened, save

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

PUBLIC = ("/", "/tags/", "/archive/", "/search/?q=body", "/feed/", "/comment-data/", "/nowhere/")
NONCE = re.compile(r"'nonce-([^']+)'")


@pytest.fixture
def signed_in(client, editor):
    client.force_login(editor)
    return client


def policy(response):
    return response.headers["Content-Security-Policy"]


def nonce_of(response):
    (nonce,) = NONCE.findall(policy(response))
    return nonce


@pytest.mark.parametrize("new", [True, False])
def test_the_form_may_read_its_import_map_and_no_other_inline_script(signed_in, article, new):
    response = signed_in.get(ADD if new else address("change", article))
    page, nonce = response.content.decode(), nonce_of(response)
    (found,) = re.findall(r'<script type="importmap" nonce="([^"]+)">(.*?)</script>', page)
    assert found[0] == nonce
    imports = json.loads(found[1])["imports"]
    assert {"django-prose-editor/editor", "marginalia/editor-text-schema"} <= imports.keys()
    assert all(path.startswith("/static/") for path in imports.values())
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page) == [
        f'<script type="importmap" nonce="{nonce}">'
    ]
    # Browsers read a map before the first module only.
    assert page.index("importmap") < page.index('type="module"')
    assert nonce_of(signed_in.get(ADD)) != nonce


@pytest.mark.parametrize(
    "where", ["/admin/", "/admin/articles/article/", "/admin/articles/tag/add/", *PUBLIC]
)
def test_other_pages_carry_nothing_of_it(signed_in, article, where):
    response = signed_in.get(where)
    page = response.content.decode()
    assert "nonce" not in policy(response)
    for word in ("nonce", "importmap", "editor-text", "prose", "rich-text"):
        assert word not in page


def test_readers_see_the_same_policy_as_ever(client, article):
    said = policy(client.get(article.get_absolute_url())).split("; ")  # in any order
    assert "script-src 'self'" in said


def test_who_may_only_look_gets_no_editor(client, article):
    reader = User.objects.create_user("reader", password="x", is_staff=True)
    view = Group.objects.get(name="Editors").permissions.get(codename="view_article")
    reader.user_permissions.add(view)
    client.force_login(reader)
    response = client.get(address("change", article))
    assert response.status_code == 200
    assert "nonce" not in policy(response)
    assert "rich-text" not in response.content.decode()


def test_the_browser_is_told_the_one_list_of_what_may_be_in_a_body(signed_in, article):
    form = signed_in.get(address("change", article)).context["adminform"].form
    told = json.loads(form.fields["body"].widget.attrs["data-rich-text"])
    assert set(told["tags"]) == html.ALLOWED_TAGS
    assert {tag: set(names) for tag, names in told["attributes"].items()} == html.ALLOWED_ATTRIBUTES
    assert {tag: set(names) for tag, names in told["classes"].items()} == html.ALLOWED_CLASSES
    assert set(told["schemes"]) == html.ALLOWED_SCHEMES


def test_without_a_script_it_is_the_textarea_it_was(signed_in, make_article):
    article = make_article(body="<p>One &amp; two.</p>")
    page = signed_in.get(address("change", article)).content.decode()
    (textarea,) = re.findall(r'<textarea name="body".*?</textarea>', page, re.DOTALL)
    assert "&lt;p&gt;One &amp;amp; two.&lt;/p&gt;" in textarea
    # All else is a template, which browsers do not show.
    assert page.count("<template") == page.count("</template>") == 1
    assert page.index('<div class="rich-text"') > page.index('<template id="rich-text">')


def test_opening_and_saving_changes_nothing(signed_in, make_article):
    article = make_article(body="<p>One\n two.</p>\n\n\n<ul>\n  <li>x</li></ul>")
    before = Article.objects.get(pk=article.pk).body
    data = opened(signed_in, article)
    assert data["body"] == before
    assert save(signed_in, article, data).status_code == 302
    assert Article.objects.get(pk=article.pk).body == before
    assert Article.objects.get(pk=article.pk).updated_at is None


def test_a_body_is_required(signed_in, article):
    response = save(signed_in, article, opened(signed_in, article), body="")
    assert response.context["adminform"].form.errors["body"]
