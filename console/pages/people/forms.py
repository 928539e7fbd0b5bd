from __future__ import annotations

from django import forms

from governance.types import Role

WHAT_THEY_DO = {
    Role.MARKETER: "writes use cases, segments, offers",
    Role.MARKETING_OWNER: "owns them, signs for marketing",
    Role.ANALYST: "tests and measures, signs for data",
    Role.CHANNEL_OWNER: "keeps placements and limits, signs for the channel",
    Role.PRIVACY_REVIEWER: "guards people’s data, signs for privacy",
    Role.EXECUTIVE: "reads scorecards, signs the highest risk",
    Role.SUPPORT: "answers customers, no campaigns",
    Role.AUDITOR: "reads everything that was done, changes nothing",
    Role.ADMIN: "adds people and keys, never signs",
}


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(
        label="What may this person do?",
        help_text="Roles add up. Nobody signs what they wrote, whatever the roles.",
        choices=[
            (role.value, f"{role.label}: {what}") for role, what in WHAT_THEY_DO.items()
        ],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def chosen(self) -> set[Role]:
        return {Role(value) for value in self.cleaned_data["roles"]}


class PersonForm(RolesForm):
    display_name = forms.CharField(label="Full name", max_length=80)
    username = forms.CharField(
        label="User name",
        help_text="For signing in. Letters and digits, and any of . _ - between.",
        max_length=60,
    )
    email = forms.EmailField(label="E-mail address")
    password = forms.CharField(
        label="First password",
        help_text="At least 12 characters. Hand it over in person, to be changed.",
        widget=forms.PasswordInput(
            render_value=True, attrs={"autocomplete": "new-password"}
        ),
        strip=False,
    )
    field_order = ("display_name", "username", "email", "password", "roles")

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"].strip()
        if not all(sign.isalnum() or sign in "._-" for sign in name) or name == "new":
            raise forms.ValidationError(
                "Use letters and digits, and any of . _ - between; “new” is taken."
            )
        return name
