import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { DEEP } from "../../testing/test/deep.ts";
import { figure } from "../test/figures.ts";

const script = fileURLToPath(new URL("../test/hash-child.mjs", import.meta.url));

async function run(seed: number): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, String(seed)]);
  return JSON.parse(stdout);
}

// P16. tfjs's own generator takes the seed 0 for no seed.
test.runIf(DEEP)("two processes with one key give the same bits, other keys other ones", async () => {
  const seeds = DEEP ? [0, 1, 2, -7, 20261124] : [0, 1];
  const hashes = new Set<string>();
  for (const seed of seeds) {
    // One repetition in the quick form: of the seed that is special.
    const [first, second] = await Promise.all([run(seed), seed === 0 || DEEP ? run(seed) : undefined]);
    expect(first).toMatchObject({ steps: 200, samples: 20_000 });
    if (second !== undefined) expect(second).toEqual(first);
    hashes.add((first as { hash: string }).hash);
  }
  expect(hashes.size).toBe(seeds.length);
  figure("P16 sha-256 by seed", { seeds, hashes: [...hashes] });
});
