// Builds the documentation site: the API reference of all packages and the pages of docs/, by TypeDoc.
// A warning, such as a link that leads nowhere, makes it fail.
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Application, Converter, MinimalSourceFile, normalizePath } from "typedoc";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const out = join(here, "dist");

/** The folders of the packages. `pushforward` comes first: a name has its page in the first entry that exports it. */
const folders = readdirSync(join(root, "packages")).sort(
  (a, b) => Number(b === "pushforward") - Number(a === "pushforward") || (a < b ? -1 : 1),
);
const packages = folders.map((folder) => {
  const path = join(root, "packages", folder);
  const { name, version } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
  return { name, version, entry: join(path, "src", "index.ts"), readme: join(path, "README.md") };
});
/** The entries for authors: pages of their own, after those for users. */
const extensions = packages
  .map(({ name, entry }) => ({ name: `${name}/extend`, entry: join(dirname(entry), "extend.ts") }))
  .filter(({ entry }) => existsSync(entry));

/** The Markdown pages of a folder of docs. */
function pages(folder) {
  const path = join(root, "docs", folder);
  return readdirSync(path)
    .filter((name) => name.endsWith(".md"))
    .sort()
    .map((name) => join(path, name));
}

const app = await Application.bootstrap({
  name: "pushforward",
  entryPoints: [...packages, ...extensions].map(({ entry }) => entry),
  // One compiler for all packages, which parses each file once.
  tsconfig: join(here, "tsconfig.json"),
  // `turbo run typecheck` checks the types; the compiler of TypeDoc is older.
  skipErrorChecking: true,
  excludePrivate: true,
  excludeInternal: true,
  validation: { invalidLink: true, notExported: false, notDocumented: false },
  readme: join(root, "README.md"),
  projectDocuments: [
    join(root, "docs", "tour.md"),
    ...pages("guides"),
    ...pages("concepts"),
    join(root, "docs", "defaults.md"),
    join(root, "docs", "architecture.md"),
    join(root, "FEATURES.md"),
  ],
  out,
  sortEntryPoints: false,
  searchInComments: true,
  searchInDocuments: true,
  hideGenerator: true,
  navigation: { includeCategories: true, includeGroups: false },
  highlightLanguages: ["typescript", "javascript", "json", "bash", "sh", "csv", "python", "html", "csharp", "java"],
});

app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
  for (const { name, version, readme } of packages) {
    const module = project.children.find((child) => child.name === name);
    const source = new MinimalSourceFile(readFileSync(readme, "utf8"), normalizePath(readme));
    module.readme = app.converter.parseRawComment(source, project.files).content;
    module.packageName = name;
    if (version !== "0.0.0") module.packageVersion = version;
    // Links to the README or to the folder of a package lead to the page of the package.
    for (const path of [readme, dirname(readme)]) project.files.registerReflectionPath(normalizePath(path), module);
  }
});

const found = app.getEntryPoints() ?? [];
const entries = [...packages, ...extensions].map(({ name, entry }) => {
  const entryPoint = found.find(({ sourceFile }) => sourceFile.fileName === normalizePath(entry));
  if (entryPoint === undefined) throw new Error(`build-site: expected ${entry} in the program, got no such file.`);
  return { ...entryPoint, displayName: name };
});
const project = app.converter.convert(entries);
app.validate(project);
rmSync(out, { recursive: true, force: true });
await app.generateOutputs(project);
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);
console.log(`site: ${out}`);
