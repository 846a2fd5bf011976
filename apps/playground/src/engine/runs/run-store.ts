import type { Checkpoint } from "pushforward";
import type { DataInfo, ModelInfo, Outcome, Progress } from "../../shared/protocol.ts";
import { formatSettings, parseSettings, type Settings } from "../../shared/settings.ts";

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
  /** Factor of the learning rate. */
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

/** Data stored for a tab. */
export type Stored = StoredRun | StoredTable;

const DATABASE = "pushforward-playground";
const STORE = "runs";
/** Runs of tabs that are long closed. */
const OLDEST = 7 * 24 * 3600 * 1000;

/** Stores one run for each tab in IndexedDB. If the browser refuses storage, it stores no run and reports an error. */
class RunStore {
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

  /** Returns the newest stored run of an address, from any tab. Removes runs of tabs that are not opened again. */
  async newest(address: string, now: number): Promise<Stored | undefined> {
    const store = await this.open("readwrite");
    const [keys, runs] = await Promise.all([settled(store.getAllKeys()), settled(store.getAll())]);
    const [old, fresh]: [IDBValidKey[], Stored[]] = [[], []];
    for (const [i, run] of (runs as Stored[]).entries()) {
      if (now - run.time > OLDEST) old.push(keys[i] as IDBValidKey);
      else if (run.address === address) fresh.push(run);
    }
    for (const key of old) store.delete(key);
    return fresh.sort((a, b) => b.time - a.time)[0];
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

/** Minimum time between two writes, in ms. */
const WRITE = 1500;

/** Stored data of a tab, without its place in the storage. */
type Kept = Omit<StoredRun, "address" | "time"> | Omit<StoredTable, "address" | "time">;

/**
 * Stores the run of this tab in the browser. A reload, or the link of the run in a different tab, continues from it.
 */
export class RunKeeper {
  /** Last stored run; undefined after it was forgotten. */
  last: Kept | undefined;
  private readonly store = new RunStore();
  /** Undefined when the page has not named the tab, and when the browser refuses storage. */
  private id: string | undefined;
  private writtenAt = 0;

  /**
   * Returns the run of the tab if it has this address. Otherwise returns the last run with this address, of a tab that
   * may be closed.
   */
  async find(id: string, address: string): Promise<{ readonly stored: Stored; readonly isOwn: boolean } | undefined> {
    this.id = id;
    try {
      const own = await this.store.get(id);
      const newest = await this.store.newest(address, Date.now());
      const isOwn = own?.address === address;
      const found = isOwn ? own : newest;
      if (found === undefined) return undefined;
      // A page of before may have known fewer settings.
      const stored = { ...found, settings: { ...parseSettings(address), ...found.settings } };
      this.last = stored;
      return { stored, isOwn };
    } catch {
      // Storage is refused, in a private window for instance: the page works without.
      return undefined;
    }
  }

  /** A training begins: its first write waits as long as any other. */
  startClock(): void {
    this.writtenAt = performance.now();
  }

  /** True if it is time to write. */
  get isDue(): boolean {
    return this.id !== undefined && performance.now() - this.writtenAt >= WRITE;
  }

  async keep(run: Kept): Promise<void> {
    this.last = run;
    if (this.id === undefined) return;
    this.writtenAt = performance.now();
    try {
      await this.store.put(this.id, { ...run, address: formatSettings(run.settings), time: Date.now() });
    } catch {
      // Storage is full or refused: the run goes on, and is not found again after a reload.
      this.id = undefined;
    }
  }

  async forget(): Promise<void> {
    this.last = undefined;
    if (this.id === undefined) return;
    try {
      await this.store.remove(this.id);
    } catch {
      this.id = undefined;
    }
  }
}
