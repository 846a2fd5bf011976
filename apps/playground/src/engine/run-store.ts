import type { Checkpoint } from "pushforward";
import type { DataInfo, ModelInfo, Outcome, Progress } from "../shared/protocol.ts";
import type { Settings } from "../shared/settings.ts";

/** A run as the storage of the browser keeps it. */
export interface StoredRun {
  readonly settings: Settings;
  /** The address of the page: a run is found again by it. */
  readonly address: string;
  readonly file: File | undefined;
  readonly data: DataInfo;
  readonly model: ModelInfo;
  readonly progress: Progress;
  /** Where to go on; absent when the training has ended. */
  readonly checkpoint: Checkpoint | undefined;
  /** What the learning rate is multiplied by. */
  readonly rateScale: number;
  /** The model file of a training that has ended. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  readonly outcome: Outcome | undefined;
  readonly time: number;
}

/** A table of any columns as the storage of the browser keeps it. */
export interface StoredTable {
  readonly settings: Settings;
  readonly address: string;
  /** Undefined for a table of the library. */
  readonly file: File | undefined;
  /** The model file; undefined before a training has ended. */
  readonly tableModel: Uint8Array<ArrayBuffer> | undefined;
  readonly time: number;
}

/** What is kept for a tab. */
export type Stored = StoredRun | StoredTable;

const DATABASE = "pushforward-playground";
const STORE = "runs";
/** Runs of tabs that are long closed. */
const OLDEST = 7 * 24 * 3600 * 1000;

/** Keeps one run for each tab in IndexedDB. A browser that refuses storage keeps none, and says so by an error. */
export class RunStore {
  private database: Promise<IDBDatabase> | undefined;

  async get(id: string): Promise<Stored | undefined> {
    const store = await this.open("readonly");
    return (await settled(store.get(id))) as Stored | undefined;
  }

  async put(id: string, run: Stored): Promise<void> {
    const store = await this.open("readwrite");
    await settled(store.put(run, id));
  }

  async remove(id: string): Promise<void> {
    const store = await this.open("readwrite");
    await settled(store.delete(id));
  }

  /** Removes what tabs left behind that nobody opens again. */
  async prune(now: number): Promise<void> {
    const store = await this.open("readwrite");
    const [keys, runs] = await Promise.all([settled(store.getAllKeys()), settled(store.getAll())]);
    for (const [i, run] of (runs as Stored[]).entries()) {
      if (now - run.time > OLDEST) store.delete(keys[i] as IDBValidKey);
    }
  }

  private async open(mode: IDBTransactionMode): Promise<IDBObjectStore> {
    this.database ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    return (await this.database).transaction(STORE, mode).objectStore(STORE);
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
