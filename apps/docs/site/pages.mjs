// The Markdown pages of the repository as pages of the site: copied, with links that lead to pages of the site.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, posix, relative, resolve } from "node:path";
import { LANDING } from "./landing.mjs";

const OTHER_PAGES = {
  "FEATURES.md": "features.md",
  "CONTRIBUTING.md": "contributing.md",
  "README.md": "overview.md",
  "apps/cli/README.md": "cli.md",
  "apps/playground/README.md": "playground.md",
  "apps/bench/README.md": "bench.md",
  "examples/README.md": "examples.md",
};

/** Where each Markdown page of the repository stands in the site. */
export function sitePages(root) {
  const pages = new Map(Object.entries(OTHER_PAGES).filter(([source]) => existsSync(join(root, source))));
  for (const folder of ["", "guides", "concepts", "reference"]) {
    for (const name of readdirSync(join(root, "docs", folder))) {
      if (name.endsWith(".md")) pages.set(posix.join("docs", folder, name), posix.join(folder, name));
    }
  }
  for (const name of readdirSync(join(root, "packages"))) {
    pages.set(`packages/${name}/README.md`, `api/${name}/index.md`);
  }
  return pages;
}

/**
 * Writes the pages into a folder.
 *
 * @param {{ root: string, out: string, repository: string | undefined, lists: ReadonlyMap<string, string>,
 *   gallery: string }} site `lists` has the names of each package, which stand below its README; `gallery` has pictures
 */
export function writePages({ root, out, repository, lists, gallery }) {
  const pages = sitePages(root);
  for (const [source, target] of pages) {
    const text = readFileSync(join(root, source), "utf8");
    const list = /^api\/(.*)\/index\.md$/.exec(target)?.[1];
    const filled = source === "docs/guides/script-tag.md" ? withPageScript(text, root) : text;
    const linked = withSiteLinks(filled, { root, out, source, target, pages, repository });
    const whole = target === "gallery.md" ? linked.replace("\n## ", `${gallery}\n## `) : linked;
    write(join(out, target), `${whole}${list === undefined ? "" : (lists.get(list) ?? "")}`);
  }
  mkdirSync(join(out, "public", "images"), { recursive: true });
  for (const name of ["earthquakes-sphere.svg", "playground.png"]) {
    copyFileSync(join(root, "docs", "images", name), join(out, "public", "images", name));
  }
  write(join(out, "index.md"), LANDING);
  return pages;
}

export function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Fills in the version and the hash of the script. The check of the site needs no build, and has no hash without one. */
function withPageScript(text, root) {
  const read = (name) => JSON.parse(readFileSync(join(root, "packages", "pushforward", name), "utf8"));
  const { version } = read("package.json");
  const isBuilt = existsSync(join(root, "packages", "pushforward", "dist", "integrity.json"));
  const hash = isBuilt ? read("dist/integrity.json")["pushforward.min.js"] : "sha384-…";
  return text.replace("@VERSION", `@${version}`).replace("sha384-…", hash);
}

function withSiteLinks(text, page) {
  // Fences stay as they are.
  return text.replaceAll(
    /^(```[\s\S]*?^```)|(!?)\[((?:[^\][]|\[[^\]]*\])*)\]\(([^)\s]+)\)/gm,
    (all, fence, image, label, link) => {
      if (fence !== undefined || /^(?:[a-z]+:|#|\/)/.test(link)) return all;
      const [path, anchor] = link.split("#");
      const { root, source, target, pages, repository } = page;
      const file = resolve(root, dirname(source), path);
      const local = relative(root, file).replaceAll("\\", "/");
      const to = pages.get(local) ?? pages.get(`${local}/README.md`);
      if (to !== undefined) return `${image}[${label}](${relativeLink(target, to)}${anchor ? `#${anchor}` : ""})`;
      if (image !== "" || /\.(svg|png)$/.test(path)) return `${image}[${label}](${picture(page, file)})`;
      return repository === undefined ? label : `[${label}](${repository}/blob/main/${local})`;
    },
  );
}

function relativeLink(from, to) {
  const link = posix.relative(posix.dirname(from), to);
  return link.startsWith(".") ? link : `./${link}`;
}

/** Copies a picture, and says where it is. */
function picture({ root, out }, file) {
  const local = `images/${relative(join(root, "docs", "images"), file).replaceAll("\\", "/")}`;
  mkdirSync(dirname(join(out, "public", local)), { recursive: true });
  copyFileSync(file, join(out, "public", local));
  return `/${local}`;
}

/** The title of a page: its first heading. */
export function titleOf(root, source) {
  return /^# (.*)$/m.exec(readFileSync(join(root, source), "utf8"))?.[1].replaceAll("`", "") ?? basename(source, ".md");
}
