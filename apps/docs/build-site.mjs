// Builds the documentation site. A warning, such as a link that leads nowhere, makes it fail, and so does a large site.
// Usage: node apps/docs/build-site.mjs
import { readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vitepress";
import { writeAgents } from "./site/agents.mjs";
import { writeApi } from "./site/api.mjs";
import { writeGallery } from "./site/gallery.mjs";
import { NAME_PAGE } from "./site/names.mjs";
import { sitePages, titleOf, write, writePages } from "./site/pages.mjs";
import { writeRunner } from "./site/runner.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const out = join(here, ".pages");
const repository = process.env.PUSHFORWARD_REPOSITORY?.replace(/\/+$/, "") || undefined;
/** The limit of the whole site, in bytes. */
const LIMIT = 13e6;

rmSync(out, { recursive: true, force: true });
rmSync(join(here, "dist"), { recursive: true, force: true });
const { names, authors } = await writeApi({ root, here, out: join(out, "api"), repository });
const lists = packageLists();
await writeRunner({ root, here, out: join(out, "public", "run") });
const gallery = await writeGallery({ root, out });
write(join(out, NAME_PAGE), "---\npageClass: api\n---\n");
const pages = writePages({ root, out, repository, lists, gallery });
await writeAgents({
  root,
  here,
  out: join(out, "public"),
  pages,
  names,
  address: process.env.PUSHFORWARD_DOCS_BASE ?? "/",
});
writeSettings();
await build(here);
const bytes = sizeOf(join(here, "dist"));
if (bytes > LIMIT) throw new Error(`build-site: expected at most ${LIMIT} bytes, got ${bytes}.`);
console.log(`site: ${join(here, "dist")}, ${(bytes / 1e6).toFixed(1)} MB, ${names.length} names`);

/** The names of each package as Markdown, and in a file that the sidebar reads. */
function packageLists() {
  const folders = [...sitePages(root).values()]
    .flatMap((page) => /^api\/(.*)\/index\.md$/.exec(page)?.[1] ?? [])
    .sort();
  const listed = folders.map((folder) => {
    const own = names.filter(({ url }) => url.startsWith(`${folder}/`)).sort((a, b) => (a.name < b.name ? -1 : 1));
    return { folder, own, authors: authors.includes(folder) };
  });
  const json = listed.map(({ folder, own, authors }) => ({
    folder,
    names: [
      ...own.map(({ name, url }) => [name, posix.basename(url, ".md")]),
      ...(authors ? [["extend", "extend"]] : []),
    ],
  }));
  write(join(out, "public", "names.json"), JSON.stringify(json));
  const links = listed.map(({ folder, own }) => `- [${folder}](${folder}/index.md): ${own.length} names\n`);
  write(join(out, "api", "index.md"), `---\neditLink: false\n---\n\n# API reference\n\n${links.join("")}`);
  return new Map(
    listed.map(({ folder, own, authors }) => {
      const lines = own.map(
        ({ name, kind, summary, url }) =>
          `- [\`${name}\`](/api/${url}) (${kind})${summary === "" ? "" : `: ${escaped(summary)}`}\n`,
      );
      const more = authors
        ? `\n[Names for authors](/api/${folder}/extend.md) of transforms, distributions, layers and codecs.\n`
        : "";
      return [folder, own.length === 0 && more === "" ? "" : `\n## Names\n\n${lines.join("")}${more}`];
    }),
  );
}

function escaped(text) {
  return text.replaceAll("<", "&lt;").replaceAll("{{", "&#123;&#123;");
}

function writeSettings() {
  const link = (folder) =>
    [...pages]
      .filter(([, page]) => posix.dirname(page) === folder)
      .map(([source, page]) => ({ text: titleOf(root, source), link: `/${page.replace(/\.md$/, "")}` }));
  const started = new Set(["/tour", "/guides/ten-tasks", "/guides/your-table", "/gallery"]);
  const rest = (list) => list.filter(({ link }) => !started.has(link));
  const sources = Object.fromEntries([...pages].map(([source, page]) => [page, source]));
  write(
    join(out, "site.json"),
    JSON.stringify({
      ...{ sources, repository },
      ...{
        guides: rest(link("guides")),
        concepts: link("concepts"),
        reference: [...rest(link(".")), ...link("reference")],
      },
    }),
  );
}

function sizeOf(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
}
