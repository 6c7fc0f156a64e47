"""Signing in and one's own sign-in; all below /admin/, in front of the admin's own addresses."""

from django.urls import path

from staff import own_pages, sign_in_pages

app_name = "staff"
urlpatterns = [
    path("login/", sign_in_pages.SignIn.as_view(), name="login"),
    path("login/code/", sign_in_pages.code, name="code"),
    path("password_change/", own_pages.ChangePassword.as_view(), name="password"),
    path("sign-in/", own_pages.overview, name="overview"),
    path("sign-in/set-up/", sign_in_pages.set_up, name="set_up"),
    path("sign-in/recovery-codes/", own_pages.recovery_codes, name="recovery_codes"),
    path("sign-in/remove/", own_pages.remove, name="remove"),
    path("sign-in/sessions/<int:pk>/end/", own_pages.end_session, name="end_session"),
    path("sign-in/sessions/end-others/", own_pages.end_others, name="end_others"),
]
