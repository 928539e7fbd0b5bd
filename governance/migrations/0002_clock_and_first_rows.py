from django.db import migrations

CLOCK = """
CREATE FUNCTION attune_now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT clock_timestamp() + COALESCE(
        (SELECT clock_shift FROM governance_installation WHERE id = 1 AND is_demo),
        interval '0'
    )
$$;
INSERT INTO governance_installation (id, is_demo, clock_shift, demo_note)
    VALUES (1, false, interval '0', '');
INSERT INTO governance_servingversion (id, number, changed_at)
    VALUES (1, 1, clock_timestamp());
"""


class Migration(migrations.Migration):
    dependencies = [("governance", "0001_house")]

    operations = [
        migrations.RunSQL(
            CLOCK,
            """
            DELETE FROM governance_servingversion;
            DELETE FROM governance_installation;
            DROP FUNCTION attune_now();
            """,
        )
    ]
