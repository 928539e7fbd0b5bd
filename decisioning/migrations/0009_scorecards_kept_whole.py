from django.db import migrations, models

# Scorecards read the log of decisions; it grows as fast as the events do.
TAKE_STOCK = """
CREATE OR REPLACE FUNCTION attune_take_stock() RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public AS $$
BEGIN
    ANALYZE decisioning_customer, decisioning_customeridentity, decisioning_event,
        decisioning_customerfeatures, decisioning_assignment, decisioning_outcome,
        decisioning_decision, decisioning_contact, governance_consenthead;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("decisioning", "0008_data_quality_and_saved_mappings"),
    ]

    operations = [
        # What was kept before lacks what is kept now; it is counted anew.
        migrations.RunSQL(
            "DELETE FROM decisioning_scorecardsnapshot", migrations.RunSQL.noop
        ),
        migrations.AddField(
            model_name="scorecardsnapshot",
            name="entered",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="scorecardsnapshot",
            name="facts",
            field=models.JSONField(default=dict),
        ),
        migrations.RunSQL(TAKE_STOCK, migrations.RunSQL.noop),
    ]
