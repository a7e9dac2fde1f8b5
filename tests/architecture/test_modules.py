"""What a module may hold and whom it may know, beyond what the import contracts in pyproject.toml say."""

import ast
from pathlib import Path

import pytest

from tests.architecture.sources import imported_by, is_in, modules, name_of, tree

HTTP_CLIENTS = {"httpx", "httpcore", "aiohttp", "requests", "urllib3", "urllib.request", "http.client"}

# Where a value's type is nobody's to know, and why.
ANY = {
    "gateway/access/reading/catalogue.py": "what was made of a catalogue, of whatever type",
    "gateway/access/people/everybody.py": "what was made of everybody, of whatever type",
    "gateway/access/reading/directory.py": "reads of every type, each typed again by its method",
    "gateway/access/reading/flights.py": "likewise",
    "gateway/access/reading/members.py": "likewise",
    "gateway/access/reading/platform_reads.py": "likewise",
    "gateway/access/reading/request_reads.py": "likewise",
    "gateway/access/reading/snapshots.py": "what was said, of whatever type",
    "gateway/direct_http/port.py": "what an application's work gives, which is its own concern",
    "gateway/graph/field.py": "the annotation is the graph's type and the value the domain's",
    "gateway/platforms/registry.py": "each platform's own settings; `settings_type` says which",
    "gateway/upstream/curl_transport.py": "handles, which the library's stubs do not type",
    "gateway/engine/arguments.py": "what resolvers are given, whose types are their own",
    "gateway/engine/copies.py": "input values, whose types are the schema's",
    "gateway/engine/engine.py": "contexts, of whatever type",
    "gateway/engine/kinds.py": "what Strawberry takes for `is_type_of`",
    "gateway/engine/variables.py": "values that clients sent",
    "gateway/platforms/testomato/protocol.py": "a union that is decoded, which is no type to the checker",
    "gateway/engine/compiler.py": "types of a schema, which are united too widely, and Strawberry's own",
    "gateway/engine/fields.py": "resolvers, likewise",
    "gateway/engine/plan.py": "the code of a plan",
    "gateway/engine/run.py": "answers in the making, and what resolvers give",
    "gateway/engine/values.py": "a function that never returns",
    "gateway/platforms/wire_struct.py": "the decoder of whatever type",
    "gateway/settings/loading.py": "what a TOML file holds before it is checked",
}


def test_the_packages_are_there() -> None:
    assert {"gateway/app.py", "gateway/domain/platform.py"} <= {name_of(module) for module in modules()}


@pytest.mark.parametrize(
    "package", [module for module in modules() if module.name == "__init__.py"], ids=name_of
)
def test_a_packages_own_file_holds_its_docstring_only(package: Path) -> None:
    body = tree(package).body
    assert ast.get_docstring(tree(package))
    assert len(body) == 1


def test_any_type_stands_only_where_there_is_a_reason() -> None:
    users = {
        name_of(module)
        for module in modules()
        for node in ast.walk(tree(module))
        if (isinstance(node, ast.Name) and node.id == "Any")
        or (isinstance(node, ast.Attribute) and node.attr == "Any")
    }
    assert users == set(ANY)


def test_only_the_upstream_package_knows_a_client_for_http() -> None:
    users = {
        name_of(module.parent)
        for module in modules()
        for name in imported_by(module)
        if any(is_in(name, client) for client in HTTP_CLIENTS)
    }
    assert users == {"gateway/upstream"}
