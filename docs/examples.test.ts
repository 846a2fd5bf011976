import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, test } from "vitest";
import { writePageExamples } from "./page-examples.ts";

// Runs the ```ts fences of every page; the fences of one page are one module. A deep test: see vitest.config.ts.

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = join(root, "docs", ".examples");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

for (const { page, file } of writePageExamples(root, folder)) {
  test(page, { timeout: 600_000 }, () => import(file));
}
