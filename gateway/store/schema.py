"""The tables, as a list of migrations: a database of version n has had the first n. Add, never edit.

Moments are ISO 8601 in UTC, written so that their order as text is their order in time. Inputs, results and
members are JSON, and hold personal data; no column holds a secret.
"""

from typing import Final

# "AcGr", so that `file` and we can tell our databases from others: https://www.sqlite.org/fileformat.html
APPLICATION_ID: Final = 0x41634772

_LEDGER = (
    # AUTOINCREMENT: the number of an entry that was released is never given to another.
    """
    CREATE TABLE change (
        id              INTEGER PRIMARY KEY AUTOINCREMENT,
        caller_id       TEXT NOT NULL,
        credential      TEXT NOT NULL,
        idempotency_key TEXT,
        input_digest    TEXT NOT NULL,
        operation       TEXT NOT NULL,
        input           TEXT NOT NULL,
        request_id      TEXT NOT NULL,
        instance        TEXT NOT NULL,
        begun_at        TEXT NOT NULL,
        sent_at         TEXT,
        sent_input      TEXT,
        member_before   TEXT,
        settled_at      TEXT,
        outcome         TEXT,
        result          TEXT
    ) STRICT
    """,
    """
    CREATE UNIQUE INDEX change_key ON change (caller_id, credential, idempotency_key)
    WHERE idempotency_key IS NOT NULL
    """,
    "CREATE INDEX change_unsettled ON change (id) WHERE settled_at IS NULL",
    "CREATE INDEX change_settled ON change (settled_at) WHERE settled_at IS NOT NULL",
)

_AUDIT_TRAIL = (
    """
    CREATE TABLE audit (
        id                  INTEGER PRIMARY KEY AUTOINCREMENT,
        at                  TEXT NOT NULL,
        actor               TEXT NOT NULL,
        operation           TEXT NOT NULL,
        platform            TEXT NOT NULL,
        project_upstream_id TEXT NOT NULL,
        person              TEXT NOT NULL,
        member_upstream_id  TEXT,
        before              TEXT,
        after               TEXT,
        outcome             TEXT NOT NULL,
        reason              TEXT,
        idempotency_key     TEXT,
        request_id          TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TRIGGER audit_update BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END
    """,
    """
    CREATE TRIGGER audit_delete BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END
    """,
    # INSERT OR REPLACE deletes without telling the trigger above.
    """
    CREATE TRIGGER audit_replace BEFORE INSERT ON audit
    WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END
    """,
)

_PROJECT_OF_A_CHANGE = (
    "ALTER TABLE change ADD COLUMN project TEXT",
    "CREATE INDEX change_project ON change (project) WHERE settled_at IS NULL",
)

# By holder of upstream accounts (blank: the gateway) and account of a person: the account by which the person
# is named in the graph. A row that is written again gets a new number, so that others see that it is new.
_PERSON_ORIGINS = (
    """
    CREATE TABLE person_origin (
        number             INTEGER PRIMARY KEY AUTOINCREMENT,
        holder             TEXT NOT NULL,
        platform           TEXT NOT NULL,
        upstream_id        TEXT NOT NULL,
        origin_platform    TEXT NOT NULL,
        origin_upstream_id TEXT NOT NULL
    ) STRICT
    """,
    "CREATE UNIQUE INDEX person_origin_account ON person_origin (holder, platform, upstream_id)",
    "CREATE INDEX person_origin_news ON person_origin (holder, number)",
)

# What is sent may be another change than what was asked for.
_OPERATION_THAT_IS_SENT = ("ALTER TABLE change ADD COLUMN sent_operation TEXT",)

_BATCHES = (
    """
    CREATE TABLE batch (
        id              INTEGER PRIMARY KEY AUTOINCREMENT,
        caller_id       TEXT NOT NULL,
        credential      TEXT NOT NULL,
        idempotency_key TEXT NOT NULL,
        digest          TEXT NOT NULL,
        parts           TEXT NOT NULL,
        plan            TEXT,
        atomic          INTEGER NOT NULL,
        is_open         INTEGER NOT NULL,
        request_id      TEXT NOT NULL,
        instance        TEXT NOT NULL,
        begun_at        TEXT NOT NULL,
        results         TEXT,
        settled_at      TEXT
    ) STRICT
    """,
    "CREATE UNIQUE INDEX batch_key ON batch (caller_id, credential, idempotency_key)",
    "CREATE INDEX batch_unsettled ON batch (id) WHERE settled_at IS NULL",
)

_ENDS_OF_ACCESS = (
    """
    CREATE TABLE access_end (
        platform            TEXT NOT NULL,
        project_upstream_id TEXT NOT NULL,
        member_upstream_id  TEXT NOT NULL,
        ends_at             TEXT NOT NULL,
        account             TEXT NOT NULL,
        email               TEXT,
        PRIMARY KEY (platform, project_upstream_id, member_upstream_id)
    ) STRICT, WITHOUT ROWID
    """,
    # Which process does what only one may do at a time.
    "CREATE TABLE lease (name TEXT PRIMARY KEY, holder TEXT NOT NULL) STRICT, WITHOUT ROWID",
)

_PLAN_OF_A_CHANGE = (
    "ALTER TABLE change ADD COLUMN plan_token TEXT",
    "ALTER TABLE audit ADD COLUMN plan_token TEXT",
)

_AUDIT_CHAIN = (
    # See `gateway.store.chain`. Without a digest: from before there was a chain.
    "ALTER TABLE audit ADD COLUMN digest TEXT",
    # One row: the last entry from before the chain (0: there was none), and the digest of them all.
    """
    CREATE TABLE audit_chain (
        id          INTEGER PRIMARY KEY CHECK (id = 1),
        after_entry INTEGER NOT NULL,
        digest      TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TRIGGER audit_chain_update BEFORE UPDATE ON audit_chain
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END
    """,
    """
    CREATE TRIGGER audit_chain_delete BEFORE DELETE ON audit_chain
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END
    """,
    """
    CREATE TRIGGER audit_chain_replace BEFORE INSERT ON audit_chain
    WHEN EXISTS (SELECT 1 FROM audit_chain)
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END
    """,
)

_AUDIT_SEARCH = (
    # In one case and without blanks around it, as addresses are compared.
    "ALTER TABLE audit ADD COLUMN member_email TEXT",
    # Entries that are older than that column have an address only where the caller named somebody by it.
    """
    ALTER TABLE audit ADD COLUMN address TEXT AS
    (coalesce(member_email, CASE WHEN instr(person, '@') THEN lower(trim(person)) END)) VIRTUAL
    """,
    # Each is in the order of pages, too: by moment, then by number.
    "CREATE INDEX audit_at ON audit (at)",
    "CREATE INDEX audit_actor ON audit (actor, at)",
    "CREATE INDEX audit_project ON audit (platform, project_upstream_id, at)",
    "CREATE INDEX audit_address ON audit (address, at)",
    "CREATE INDEX audit_outcome ON audit (outcome, at)",
)

# What a change has to be followed by for the end of the member's access to be as it was before it.
_END_BEFORE_A_CHANGE = ("ALTER TABLE change ADD COLUMN end_back TEXT",)

# An end that the gateway has promised holds whichever account is in its settings by then.
_ENDS_BY_ANY_ACCOUNT = ("ALTER TABLE access_end DROP COLUMN account",)

MIGRATIONS: Final = (
    (*_LEDGER, *_AUDIT_TRAIL),
    _PROJECT_OF_A_CHANGE,
    _PERSON_ORIGINS,
    _OPERATION_THAT_IS_SENT,
    _BATCHES,
    _ENDS_OF_ACCESS,
    (*_PLAN_OF_A_CHANGE, *_AUDIT_CHAIN, *_AUDIT_SEARCH),
    (*_END_BEFORE_A_CHANGE, *_ENDS_BY_ANY_ACCOUNT),
)
