"""What the dashboard asks of the graph: valid, shipped as trusted documents, and within the usual limits."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from graphql import OperationDefinitionNode, OperationType, build_schema, parse, validate

from gateway.graph.cost import static_cost
from gateway.graph.limits import DocumentLimits
from gateway.http.dashboard.page import STATIC, TRUSTED_DOCUMENTS
from gateway.http.document_hash import sha256
from gateway.http.trusted_documents import TrustedDocuments

PROJECT = Path(__file__).parents[2]
SCHEMA = build_schema((PROJECT / "schema.graphql").read_text(encoding="utf-8"))
DOCUMENTS: dict[str, str] = json.loads(TRUSTED_DOCUMENTS.read_text(encoding="utf-8"))
# As the page asks where the limits are the usual ones.
LARGEST = {"first": 200, "memberships": 50}


def operation_of(text: str) -> OperationDefinitionNode:
    [operation] = [one for one in parse(text).definitions if isinstance(one, OperationDefinitionNode)]
    return operation


def name_of(text: str) -> str:
    name = operation_of(text).name
    return "" if name is None else name.value


def test_the_file_is_what_the_page_asks() -> None:
    made = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, PROJECT / "scripts/dashboard-documents"], capture_output=True, check=True, text=True
    )
    assert json.loads(made.stdout) == DOCUMENTS, "run: scripts/dashboard-documents > …/trusted-documents.json"


def test_every_text_of_the_page_is_among_them() -> None:
    exported = re.findall(
        r"^export const \w+ = `query (\w+)", (STATIC / "documents.js").read_text(), re.MULTILINE
    )
    assert sorted(map(name_of, DOCUMENTS.values())) == sorted(exported)


def test_no_other_file_of_the_page_holds_an_operation() -> None:
    others = [path for path in STATIC.glob("*.js") if path.name != "documents.js"]
    assert [path.name for path in others if re.search(r"`\s*(query|mutation|\{)", path.read_text())] == []


def test_a_gateway_takes_the_file() -> None:
    trusted = TrustedDocuments.read(TRUSTED_DOCUMENTS)
    assert [text for text in DOCUMENTS.values() if trusted.text(sha256(text)) != text] == []


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=name_of)
def test_every_document_is_valid_against_the_schema(text: str) -> None:
    assert validate(SCHEMA, parse(text)) == []


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=name_of)
def test_every_document_only_reads(text: str) -> None:
    assert operation_of(text).operation is OperationType.QUERY


@pytest.mark.parametrize("text", DOCUMENTS.values(), ids=name_of)
def test_every_document_costs_less_than_the_usual_limit(text: str) -> None:
    assert static_cost(SCHEMA, parse(text), operation_of(text), LARGEST) <= DocumentLimits().cost
