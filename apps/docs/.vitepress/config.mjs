import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitepress";
import { shortStyles, styleSheet } from "../site/code-styles.mjs";
import { runnable, withoutPermalinks } from "../site/runnable.mjs";

const root = join(import.meta.dirname, "..");
/** What `build-site.mjs` found: the pages with their sources, and the sidebar. */
const { sources, guides, concepts, reference, complete, repository } = JSON.parse(
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
  outDir: complete ? "dist" : ".pages/.check",
  cacheDir: ".pages/.cache",
  base,
  // One copy of the settings and of the list of pages, and not one in each page.
  metaChunk: true,
  lastUpdated: false,
  // A check does not build the pages of names; TypeDoc has checked the links between them.
  srcExclude: complete ? [] : ["api/*/!(index).md"],
  ignoreDeadLinks: complete ? false : [isName],
  head: [
    ["link", { rel: "icon", href: "data:," }],
    ["link", { rel: "stylesheet", href: `${base}code.css` }],
  ],
  router: { prefetchLinks: false },
  markdown: {
    config: (md) => {
      shortStyles(md);
      runnable(md);
      withoutPermalinks(md);
    },
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
  },
  transformHtml: (html, _id, { pageData }) =>
    (pageData.frontmatter.pageClass === "api" ? shortPage(html) : html).replace(/\s*<meta name="generator"[^>]*>/, ""),
  buildEnd: ({ outDir }) => {
    writeFileSync(join(outDir, "code.css"), styleSheet());
    writeFileSync(join(outDir, "dark-mode.js"), darkMode);
    // The page of a name is loaded as a document, and has its text there.
    for (const name of readdirSync(join(outDir, "assets"))) {
      if (/^api_[^_]+_(?!index\.md).*(?<!\.lean)\.js$/.test(name)) rmSync(join(outDir, "assets", name));
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
          searchOptions: {
            boostDocument: (id) => {
              const path = id.replace(/^.*?\/(?=guides|concepts|api|tour)/, "");
              if (/^(guides|tour)/.test(path)) return 4;
              return path.startsWith("api/") ? 0.2 : 1;
            },
          },
        },
        _render: renderForSearch,
      },
    },
  },
});

/** Whether a link of a list leads to the page of a name that there is. */
function isName(link) {
  return /^\/api\/.+\/./.test(link) && existsSync(join(root, ".pages", `${link}.md`));
}

/** The script of all pages that sets the colors before the first paint. */
let darkMode = "";

/** The page of a name without what a reader does not see. */
function shortPage(html) {
  const [head, ...rest] = html.split("</head>");
  const short = head
    .replaceAll(
      /<meta name="(?:generator|description)"[^>]*>|<link rel="preload" [^>]*>|<link rel="modulepreload"[^>]*>/g,
      "",
    )
    .replace(/<script id="check-mac-os">.*?<\/script>/, "")
    .replace(/<script id="check-dark-mode">(.*?)<\/script>/, (_all, script) => {
      darkMode = script;
      return `<script src="${base}dark-mode.js"></script>`;
    })
    .replaceAll(/\n\s*/g, "");
  return `${short}</head>${rest.join("</head>")}`;
}

/** What the search reads of a page: all of a guide, and of the page of a name its title and its first paragraph. */
function renderForSearch(source, env, md) {
  const isName = env.relativePath.startsWith("api/") && !env.relativePath.endsWith("/index.md");
  if (!isName) return md.render(source, env);
  // The search finds headings by their permalinks.
  env.isSearched = true;
  const [title, text] = source
    .replace(/^---[\s\S]*?^---/m, "")
    .replace(/^`import .*$/m, "")
    .trim()
    .split(/\n{2,}/);
  return md.render(/^[#`|]/.test(text ?? "#") ? title : `${title}\n\n${text}`, env);
}
