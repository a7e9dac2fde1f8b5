// Starts the page, reads its parts beside each other, and shows for each what went wrong with it.

import { startAccess } from "./access.js";
import { refreshAudit, startAudit } from "./audit.js";
import { startDrift } from "./drift.js";
import { byId, note } from "./elements.js";
import { refreshExpiring } from "./expiring.js";
import { AnswerFailed, exported, SignInNeeded } from "./graph.js";
import { readPlatforms, showPlatforms, tellAges } from "./platforms.js";
import { forgetToken, hasToken, keepToken } from "./session.js";
import { startTheme } from "./theme.js";
import { problem } from "./wording.js";
import { emptyWorld, readWorld } from "./world.js";

// Where a part's failure is shown.
const PLACES = { platforms: "platforms", matrix: "matrix-notes", expiring: "expiring", audit: "audit", drift: "drift" };
const TICK_MS = 1000;
const PLATFORMS_EVERY_MS = 15_000;

let platforms = { platforms: [], errors: [] };
let world = emptyWorld();
let reading = new AbortController();

const platformNames = () => new Map(platforms.platforms.map((one) => [one.key, one.name]));
const updateAccess = startAccess();

/** Do the work of one part; what goes wrong is said in its place. */
async function attempt(part, work) {
  try {
    await work();
  } catch (error) {
    if (error instanceof SignInNeeded) askWho();
    else if (error instanceof AnswerFailed) showFailure(part, error);
    else throw error;
  }
}

function showFailure(part, error) {
  const texts = [...new Set(error.errors.map(problem))];
  byId(PLACES[part]).replaceChildren(...texts.map((text) => note("problem", text)));
  if (part === "matrix") {
    byId("matrix").hidden = world.people.length === 0;
    byId("matrix-count").textContent = "";
  }
}

async function refreshPlatforms() {
  platforms = await readPlatforms();
  showPlatforms(platforms, world.sources);
}

async function refreshWorld(anew) {
  reading.abort();
  reading = new AbortController();
  const { signal } = reading;
  const next = emptyWorld();
  // What is there stays until all of it was read again; only the first time it comes bit by bit.
  if (!world.complete) world = next;
  await readWorld({
    world: next,
    signal,
    anew,
    onStep: () => {
      if (signal.aborted || (world !== next && !next.complete)) return;
      world = next;
      updateAccess(next, platformNames());
      showPlatforms(platforms, next.sources);
    },
  });
}

async function refreshEverything({ anew = false } = {}) {
  announce("Reading…");
  await attempt("platforms", refreshPlatforms);
  if (!byId("sign-in").hidden) return;
  await Promise.all([
    attempt("matrix", () => refreshWorld(anew)),
    attempt("expiring", () => refreshExpiring(platformNames())),
    attempt("audit", () => refreshAudit(platformNames())),
  ]);
  // By now calls were made, which is what the platforms' state follows from.
  if (byId("sign-in").hidden) await attempt("platforms", refreshPlatforms);
  announce(`Read at ${new Date().toLocaleTimeString()}`);
}

const announce = (text) => {
  byId("announcement").textContent = text;
};

function askWho() {
  reading.abort();
  const refused = byId("sign-in-refused");
  refused.hidden = !hasToken();
  refused.textContent = hasToken() ? "The gateway does not accept this token." : "";
  forgetToken();
  announce("");
  byId("sign-in").hidden = false;
  byId("parts").hidden = true;
  byId("sign-out").hidden = true;
  byId("token").focus();
}

function startSession() {
  byId("sign-in").addEventListener("submit", (event) => {
    event.preventDefault();
    keepToken(byId("token").value);
    byId("token").value = "";
    enter();
  });
  byId("sign-out").addEventListener("click", () => {
    forgetToken();
    // Everything that was shown goes too.
    location.reload();
  });
}

function enter() {
  byId("sign-in").hidden = true;
  byId("parts").hidden = false;
  byId("sign-out").hidden = !hasToken();
  refreshEverything();
}

async function saveExport() {
  try {
    const address = URL.createObjectURL(await exported());
    const link = Object.assign(document.createElement("a"), { href: address, download: "access.csv" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), TICK_MS);
    announce("The table of all access was saved as access.csv.");
  } catch (error) {
    if (error instanceof SignInNeeded) askWho();
    else if (error instanceof AnswerFailed) announce(`Not saved. ${error.errors.map(problem).join(" ")}`);
    else throw error;
  }
}

function startTimers() {
  setInterval(() => tellAges(world.sources), TICK_MS);
  setInterval(() => {
    const isWatched = !document.hidden && byId("sign-in").hidden;
    const isInUse = document.querySelector("#platforms details[open]") !== null;
    if (isWatched && !isInUse) attempt("platforms", refreshPlatforms);
  }, PLATFORMS_EVERY_MS);
}

startTheme();
startAudit(() => attempt("audit", () => refreshAudit(platformNames())));
startDrift({ platformNames, attempt });
startSession();
startTimers();
byId("refresh").addEventListener("click", () => refreshEverything({ anew: true }));
byId("export").addEventListener("click", saveExport);
enter();
