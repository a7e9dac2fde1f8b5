// What the matrix is made of, one piece at a time.

import { element } from "./elements.js";
import { strongest } from "./selection.js";
import { ACTIONS, capitalised, ROLE_LETTERS, words } from "./wording.js";

/** The empty heading in the first column, or the one that names what is below it. */
export function corner(text = "") {
  return element("span", { class: "person corner", role: "columnheader", "aria-colindex": "1" }, text);
}

/** Over all columns of one platform. */
export function groupHeading(name, { column, count }) {
  const heading = element(
    "span",
    { class: "group", role: "columnheader", "aria-colindex": column + 2, "aria-colspan": count },
    element("span", {}, name),
  );
  heading.style.setProperty("--span", count);
  return heading;
}

export function columnHeading(project, column) {
  const text = project.archived ? `${project.name} (archived)` : project.name;
  return element(
    "span",
    { class: "heading", role: "columnheader", "aria-colindex": column + 2, title: text },
    element("span", {}, text),
  );
}

export function personHeading(person) {
  return element(
    "span",
    { class: "person", role: "rowheader", "aria-colindex": "1", title: person.name },
    person.name,
  );
}

// Cells are made by the thousand; a copy is made faster.
const BLANK = element("span", { class: "cell", role: "gridcell", tabindex: "-1" });

/** One person in one project. With a `role` filter those of other roles step back. */
export function cellOf({ person, project, column, role }) {
  const memberships = person.cells.get(project.id);
  const cell = BLANK.cloneNode(false);
  cell.setAttribute("aria-colindex", column + 2);
  if (!memberships) {
    cell.setAttribute("aria-label", `${person.name}, ${project.name}: no access`);
    return cell;
  }
  const best = strongest(memberships);
  const ends = memberships.some((one) => one.accessUntil);
  const stepsBack = role !== "" && !memberships.some((one) => one.role === role);
  cell.className = `cell ${best.role.toLowerCase()}${ends ? " ends" : ""}${stepsBack ? " back" : ""}`;
  cell.textContent = ROLE_LETTERS[best.role] ?? "?";
  const until = ends ? ", ends" : "";
  cell.setAttribute("aria-label", `${person.name}, ${project.name}: ${words(best.role)}${until}`);
  return cell;
}

/** Everything about one cell, for the panel beside the matrix. */
export function detailOf({ person, project, platformName }) {
  const head = element(
    "div",
    { class: "detail-head" },
    element("strong", {}, person.name),
    ` in ${project.name} (${platformName}${project.archived ? ", archived" : ""})`,
  );
  const memberships = person.cells.get(project.id) ?? [];
  if (memberships.length === 0) return [head, element("p", {}, "No access.")];
  return [head, ...memberships.map((one) => membershipDetail(one, { several: memberships.length > 1 }))];
}

function membershipDetail(membership, { several }) {
  const actions = ACTIONS.filter((action) => membership[action]);
  const rows = [
    several ? ["Account", membership.name ?? membership.upstreamId] : null,
    ["Role", `${capitalised(words(membership.role))} (“${membership.nativeRole}”)`],
    ["May", actions.length > 0 ? actions.map(words).join(", ") : "nothing"],
    ["Until", membership.accessUntil ? new Date(membership.accessUntil).toLocaleString() : "no end"],
    membership.confirmed === false ? ["Invited", "has not accepted yet"] : null,
  ].filter(Boolean);
  return element(
    "dl",
    {},
    ...rows.map(([term, text]) => element("div", {}, element("dt", {}, term), element("dd", {}, text))),
  );
}
