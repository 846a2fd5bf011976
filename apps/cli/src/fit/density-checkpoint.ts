import { rm, stat } from "node:fs/promises";
import { loadCheckpoint, saveCheckpoint } from "@pushforward/serialization/node";
import { type Json, ModelFileError, type TableCheckpoint, type TableCheckpointOptions } from "pushforward";
import { located } from "../run/program-io.ts";

/** Steps of a network between two states of it: some seconds of a large table. */
const STEPS = 500;
/** Least time between two writes, in ms: the states of a wide table are large. */
const BETWEEN = 5000;

const FORMAT: TableCheckpoint["meta"]["format"] = "pushforward-table-checkpoint";

/** What a file of a checkpoint holds. */
interface SavedState {
  readonly meta: Json;
  readonly arrays: ReadonlyMap<string, unknown>;
}

/** The state of the fit of a table in a file, from which another run goes on. */
export class DensityCheckpoint implements TableCheckpointOptions {
  readonly every: { readonly steps: number } = { steps: STEPS };
  readonly path: string;
  private written = Number.NEGATIVE_INFINITY;
  /** One that is not in the file yet. */
  private latest: TableCheckpoint | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * What the file holds; undefined where there is none.
   *
   * @throws {ModelFileError} it is no checkpoint, or none of a table.
   */
  async load(): Promise<TableCheckpoint | undefined> {
    const found = await stat(located(this.path)).catch(() => undefined);
    if (found === undefined) return undefined;
    const state = await loadCheckpoint(located(this.path));
    if (isOfTable(state)) return state;
    throw new ModelFileError("config", `"${this.path}": expected the checkpoint of a fit of a table, got another one.`);
  }

  readonly save = async (state: TableCheckpoint): Promise<void> => {
    this.latest = state;
    if (performance.now() - this.written >= BETWEEN) await this.flush();
  };

  /** Writes the latest state, unless that is done. */
  async flush(): Promise<void> {
    const { latest } = this;
    if (latest === undefined) return;
    this.latest = undefined;
    const meta: Json = latest.meta;
    await saveCheckpoint(located(this.path), { meta, arrays: latest.arrays });
    this.written = performance.now();
  }

  /** Removes the file of a fit that is done. */
  async remove(): Promise<void> {
    this.latest = undefined;
    await rm(located(this.path), { force: true });
  }
}

/** Whether a checkpoint says that it is one of a table, and has its kinds of arrays. The fit checks that it is its own. */
function isOfTable(state: SavedState): state is TableCheckpoint {
  const { meta, arrays } = state;
  if (typeof meta !== "object" || meta === null || !("format" in meta) || meta.format !== FORMAT) return false;
  return [...arrays.values()].every(
    (values) => values instanceof Float32Array || values instanceof Int32Array || values instanceof Float64Array,
  );
}
