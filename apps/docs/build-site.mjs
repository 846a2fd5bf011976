// Makes the documentation site: one TypeDoc project of all packages, with the pages of docs/ beside them.
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Application } from "typedoc";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");

/** Packages from the one that users install first down to the contracts. */
function packages() {
  const folders = readdirSync(join(root, "packages"));
  const rank = (name) => (name === "pushforward" ? 0 : 1);
  return folders.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1)).map((name) => join(root, "packages", name));
}

/** Markdown pages of a folder of docs. */
function pages(folder) {
  const path = join(root, "docs", folder);
  return readdirSync(path)
    .filter((name) => name.endsWith(".md"))
    .sort()
    .map((name) => join(path, name));
}

const validation = { invalidLink: true, notExported: false, notDocumented: false };
const out = join(here, "dist");
rmSync(out, { recursive: true, force: true });

const app = await Application.bootstrapWithPlugins({
  name: "pushforward",
  entryPointStrategy: "packages",
  entryPoints: packages(),
  packageOptions: {
    entryPoints: ["src/index.ts"],
    tsconfig: "tsconfig.json",
    readme: "README.md",
    excludePrivate: true,
    excludeInternal: true,
    // Types are checked by the build; TypeDoc's own compiler is an older one.
    skipErrorChecking: true,
    validation,
  },
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
  searchInComments: true,
  searchInDocuments: true,
  hideGenerator: true,
  navigation: { includeCategories: true, includeGroups: false },
  validation,
  highlightLanguages: ["typescript", "javascript", "json", "bash", "sh", "csv", "python", "html"],
});

const { version } = JSON.parse(readFileSync(join(root, "packages", "pushforward", "package.json"), "utf8"));
app.options.setValue("includeVersion", version !== "0.0.0");
const project = await app.convert();
if (project === undefined) process.exit(1);
app.validate(project);
// A link that leads nowhere is a warning to TypeDoc.
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);
await app.generateOutputs(project);
if (app.logger.hasErrors()) process.exit(1);
console.log(`site: ${out}`);
