// The platforms: how each fares, what can be done there, and how old what is shown of it is.

import { PLATFORMS } from "./documents.js";
import { badge, byId, element, moment, note } from "./elements.js";
import { ask } from "./graph.js";
import { freshness, isGood, problem, statusInWords, trouble, words } from "./wording.js";

/** Read the platforms; gives them with the errors of their parts. */
export async function readPlatforms() {
  const { data, errors } = await ask(PLATFORMS);
  return { platforms: data.platforms, errors };
}

/** Show the platforms, and of each what `sources` (by platform) know of its data. */
export function showPlatforms({ platforms, errors }, sources) {
  const cards = platforms.map((platform) => card(platform, sources.get(platform.key)));
  const notes = errors.map((error) => note("problem", problem(error)));
  byId("platforms").replaceChildren(element("ul", { class: "cards" }, ...cards), ...notes);
}

function card(platform, source) {
  const { name, status, retryAt } = platform;
  return element(
    "li",
    { class: `card ${status.toLowerCase()}`, "data-platform": platform.key },
    element("div", { class: "card-head" }, element("h3", {}, name), badge(status, words(status))),
    element(
      "p",
      {},
      `${name} ${status === "UNCONFIGURED" ? "is not set up: " : ""}${statusInWords(status)}.`,
      ...(retryAt ? [" Worth trying from ", moment(retryAt), "."] : []),
    ),
    element("p", { class: "freshness" }, source ? freshness(source) : "Nothing read of it yet"),
    source && !isGood(source) && source.state !== "UNCONFIGURED" ? note("warning", trouble(source, name)) : null,
    element(
      "details",
      {},
      element("summary", {}, "What can be done here"),
      element("p", {}, platform.capabilities.map(words).join(" · ")),
      element("p", {}, `Roles: ${platform.roles.map((one) => `${words(one.role)} (“${one.nativeName}”)`).join(", ")}.`),
      element(
        "p",
        {},
        platform.grantableActions.length > 0
          ? `On top of a role: ${platform.grantableActions.map(words).join(", ")}.`
          : "Nothing can be granted on top of a role.",
      ),
    ),
  );
}

/** Once a second: the ages, and nothing else, so that open details and focus stay. */
export function tellAges(sources) {
  for (const shown of document.querySelectorAll("[data-platform]")) {
    const source = sources.get(shown.dataset.platform);
    if (source) shown.querySelector(".freshness").textContent = freshness(source);
  }
}
