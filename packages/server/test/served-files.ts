import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findVariables } from "@pushforward/columns";
import { ANOMALIES } from "@pushforward/questions/extend";
import { DensityModel, layoutToJson } from "@pushforward/tables/extend";
import {
  createKey,
  encodeModel,
  fitAnomalyScore,
  fitTableDensity,
  type Module,
  maf,
  standardRegistry,
  type Table,
} from "pushforward";

/** Model files for tests, in a folder of their own. */
export class ServedFiles {
  readonly folder: string = mkdtempSync(join(tmpdir(), "pushforward-server-"));

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Replaces a file as `fit` does: at once. */
  async replace(name: string, bytes: Uint8Array | string): Promise<void> {
    await writeFile(this.path(`${name}.new`), bytes);
    await rename(this.path(`${name}.new`), this.path(name));
  }

  write(name: string, bytes: Uint8Array): void {
    writeFileSync(this.path(name), bytes);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A flow of the columns a and b, with weights drawn from a seed. */
export function flowFile(seed: number, hidden = 8): Uint8Array {
  const key = createKey(seed);
  using flow = maf({ features: 2, hidden: [hidden], transforms: 2, key, standardize: { mean: [seed, 1], sd: [2, 1] } });
  perturb(flow, seed);
  const table = layoutToJson({ columns: ["a", "b"], context: [] });
  return encodeModel(flow, standardRegistry, { metadata: { table } });
}

/** A flow of the column y given a number and a category. */
export function conditionalFile(): Uint8Array {
  using flow = maf({ features: 1, context: 3, hidden: [8], key: createKey(7) });
  perturb(flow, 7);
  const context = [
    { name: "x", kind: "number" },
    { name: "group", kind: "category", categories: ["low", "high"] },
  ] as const;
  const table = layoutToJson({ columns: ["y"], context });
  return encodeModel(flow, standardRegistry, { metadata: { table } });
}

const ROWS = 120;

/** Groups with sizes, dates and prices, some of which are missing, as texts of a file. */
export function fruitTable(): Table {
  const [z, u] = [createKey(3).normal(ROWS), createKey(4).uniform(ROWS)];
  const rows = Array.from({ length: ROWS }, (_, i) => {
    const group = (u[i] as number) < 0.5 ? "apple" : "pear";
    const size = Math.round((group === "pear" ? 60 : 40) + 3 * (z[i] as number));
    return [
      group,
      String(size),
      `${String(1 + (i % 28)).padStart(2, "0")}.03.2021`,
      i % 5 === 0 ? "" : `$${size + 5}.00`,
    ];
  });
  const missing = new Set([...rows.keys()].filter((row) => rows[row]?.[3] === ""));
  const columns = ["fruit", "size", "when", "price"].map((name, k) => ({
    ...{ name, kind: "text" as const, values: rows.map((row) => row[k] as string) },
    ...(k === 3 && { missing }),
  }));
  return { rows: ROWS, columns };
}

let fruit: Promise<Uint8Array> | undefined;

/** The density of {@link fruitTable}, with an anomaly score. Test files that share a process share the fit. */
export function fruitFile(): Promise<Uint8Array> {
  fruit ??= fitFruit();
  return fruit;
}

async function fitFruit(): Promise<Uint8Array> {
  const key = createKey(5);
  const { variables, table } = findVariables(fruitTable());
  const { model } = await fitTableDensity(table, { key, maxEpochs: 2, hidden: [8], members: 1, folds: 1 });
  const anomalies = await fitAnomalyScore(table, { key });
  const metadata = { table: new DensityModel({ density: model, variables }).toJson() };
  return encodeModel(model, standardRegistry, { metadata, companions: { [ANOMALIES]: anomalies } });
}

/** Weights with which no layer is the identity. */
function perturb(model: Module, seed: number): void {
  for (const [path, p] of model.parameters()) {
    if (p.trainable)
      p.write(
        createKey(seed)
          .fold(path)
          .normal(p.read().length)
          .map((value) => 0.3 * value),
      );
  }
}
