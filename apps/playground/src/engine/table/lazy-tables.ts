import type { MarginalPicture, PairPicture, TableApi, TableCells, TableEvent } from "../../shared/table-protocol.ts";
import type { TableTrainer } from "./table-trainer.ts";

type Drawing = { readonly count: number; readonly seed: number };

/** Table trainer with deferred loading: its code is loaded with the first table. */
export class LazyTables implements TableApi {
  private readonly tell: (event: TableEvent) => void;
  private loaded: TableTrainer | undefined;

  constructor(tell: (event: TableEvent) => void) {
    this.tell = tell;
  }

  async trainer(): Promise<TableTrainer> {
    if (this.loaded === undefined) {
      const { TableTrainer: Tables } = await import("./table-trainer.ts");
      this.loaded ??= new Tables(this.tell);
    }
    return this.loaded;
  }

  /** The trainer, if a table has been opened. */
  get known(): TableTrainer | undefined {
    return this.loaded;
  }

  async drawRows(request: Drawing): Promise<TableCells> {
    return (await this.trainer()).drawRows(request);
  }

  async rowsCsv(request: Drawing): Promise<string> {
    return (await this.trainer()).rowsCsv(request);
  }

  async scoresCsv(): Promise<string> {
    return (await this.trainer()).scoresCsv();
  }

  async marginals(places: readonly number[]): Promise<readonly MarginalPicture[]> {
    return (await this.trainer()).marginals(places);
  }

  async pairOf(places: readonly [number, number]): Promise<PairPicture> {
    return (await this.trainer()).pairOf(places);
  }
}
