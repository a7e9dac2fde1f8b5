// The part with the matrix: what it shows follows from the world, as far as it is read, and from the filters.

import { byId, element, note } from "./elements.js";
import { detailOf } from "./matrix-cells.js";
import { markActive, startFocus } from "./matrix-focus.js";
import { Matrix } from "./matrix.js";
import { selected } from "./selection.js";
import { capitalised, isGood, problem, ROLE_LETTERS, ROLES, trouble, words } from "./wording.js";

const FILTERS = {
  person: () => byId("filter-person").value,
  project: () => byId("filter-project").value,
  platform: () => byId("filter-platform").value,
  role: () => byId("filter-role").value,
  both: () => byId("filter-both").checked,
  archived: () => byId("filter-archived").checked,
};

/** Make the part work. Gives `update(world, platformNames)`, to be called whenever more is known. */
export function startAccess() {
  let world = null;
  let platformNames = new Map();
  const matrix = new Matrix(byId("matrix"), { onDrawn: () => markActive(matrix) });
  const showCell = ({ row, column }) => {
    const [person, project] = [matrix.rows[row], matrix.columns[column]];
    if (!person || !project) return;
    const platformName = platformNames.get(project.platform) ?? project.platform;
    byId("detail").replaceChildren(...detailOf({ person, project, platformName }));
  };
  startFocus(matrix, { onCell: showCell });
  showLegend();
  emptyDetail();

  const show = () => {
    if (!world) return;
    const filter = Object.fromEntries(Object.entries(FILTERS).map(([name, read]) => [name, read()]));
    const { rows, columns } = selected({ world, platforms: [...platformNames.keys()], filter });
    matrix.show({ rows, columns, filter, platformNames });
    showCount({ world, rows, columns });
    byId("matrix-notes").replaceChildren(...notesOf({ world, rows, platformNames }));
    byId("matrix").hidden = rows.length === 0 || columns.length === 0;
  };
  const filters = byId("filters");
  filters.addEventListener("input", show);
  // When the event comes, the fields still have their values.
  filters.addEventListener("reset", () => setTimeout(show, 0));
  filters.addEventListener("submit", (event) => event.preventDefault());

  return (newWorld, names) => {
    world = newWorld;
    platformNames = names;
    fillPlatforms(names);
    show();
  };
}

function showCount({ world, rows, columns }) {
  const people = rows.length === 1 ? "1 person" : `${rows.length.toLocaleString()} people`;
  const projects = columns.length === 1 ? "1 project" : `${columns.length.toLocaleString()} projects`;
  const read = `${world.people.length.toLocaleString()} of ${world.expected.toLocaleString()} people read so far`;
  byId("matrix-count").textContent = `${people} × ${projects}${world.complete || !world.expected ? "" : ` – ${read}`}`;
}

function notesOf({ world, rows, platformNames }) {
  const notes = [...world.sources.values()]
    .filter((source) => !isGood(source))
    .map((source) => note("warning", trouble(source, platformNames.get(source.platform) ?? source.platform)));
  for (const text of new Set(world.errors.map(problem))) notes.push(note("problem", text));
  if (rows.length === 0 && world.complete && world.errors.length === 0) {
    const isEmpty = world.people.length === 0;
    notes.push(note("note", isEmpty ? "Nobody is in any project." : "Nobody fits these filters."));
  }
  return notes;
}

function fillPlatforms(names) {
  const select = byId("filter-platform");
  const known = new Set([...select.options].map((option) => option.value));
  for (const [key, name] of names) {
    if (!known.has(key)) select.append(element("option", { value: key }, name));
  }
}

function showLegend() {
  const items = ROLES.map((role) =>
    element(
      "li",
      {},
      element("span", { class: `cell ${role.toLowerCase()}`, "aria-hidden": "true" }, ROLE_LETTERS[role]),
      ` ${capitalised(words(role))}`,
    ),
  );
  const ends = element("li", {}, element("span", { class: "cell ends", "aria-hidden": "true" }), " Ends");
  byId("legend").replaceChildren(...items, ends);
  for (const role of ROLES) {
    byId("filter-role").append(element("option", { value: role }, capitalised(words(role))));
  }
}

/** Say what the panel is for, as long as no cell was looked at. */
export function emptyDetail() {
  byId("detail").replaceChildren(element("p", {}, "Point at a cell, or go to one with Tab, to see what it says."));
}
