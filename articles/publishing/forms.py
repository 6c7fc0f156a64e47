"""What the admin's forms check besides their fields."""

from typing import Any

from django import forms

from articles.publishing import redirects


class FreeAddress(forms.ModelForm):
    """A form of something with an address: one that leads elsewhere is refused beside its field."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        values = {"slug": cleaned.get("slug"), "symbol": (cleaned.get("symbol") or "").upper()}
        taken = redirects.taken(self._meta.model, self.instance.pk, values)
        for field, said in taken.items():
            self.add_error(field, said)
        return cleaned
