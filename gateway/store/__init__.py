"""What outlives the process: the ledger of changes and the audit trail, in an SQLite file.

`sqlite` implements the port of `gateway.access.changing.ledger`, `batches` that of
`gateway.access.batches.batch`, `audit` that of `gateway.access.changing.audit`, `ends` that of
`gateway.access.changing.ending`. `database` opens the file and brings it up to date with `schema`; `instance`
tells whether the process that holds an entry still lives; `chain` makes of the audit trail something that
cannot be changed unseen, and `verification` looks whether it was.
"""
