from django.db import migrations

FIRST = """
INSERT INTO decisioning_segmentversion
    (segment_id, revision, digest, rule, effective_at)
SELECT s.id, s.revision, s.digest, s.rule, s.changed_at
FROM decisioning_segment s
WHERE s.retired_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM decisioning_segmentversion v WHERE v.segment_id = s.id
);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("decisioning", "0006_segment_members_and_audiences"),
    ]

    operations = [
        migrations.RunSQL(FIRST, migrations.RunSQL.noop),
    ]
