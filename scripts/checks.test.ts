import { afterEach, expect, test, vi } from "vitest";
import { CHECKS, runChecks, SITE } from "./checks.mjs";

afterEach(() => vi.restoreAllMocks());

test("all checks run, and the output of those that fail is printed", async () => {
  const lines: string[] = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  const node = (code: string): [string, string[]] => ["node", ["-e", code]];
  const checks = [
    ["first", ...node("console.log('bad'); console.error('worse'); process.exit(3)")],
    ["second", ...node("console.log('quiet')")],
    ["third", "no-such-command-anywhere", []],
  ] as const;
  const counts = await runChecks(checks, { cwd: ".", env: process.env });
  expect(counts).toEqual({ passed: 1, failed: 2 });
  const text = lines.join("\n");
  expect(text).toMatch(/✗ first \(\d+\.\d s\)/);
  expect(text).toContain("bad\nworse");
  expect(text).toMatch(/✓ second/);
  expect(text).not.toContain("quiet\n");
  expect(text).toMatch(/✗ third/);
});

test("the checks build the whole site, as `npm run docs` does", () => {
  expect(CHECKS).toContain(SITE);
  expect(SITE.slice(1)).toEqual(["node", ["apps/docs/build-site.mjs"]]);
});
