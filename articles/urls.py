from django.urls import path

from articles import views

app_name = "articles"

urlpatterns = [
    path("", views.index, name="index"),
    path("articles/<slug:slug>/", views.article, name="article"),
    path("tags/", views.tags, name="tags"),
    path("tags/<slug:slug>/", views.tag, name="tag"),
    path("tickers/<str:symbol>/", views.ticker, name="ticker"),
    path("authors/<slug:slug>/", views.author, name="author"),
]
