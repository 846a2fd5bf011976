import { formatSettings, parseSettings } from "../shared/settings.ts";
import { RunStore, type Stored, type StoredRun, type StoredTable } from "./run-store.ts";

/** Minimum time between two writes, in ms. */
const WRITE = 1500;

/** Keeps the run of this tab in the storage of the browser, from which a reload goes on. */
export class RunKeeper {
  private readonly store = new RunStore();
  /** Undefined when the page has not named the tab, and when the browser refuses storage. */
  private id: string | undefined;
  private writtenAt = 0;

  keepAs(id: string): void {
    this.id = id;
  }

  /** The run of the tab, when it is of this address. */
  async find(id: string, address: string): Promise<Stored | undefined> {
    this.id = id;
    try {
      const found = await this.store.get(id);
      await this.store.prune(Date.now());
      if (found?.address !== address) return undefined;
      // A page of before may have known fewer settings.
      return { ...found, settings: { ...parseSettings(address), ...found.settings } };
    } catch {
      // Storage is refused, in a private window for instance: the page works without.
      return undefined;
    }
  }

  /** A training begins: its first write waits as long as any other. */
  startClock(): void {
    this.writtenAt = performance.now();
  }

  /** Whether it is time to write. */
  get isDue(): boolean {
    return this.id !== undefined && performance.now() - this.writtenAt >= WRITE;
  }

  async keep(run: Omit<StoredRun, "address" | "time"> | Omit<StoredTable, "address" | "time">): Promise<void> {
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
    if (this.id === undefined) return;
    try {
      await this.store.remove(this.id);
    } catch {
      this.id = undefined;
    }
  }
}
