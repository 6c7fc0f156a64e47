from django.urls import path
from django.views.decorators.http import conditional_page

from comments import desk, feeds, views

app_name = "comments"

urlpatterns = [
    path("articles/<slug:slug>/comments/", views.post, name="post"),
    path("comments/<int:pk>/", views.permalink, name="permalink"),
    path("comments/preview/<str:token>/", views.preview, name="preview"),
    path("comments/feed/", conditional_page(feeds.CommentsFeed()), name="feed"),
    path(
        "articles/<slug:slug>/feed/",
        conditional_page(feeds.ArticleCommentsFeed()),
        name="article_feed",
    ),
    path("comment-data/", views.comment_data, name="data"),
    path("moderation/", desk.tab, name="desk"),
    path("moderation/<slug:name>/", desk.tab, name="desk"),
    path("moderation/<int:pk>/<slug:verb>/", desk.act, name="act"),
]
