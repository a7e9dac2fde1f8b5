"""The use cases: read the directory of projects and members, and change who is in a project.

Knows platforms only through the port in `gateway.domain.platform`.
"""
