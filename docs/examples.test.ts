import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";

// Every ```ts fence of every page runs. The fences of one page are one module, so later ones may use earlier ones;
// a fence that must not run is tagged ```ts no-run and says why in the text.

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = join(root, "docs", ".examples");
const skipped = new Set(["node_modules", "dist", ".git", ".turbo", ".changeset", ".examples", "demo"]);

function pages(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return [];
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return pages(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

function moduleOf(text: string): string | undefined {
  const fences = [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((match) => match[1] as string);
  if (fences.length === 0) return undefined;
  const named = new Map<string, Set<string>>();
  const other = new Set<string>();
  const body = fences
    .join("\n")
    .replaceAll(/^import (type )?\{([^}]*)\} from "([^"]+)";\n/gm, (_all, type, names: string, from: string) => {
      const list = named.get(from) ?? new Set();
      for (const name of names.split(",").map((n) => n.trim())) {
        if (name !== "") list.add(type === undefined ? name : `type ${name}`);
      }
      named.set(from, list);
      return "";
    })
    .replaceAll(/^import .*;\n/gm, (line) => {
      other.add(line);
      return "";
    });
  const imports = [...named].map(([from, names]) => `import { ${[...names].join(", ")} } from "${from}";\n`);
  return `${[...other].join("")}${imports.join("")}${body}\nexport {};\n`;
}

mkdirSync(folder, { recursive: true });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const examples = pages(root)
  .map((page) => ({ page: relative(root, page), code: moduleOf(readFileSync(page, "utf8")) }))
  .filter((example) => example.code !== undefined);

test("there are examples to run", () => {
  expect(examples.length).toBeGreaterThan(0);
});

describe("examples", () => {
  for (const { page, code } of examples) {
    test(page, { timeout: 120_000 }, async () => {
      const file = join(folder, `${page.replaceAll(/[^a-zA-Z0-9]+/g, "-")}.ts`);
      writeFileSync(file, code as string);
      await import(file);
    });
  }
});
