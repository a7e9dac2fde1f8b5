import { defineConfig } from "vite";

export default defineConfig({
  // Relative addresses: the page at …/graphql finds …/graphql/assets behind any prefix a proxy may add.
  base: "./",
  build: {
    outDir: "../static",
    emptyOutDir: true,
    assetsDir: "graphql/assets",
    // The wheel hands these packages on, so their licenses go with it.
    license: { fileName: "third-party-licenses.md" },
    // Monaco is one chunk of about three megabytes, fetched once and cached for a year.
    chunkSizeWarningLimit: 3000,
    // "use client" and its like speak to server frameworks; a page built for browsers may drop them.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
  // Workers stay files of our own origin: the page's policy allows no blob: workers.
  worker: { format: "es" },
});
