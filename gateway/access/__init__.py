"""The use cases, a folder each; platforms are known only through the port in `gateway.domain.platform`.

    reading         projects and members, each thing read once             reading/directory.py
    people          whose accounts are whose                               people/everybody.py
    changing        one change: sent once, settled, recorded, ended        changing/changes.py
    batches         many changes at once, all or nothing if asked          batches/batches.py
    plans           what would be done, shown before it is                 plans/planning.py
    declarations    who should have what, and how the world differs        declarations/declared.py

Each imports only those above it; plans and declarations do not know each other.
"""
