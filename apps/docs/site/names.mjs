// The pages of names. There are a thousand, so VitePress builds one page without a text, and each page of a name is a copy
// of it with a text. This takes a few seconds, and no page has a script of its own.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createMarkdownRenderer } from "vitepress";

const PACKAGE = "_package";
/** The page without a text, in the folder of pages. */
export const NAME_PAGE = `api/${PACKAGE}/_name.md`;

/** Writes the pages of all names into the built site, and fails if a link of theirs leads nowhere. */
export async function writeNames({ srcDir, outDir, markdown, site, logger }) {
  const { base } = site;
  const md = await createMarkdownRenderer(srcDir, markdown, base, logger);
  // The anchors of these pages are those of TypeDoc; nothing leads to the others, such as a hundred times “Parameters”.
  md.core.ruler.disable("anchor");
  const file = join(outDir, NAME_PAGE.replace(/\.md$/, ".html"));
  const frame = frameOf(readFileSync(file, "utf8"), { outDir, site });
  rmSync(dirname(file), { recursive: true });
  const pages = new Map();
  for (const folder of readdirSync(join(srcDir, "api"))) {
    for (const name of namesOf(join(srcDir, "api", folder))) {
      const relativePath = `api/${folder}/${name}.md`;
      const env = { path: join(srcDir, relativePath), relativePath, cleanUrls: false };
      const text = short(md.render(readFileSync(env.path, "utf8"), env));
      pages.set(`api/${folder}/${name}.html`, {
        text,
        html: frame({ folder, title: md.utils.escapeHtml(env.title), text }),
      });
    }
  }
  checkLinks(pages, { outDir, base });
  for (const [path, { html }] of pages) {
    mkdirSync(dirname(join(outDir, path)), { recursive: true });
    writeFileSync(join(outDir, path), html);
  }
}

/**
 * What the search reads of a page: all of a guide, and of a name its title and its first paragraph. It reads names on the
 * page of their package, instead of the list there. The address of a name begins with `#=`, which the search leaves out.
 */
export function searched(source, env, md) {
  const folder = /^api\/(.+)\/index\.md$/.exec(env.relativePath)?.[1];
  if (folder === undefined) return md.render(source, env);
  const names = namesOf(dirname(env.path)).map((name) => {
    const [title, text] = readFileSync(join(dirname(env.path), `${name}.md`), "utf8")
      .replace(/^---[\s\S]*?^---/m, "")
      .replace(/^`import .*$/m, "")
      .trim()
      .split(/\n{2,}/);
    const html = md.render(/^[#`|]/.test(text ?? "#") ? title : `${title}\n\n${text}`, { ...env });
    return html.replace(/ href="#[^"]*"/, ` href="#=${name}.html"`);
  });
  return md.render(source.replace(/^## Names\n[\s\S]*/m, ""), env) + names.join("");
}

/** The names with a page in the folder of a package. */
function namesOf(folder) {
  if (!existsSync(join(folder, "index.md"))) return [];
  return readdirSync(folder).flatMap((file) => /^(?!index\.)(.*)\.md$/.exec(file)?.[1] ?? []);
}

/** The page around a text, without what a reader does not see. */
function frameOf(html, { outDir, site }) {
  const [head, body] = html.split("</head>");
  const start = head
    .replaceAll(/<meta name="description"[^>]*>|<link rel="modulepreload"[^>]*>|<link [^>]*vp-icons\.css[^>]*>/g, "")
    .replace(/<script id="check-mac-os">.*?<\/script>/, "")
    .replace(/<script id="check-dark-mode">(.*?)<\/script>/, (_all, script) => {
      // It sets the colors before the first paint.
      writeFileSync(join(outDir, "dark-mode.js"), script);
      return `<script src="${site.base}dark-mode.js"></script>`;
    });
  const [around, end] = `${start}</head>${body}`.replaceAll(/\n\s*/g, "").split("</body>");
  return ({ folder, title, text }) =>
    around
      .replaceAll(PACKAGE, folder)
      .replace("<body>", '<body class="name-page">')
      .replace(/<title>.*?<\/title>/, () => `<title>${title} | ${site.title}</title>`) +
    `<main id="content" class="vp-doc">${text}</main></body>${end}`;
}

/** HTML without what is for Vue, lines between blocks, and the end tags that HTML does not need. */
function short(html) {
  return html
    .replaceAll(/ v-pre(?:="")?/g, "")
    .replaceAll(' href="./', ' href="')
    .replaceAll(/<\/(?:li|tbody|td|th|thead|tr)>/g, "")
    .replaceAll(/\n+(?=<\/?(?:blockquote|div|h\d|hr|li|ol|p|pre|table|tbody|td|th|thead|tr|ul)\b)/g, "")
    .trim();
}

function checkLinks(pages, { outDir, base }) {
  const anchors = new Map([...pages].map(([path, { text }]) => [path, new Set(matches(text, / id="([^"]*)"/g))]));
  const broken = [];
  for (const [path, { text }] of pages) {
    for (const link of new Set(matches(text, / href="([^"]*)"/g))) {
      const url = new URL(link, `site:${base}${path}`);
      if (url.protocol !== "site:") continue;
      const target = decodeURI(url.pathname.slice(base.length)).replace(/(^|\/)$/, "$1index.html");
      const isThere = pages.has(target)
        ? url.hash === "" || anchors.get(target).has(decodeURIComponent(url.hash.slice(1)))
        : existsSync(join(outDir, target));
      if (!isThere) broken.push(`${path}: ${link}`);
    }
  }
  if (broken.length > 0) throw new Error(`build-site: expected links that lead somewhere, got\n${broken.join("\n")}`);
}

function matches(text, pattern) {
  return [...text.matchAll(pattern)].map(([, match]) => match);
}
