"""What graphql-core's own tests of its executor ask, asked of the small schema.

After `tests/execution/` of https://github.com/graphql-python/graphql-core: `test_executor`, `test_nonnull`,
`test_lists`, `test_union_interface`, `test_abstract`, `test_resolve`, `test_sync` and `test_parallel`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.engine.execution import Way
from tests.engine.small_values import Cat, Dog, Figure, Leaves, ManyError, Thing, World
from tests.engine.small_words import Odd

PLAN, REFERENCE = Way.PLAN, Way.REFERENCE


@dataclass(frozen=True, kw_only=True)
class Case:
    """One operation, and the way that it must go.

    Attributes:
        operation: which one, where the document holds several.
        world: makes what there is.
    """

    name: str
    document: str
    way: Way = PLAN
    variables: dict[str, object] = field(default_factory=dict)
    operation: str | None = None
    world: Callable[[], World] = World

    def __str__(self) -> str:
        # pytest escapes backslashes anew each time that it collects, as mutmut has it do.
        return self.name.replace("\\", "/")


def planned(name: str, document: str, world: Callable[[], World] = World, **more: object) -> Case:
    """Goes by a plan."""
    return Case(name=name, document=document, world=world, **more)  # type: ignore[arg-type]


def referred(name: str, document: str, world: Callable[[], World] = World, **more: object) -> Case:
    """Goes by the reference."""
    return Case(name=name, document=document, way=REFERENCE, world=world, **more)  # type: ignore[arg-type]


_LEAVES = "whole broken text truth key moment anything words colour size taste"

EXECUTOR = [
    planned("every leaf", f"{{ leaves {{ {_LEAVES} }} fullLeaves {{ {_LEAVES} }} }}"),
    planned("null leaves", f"{{ leaves {{ {_LEAVES} }} }}", lambda: World(leaves=empty_leaves())),
    referred("nulls where none may be", "{ fullLeaves { text } }", lambda: World(leaves=empty_leaves())),
    planned("an alias", "{ first: one second: one }"),
    planned("the order of the answer is the document's", "{ c: one a: one thing { number name } b: one }"),
    planned("the order of the answer, things that come late", '{ a: awaited(name: "x") { name } b: one }'),
    planned("fields of one name become one", "{ thing { name } thing { number } }"),
    planned(
        "fields of one name become one, deeply",
        "{ thing { best { name } ...F } } fragment F on Thing "
        "{ best { number } parts { name } parts { number } }",
    ),
    planned("a fragment spread twice", "{ thing { ...F ...F } } fragment F on Thing { name }"),
    planned(
        "fragments within fragments",
        "{ ...Q } fragment Q on Query { one thing { ...T } } "
        "fragment T on Thing { name parts { ...P } } fragment P on Thing { number }",
    ),
    planned("an inline fragment without a type", "{ ... { one } thing { ... { name } } }"),
    planned("the names of types", "{ __typename thing { __typename t: __typename parts { __typename } } }"),
    planned("the operation that is named", "query A { one } query B { thing { name } }", operation="B"),
    referred(
        "the operation that is named, by the reference",
        "query A { one } query B { secret one }",
        operation="B",
    ),
    planned(
        "itself and its parent", "{ thing { itself { itself { name told later { name later { told }}}}}}"
    ),
    planned("functions of the value alone", '{ thing { title t: title(before: "a ") double { title }}}'),
    planned("a null object", "{ thing { best { name best { name } } } }"),
    planned("nothing there", "{ thing { name } }", lambda: World(things=())),
    planned("an operation without a name that is told its name", "{ questions { operation } }"),
    planned("an operation that is told its name", "query Named { questions { operation name } }"),
    planned(
        "what is selected",
        "{ questions { selected { names a: names ... { again { names } } ...F } } } "
        "fragment F on Selected { names @include(if: true) }",
    ),
    planned(
        "what is selected in a fragment that is spread twice",
        "{ questions { ...F ...F } } fragment F on Questions { selected { names } }",
    ),
    referred("where it stands", "{ questions { path } }"),
    referred("an attribute is missing", "{ thing { name } }", lambda: World(things=(object(),))),
    referred("introspection of the schema", "{ __schema { queryType { name } } }"),
    referred(
        "introspection within a fragment", '{ ...F } fragment F on Query { one __type(name: "Cat") { name } }'
    ),
    referred("a mutation", "mutation { a: write b: write }"),
    referred("a permission", "{ secret }"),
    referred("a permission that refuses", "{ secret one }", lambda: World(name="elsewhere")),
    referred("an extension", "{ loud }"),
]


def _both(field_: str, way: Way, hows: tuple[Odd, ...], selection: str = "") -> list[Case]:
    return [
        Case(
            name=f"{field_} {how.name}",
            document=f"{{ odd {{ {field_}(how: {how.name}) {selection} }} one }}",
            way=way,
        )
        for how in hows
    ]


_LATE = (Odd.GIVES_COROUTINE, Odd.GIVES_FUTURE, Odd.GIVES_AWAITABLE)
_GOOD = (Odd.GIVES, *_LATE)
_NULL = (Odd.GIVES_NULL, Odd.GIVES_LATE_NULL)
_BAD = (Odd.GIVES_ERROR, Odd.GIVES_LATE_ERROR, Odd.RAISES, Odd.RAISES_LATE)
_ELSE = (Odd.GIVES_SOMETHING_ELSE,)
_AWAITED_TWICE = (Odd.GIVES, Odd.GIVES_NULL, Odd.GIVES_ERROR, Odd.RAISES, Odd.GIVES_COROUTINE)

NONNULL = [
    *_both("text", PLAN, (*_GOOD, *_NULL)),
    *_both("text", REFERENCE, (*_BAD, *_ELSE)),
    *_both("fullText", PLAN, _GOOD),
    *_both("fullText", REFERENCE, (*_NULL, *_BAD, *_ELSE)),
    *_both("words", PLAN, (*_GOOD, *_NULL, *_ELSE)),
    *_both("words", REFERENCE, _BAD),
    *_both("number", PLAN, (*_GOOD, *_NULL)),
    *_both("number", REFERENCE, (*_BAD, *_ELSE)),
    *_both("thing", PLAN, (*_GOOD, *_NULL), "{ name }"),
    *_both("thing", REFERENCE, (*_BAD, *_ELSE), "{ name number colour }"),
    *_both("fullThing", PLAN, _GOOD, "{ name told }"),
    *_both("fullThing", REFERENCE, (*_NULL, *_BAD), "{ name told }"),
    *_both("animal", PLAN, (*_GOOD, *_NULL), "{ name ... on Cat { lives } }"),
    *_both("animal", REFERENCE, (*_BAD, *_ELSE), "{ name }"),
    *_both("either", PLAN, _GOOD, "{ __typename ... on Dog { name barks } }"),
    *_both("either", REFERENCE, (*_NULL, *_BAD, *_ELSE), "{ __typename ... on Dog { barks } }"),
    *_both("things", PLAN, (*_GOOD, *_NULL), "{ name later { name } }"),
    *_both("things", REFERENCE, (*_BAD, *_ELSE), "{ name later { name } }"),
    # An error is an object too, and may have what is asked of it.
    *_both("thing", REFERENCE, _BAD, "{ __typename }"),
    *_both("thing", REFERENCE, _BAD, "{ name number }"),
    *_both("fullThing", REFERENCE, _BAD, "{ __typename }"),
    referred(
        "null in deep",
        "{ odd { more(how: GIVES) { fullMore(how: GIVES_COROUTINE) "
        "{ fullText(how: GIVES_LATE_NULL) text(how: GIVES) } } } one }",
    ),
    referred(
        "null up to the root",
        "{ odd { fullMore(how: GIVES) { fullMore(how: RAISES) { text(how: GIVES) } } } one }",
    ),
    referred(
        "an error beside what comes late",
        "{ odd { more(how: GIVES) { fullText(how: RAISES) } "
        "thing(how: GIVES_FUTURE) { later { later { name } } } } }",
    ),
    referred(
        "one error of several",
        "{ odd { a: text(how: RAISES) b: text(how: RAISES_LATE) "
        "c: text(how: GIVES) d: number(how: GIVES_SOMETHING_ELSE) } }",
    ),
]

_KINDS = ("LIST", "TUPLE", "SET", "KEYS", "GENERATOR")
_NO_LISTS = ("ASYNCHRONOUS", "DICT", "TEXT", "NUMBER")


def _listed(field_: str, way: Way, kinds: tuple[str, ...], selection: str = "") -> list[Case]:
    return [
        Case(
            name=f"{field_} {kind}", document=f"{{ lists {{ {field_}(kind: {kind}) {selection} }} }}", way=way
        )
        for kind in kinds
    ]


LISTS = [
    *_listed("numbers", PLAN, _KINDS),
    *_listed("numbers", REFERENCE, (*_NO_LISTS, "COROUTINES")),
    *_listed("fullNumbers", PLAN, _KINDS),
    *_listed("fullNumbers", REFERENCE, (*_NO_LISTS, "COROUTINES")),
    *_listed("tables", PLAN, _KINDS),
    *_listed("tables", REFERENCE, (*_NO_LISTS, "COROUTINES")),
    *_listed("things", PLAN, _KINDS, "{ name parts { number } later { name } }"),
    *_listed("things", REFERENCE, _NO_LISTS, "{ name }"),
    *_listed("things", REFERENCE, ("COROUTINES",), "{ __typename }"),
    *_listed("things", REFERENCE, ("COROUTINES",), "{ told }"),
    *_listed("thingsLater", PLAN, _KINDS, "{ name title told }"),
    *_listed("thingsLater", REFERENCE, (*_NO_LISTS, "COROUTINES"), "{ number }"),
    *_listed("animals", PLAN, ("LIST", "TUPLE", "GENERATOR"), "{ name friend { name friend { name } } }"),
    *_listed("animals", REFERENCE, ("TEXT", "ASYNCHRONOUS", "COROUTINES"), "{ name }"),
    referred("a null in a list that holds none", "{ lists { holedNumbers } one }"),
    planned("nulls in a list", "{ lists { odds(how: [GIVES, GIVES_NULL]) { name } } }"),
    referred("an error in a list", "{ lists { odds(how: [GIVES, GIVES_ERROR, GIVES]) { name } } }"),
    referred(
        "an error in a list, asked for its type", "{ lists { odds(how: [GIVES_ERROR]) { __typename } } }"
    ),
    referred(
        "coroutines in a list", "{ lists { odds(how: [GIVES_COROUTINE, RAISES_LATE]) { __typename } } }"
    ),
    referred(
        "an error that can be gone through, for a list",
        "{ thing { parts { name } } }",
        lambda: World(things=[Thing(parts=ManyError())]),
    ),
    referred("coroutines in a list of numbers", "{ lists { fullOdds(how: [GIVES, GIVES_LATE_NULL]) } }"),
    referred("an exception among numbers", "{ lists { fullOdds(how: [GIVES, GIVES_ERROR]) } }"),
    planned(
        "empty lists", "{ lists { things { name } } animals { name } }", lambda: World(things=[], animals=[])
    ),
]

_FRIENDS = "{ name friend { name ... on Cat { lives friend { __typename } } ... on Dog { barks } } }"

ABSTRACT = [
    planned("an interface's own fields", "{ animals { name __typename } }"),
    planned("fields of the types that implement it", f"{{ animals {_FRIENDS} }}"),
    planned(
        "fragments on interfaces within unions", "{ either { ... on Animal { name } ... on Cat { lives } } }"
    ),
    planned(
        "fragments that never fit", "{ animals { ... on Cat { ... on Animal { ... on Cat { lives } } } } }"
    ),
    planned(
        "nothing of what is there", "{ either { ... on Cat { lives } } }", lambda: World(animals=[Dog()])
    ),
    planned(
        "different fields of one name", "{ animals { ... on Cat { it: lives } ... on Dog { it: age } } }"
    ),
    planned(
        "a type that says itself what it is",
        "{ shapes { area __typename ... on Circle { kind } ... on Square { side } } }",
    ),
    planned("null in a union", "{ either { __typename } }", lambda: World(animals=[None, Cat()])),
    referred("null in an interface", "{ animals { name } }", lambda: World(animals=[None])),
    referred("a value of no type", "{ animals { name } }", lambda: World(animals=[Thing()])),
    referred("a value of no type in a union", "{ either { __typename } }", lambda: World(animals=[Thing()])),
    *(
        referred(
            f"a type that is {kind!r}",
            "{ shapes { area } one }",
            lambda kind=kind: World(figures=[Figure(kind=kind)]),
        )
        for kind in ("Unshaped", "Nowhere", "Shape", None, 5, "Query", "late", "awaited", "slow", "doubtful")
    ),
    referred(
        "an error for a value",
        "{ shapes { area } animals { name } }",
        lambda: World(figures=[ValueError("x")]),
    ),
]


def empty_leaves() -> Leaves:
    """Nothing but nulls."""
    return Leaves(**dict.fromkeys(_LEAVES.split()))


ALL = [*EXECUTOR, *NONNULL, *LISTS, *ABSTRACT]
