"""What everybody can use: names of controls, order of headings, landmarks, colours that can be told apart."""

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from gateway.http.dashboard.page import STATIC

PAGE = (STATIC / "index.html").read_text(encoding="utf-8")
STYLES = "".join((STATIC / name).read_text(encoding="utf-8") for name in ("dashboard.css", "matrix.css"))
COLOURS = dict(re.findall(r"--([\w-]+): light-dark\(([^)]+)\);", STYLES))
# WCAG 2.2, level AA: 4.5 to 1 for text, 3 to 1 for what tells controls and focus.
TEXT, CONTROL = 4.5, 3.0
PAIRS = [
    *((ink, ground, TEXT) for ink in ("ink", "quiet", "accent") for ground in ("page", "surface", "row")),
    *((kind, f"{kind}-ground", TEXT) for kind in ("good", "warning", "problem", "note")),
    *((role, f"{role}-ground", TEXT) for role in ("owner", "admin", "editor", "viewer", "custom")),
    ("on-accent", "accent", TEXT),
    ("control-line", "surface", CONTROL),
    ("ends", "surface", CONTROL),
    ("accent", "note-ground", CONTROL),
]


class Outline(HTMLParser):
    """The page's elements, each with its attributes, and the ids that labels are for."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.within_label: list[bool] = []
        self._labels = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._labels += tag == "label"
        self.elements.append((tag, dict(attrs)))
        self.within_label.append(self._labels > 0)

    def handle_endtag(self, tag: str) -> None:
        self._labels -= tag == "label"


@pytest.fixture
def outline() -> Outline:
    outline = Outline()
    outline.feed(PAGE)
    return outline


def attributes_of(outline: Outline, *tags: str) -> list[dict[str, str | None]]:
    return [attributes for tag, attributes in outline.elements if tag in tags]


def luminance(colour: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance, of `#rrggbb`."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_page_says_its_language_and_its_title(outline: Outline) -> None:
    assert attributes_of(outline, "html") == [{"lang": "en"}]
    assert "<title>Accessgraph dashboard</title>" in PAGE


def test_there_is_one_of_each_landmark(outline: Outline) -> None:
    tags = [tag for tag, _ in outline.elements]
    assert [tags.count(tag) for tag in ("header", "main", "nav", "h1")] == [1, 1, 1, 1]


def test_headings_go_down_one_level_at_a_time(outline: Outline) -> None:
    levels = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert [(above, below) for above, below in pairwise(levels) if below > above + 1] == []


def test_every_section_has_a_heading_for_its_name(outline: Outline) -> None:
    ids = {attributes.get("id") for attributes in attributes_of(outline, "h2")}
    names = [attributes.get("aria-labelledby") for attributes in attributes_of(outline, "section")]
    assert (len(names) == 5, [name for name in names if name not in ids]) == (True, [])


def test_every_field_has_a_label(outline: Outline) -> None:
    labelled = {attributes.get("for") for attributes in attributes_of(outline, "label")}
    unnamed = [
        attributes
        for (tag, attributes), is_within in zip(outline.elements, outline.within_label, strict=True)
        if tag in {"input", "select", "textarea"} and not is_within and attributes.get("id") not in labelled
    ]
    assert unnamed == []


def test_every_id_is_there_once_and_every_reference_has_its_element(outline: Outline) -> None:
    ids = [attributes["id"] for _, attributes in outline.elements if "id" in attributes]
    referring = ("for", "aria-labelledby", "aria-describedby")
    references = {
        part
        for _, attributes in outline.elements
        for name in referring
        for part in (attributes.get(name) or "").split()
    }
    assert (len(ids), references - set(ids)) == (len(set(ids)), set())


def test_modules_ask_only_for_elements_that_the_page_has(outline: Outline) -> None:
    ids = {attributes.get("id") for _, attributes in outline.elements}
    asked = {
        name
        for path in STATIC.glob("*.js")
        for name in re.findall(r'(?:byId|getElementById)\("([^"]+)"\)', path.read_text(encoding="utf-8"))
    }
    assert (asked - ids, len(asked) > 20) == (set(), True)


def test_the_sizes_of_the_grid_are_the_same_in_the_module_and_in_the_styles() -> None:
    module = (STATIC / "matrix.js").read_text(encoding="utf-8")
    [sizes] = re.findall(r"SIZES = \{ row: (\d+), column: (\d+), groups: (\d+), headings: (\d+) \}", module)
    names = ("row-height", "column-width", "groups-height", "headings-height")
    assert sizes == tuple(re.search(rf"--{name}: (\d+)px", STYLES)[1] for name in names)  # type: ignore[index]


def test_nothing_moves_for_those_who_want_it_still() -> None:
    without = re.sub(
        r"@media \(prefers-reduced-motion: no-preference\) \{.*?\n\}", "", STYLES, flags=re.DOTALL
    )
    assert re.search(r"transition:|animation:|(?<!over)scroll-behavior", without) is None


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS, ids=str)
def test_colours_can_be_told_apart(ink: str, ground: str, least: float, scheme: int) -> None:
    one, other = (COLOURS[name].split(", ")[scheme] for name in (ink, ground))
    assert contrast(one, other) >= least


def test_the_measure_of_contrast_knows_black_and_white() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", re.findall(r"var\(--([\w-]+)", STYLES))
def test_every_custom_property_that_is_used_is_defined(name: str) -> None:
    by_modules = {"columns", "span"}
    assert name in by_modules or f"--{name}:" in STYLES
