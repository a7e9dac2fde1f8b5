// Light or dark: as the system has it, until the visitor says otherwise. Loaded first, so that nothing flashes.

const KEY = "accessgraph-scheme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;

const chosen = () => {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : null;
};
const current = () => chosen() ?? (dark.matches ? "dark" : "light");

function apply() {
  const kept = chosen();
  if (kept) root.dataset.scheme = kept;
  else delete root.dataset.scheme;
  const button = document.getElementById("scheme");
  if (button) button.textContent = current() === "dark" ? "Light colours" : "Dark colours";
}

/** Make the button work. */
export function startTheme() {
  document.getElementById("scheme").addEventListener("click", () => {
    const next = current() === "dark" ? "light" : "dark";
    // The system's own scheme is not kept: then the page goes on following it.
    if (next === (dark.matches ? "dark" : "light")) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
    apply();
  });
  dark.addEventListener("change", apply);
  apply();
}

apply();
