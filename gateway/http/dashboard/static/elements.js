// Making pieces of the page. Whatever comes from the graph becomes text, never markup.

/** The element of the page with this id, which index.html is known to have. */
export const byId = (id) => document.getElementById(id);

/** A new element. `attributes` whose value is null, undefined or false are left out; true means "". */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** A table with a caption for screen readers; `rows` are lists of texts or elements, the first a row's heading. */
export function table({ caption, columns, rows }) {
  return element(
    "div",
    { class: "table-frame", tabindex: "0", role: "group", "aria-label": caption },
    element(
      "table",
      {},
      element("caption", { class: "for-readers" }, caption),
      element(
        "thead",
        {},
        element("tr", {}, ...columns.map((column) => element("th", { scope: "col" }, column))),
      ),
      element("tbody", {}, ...rows.map(tableRow)),
    ),
  );
}

function tableRow([first, ...others]) {
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, first),
    ...others.map((cell) => element("td", {}, cell)),
  );
}

/** A note in words; `kind` is "note", "warning" or "problem" and shows in the colour and in the sign. */
export function note(kind, text) {
  return element("p", { class: `note ${kind}` }, text);
}

/** A small label; the kind decides its colour, its text says the same. */
export function badge(kind, text) {
  return element("span", { class: `badge ${kind.toLowerCase().replaceAll("_", "-")}` }, text);
}

/** A moment, shown as people read it, with the exact one for programs and pointers. */
export function moment(text) {
  const at = new Date(text);
  const shown = at.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  return element("time", { datetime: text, title: at.toISOString() }, shown);
}
