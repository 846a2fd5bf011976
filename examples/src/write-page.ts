// Brings what `npm run examples` found into the documentation: `node examples/dist/write-page.js [FOLDER]` copies figures
// and pictures, and writes the tables of docs/original.md from the figures, so that no number is copied by hand.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Outcome } from "./lab.ts";
import { formatTable } from "./table.ts";

const docs = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "docs");
const folder = process.argv[2] ?? "examples/results";
const text = readFileSync(join(folder, "results.json"), "utf8");
const { outcomes } = JSON.parse(text) as { readonly outcomes: readonly Outcome[] };

writeFileSync(join(docs, "original.json"), text);
const images = join(docs, "images", "original");
rmSync(images, { recursive: true, force: true });
mkdirSync(images, { recursive: true });
for (const name of outcomes.flatMap(({ pictures }) => pictures)) {
  copyFileSync(join(folder, `${name}.svg`), join(images, `${name}.svg`));
}

const page = join(docs, "original.md");
const written = readFileSync(page, "utf8").replaceAll(
  /(<!-- table of (.+?) -->\n)[\s\S]*?(<!-- end of table -->)/g,
  (_, start: string, ids: string, end: string) => {
    const wanted = ids.split(" ");
    return `${start}\n${formatTable(outcomes.filter(({ id }) => wanted.includes(id)))}\n\n${end}`;
  },
);
writeFileSync(page, written);
