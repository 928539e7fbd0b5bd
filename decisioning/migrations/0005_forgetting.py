from django.db import migrations

# The application's role may not change the log of decisions or the ledger of consent.
# An erasure and the end of retention are the two things that may, and only these
# functions do them: for people who are no longer known, and after fixed times by the
# database's own clock.
SHIELDS = """
    SELECT array_agg(tgname::text) INTO shields FROM pg_trigger
    WHERE tgrelid IN ('decisioning_decision'::regclass,
        'governance_consentevent'::regclass)
    AND tgname LIKE 'pgtrigger_append_only%';
    PERFORM set_config('pgtrigger.ignore', shields::text, true);
"""
RESTORE = "PERFORM set_config('pgtrigger.ignore', '{}', true);"

FORGET = f"""
CREATE FUNCTION attune_forget(people bigint[], stand_ins bigint[], proof bigint)
RETURNS TABLE (n_decisions bigint, n_consents bigint) LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE shields text[];
BEGIN
    IF NOT EXISTS (SELECT 1 FROM governance_erasurerecord WHERE proof_id = proof) THEN
        RAISE EXCEPTION 'rights.no_tombstone: an erasure is recorded first';
    END IF;
    IF EXISTS (SELECT 1 FROM decisioning_customer WHERE id = ANY(people)) THEN
        RAISE EXCEPTION 'rights.still_known: only people who are gone are forgotten';
    END IF;
    {SHIELDS}
    UPDATE decisioning_decision d SET customer_id = q.stand_in, content = '{{}}',
        why = '', candidates = '[]', inputs = '{{}}', request = '{{}}'
    FROM unnest(people, stand_ins) AS q(person, stand_in)
    WHERE d.customer_id = q.person;
    GET DIAGNOSTICS n_decisions = ROW_COUNT;
    UPDATE governance_consentevent SET person_id = proof,
        source = split_part(source, ':', 1),
        evidence = (SELECT COALESCE(jsonb_object_agg(key, value), '{{}}')
            FROM jsonb_each(evidence) WHERE key = ANY(ARRAY['mechanism', 'covers_below',
                'evidence_incomplete', 'missing', 'collectedAt', 'validUntil',
                'seen_gpc', 'status', 'why', 'per_week']))
    WHERE person_id = ANY(people);
    GET DIAGNOSTICS n_consents = ROW_COUNT;
    {RESTORE}
    RETURN NEXT;
END
$$;
"""  # noqa: S608

EXPIRE = f"""
CREATE FUNCTION attune_expire_decisions(
    use_case text, inputs_days int, row_days int, most int
) RETURNS TABLE (n_emptied bigint, n_deleted bigint) LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE shields text[];
BEGIN
    {SHIELDS}
    WITH due AS (
        SELECT d.id FROM decisioning_decision d
        WHERE d.use_case_key = use_case
        AND d.decided_at < attune_now() - GREATEST(row_days, 180) * interval '1 day'
        AND NOT EXISTS (SELECT 1 FROM decisioning_customer c
            WHERE c.id = d.customer_id AND c.basis = 'public_research')
        LIMIT most
    ) DELETE FROM decisioning_decision d USING due WHERE d.id = due.id;
    GET DIAGNOSTICS n_deleted = ROW_COUNT;
    WITH due AS (
        SELECT d.id FROM decisioning_decision d
        WHERE d.use_case_key = use_case
        AND d.decided_at < attune_now() - GREATEST(inputs_days, 30) * interval '1 day'
        AND (d.inputs <> '{{}}' OR d.request <> '{{}}'
            OR d.candidates NOT IN ('[]', '{{}}'))
        AND NOT EXISTS (SELECT 1 FROM decisioning_customer c
            WHERE c.id = d.customer_id AND c.basis = 'public_research')
        LIMIT most
    ) UPDATE decisioning_decision d
        SET inputs = '{{}}', request = '{{}}', candidates = '[]'
        FROM due WHERE d.id = due.id;
    GET DIAGNOSTICS n_emptied = ROW_COUNT;
    {RESTORE}
    RETURN NEXT;
END
$$;
"""  # noqa: S608


class Migration(migrations.Migration):
    dependencies = [
        ("decisioning", "0004_rights_and_shared_devices"),
        ("governance", "0004_rights_and_shared_devices"),
    ]

    operations = [
        migrations.RunSQL(
            FORGET, "DROP FUNCTION attune_forget(bigint[], bigint[], bigint);"
        ),
        migrations.RunSQL(
            EXPIRE, "DROP FUNCTION attune_expire_decisions(text, int, int, int);"
        ),
    ]
