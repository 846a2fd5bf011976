import { rm, stat } from "node:fs/promises";
import type { Json, TableCheckpoint, TableCheckpointOptions } from "pushforward";
import { loadCheckpoint, saveCheckpoint } from "pushforward/node";

/** Steps of a network between two states of it: some seconds of a large table. */
const STEPS = 500;
/** Least time between two writes, in ms: the states of a wide table are large. */
const BETWEEN = 5000;

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
   * @throws {ModelFileError} it is no checkpoint.
   */
  async load(): Promise<TableCheckpoint | undefined> {
    const found = await stat(this.path).catch(() => undefined);
    if (found === undefined) return undefined;
    // What it means is checked by the fit.
    return (await loadCheckpoint(this.path)) as unknown as TableCheckpoint;
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
    await saveCheckpoint(this.path, { meta, arrays: latest.arrays });
    this.written = performance.now();
  }

  /** Removes the file of a fit that is done. */
  async remove(): Promise<void> {
    this.latest = undefined;
    await rm(this.path, { force: true });
  }
}
