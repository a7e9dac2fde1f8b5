import "./workers.js";
// GraphiQL would load its editor after drawing the tabs, and a tab clicked in between gets the first one's text.
import "monaco-graphql/esm/lite.js";
import "monaco-graphql/esm/monaco-editor.js";
import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./main.css";

import { explorerPlugin } from "@graphiql/plugin-explorer";
import { createLocalStorage } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";

import { examples } from "./examples.js";
import { fetcher } from "./fetcher.js";
import { Title } from "./title.jsx";

// Every GraphiQL on this host shares one key space otherwise, and would open with another server's tabs.
const storage = createLocalStorage({ namespace: "accessgraph" });

// Without GraphiQL's history plugin, which writes request headers, hence API keys, to the browser's disk.
const plugins = [explorerPlugin()];

createRoot(document.getElementById("explorer")).render(
  <GraphiQL
    defaultEditorToolsVisibility="variables"
    defaultTabs={examples}
    fetcher={fetcher}
    inputValueDeprecation
    plugins={plugins}
    schemaDescription
    shouldPersistHeaders={false}
    showPersistHeadersSettings={false}
    storage={storage}
  >
    <GraphiQL.Logo>
      <Title />
    </GraphiQL.Logo>
  </GraphiQL>,
);
