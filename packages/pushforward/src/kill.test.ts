import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createKey } from "@pushforward/core";
import { afterAll, expect, test } from "vitest";
import { DEEP } from "../../testing/test/deep.ts";
import { figure } from "../test/figures.ts";

const script = fileURLToPath(new URL("../test/train-child.mjs", import.meta.url));
const STEPS = DEEP ? 1200 : 160;
const KILLS = DEEP ? 20 : 1;

const folder = mkdtempSync(join(tmpdir(), "pushforward-kill-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** When to kill: at the given number of lines of this kind, after a delay in ms. */
interface Kill {
  readonly word: "step" | "saving";
  readonly count: number;
  readonly delay: number;
}

async function run(path: string, kill?: Kill): Promise<{ lines: string[]; signal: NodeJS.Signals | null }> {
  // It goes on for a few steps or saves while the kill is on its way, and then waits for it.
  const wait = kill === undefined ? [] : [kill.word, String(kill.count + (kill.word === "step" ? 8 : 2))];
  const child = spawn(process.execPath, [script, path, String(STEPS), ...wait], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  let seen = 0;
  let timer: NodeJS.Timeout | undefined;
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => {
    const from = output.lastIndexOf("\n") + 1;
    output += text;
    if (kill === undefined || timer !== undefined) return;
    const whole = output.slice(from, output.lastIndexOf("\n") + 1).split("\n");
    seen += whole.filter((line) => line.startsWith(`${kill.word} `)).length;
    if (seen >= kill.count) timer = setTimeout(() => child.kill("SIGKILL"), kill.delay);
  });
  const [, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  // A last line without its end was cut off by the kill.
  return { lines: output.split("\n").slice(0, -1), signal };
}

// P20. Every number told by any run is compared, also of steps that were taken twice.
test("killed at any moment, also while it saves, training goes on to the same bits", { timeout: 300_000 }, async () => {
  const straight = await run(join(folder, "straight"));
  expect(straight.signal).toBeNull();
  const facts = (lines: readonly string[]): string[] => lines.filter((line) => /^(step|epoch|stop) /.test(line));
  const reference = facts(straight.lines);
  expect(reference.filter((line) => line.startsWith("step "))).toHaveLength(STEPS);
  expect(reference.at(-1)).toMatch(new RegExp(`^stop completed ${STEPS} `));

  const path = join(folder, "killed");
  const random = createKey(20261124).uniform(3 * KILLS);
  const reported = new Set<string>();
  const starts: number[] = [];
  let insideSaves = 0;
  let leftBehind = 0;
  for (let i = 0; i <= KILLS; i++) {
    const [share, early, late] = random.slice(3 * i, 3 * i + 3) as unknown as [number, number, number];
    const count = Math.ceil((STEPS / 2 / (KILLS + 1)) * (0.5 + 0.5 * share));
    const inStep: Kill = { word: "step", count, delay: Math.floor(early * 20) };
    const inSave: Kill = { word: "saving", count: Math.ceil(count / 4), delay: Math.floor(late * 3) };
    const { lines, signal } = await run(path, i === KILLS ? undefined : i % 2 === 0 ? inStep : inSave);
    expect(signal).toBe(i < KILLS ? "SIGKILL" : null);
    if (/^saving /.test(lines.at(-1) ?? "")) insideSaves++;
    leftBehind += readdirSync(folder).filter((name) => name.endsWith(".tmp")).length;
    starts.push(Number(lines.find((line) => line.startsWith("start "))?.slice(6)));
    for (const line of facts(lines)) {
      expect(reference).toContain(line);
      reported.add(line);
    }
  }
  expect([...reported].sort()).toEqual([...reference].sort());
  // Otherwise nothing was resumed and the comparison means little.
  expect(starts.at(-1)).toBeGreaterThan(STEPS / 10);
  figure("P20 kill -9", { steps: STEPS, kills: KILLS, insideSaves, temporariesSeen: leftBehind, resumedAt: starts });
});
