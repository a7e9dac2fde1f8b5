// The only place that sends: operations to the graph, at the address beside the one this module came from.

import { authorization } from "./session.js";

export const GRAPH = new URL("../graphql", import.meta.url);
export const EXPORT = new URL("../export/access.csv", import.meta.url);

/** The gateway does not know who asks. */
export class SignInNeeded extends Error {}

/** Nothing of what was asked for came; the message says why. `errors` are the graph's own. */
export class AnswerFailed extends Error {
  constructor(errors) {
    super(errors[0].message);
    this.errors = errors;
  }

  get code() {
    return this.errors[0].extensions?.code;
  }
}

/**
 * Run one operation; with `anew` the gateway asks the platforms itself, however new what it has kept is.
 *
 * Gives `data` and the `errors` of its parts, which may be empty. Throws `SignInNeeded`, or `AnswerFailed` where
 * there is no data at all.
 */
export async function ask(query, variables = {}, { anew = false } = {}) {
  const response = await send(GRAPH, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/graphql-response+json, application/json",
      ...(anew ? { "Cache-Control": "no-cache" } : {}),
    },
    body: JSON.stringify({ query, variables }),
  });
  const answer = await answerOf(response);
  if (!answer.data) throw new AnswerFailed(answer.errors ?? [unreadable(response)]);
  return { data: answer.data, errors: answer.errors ?? [] };
}

/** Fetch the table of all access as a file. Throws as `ask` does. */
export async function exported() {
  const response = await send(EXPORT, { headers: { Accept: "text/csv, application/json" } });
  if (response.ok) return response.blob();
  throw new AnswerFailed((await answerOf(response)).errors ?? [unreadable(response)]);
}

async function send(address, request) {
  const headers = { ...request.headers, ...authorization() };
  let response;
  try {
    response = await fetch(address, { ...request, headers, credentials: "same-origin" });
  } catch {
    throw new AnswerFailed([{ message: "The gateway cannot be reached. What is shown is from before." }]);
  }
  if (response.status === 401) throw new SignInNeeded();
  return response;
}

async function answerOf(response) {
  try {
    return await response.json();
  } catch {
    return { errors: [unreadable(response)] };
  }
}

const unreadable = (response) => ({ message: `The gateway answered with status ${response.status}.` });
