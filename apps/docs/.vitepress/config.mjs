import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitepress";
import { shortStyles, styleSheet } from "../site/code-styles.mjs";
import { searched, writeNames } from "../site/names.mjs";
import { runnable } from "../site/runnable.mjs";

const root = join(import.meta.dirname, "..");
/** What `build-site.mjs` found: the pages with their sources, and the sidebar. */
const { sources, guides, concepts, reference, repository } = JSON.parse(
  readFileSync(join(root, ".pages", "site.json"), "utf8"),
);

const base = process.env.PUSHFORWARD_DOCS_BASE ?? "/";

/** A warning fails the build, after all of them are printed. */
const warn = (message) => {
  console.error(message);
  process.exitCode = 1;
};
const logger = {
  ...{ hasWarned: false, info() {}, warn, warnOnce: warn, error: warn, clearScreen() {}, hasErrorLogged: () => false },
};

const sidebar = [
  {
    text: "Start",
    items: [
      { text: "A tour", link: "/tour" },
      { text: "Ten tasks", link: "/guides/ten-tasks" },
      { text: "Your table", link: "/guides/your-table" },
      { text: "Gallery", link: "/gallery" },
    ],
  },
  { text: "Guides", items: guides },
  { text: "Concepts", items: concepts },
  { text: "Reference", items: [...reference, { text: "API of all packages", link: "/api/" }] },
];

export default defineConfig({
  title: "pushforward",
  description: "Learn a probability density from data, evaluate it exactly, sample from it, and ask it questions.",
  lang: "en",
  srcDir: ".pages",
  outDir: "dist",
  cacheDir: ".pages/.cache",
  base,
  // One copy of the settings and of the list of pages, and not one in each page.
  metaChunk: true,
  lastUpdated: false,
  // `writeNames` writes the pages of names, and `public` is served as it is.
  srcExclude: ["api/!(_package)/!(index).md", "public/**"],
  ignoreDeadLinks: [isName],
  head: [
    ["link", { rel: "icon", href: "data:," }],
    ["link", { rel: "stylesheet", href: `${base}code.css` }],
  ],
  router: { prefetchLinks: false },
  markdown: {
    config: (md) => {
      shortStyles(md);
      runnable(md);
    },
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
  },
  transformHtml: (html) => html.replace(/\s*<meta name="generator"[^>]*>/, ""),
  buildEnd: async (site) => {
    await writeNames(site);
    writeFileSync(join(site.outDir, "code.css"), styleSheet());
    // Every page is loaded as a document, and has its text there: its second copy, in a script, is never loaded.
    for (const name of readdirSync(join(site.outDir, "assets"))) {
      if (/\.md\..*(?<!\.lean)\.js$/.test(name)) rmSync(join(site.outDir, "assets", name));
    }
  },
  transformPageData: (page) => ({ filePath: sources[page.filePath] ?? page.filePath }),
  vite: {
    customLogger: logger,
    build: { chunkSizeWarningLimit: 4000 },
  },
  themeConfig: {
    nav: [
      { text: "Tour", link: "/tour" },
      { text: "Guides", link: "/guides/ten-tasks", activeMatch: "^/guides/" },
      { text: "Gallery", link: "/gallery" },
      { text: "API", link: "/api/", activeMatch: "^/api/" },
    ],
    sidebar: { "/api/": [{ text: "API reference", link: "/api/" }], "/": sidebar },
    outline: { level: [2, 3] },
    docFooter: { prev: "Previous page", next: "Next page" },
    ...(repository && { editLink: { pattern: `${repository}/edit/main/:path`, text: "Edit this page" } }),
    search: {
      provider: "local",
      options: {
        detailedView: false,
        disableDetailedView: true,
        // Guides come first, then concepts and the pages of packages, then single names.
        miniSearch: {
          // See `searched`: a name is found on the page of its package, and has a page of its own.
          options: {
            extractField: (document, field) => (field === "id" ? document.id.replace("#=", "") : document[field]),
          },
          searchOptions: {
            boostDocument: (id) => {
              const path = id.replace(/^.*?\/(?=guides|concepts|api|tour)/, "");
              if (/^(guides|tour)/.test(path)) return 4;
              return path.startsWith("api/") ? 0.2 : 1;
            },
          },
        },
        _render: searched,
      },
    },
  },
});

/** Whether a link of a list leads to the page of a name that there is. */
function isName(link) {
  return /^\/api\/.+\/./.test(link) && existsSync(join(root, ".pages", `${link}.md`));
}
