"""Every address of the site, each from the app that answers it."""

from django.contrib import admin
from django.urls import include, path

from config import health

urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("", include("comments.urls")),
    path("", include("articles.urls")),
]

handler400 = "articles.views.bad_request"
