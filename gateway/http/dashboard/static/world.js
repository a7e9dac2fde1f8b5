// Reads the whole world page by page: the projects first, then everybody, in steps small enough for the gateway's
// limits and for a smooth page. What has come is shown while the rest is on its way.

import { MEMBERSHIPS, PEOPLE, PROJECTS } from "./documents.js";
import { AnswerFailed, ask } from "./graph.js";

// Pages get smaller where a gateway's limits are lower than the usual ones.
const PAGE_SIZES = [200, 100, 50, 20, 5];
// Few people are in more projects than that; what is left is read person by person.
const MOST_MEMBERSHIPS = 50;
const TOO_LARGE = new Set(["QUERY_TOO_COMPLEX", "BAD_USER_INPUT"]);

/**
 * An empty world.
 *
 * `cells` of a person is a Map from a project's id to the memberships there, several where the person has several
 * accounts in it. `sources` are by platform, the worst state of any page.
 */
export const emptyWorld = () => ({
  projects: [],
  people: [],
  expected: 0,
  sources: new Map(),
  errors: [],
  complete: false,
});

/**
 * Read everything into a world; `onStep` is told after each step.
 *
 * With `anew` nothing that the gateway has kept is taken. Stops quietly when `signal` is aborted.
 */
export async function readWorld({ world, onStep, signal, anew }) {
  const takeProjects = (page) => {
    world.projects.push(...page.nodes);
    noteSources(world, page.sources);
    onStep();
  };
  const takePeople = async (page) => {
    world.expected = page.totalCount;
    noteSources(world, page.sources);
    for (const node of page.nodes) world.people.push(personOf(node));
    onStep();
    await readTheRest({ nodes: page.nodes, first: page.size, world, signal });
  };
  const projectVariables = (first) => ({ first });
  const peopleVariables = (first) => ({ first, memberships: Math.min(first, MOST_MEMBERSHIPS) });
  const common = { world, signal, anew };
  await eachPage({ query: PROJECTS, field: "projects", variables: projectVariables, take: takeProjects, ...common });
  await eachPage({ query: PEOPLE, field: "people", variables: peopleVariables, take: takePeople, ...common });
  if (signal.aborted) return;
  world.complete = true;
  onStep();
}

async function eachPage({ query, field, variables, world, signal, anew, take }) {
  let after = null;
  let sizes = PAGE_SIZES;
  do {
    const answer = await pageOrSmaller({ query, field, variables, after, sizes, anew });
    if (signal.aborted) return;
    sizes = answer.sizes;
    world.errors.push(...answer.errors);
    const page = answer.data[field];
    // A field that failed as a whole is null; its errors say why.
    if (!page) return;
    await take({ ...page, size: sizes[0] });
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    await pause();
  } while (after !== null && !signal.aborted);
}

async function pageOrSmaller({ sizes, ...asked }) {
  const [first, ...smaller] = sizes;
  const { query, field, variables, after, anew } = asked;
  // The first page's read is the one that all others share.
  const answer = await answerOrErrors(query, { ...variables(first), after }, { anew: anew && after === null });
  if (answer.data?.[field]) return { ...answer, sizes };
  const mayFit = answer.errors.some((error) => TOO_LARGE.has(error.extensions?.code)) && smaller.length > 0;
  if (mayFit) return pageOrSmaller({ ...asked, sizes: smaller });
  if (!answer.data) throw new AnswerFailed(answer.errors);
  return { ...answer, sizes };
}

async function answerOrErrors(query, variables, options) {
  try {
    return await ask(query, variables, options);
  } catch (error) {
    if (error instanceof AnswerFailed) return { data: null, errors: error.errors };
    throw error;
  }
}

/** The memberships beyond the first page, of the few people who have so many. */
async function readTheRest({ nodes, first, world, signal }) {
  for (const node of nodes) {
    let { pageInfo } = node.memberships;
    const person = world.people.find((one) => one.id === node.id);
    while (pageInfo.hasNextPage && !signal.aborted) {
      const { data, errors } = await ask(MEMBERSHIPS, { person: node.id, first, after: pageInfo.endCursor });
      world.errors.push(...errors);
      if (!data.person) break;
      addMemberships(person, data.person.memberships.nodes);
      ({ pageInfo } = data.person.memberships);
    }
  }
}

function personOf({ id, displayName, emails, memberships }) {
  const name = displayName ?? emails[0] ?? "Somebody without a name";
  const person = { id, name, emails, cells: new Map(), searched: "" };
  addMemberships(person, memberships.nodes);
  const accounts = memberships.nodes.flatMap((one) => [one.name ?? "", one.upstreamId]);
  person.searched = [...new Set([name, ...emails, ...accounts])].join("\n").toLowerCase();
  return person;
}

function addMemberships(person, memberships) {
  for (const membership of memberships) {
    // Null where the project is gone since.
    if (!membership.project) continue;
    const there = person.cells.get(membership.project.id);
    if (there) there.push(membership);
    else person.cells.set(membership.project.id, [membership]);
  }
}

const BADNESS = ["FRESH", "CACHED", "STALE", "UNCONFIGURED", "FAILED"];

function noteSources(world, sources) {
  for (const source of sources) {
    const known = world.sources.get(source.platform);
    const isWorse = !known || BADNESS.indexOf(source.state) >= BADNESS.indexOf(known.state);
    if (isWorse) world.sources.set(source.platform, source);
  }
}

/** Lets the browser draw and the visitor act between two steps. */
const pause = () => new Promise((resolve) => setTimeout(resolve, 0));
