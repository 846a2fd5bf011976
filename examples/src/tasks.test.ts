import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DEEP } from "../../packages/testing/test/deep.ts";

const folder = join(import.meta.dirname, "tasks");
const guide = readFileSync(join(import.meta.dirname, "..", "..", "docs", "guides", "ten-tasks.md"), "utf8");
const names = readdirSync(folder);

test("there are ten tasks", () => expect(names).toHaveLength(10));

test.each(names)("%s is in the guide, is short, and needs at most two entries", (name) => {
  const code = readFileSync(join(folder, name), "utf8");
  expect(guide).toContain(`\`\`\`ts no-run\n${code}\`\`\`\n`);
  expect(code.trim().split("\n").length).toBeLessThanOrEqual(25);
  const entries = new Set(
    Array.from(code.matchAll(/from "((?:@pushforward\/|pushforward)[^"]*)"/g), ([, entry]) => entry),
  );
  expect(entries.size).toBeLessThanOrEqual(2);
});

test.runIf(DEEP).each(names)("%s runs", async (name) => {
  const here = process.cwd();
  const work = mkdtempSync(join(tmpdir(), "pushforward-tasks-"));
  process.chdir(work);
  try {
    await import(join(folder, name));
  } finally {
    process.chdir(here);
    rmSync(work, { recursive: true, force: true });
  }
});
