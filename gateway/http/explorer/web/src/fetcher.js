/** Sends an operation to the endpoint that served this page, and gives its answer back. */
export async function fetcher(operation, { headers } = {}) {
  const response = await fetch(location.pathname, {
    method: "POST",
    headers: {
      Accept: "application/graphql-response+json, application/json",
      "Content-Type": "application/json",
      ...headers,
    },
    body: JSON.stringify(operation),
  });
  // A refused operation is an answer too: its JSON says why, whatever the status.
  if (/[/+]json\b/.test(response.headers.get("Content-Type") ?? "")) {
    return response.json();
  }
  throw new Error(`The endpoint answered ${response.status} ${response.statusText} without JSON.`);
}
