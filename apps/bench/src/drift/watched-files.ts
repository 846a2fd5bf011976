import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createKey, formatCsv, type Key } from "pushforward";
import { simulatedRows } from "./simulated-rows.ts";

const run = promisify(execFile);
const PROGRAM = join(import.meta.dirname, "..", "..", "..", "cli", "dist", "main.js");
const TRAINING_ROWS = 3000;
const KINDS = ["low", "middle", "high"];

/** How many streams without a shift raise an alarm when the command line watches them with a model that it has fitted. */
export async function watchedFiles(streams: number, rows: number, referenceRows: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "pushforward-drift-"));
  const file = (name: string): string => join(folder, name);
  const command = async (...args: string[]): Promise<string> =>
    (await run(process.execPath, [PROGRAM, ...args], { maxBuffer: 1 << 26 })).stdout;
  try {
    const key = createKey("files");
    await writeFile(file("train.csv"), csvOf(key.fold("train"), TRAINING_ROWS));
    await writeFile(file("reference.csv"), csvOf(key.fold("reference"), referenceRows));
    await command("fit", file("train.csv"), "--out", file("model.safetensors"), "--flow", "table");
    let alarms = 0;
    for (let stream = 0; stream < streams; stream++) {
      await writeFile(file("stream.csv"), csvOf(key.fold(stream), rows));
      const args = ["--reference", file("reference.csv"), "--seed", String(stream), "--json"];
      const told = JSON.parse(await command("watch", file("model.safetensors"), file("stream.csv"), ...args)) as {
        readonly alarms: readonly unknown[];
      };
      if (told.alarms.length > 0) alarms++;
      console.error(`watch ${stream + 1} of ${streams}: ${alarms} with an alarm`);
    }
    return alarms;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function csvOf(key: Key, rows: number): string {
  const [a, b, kind, c] = simulatedRows(key, rows).columns.map(({ values }) => Array.from(values));
  const cells = (name: string, values: readonly number[] = []) =>
    ({ name, kind: "text", values: values.map((x) => (Number.isNaN(x) ? "" : x.toFixed(3))) }) as const;
  const kinds = { name: "kind", kind: "text", values: (kind ?? []).map((k) => KINDS[k] as string) } as const;
  return formatCsv({ rows, columns: [cells("a", a), cells("b", b), kinds, cells("c", c)] });
}
