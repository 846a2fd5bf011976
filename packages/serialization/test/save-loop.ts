import { writeFile } from "node:fs/promises";
import { encodeCheckpoint } from "../src/index.ts";
import { saveBytes } from "../src/node.ts";

// Saves four files of a megabyte in turn, for ever, and says so after each. Run as a process of its own, to be killed.
const [path, how] = process.argv.slice(2) as [string, string];
const payloads = [0, 1, 2, 3].map((turn) =>
  encodeCheckpoint({ meta: { turn }, arrays: new Map([["values", new Float32Array(250_000).fill(turn)]]) }),
);
const save = how === "plain" ? writeFile : saveBytes;
for (let turn = 0; ; turn = (turn + 1) % 4) {
  await save(path, payloads[turn] as Uint8Array);
  process.stdout.write(`${turn}\n`);
}
