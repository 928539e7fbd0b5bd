from django.apps import AppConfig


class DecisioningConfig(AppConfig):
    name = "decisioning"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from decisioning.customers import registry
        from decisioning.engine import privacy
        from decisioning.fairness import wiring as fairness
        from decisioning.publishing import wiring

        registry.connect()
        privacy.connect()
        fairness.connect()
        wiring.connect()
