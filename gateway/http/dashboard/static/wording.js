// The graph's vocabulary in the words of the page.

export const ROLES = ["OWNER", "ADMIN", "EDITOR", "VIEWER", "CUSTOM"];
export const ROLE_LETTERS = { OWNER: "O", ADMIN: "A", EDITOR: "E", VIEWER: "V", CUSTOM: "C" };
export const ACTIONS = [
  "READ",
  "WRITE",
  "RUN",
  "LIVE_CONTROL",
  "EDIT_SETTINGS",
  "MANAGE_MEMBERS",
  "VIEW_API_KEY",
  "LEAVE",
];
export const OUTCOMES = [
  "ADDED",
  "INVITED",
  "UPDATED",
  "REMOVED",
  "UNCHANGED",
  "REFUSED",
  "UNKNOWN",
  "COMPENSATED",
  "SKIPPED",
];
export const DRIFT_KINDS = {
  UNEXPECTED: "Access that nothing declares",
  MISSING: "Declared, and not there",
  CHANGED: "There otherwise than declared",
  EXPIRED: "Still there, though it has ended",
};
const STATUSES = {
  UP: "answers",
  DEGRADED: "some calls fail, or it asks for fewer",
  DOWN: "is not called for now",
  UNCONFIGURED: "the gateway has no credential for it",
};
const STATES = { FRESH: "read for this page", CACHED: "kept from an earlier read", STALE: "out of date" };

/** `LIVE_CONTROL` as "live control". */
export const words = (name) => name.toLowerCase().replaceAll("_", " ");

export const capitalised = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** What a platform's status means. */
export const statusInWords = (status) => STATUSES[status] ?? words(status);

/** How long ago a moment was, in one unit: "12 s", "3 min", "2 h", "5 days". */
export function age(from, now = Date.now()) {
  const seconds = Math.max(0, Math.round((now - new Date(from).getTime()) / 1000));
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

/** Whether a source's part of an answer is whole, and as new as the gateway's settings want it or about to be. */
export const isGood = (source) =>
  source.state === "FRESH" || source.state === "CACHED" || (source.state === "STALE" && !source.error);

/** What a source contributed, for those that did not fail; with the age, which changes every second. */
export function freshness(source, now = Date.now()) {
  if (source.state === "UNCONFIGURED") return "No data: the gateway has no credential for it";
  const said = source.asOf ? `${age(source.asOf, now)} old` : "of unknown age";
  if (source.state === "FAILED") {
    return source.asOf ? `No data; it last answered ${age(source.asOf, now)} ago` : "No data: it has not answered yet";
  }
  if (source.state === "STALE" && !source.error) return `Data ${said}, being read anew by the gateway`;
  return `Data ${said}, ${STATES[source.state] ?? words(source.state)}`;
}

/** What is wrong with a source, in sentences. */
export function trouble(source, name) {
  const { state, error } = source;
  if (state === "UNCONFIGURED") return `${name} is missing here: the gateway has no credential for it.`;
  const what =
    state === "FAILED"
      ? `${name} could not be read: what it holds is missing here.`
      : `${name} could not be read anew: what is shown is from ${age(source.asOf)} ago.`;
  if (!error) return what;
  const since = error.failingSince ? ` Since ${new Date(error.failingSince).toLocaleTimeString()}.` : "";
  const later = error.retryAt
    ? ` Worth trying from ${new Date(error.retryAt).toLocaleTimeString()}.`
    : error.retryable
      ? " It may well work later."
      : "";
  return `${what} ${error.message} (${error.code})${since}${later}`;
}

/** What a failed answer means to whoever looks at the page. */
export function problem(error) {
  const code = error.extensions?.code;
  if (code === "FORBIDDEN") {
    const scope = /scope ([a-z]+:[a-z]+)/.exec(error.message)?.[1];
    if (scope) return `This part needs the scope ${scope}, which your key or token does not have.`;
  }
  if (code === "DOCUMENT_NOT_TRUSTED") {
    return "The gateway runs trusted documents only, and the dashboard's are not among them. "
      + "The package ships them: gateway/http/dashboard/trusted-documents.json.";
  }
  return code ? `${error.message} (${code})` : error.message;
}
