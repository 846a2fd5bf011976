import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { DataError, PushforwardError } from "@pushforward/core";
import type { ServedColumn } from "../workers/messages.ts";
import type { WorkerPool } from "../workers/worker-pool.ts";

/** Event emitted when the file of a model changes. */
export type ModelEvent =
  | { readonly type: "loaded"; readonly model: string; readonly version: string; readonly before: string | undefined }
  | { readonly type: "kept"; readonly model: string; readonly version: string; readonly error: string };

/** A model that is served, as `/models` and `/health` show it. */
export interface ModelStatus {
  readonly name: string;
  /** The first digits of the SHA-256 of its file. */
  readonly version: string;
  /** When it was loaded, in ISO 8601. */
  readonly loadedAt: string;
  readonly columns: readonly ServedColumn[];
  /** Reason why the current file is not served; null if it is served. */
  readonly error: string | null;
}

let serial = 0;

/** A model file that is served, and replaced when it changes. */
export class ServedModel {
  readonly name: string;
  private readonly path: string;
  private readonly pool: WorkerPool;
  private readonly onEvent: (event: ModelEvent) => void;
  private version = "";
  private loadedAt = new Date(0);
  private columns: readonly ServedColumn[] = [];
  private error: string | null = null;
  /** Of the file that was looked at last. */
  private seen = "";

  constructor(name: string, path: string, pool: WorkerPool, onEvent: (event: ModelEvent) => void) {
    this.name = name;
    this.path = path;
    this.pool = pool;
    this.onEvent = onEvent;
  }

  get status(): ModelStatus {
    const { name, version, columns, error } = this;
    return { name, version, loadedAt: this.loadedAt.toISOString(), columns, error };
  }

  /**
   * Loads the file for the first time.
   *
   * @throws {DataError} it cannot be read. @throws {ModelFileError} it is no model of a table.
   */
  async start(): Promise<void> {
    const { path } = this;
    try {
      this.seen = await stampOf(path);
      await this.load();
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === undefined || cause instanceof PushforwardError) throw cause;
      const { message } = cause as Error;
      throw new DataError(`${path}: expected a readable file, got ${message}.`, { file: path }, { cause });
    }
  }

  /** Loads the file again if it has changed. Where that fails, the version before stays, and the status has the error. */
  async refresh(): Promise<void> {
    const { name } = this;
    try {
      const stamp = await stampOf(this.path);
      if (stamp === this.seen) return;
      this.seen = stamp;
      await this.load();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message === this.error) return;
      this.error = message;
      // A file that is not there now may come back as it was.
      if (!(error instanceof PushforwardError)) this.seen = "";
      this.onEvent({ type: "kept", model: name, version: this.version, error: message });
    }
  }

  private async load(): Promise<void> {
    const { name, path, pool } = this;
    const bytes = await readFile(path);
    const version = createHash("sha256").update(bytes).digest("hex").slice(0, 12);
    if (version !== this.version) {
      const before = this.version;
      this.columns = await pool.use({ model: name, serial: serial++, file: basename(path), bytes });
      this.version = version;
      this.loadedAt = new Date();
      this.onEvent({ type: "loaded", model: name, version, before: before === "" ? undefined : before });
    }
    this.error = null;
  }
}

async function stampOf(path: string): Promise<string> {
  const { ino, size, mtimeNs }: BigIntStats = await stat(path, { bigint: true });
  return `${ino} ${size} ${mtimeNs}`;
}
