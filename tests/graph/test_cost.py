"""What an operation can cost at most."""

import pytest
from graphql import OperationDefinitionNode, parse

from gateway.access.batches.batch import MAX_TARGETS
from gateway.graph.cost import static_cost
from gateway.graph.schema import create_schema
from gateway.settings.loading import load_settings

CORE = create_schema().core


def cost(text: str, **variables: object) -> int:
    document = parse(text)
    [operation, *_] = [
        definition for definition in document.definitions if isinstance(definition, OperationDefinitionNode)
    ]
    return static_cost(CORE, document, operation, variables)


def test_a_leaf_costs_nothing() -> None:
    assert cost("{ __typename }") == 0


def test_a_page_costs_its_size_times_what_is_selected_in_it() -> None:
    one = cost("{ projects(first: 1) { nodes { owner { name } } } }")
    ten = cost("{ projects(first: 10) { nodes { owner { name } } } }")
    overhead = cost("{ projects(first: 1) { totalCount } }")
    assert ten - overhead == 10 * (one - overhead)


def test_a_page_without_a_size_counts_as_fifty() -> None:
    assert cost("{ projects { nodes { name } } }") == cost("{ projects(first: 50) { nodes { name } } }")


def test_a_size_in_a_variable_counts() -> None:
    text = "query($n: Int) { projects(first: $n) { nodes { name } } }"
    assert cost(text, n=7) == cost("{ projects(first: 7) { nodes { name } } }")


def test_a_variable_s_default_counts() -> None:
    text = "query($n: Int = 7) { projects(first: $n) { nodes { name } } }"
    assert cost(text) == cost("{ projects(first: 7) { nodes { name } } }")


def test_pages_within_pages_multiply() -> None:
    outer = cost("{ projects(first: 20) { nodes { members(first: 30) { nodes { name } } } } }")
    assert outer > 20 * 30


def test_edges_cost_about_what_nodes_do() -> None:
    nodes = cost("{ projects(first: 20) { nodes { name } } }")
    edges = cost("{ projects(first: 20) { edges { node { name } } } }")
    assert nodes < edges <= 2 * nodes


def test_each_id_counts() -> None:
    text = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert cost(text, ids=["a"] * 30) == 30 * cost(text, ids=["a"])


def test_a_fragment_costs_the_same_as_what_it_holds() -> None:
    spread = "{ projects(first: 9) { ...P } } fragment P on ProjectConnection { nodes { owner { name } } }"
    assert cost(spread) == cost("{ projects(first: 9) { nodes { owner { name } } } }")


def test_a_page_of_the_trail_costs_its_size_too() -> None:
    one, ten = (cost(f"{{ auditLog(first: {n}) {{ nodes {{ project {{ name }} }} }} }}") for n in (1, 10))
    overhead = cost("{ auditLog(first: 1) { totalCount } }")
    assert (ten - overhead, overhead > 1) == (10 * (one - overhead), True)


def test_a_write_costs_more_than_a_read() -> None:
    write = 'mutation { removeMember(input: {memberId: "x"}) { outcome } }'
    assert cost(write) > cost('{ project(id: "x") { name } }')


@pytest.mark.parametrize("field", ["people(first: 1) { totalCount }", 'person(id: "x") { displayName }'])
def test_everybody_costs_more_than_all_projects_do(field: str) -> None:
    assert cost(f"{{ {field} }}") > cost("{ projects(first: 1) { totalCount } }")


@pytest.mark.parametrize("first", [True, "many", 1.5, None, [1]])
def test_a_size_that_is_none_counts_as_the_default(first: object) -> None:
    text = "query($n: Int) { projects(first: $n) { nodes { name } } }"
    assert cost(text, n=first) == cost("{ projects { nodes { name } } }")


@pytest.mark.parametrize("first", [0, -5, 10**12])
def test_a_size_out_of_bounds_never_makes_the_cost_absurd(first: int) -> None:
    text = "query($n: Int) { projects(first: $n) { nodes { name } } }"
    assert 0 < cost(text, n=first) <= cost("{ projects(first: 200) { nodes { name } } }")


MANY = """mutation($grant: GrantAccessInput!, $revoke: RevokeAccessInput!) {
  grantAccess(input: $grant) { %s }
  revokeAccess(input: $revoke) { %s }
}"""


def test_many_changes_at_once_cost_more_than_one() -> None:
    one = 'mutation { removeMember(input: {memberId: "x"}) { outcome } }'
    assert cost(MANY % ("complete", "complete")) > 10 * cost(one)


def test_what_is_asked_of_each_target_counts_as_often_as_there_can_be_targets() -> None:
    bare, with_project = (
        cost(MANY % (shown, shown)) for shown in ("complete", "results { project { name } }")
    )
    assert with_project - bare == 2 * MAX_TARGETS * 2


def test_the_usual_questions_about_many_targets_are_far_below_the_usual_limit() -> None:
    usual = (
        "complete userErrors { code message } results { projectId outcome userErrors { code message field } "
        "project { name platform } member { name role permissions { action granted } } }"
    )
    assert cost(MANY % (usual, usual)) < load_settings(environment={}, dotenv_file=None).limits.cost / 5
