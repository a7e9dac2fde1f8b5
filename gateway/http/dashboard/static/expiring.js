// Access that ends soon, the first first.

import { EXPIRING } from "./documents.js";
import { badge, byId, element, moment, note, table } from "./elements.js";
import { ask } from "./graph.js";
import { isGood, problem, trouble, words } from "./wording.js";

/** Read and show it. `platformNames` are by key. */
export async function refreshExpiring(platformNames) {
  const { data, errors } = await ask(EXPIRING);
  const { nodes, totalCount, sources } = data.accessExpiring;
  const nameOf = (key) => platformNames.get(key) ?? key;
  const notes = [
    ...sources.filter((source) => !isGood(source)).map((source) => note("warning", trouble(source, nameOf(source.platform)))),
    ...errors.map((error) => note("problem", problem(error))),
    totalCount > nodes.length ? note("note", `The first ${nodes.length} of ${totalCount}.`) : null,
  ].filter(Boolean);
  byId("expiring").replaceChildren(...notes, nodes.length > 0 ? tableOf(nodes, nameOf) : nothing());
}

const nothing = () => element("p", { class: "nothing" }, "No access ends within 30 days.");

function tableOf(members, nameOf) {
  return table({
    caption: "Access that ends within 30 days",
    columns: ["Ends", "Who", "Where", "Role"],
    rows: members.map((member) => [
      ending(member.accessUntil),
      member.person?.displayName ?? member.name ?? "Somebody without a name",
      `${member.project?.name ?? "a project that is gone"} (${nameOf(member.platform)})`,
      words(member.role),
    ]),
  });
}

function ending(until) {
  if (!until) return "has ended";
  const isOver = new Date(until).getTime() < Date.now();
  return isOver ? element("span", {}, moment(until), " ", badge("overdue", "overdue")) : moment(until);
}
