import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "..", "..", "results");

/** Prints a report and saves it beside its figures, as Markdown and as JSON. */
export async function report(name: string, markdown: string, figures: object): Promise<void> {
  const base = join(FOLDER, `${name}-${new Date().toISOString().replaceAll(/[:.]/g, "-")}`);
  await mkdir(FOLDER, { recursive: true });
  await writeFile(`${base}.md`, `${markdown}\n`);
  await writeFile(`${base}.json`, `${JSON.stringify(figures, null, 2)}\n`);
  console.log(`\n${markdown}\n\nsaved: ${base}.md and .json`);
}
