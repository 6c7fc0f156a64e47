from django.urls import path, register_converter
from django.urls.converters import IntConverter

from articles.feeds import feed_view
from comments import (
    akismet_page,
    article_controls,
    ban_pages,
    feeds,
    mailed_decisions,
    preferences,
    receipt,
    reports,
    statistics_page,
    views,
)
from comments.desk import bulk, writing
from comments.desk import views as desk
from comments.errata import views as errata
from comments.personal import data_page
from comments.writer import mailed_links, manage

app_name = "comments"


class RowConverter(IntConverter):
    """The number of a row; none that no database takes."""

    regex = "[0-9]{1,18}"


register_converter(RowConverter, "row")

urlpatterns = [
    path("articles/<slug:slug>/comments/", views.post, name="post"),
    path("articles/<slug:slug>/error/", errata.report, name="error"),
    path("comments/<row:pk>/", views.permalink, name="permalink"),
    path("comments/preview/<str:token>/", views.preview, name="preview"),
    path("comments/<row:pk>/report/", reports.report, name="report"),
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
    path("moderation/bans/", ban_pages.ban_list, name="bans"),
    path("moderation/bans/<row:pk>/end/", ban_pages.end_ban, name="end_ban"),
    path(
        "moderation/articles/<row:pk>/",
        article_controls.article_controls,
        name="article_controls",
    ),
    path("moderation/<row:pk>/receipt/", receipt.receipt, name="receipt"),
    path("moderation/preferences/", preferences.preferences, name="preferences"),
    path("moderation/mailed/<str:token>/", mailed_decisions.mailed, name="mailed"),
    path("moderation/no-mail/<str:token>/", preferences.digest_off, name="digest_off"),
    path("moderation/stats/", statistics_page.page, name="statistics"),
    path("moderation/stats/csv/", statistics_page.as_csv, name="statistics_csv"),
    path("moderation/akismet/", akismet_page.akismet, name="akismet"),
    path("moderation/akismet/self-test/", akismet_page.self_test, name="self_test"),
    path("moderation/akismet/recheck/", akismet_page.check_again, name="recheck"),
    path("moderation/akismet/recheck/stop/", akismet_page.stop, name="recheck_stop"),
    path("moderation/", desk.tab, name="desk"),
    path("moderation/find/", desk.find, name="desk_find"),
    path("moderation/bulk/<slug:verb>/", bulk.decide, name="bulk"),
    path("moderation/delete/", bulk.delete, name="delete_ticked"),
    path("moderation/empty/<slug:name>/", bulk.empty, name="empty"),
    path("moderation/<slug:name>/", desk.tab, name="desk"),
    path("moderation/<row:pk>/reveal/", desk.reveal, name="reveal"),
    path("moderation/<row:pk>/undo/", desk.undo, name="undo"),
    path("moderation/<row:pk>/delete/", bulk.delete, name="delete"),
    path("moderation/<row:pk>/edit/", writing.edit, name="desk_edit"),
    path("moderation/<row:pk>/reply/", writing.reply, name="desk_reply"),
    path("moderation/<row:pk>/<slug:verb>/", desk.act, name="act"),
]
