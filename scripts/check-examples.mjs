// Compiles all examples, of pages and of doc comments, in one program with strict settings. The deep tests run them.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = mkdtempSync(join(root, "docs", ".types-"));
try {
  process.exitCode = await check();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function check() {
  const { writePageExamples } = await bundled("page-examples.ts");
  const { writeCommentExamples } = await bundled("doc-comments/comment-examples.ts");
  const pages = writePageExamples(root, join(folder, "pages")).length;
  const comments = writeCommentExamples(root, join(folder, "comments")).length;
  if (pages <= 10 || comments <= 100) {
    console.error(`expected examples of more than 10 pages and 100 sources, got ${pages} and ${comments}.`);
    return 1;
  }
  const compilerOptions = {
    ...{ isolatedDeclarations: false, declaration: false, declarationMap: false, incremental: false },
    // An example may leave a variable unused.
    ...{ noUnusedLocals: false, noUnusedParameters: false, tsBuildInfoFile: null },
  };
  const settings = { extends: join(root, "tsconfig.base.json"), compilerOptions, include: ["**/*.ts"] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const { status } = spawnSync(process.execPath, [compiler, "-p", folder, "--pretty", "false"], {
    cwd: folder,
    stdio: "inherit",
  });
  console.log(`examples of ${pages} pages and ${comments} sources`);
  return status ?? 1;
}

/** A module of the docs, which are TypeScript, in JavaScript. */
async function bundled(file) {
  const outfile = join(folder, `${file.replaceAll(/\W/g, "-")}.mjs`);
  const entryPoints = [join(root, "docs", file)];
  await build({ entryPoints, outfile, bundle: true, packages: "external", platform: "node", format: "esm" });
  return await import(pathToFileURL(outfile).href);
}
