from django.urls import path

from articles.feeds import feed_view
from comments import desk, feeds, reports, views
from comments.personal import data_page
from comments.writer import mailed_links, manage

app_name = "comments"

urlpatterns = [
    path("articles/<slug:slug>/comments/", views.post, name="post"),
    path("comments/<int:pk>/", views.permalink, name="permalink"),
    path("comments/preview/<str:token>/", views.preview, name="preview"),
    path("comments/<int:pk>/report/", reports.report, name="report"),
    path("comments/manage/<str:token>/", manage.page, name="manage"),
    path("comments/confirm/<str:token>/", mailed_links.confirm, name="confirm"),
    path("comments/unsubscribe/<str:token>/", mailed_links.unsubscribe, name="unsubscribe"),
    path("comments/address/<str:token>/", mailed_links.address, name="address"),
    path("comments/feed/", feed_view(feeds.CommentsFeed()), name="feed"),
    path(
        "articles/<slug:slug>/feed/",
        feed_view(feeds.ArticleCommentsFeed()),
        name="article_feed",
    ),
    path("comment-data/", data_page.comment_data, name="data"),
    path("moderation/", desk.tab, name="desk"),
    path("moderation/<slug:name>/", desk.tab, name="desk"),
    path("moderation/<int:pk>/reveal/", desk.reveal, name="reveal"),
    path("moderation/<int:pk>/<slug:verb>/", desk.act, name="act"),
]
