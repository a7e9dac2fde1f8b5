// How access differs from an access.toml that the visitor gives. Nothing of it is sent before the button is pressed,
// and it is kept nowhere.

import { DRIFT } from "./documents.js";
import { badge, byId, element, note, table } from "./elements.js";
import { ask } from "./graph.js";
import { DRIFT_KINDS, isGood, problem, trouble, words } from "./wording.js";

/** Make the part work. `platformNames()` gives their names by key; `attempt(part, work)` shows what goes wrong. */
export function startDrift({ platformNames, attempt }) {
  byId("declaration-file").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    byId("declaration").value = await file.text();
    byId("drift").replaceChildren();
  });
  byId("drift-form").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt("drift", async () => {
      const declaration = byId("declaration").value;
      if (declaration.trim() === "") {
        byId("drift").replaceChildren(note("note", "Paste a declaration or open one first."));
        return;
      }
      byId("drift").replaceChildren(note("note", "Comparing…"));
      const { data, errors } = await ask(DRIFT, { declaration });
      byId("drift").replaceChildren(...reportOf(data.accessDrift, errors, platformNames()));
    });
  });
}

function reportOf(report, errors, platformNames) {
  const nameOf = (key) => platformNames.get(key) ?? key;
  const missing = report.sources.filter((source) => !isGood(source));
  const shown = [
    ...missing.map((source) => note("warning", trouble(source, nameOf(source.platform)))),
    ...errors.map((error) => note("problem", problem(error))),
    ...report.warnings.map((warning) => note("warning", warning)),
  ];
  if (report.userErrors.length > 0) {
    shown.push(
      note("problem", "The declaration cannot be used:"),
      element("ul", { class: "mistakes" }, ...report.userErrors.map((one) => element("li", {}, one.message))),
    );
    return shown;
  }
  if (report.clean) return [...shown, note("good", "Everything is as declared.")];
  if (report.items.length === 0) {
    return [...shown, note("note", "Of what could be read, everything is as declared.")];
  }
  const kinds = Object.keys(DRIFT_KINDS).filter((kind) => report.items.some((item) => item.kind === kind));
  return [...shown, ...kinds.flatMap((kind) => itemsOfKind(kind, report.items, nameOf))];
}

function itemsOfKind(kind, all, nameOf) {
  const items = all.filter((item) => item.kind === kind);
  const title = DRIFT_KINDS[kind];
  return [
    element("h3", {}, badge(kind, words(kind)), ` ${title} (${items.length})`),
    table({
      caption: title,
      columns: ["Who", "Where", "Declared", "Actual", "In words"],
      rows: items.map((item) => [
        item.person?.displayName ?? "–",
        item.project ? `${item.project.name} (${nameOf(item.project.platform)})` : "–",
        item.declaredRole ? words(item.declaredRole) : "none",
        item.actualRole ? words(item.actualRole) : "none",
        item.detail,
      ]),
    }),
  ];
}
