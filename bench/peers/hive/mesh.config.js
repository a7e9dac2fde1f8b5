// Composes the supergraph: both REST APIs as one subgraph, in their own words.
import { defineConfig } from "@graphql-mesh/compose-cli";
import { loadJSONSchemaSubgraph } from "@omnigraph/json-schema";

const trading = { Authorization: "Basic made-up", Timestamp: "1700000000" };
const sites = { Authorization: "Bearer made-up" };

export const composeConfig = defineConfig({
  subgraphs: [
    {
      sourceHandler: loadJSONSchemaSubgraph("platforms", {
        endpoint: process.env.UPSTREAM_URL,
        operations: [
          {
            type: "Query",
            field: "quantconnect",
            path: "/api/v2/projects/read",
            method: "POST",
            headers: trading,
            responseSchema: "./replies.json#/definitions/Projects",
          },
          {
            type: "Query",
            field: "quantconnectProject",
            path: "/api/v2/projects/read",
            method: "POST",
            headers: trading,
            requestSchema: "./replies.json#/definitions/ProjectRead",
            responseSchema: "./replies.json#/definitions/Projects",
          },
          {
            type: "Query",
            field: "project",
            path: "/api/project/{args.project}",
            method: "GET",
            headers: sites,
            responseSchema: "./replies.json#/definitions/Site",
          },
          {
            type: "Query",
            field: "users",
            path: "/api/project/{args.project}/users",
            method: "GET",
            headers: sites,
            responseSchema: "./replies.json#/definitions/Users",
          },
        ],
      }),
    },
  ],
});
