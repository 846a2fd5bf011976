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

/**
 * Which rank comes next of the autoregressive networks of a plan, whose steps go on with a beginning in the order of the
 * ranks, and with its context.
 */
export class RankStates {
  private readonly next = new Map<number, number>();

  /** Follows a step, which has come after `before` and has sizes that are checked. */
  run(where: string, step: PlanStep, before: readonly PlanStep[]): void {
    const fail = (expected: string, got: string): never => {
      throw new ModelFileError("config", `${where} (${step.op}): expected ${expected}, got ${got}.`);
    };
    const { continues } = step;
    if (step.op !== "autoregressiveStep") {
      if (continues !== undefined) fail("no step to continue", `${continues}`);
      return;
    }
    const from = continues ?? fail("a step to continue", "none");
    const rank = this.next.get(from) ?? 0;
    if (step.settings.rank !== rank) fail(`rank ${rank}`, `${step.settings.rank}`);
    this.next.set(from, rank + 1);
    const [context] = before[from]?.inputs ?? [];
    if (context !== undefined && step.inputs.at(-1) !== context) fail("the context of its beginning", "another matrix");
  }
}
