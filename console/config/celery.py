import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.config.settings")

app = Celery("attune")
app.conf.update(
    accept_content=["json"],
    task_serializer="json",
    result_serializer="json",
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    task_soft_time_limit=55 * 60,
    task_time_limit=60 * 60,
    broker_connection_timeout=4,
    broker_transport_options={"visibility_timeout": 2 * 60 * 60},
    task_publish_retry_policy={
        "max_retries": 2,
        "interval_start": 0.1,
        "interval_step": 0.2,
        "interval_max": 0.5,
    },
    task_track_started=True,
    task_ignore_result=True,
    timezone="UTC",
    enable_utc=True,
)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)
app.autodiscover_tasks()


@setup_logging.connect
def use_django_logging(**_: Any) -> None:
    """The worker logs through the LOGGING setting, as the web process does."""
    import logging.config

    from django.conf import settings

    if settings.LOGGING:
        logging.config.dictConfig(settings.LOGGING)
