// Runs the audits of GraphQL over HTTP against a server, and prints what came of each as a JSON list:
//
//     node audit.js URL [NAME=VALUE …]
//
// The pairs are headers to send with every request: what this server wants of every client.

import { serverAudits } from "graphql-http";

const [url, ...pairs] = process.argv.slice(2);
const always = Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s, 2)));
const fetchFn = (address, init = {}) => fetch(address, { ...init, headers: { ...init.headers, ...always } });

const results = [];
// One after the other: none may owe its outcome to what another does at the same time.
for (const audit of serverAudits({ url, fetchFn })) {
  const { id, name, status, reason, response } = await audit.fn();
  results.push({ id, name, status, reason, answered: response?.status });
}
console.log(JSON.stringify(results));
