"""The command that walks the chain, on a whole chain and on a tampered one."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from governance.audit.models import AuditEntry
from governance.installation.queries import now as database_now
from tests.governance.conftest import build_house


@pytest.mark.django_db(transaction=True)
def test_a_tampered_entry_is_named_and_ends_with_one(owner_connection):
    build_house(database_now())
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert f"{AuditEntry.objects.count():,} audit entries" in out.getvalue()

    owner_connection.execute("ALTER TABLE governance_auditentry DISABLE TRIGGER USER")
    owner_connection.execute(
        'UPDATE governance_auditentry SET details = \'{"roles": ["admin"]}\''
        " WHERE seq = 5"
    )
    owner_connection.execute("ALTER TABLE governance_auditentry ENABLE TRIGGER USER")
    owner_connection.commit()
    with pytest.raises(
        CommandError, match=r"audit entry 5 \(audit.altered\)"
    ) as broken:
        call_command("verify_audit", stdout=out)
    assert broken.value.returncode == 1
