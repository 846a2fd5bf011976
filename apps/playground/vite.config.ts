import { defineConfig } from "vite";

/** Threads share memory only on a page with these headers. */
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  // Relative addresses: the page works from any folder of a static host.
  base: "./",
  // The packages as they are published, not their sources.
  resolve: { conditions: ["module", "browser", "development|production"] },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  worker: { format: "es" },
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
    reportCompressedSize: false,
  },
  server: { headers: isolation },
  preview: { headers: isolation },
});
