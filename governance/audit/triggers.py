"""The triggers that hash each row of an append-only table as it is written.

They are put in place after every migrate, so that a table which becomes append-only
is sealed without anybody remembering it. They run as the owner of the tables: the
application's role can neither write hashes nor take them away.
"""

from __future__ import annotations

from typing import Any

from psycopg import sql

from governance.audit import shapes

NAME = "attune_seal"
# Text of times depends on the session; a row's hash must not.
HEAD = """CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp SET timezone = 'UTC' AS $$"""
KEEP = """INSERT INTO governance_unsealed (table_name, row_id, leaf, written_at)
    VALUES ('{table}', {row}.{key}::text, {leaf}, attune_now());"""


def install(connection: Any) -> None:
    """Idempotent; rows that are there already are sealed as they stand now."""
    with connection.cursor() as cursor:
        if not _is_ready(cursor):
            return
        for table in shapes.sealed_tables():
            name = f"{NAME}_{table.partition('_')[2]}"
            cursor.execute(_function(name, table))
            if not _has_trigger(cursor, table):
                cursor.execute(_trigger(name, table))
                _enqueue(cursor, table)


def _is_ready(cursor: Any) -> bool:
    """Whether the tables that hold the hashes are there, in a migration half way."""
    cursor.execute(
        "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public'"
        " AND (table_name = 'governance_unsealed' AND column_name = 'leaf'"
        " OR table_name = ANY(%s) AND column_name = %s)",
        [list(shapes.PERSONAL), shapes.DIGEST],
    )
    return bool(cursor.fetchone()[0] == 1 + len(shapes.PERSONAL))


def _has_trigger(cursor: Any, table: str) -> bool:
    cursor.execute(
        "SELECT EXISTS (SELECT 1 FROM pg_trigger WHERE tgname = %s"
        " AND tgrelid = to_regclass(%s))",
        [NAME, table],
    )
    return bool(cursor.fetchone()[0])


def _function(name: str, table: str) -> str:
    head = HEAD.format(name=name)
    if table in shapes.PERSONAL:
        return f"{head}\n{_personal_body(table)}\n$$"
    keep = _keep(table, "NEW")
    return f"{head}\nBEGIN\n    {keep}\n    RETURN NULL;\nEND\n$$"


def _personal_body(table: str) -> str:
    """Salt, the digest of what may go, and the hash of what stays."""
    personal = shapes.PERSONAL[table]
    blanks = "".join(
        f"    bare.{name} := '{value}';\n" for name, value in personal.blanks.items()
    )
    return (
        f"DECLARE bare {table};\nBEGIN\n"
        f"    NEW.{shapes.SALT} := uuid_send(gen_random_uuid());\n"
        f"    NEW.{shapes.DIGEST} := {personal.digest('NEW')};\n"
        f"    bare := NEW;\n{blanks}"
        f"    {_keep(table, 'bare')}\n    RETURN NEW;\nEND"
    )


def _keep(table: str, row: str) -> str:
    key, leaf = shapes.key_of(table), shapes.leaf(table, row)
    return KEEP.format(table=table, row=row, key=key, leaf=leaf)


def _trigger(name: str, table: str) -> sql.Composed:
    when = "BEFORE" if table in shapes.PERSONAL else "AFTER"
    return sql.SQL(
        "CREATE TRIGGER {} {} INSERT ON {} FOR EACH ROW EXECUTE FUNCTION {}()"
    ).format(
        sql.Identifier(NAME),
        sql.SQL(when),
        sql.Identifier(table),
        sql.Identifier(name),
    )


def _enqueue(cursor: Any, table: str) -> None:
    """Those that no seal and no earlier trigger knows."""
    key = f"t.{shapes.key_of(table)}::text"
    known = shapes.MOMENTS.get(table)
    moment = f"t.{known[0]}" if known else "attune_now()"
    cursor.execute("SET timezone = 'UTC'")
    cursor.execute(
        "INSERT INTO governance_unsealed (table_name, row_id, leaf, written_at)"  # noqa: S608
        f" SELECT '{table}', {key}, {shapes.leaf(table, 't')}, {moment}"
        f" FROM {table} t WHERE NOT EXISTS (SELECT 1 FROM governance_seal s"
        f"   WHERE s.table_name = '{table}' AND s.row_ids @> ARRAY[{key}]::varchar[])"
        f" AND NOT EXISTS (SELECT 1 FROM governance_unsealed u"
        f"   WHERE u.table_name = '{table}' AND u.row_id = {key})"
    )
