from django.db import migrations

# A bulk load outruns autovacuum; the application's role may not analyse by itself.
TAKE_STOCK = """
CREATE FUNCTION attune_take_stock() RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public AS $$
BEGIN
    ANALYZE decisioning_customer, decisioning_customeridentity, decisioning_event,
        decisioning_customerfeatures, decisioning_assignment, decisioning_outcome,
        governance_consenthead;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("decisioning", "0001_house"),
        ("governance", "0002_clock_and_first_rows"),
    ]

    operations = [
        migrations.RunSQL(TAKE_STOCK, "DROP FUNCTION attune_take_stock();"),
    ]
