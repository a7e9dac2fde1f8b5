"""Directives, variables and arguments, after `test_directives` and `test_variables` of graphql-core."""

from tests.engine.execution_cases import Case, planned, referred


def _decided(directives: str, **variables: object) -> list[Case]:
    """The directives on a field, on a fragment's spread and on an inline fragment."""
    defined = ", ".join(f"${name}: Boolean!" for name in variables)
    head = f"query ({defined})" if variables else ""
    places = {
        "a field": f"{head} {{ one thing {directives} {{ name }} }}",
        "a spread": f"{head} {{ one ...F {directives} }} fragment F on Query {{ thing {{ name }} }}",
        "an inline fragment": f"{head} {{ one ... {directives} {{ thing {{ name }} }} }}",
        "a field within": f"{head} {{ thing {{ number name {directives} }} }}",
    }
    return [
        planned(f"{place} {directives} {variables}", document, variables=variables)
        for place, document in places.items()
    ]


DIRECTIVES = [
    *_decided("@skip(if: true)"),
    *_decided("@skip(if: false)"),
    *_decided("@include(if: true)"),
    *_decided("@include(if: false)"),
    *(
        case
        for skipped in (True, False)
        for included in (True, False)
        for case in (
            *_decided(f"@skip(if: {skipped}) @include(if: {included})".lower()),
            *_decided("@include(if: $i) @skip(if: $s)", s=skipped, i=included),
        )
    ),
    *_decided("@skip(if: $s)", s=True),
    *_decided("@skip(if: $s)", s=False),
    *_decided("@include(if: $i)", i=True),
    *_decided("@include(if: $i)", i=False),
    planned("nothing is left", "{ thing { name @skip(if: true) } ... @include(if: false) { one } }"),
    planned("asked twice, skipped once", "{ thing { name @skip(if: true) name number } }"),
    planned(
        "a spread that is skipped and one that is not",
        "{ thing { ...F @skip(if: true) ...F } } fragment F on Thing { name }",
    ),
    planned("a default decides", "query ($s: Boolean = true) { one thing @skip(if: $s) { name } }"),
    planned(
        "a default that is overruled",
        "query ($s: Boolean = true) { one thing @skip(if: $s) { name } }",
        variables={"s": False},
    ),
    referred(
        "null decides",
        "query ($s: Boolean = true) { one thing @skip(if: $s) { name } }",
        variables={"s": None},
    ),
    referred("nothing decides", "query ($s: Boolean!) { one thing @skip(if: $s) { name } }"),
    referred(
        "something else decides",
        "query ($s: Boolean!) { one thing @skip(if: $s) { name } }",
        variables={"s": "true"},
    ),
    planned(
        "another operation's fragment has a condition",
        "query A ($s: Boolean!) { ...F } query B { one } fragment F on Query { one @skip(if: $s) }",
        operation="B",
    ),
    planned(
        "another operation's variable decides",
        "query A ($s: Boolean!) { one @skip(if: $s) } query B { one }",
        operation="B",
    ),
]

_OUTER = "query ($v: Outer!) { arguments { outer(given: $v) } }"
_OUTER_LATER = "query ($v: Outer) { arguments { outerLater(given: $v) } }"
_CHOICE = "query ($v: Choice!) { arguments { choice(of: $v) } }"


def _given(head: str, field_: str, *values: object) -> list[Case]:
    document = f"query ($v: {head}) {{ arguments {{ {field_} }} }}"
    return [
        planned(f"{field_} with {value!r} for {head}", document, variables={"v": value}) for value in values
    ]


def _refused(head: str, field_: str, *values: object) -> list[Case]:
    document = f"query ($v: {head}) {{ one arguments {{ {field_} }} }}"
    return [
        referred(f"{field_} with {value!r} for {head}", document, variables={"v": value}) for value in values
    ]


VARIABLES = [
    *_given("Int", "leaves(whole: $v)", 5, -1, None),
    *_given("Int = 3", "leaves(whole: $v)", 5, None),
    *_given("Float", "leaves(broken: $v)", 5, 1.5, None),
    *_given("String", "leaves(text: $v)", "", 'x"\\\n', None),
    *_given("Boolean", "leaves(truth: $v)", True, None),
    *_given("ID", "leaves(key: $v)", 5, "5", None),
    *_given("Moment", "leaves(moment: $v)", "2026-11-25T12:00:00+01:00", None),
    *_given("Json", "leaves(anything: $v)", {"a": [1, {"b": None}]}, [], 5, None),
    *_given("Colour!", "words(colour: $v)", "RED", "GREEN"),
    *_given("Size", "words(size: $v)", "SMALL", None),
    *_given("Taste", "words(taste: $v)", "LIKE_SUGAR", None),
    *_given("[Int]", "lists(numbers: $v)", [1, None], [], 1, None),
    *_given("[[Int!]!]", "lists(tables: $v)", [[1], [2, 3]], [[]], [], 1, [1, 2], None),
    *_given("[Int!]!", "lists(tables: [$v, [4]])", [1], 1),
    *_given("Int!", "lists(tables: [[$v, 4], []])", 1),
    *_given("[Inner!]", "lists(inners: $v)", [{"number": 1}], {"number": 1, "word": None}, []),
    *_given("Int!", "lists(inners: [{number: $v}, {number: 2, word: null, colours: [RED]}])", 1),
    *_given("Int!", 'required(number: $v, words: "w", colour: RED)', 3),
    *_given("Int!", "named(otherName: $v)", 3),
    *_given("Int!", "named(class_: $v)", 3),
    *_given("Int!", "perhaps(number: $v)", 3),
    *_given("String", "perhaps(word: $v)", "x", None),
    *_given("Choice!", "choice(of: $v)", {"number": 1}, {"words": ["a"]}, {"inner": {"number": 1}}),
    *_given("Int!", "choice(of: {number: $v})", 1),
    *_given("Int!", "choice(of: {inner: {number: $v}})", 1),
    *_given(
        "Outer!",
        "outer(given: $v)",
        {"inner": {"number": 1}},
        {"inner": {"number": 1, "word": None}, "size": "LARGE", "taste": None, "unset": None},
        {"inner": {"number": 1}, "more": [None, {"number": 2}], "perhaps": None, "anything": {"x": [1]}},
        {"inner": {"number": 1}, "perhaps": 4, "moment": "2026-11-25T12:00:00+00:00", "unset": "set"},
    ),
    *_given("Int", "outer(given: {inner: {number: 1}, perhaps: $v})", 4, None),
    *_given("Json", "outer(given: {inner: {number: 1}, anything: {deep: [$v]}})", {"a": 1}, None),
    planned("a variable that is not given", _OUTER_LATER),
    planned("a variable that is null", _OUTER_LATER, variables={"v": None}),
    planned("a variable that nobody knows", "{ one }", variables={"v": 1}),
    planned("a default of the variable", 'query ($v: String = "d") { arguments { leaves(text: $v) } }'),
    planned(
        "a variable not given within an input",
        "query ($v: String) { arguments { outer(given: {inner: {number: 1, word: $v}}) } }",
    ),
    planned(
        "a variable not given within a list", "query ($v: Int) { arguments { lists(numbers: [1, $v]) } }"
    ),
    planned(
        "a nullable variable with a default", "query ($v: Int = 4) { arguments { named(otherName: $v) } }"
    ),
    planned(
        "variables that are told",
        "query ($a: Int = 1, $b: Colour!, $c: Moment, $d: Int) "
        "{ questions { variables(number: $a) } arguments { leaves(whole: $d, moment: $c) words } "
        "x: arguments { outer(given: {inner: {number: 1, colours: [$b]}}) } }",
        variables={"b": "RED", "c": "2026-11-25T12:00:00+00:00"},
    ),
    planned(
        "a list of its own for every parent",
        'query ($v: [String!]!, $w: String!) { lists { things { joined(words: ["a", "b"]) } } '
        "again: lists { things { a: joined(words: $v) b: joined(words: [$w]) } } }",
        variables={"v": ["x"], "w": "w"},
    ),
]

REFUSED = [
    *_refused("Int", "leaves(whole: $v)", "5", 1.5, True, 2**31, [1], {}),
    *_refused("Float", "leaves(broken: $v)", "5", True),
    *_refused("String", "leaves(text: $v)", 5, True, ["x"]),
    *_refused("Boolean", "leaves(truth: $v)", 0, "true"),
    *_refused("ID", "leaves(key: $v)", 1.5, True),
    *_refused("Moment", "leaves(moment: $v)", "noon", 5),
    *_refused("Colour!", "words(colour: $v)", "r", "BLUE", 1, None),
    *_refused("[Int]", "lists(numbers: $v)", ["x"], {}, [[1]]),
    *_refused("[[Int!]!]", "lists(tables: $v)", [None], [[None]]),
    *_refused("Choice!", "choice(of: $v)", {}, {"number": 1, "words": []}, {"number": None}),
    *_refused("Int", "named(otherName: 1, class_: 2) perhaps(number: $v)", None),
    *_refused(
        "Outer!",
        "outer(given: $v)",
        None,
        {},
        {"inner": {}},
        {"inner": {"number": 1}, "size": None},
        {"inner": {"number": 1}, "other": 1},
        [],
        "x",
    ),
    referred("a variable that must be given", _OUTER),
    referred("a choice that must be given", _CHOICE, variables={"v": None}),
    referred(
        "null for an argument that has a default but may not be null",
        "query ($v: Int = 4) { arguments { named(otherName: $v) } }",
        variables={"v": None},
    ),
    referred(
        "nothing for an argument within a choice",
        "query ($v: Int!) { arguments { choice(of: {number: $v}) } }",
    ),
    referred("null where something or nothing is allowed", "{ one arguments { perhaps(number: null) } }"),
]

LITERALS = [
    planned("no argument at all", "{ arguments { leaves words lists named perhaps outerLater } }"),
    planned(
        "null for every argument",
        "{ arguments { leaves(whole: null, broken: null, text: null, truth: null, "
        "key: null, moment: null, anything: null) words(size: null, taste: null) lists(numbers: null, "
        "tables: null) perhaps(word: null) outerLater(given: null) } }",
    ),
    planned(
        "literals of every kind",
        '{ arguments { leaves(whole: -5, broken: 1e3, text: """block\n text""", '
        'truth: false, key: 7, moment: "2026-11-25T12:00:00+00:00", anything: {a: [1, B, {c: null}]}) '
        "words(colour: GREEN, size: SMALL, taste: LIKE_SUGAR) } }",
    ),
    planned(
        "lists of one",
        '{ arguments { required(number: 1, words: "w", colour: RED) lists(numbers: 1, '
        "tables: 1, inners: {number: 1}) } }",
    ),
    planned(
        "an input of inputs",
        "{ arguments { outer(given: {inner: {number: 1, colours: RED}, more: [null, "
        "{number: 2, word: null}], size: LARGE, unset: null, perhaps: null}) } }",
    ),
    planned(
        "choices",
        '{ arguments { a: choice(of: {number: 1}) b: choice(of: {words: "x"}) '
        "c: choice(of: {inner: {number: 1}}) } }",
    ),
    planned(
        "text that looks like code", '{ arguments { leaves(text: "\\"\\"\\" {value!r} \\\\ %s \\u0000") } }'
    ),
]

ALL = [*DIRECTIVES, *VARIABLES, *REFUSED, *LITERALS]
