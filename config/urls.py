"""Every address of the site, each from the app that answers it."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from config import health

urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/", include("staff.urls")),
    path("admin/", admin.site.urls),
    path("", include("comments.urls")),
    path("", include("articles.urls")),
]

admin.site.site_header = admin.site.site_title = settings.SITE_NAME

handler400 = "articles.views.bad_request"
handler500 = "articles.errors.server_error"
