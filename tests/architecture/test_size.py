"""Nothing is larger than a reader takes in at once."""

import ast

from tests.architecture.sources import files, modules, name_of, tree

LONGEST_FILE = 300
LONGEST_FUNCTION = 45
WRITTEN_BY_HAND = {".py", ".js", ".jsx", ".css", ".html", ".graphql"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def lines_of(function: Function) -> int:
    """How long a function is, its docstring not counted: explaining more must cost nothing."""
    last = function.end_lineno or function.lineno
    first = function.body[0]
    docstring = 0
    if ast.get_docstring(function) is not None:
        docstring = (first.end_lineno or first.lineno) - first.lineno + 1
    return last - function.lineno + 1 - docstring


def test_no_file_is_longer_than_300_lines() -> None:
    # The exported schema is one file by its nature.
    written = [file for file in files() if file.suffix in WRITTEN_BY_HAND and file.name != "schema.graphql"]
    lengths = {name_of(file): len(file.read_text(encoding="utf-8").splitlines()) for file in written}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_longer_than_45_lines() -> None:
    lengths = {
        f"{name_of(module)}:{node.lineno} {node.name}": lines_of(node)
        for module in modules()
        for node in ast.walk(tree(module))
        if isinstance(node, Function)
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_a_docstring_does_not_count() -> None:
    [function] = ast.parse('def f():\n    """One.\n\n    Two.\n    """\n    return 1\n').body
    assert isinstance(function, ast.FunctionDef)
    assert lines_of(function) == 2
