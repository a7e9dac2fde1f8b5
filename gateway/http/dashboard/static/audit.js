// The last changes that came to an end, and what came of them.

import { AUDIT } from "./documents.js";
import { badge, byId, element, moment, note, table } from "./elements.js";
import { ask } from "./graph.js";
import { capitalised, OUTCOMES, problem, words } from "./wording.js";

/** Offer the outcomes to choose from; `onChoice` is called when another one is chosen. */
export function startAudit(onChoice) {
  const select = byId("audit-outcome");
  select.append(...OUTCOMES.map((one) => element("option", { value: one }, capitalised(words(one)))));
  select.addEventListener("change", onChoice);
}

/** Read and show them. `platformNames` are by key. */
export async function refreshAudit(platformNames) {
  const outcome = byId("audit-outcome").value;
  const { data, errors } = await ask(AUDIT, { outcomes: outcome ? [outcome] : null });
  // Two answers may come the other way round; the one for what is chosen now counts.
  if (outcome !== byId("audit-outcome").value) return;
  const { nodes, totalCount } = data.auditLog;
  const notes = [...new Set(errors.map(problem))].map((text) => note("problem", text));
  if (totalCount > nodes.length) notes.push(note("note", `The latest ${nodes.length} of ${totalCount}.`));
  const nothing = element("p", { class: "nothing" }, outcome ? "No change came to this." : "Nothing was changed yet.");
  byId("audit").replaceChildren(...notes, nodes.length > 0 ? tableOf(nodes, platformNames) : nothing);
}

function tableOf(entries, platformNames) {
  return table({
    caption: "Recent changes",
    columns: ["When", "Outcome", "Whose access", "Where", "Change", "Asked for by"],
    rows: entries.map((entry) => [
      moment(entry.at),
      badge(entry.outcome, words(entry.outcome)),
      entry.person?.displayName ?? "somebody not in any project now",
      `${entry.project?.name ?? "a project that is gone"} (${platformNames.get(entry.platform) ?? entry.platform})`,
      `${entry.operation}: ${roleOf(entry.before)} → ${roleOf(entry.after)}`,
      entry.actor,
    ]),
  });
}

const roleOf = (role) => (role ? words(role) : "none");
