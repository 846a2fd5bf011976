import { ModelFileError, type PlanStep } from "@pushforward/core/plain";

/** Which matrices of a plan hold numbers already: each is written once, whole or column by column, before it is read. */
export class MatrixStates {
  private readonly columns: readonly number[];
  private readonly where: string;
  private readonly whole = new Set<number>();
  /** Of matrices that are filled in parts, the columns that have been. */
  private readonly parts = new Map<number, Set<number>>();

  constructor(where: string, columns: readonly number[]) {
    this.where = where;
    this.columns = columns;
  }

  /** Follows a step. */
  run(where: string, step: PlanStep): void {
    for (const id of step.inputs) this.read(where, id);
    if (step.op === "fillColumns") this.fill(step.outputs[0] as number, step.settings.columns);
    else for (const id of step.outputs) this.write(id);
  }

  /** @throws {ModelFileError} the matrix is not complete. */
  read(where: string, id: number): void {
    if (!this.whole.has(id))
      throw new ModelFileError("config", `${where}: expected matrix ${id} to be complete, got it unwritten.`);
  }

  /** @throws {ModelFileError} the matrix has been written before. */
  write(id: number): void {
    if (this.whole.has(id) || this.parts.has(id)) this.failTwice(id);
    this.whole.add(id);
  }

  private fill(id: number, columns: readonly number[]): void {
    if (this.whole.has(id)) this.failTwice(id);
    const filled = this.parts.get(id) ?? new Set<number>();
    for (const column of columns) {
      if (filled.has(column)) this.failTwice(id);
      filled.add(column);
    }
    this.parts.set(id, filled);
    if (filled.size === this.columns[id]) this.whole.add(id);
  }

  private failTwice(id: number): never {
    throw new ModelFileError("config", `${this.where}: expected matrix ${id} to be written once, got it twice.`);
  }
}
