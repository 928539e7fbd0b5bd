"""The floor that the other tests stand on."""

import socket

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections


@pytest.mark.django_db
def test_tests_run_as_the_applications_role():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        role, database = cursor.fetchone()
    assert role == connection.settings_dict["USER"]
    assert role != connections["owner"].settings_dict["USER"]
    assert database.startswith("test_")


@pytest.mark.django_db(transaction=True)
def test_what_migrations_wrote_is_there_for_a_transactional_test():
    assert ContentType.objects.exists()
    ContentType.objects.create(app_label="nobody", model="nothing")


@pytest.mark.django_db(transaction=True)
def test_what_a_transactional_test_wrote_is_gone_for_the_next():
    assert ContentType.objects.exists()
    assert not ContentType.objects.filter(app_label="nobody").exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM governance_installation")
        assert cursor.fetchone() == (1,)


def test_no_test_reaches_the_network():
    with socket.socket() as client, pytest.raises(Exception, match=r"192\.0\.2\.1"):
        client.connect(("192.0.2.1", 80))
