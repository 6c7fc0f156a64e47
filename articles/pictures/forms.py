"""The form in which a picture comes into the library, in the admin and from within the editor."""

from django import forms

from articles.models import Picture


class PictureForm(forms.ModelForm):
    class Meta:
        model = Picture
        fields = ("file", "alt", "decorative", "caption", "credit")
