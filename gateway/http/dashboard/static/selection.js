// Which people and projects the filters leave. Pure.

import { ROLES } from "./wording.js";

/** The one of several memberships in one project that lets its person do most. */
export const strongest = (memberships) =>
  memberships.reduce((best, one) => (ROLES.indexOf(one.role) < ROLES.indexOf(best.role) ? one : best));

/**
 * The rows and columns of the matrix.
 *
 * `filter` has `person`, `project`, `platform`, `role` (texts, "" for no matter which), `both` and `archived`
 * (booleans). Columns are grouped by platform, in the order in which the platforms are given. While anything is
 * asked for, a person without a membership that fits has no row.
 */
export function selected({ world, platforms, filter }) {
  const columns = columnsOf({ world, platforms, filter });
  const shown = new Set(columns.map((project) => project.id));
  const platformOf = new Map(world.projects.map((project) => [project.id, project.platform]));
  const wanted = filter.person.trim().toLowerCase();
  const rows = world.people.filter(
    (person) =>
      person.searched.includes(wanted)
      && (!filter.both || platformsOf(person, platformOf).size > 1)
      && hasFittingCell(person, { shown, role: filter.role }),
  );
  return { rows, columns };
}

function columnsOf({ world, platforms, filter }) {
  const wanted = filter.project.trim().toLowerCase();
  const fits = (project) =>
    (filter.archived || !project.archived)
    && (filter.platform === "" || project.platform === filter.platform)
    && project.name.toLowerCase().includes(wanted);
  const projects = world.projects.filter(fits);
  const keys = new Set([...platforms, ...projects.map((project) => project.platform)]);
  return [...keys].flatMap((key) => projects.filter((project) => project.platform === key));
}

function platformsOf(person, platformOf) {
  return new Set([...person.cells.keys()].map((id) => platformOf.get(id)).filter(Boolean));
}

function hasFittingCell(person, { shown, role }) {
  for (const [id, memberships] of person.cells) {
    if (shown.has(id) && (role === "" || memberships.some((one) => one.role === role))) return true;
  }
  return false;
}
