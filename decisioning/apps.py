from django.apps import AppConfig


class DecisioningConfig(AppConfig):
    name = "decisioning"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from decisioning.publishing import wiring

        wiring.connect()
