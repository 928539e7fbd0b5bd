from django import forms

from console.forming import ConsoleForm

STATES = (
    ("", "Any state"),
    ("running", "Running"),
    ("finished", "Finished"),
    ("stopped", "Stopped"),
    ("draft", "Draft"),
    ("imported", "Imported"),
)


class FilterForm(ConsoleForm):
    q = forms.CharField(
        label="Name, key, source, or words of what was learned",
        max_length=80,
        required=False,
    )
    state = forms.ChoiceField(label="State", choices=STATES, required=False)
    use_case = forms.CharField(
        max_length=60, required=False, widget=forms.HiddenInput()
    )


class StopForm(ConsoleForm):
    reason = forms.CharField(
        label="Why is it stopped before its planned end?",
        help_text="It is kept with the experiment and in the audit trail.",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Say why it is stopped before its planned end, in a sentence."
        },
    )
