import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { layoutToJson } from "@pushforward/tables/extend";
import { createKey, encodeModel, nsf, standardRegistry } from "pushforward";

/** Columns of the models. */
const COLUMNS: readonly string[] = ["a", "b", "c", "d", "e"];

/** The bytes of a spline flow of five columns, whose weights a seed decides. */
export function servedModel(seed: number): Uint8Array {
  const key = createKey(seed);
  using flow = nsf({ features: COLUMNS.length, hidden: [64, 64], key });
  for (const [path, p] of flow.parameters()) {
    if (p.trainable)
      p.write(
        key
          .fold(path)
          .normal(p.read().length)
          .map((value) => 0.1 * value),
      );
  }
  const table = layoutToJson({ columns: COLUMNS, context: [] });
  return encodeModel(flow, standardRegistry, { metadata: { table } });
}

/** Rows as a request has them. */
export function requestBody(rows: number): string {
  const z = createKey(1).normal(rows * COLUMNS.length);
  const row = (i: number): object =>
    Object.fromEntries(COLUMNS.map((name, j) => [name, Number((z[i * COLUMNS.length + j] as number).toFixed(4))]));
  return JSON.stringify({ rows: Array.from({ length: rows }, (_, i) => row(i)) });
}

/** Replaces a file at once, as `fit` does. */
export async function replaceFile(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const fresh = join(folder, `${name}.new`);
  await writeFile(fresh, bytes);
  await rename(fresh, join(folder, name));
}
