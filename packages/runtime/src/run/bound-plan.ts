import { inferenceLayout, type Kernels, LARGEST_CHUNK, type PlanLayout, PlanRun } from "@pushforward/kernels";
import type { FileParameter, FilePlan } from "../file/plan-file.ts";
import type { Engine, EngineMemory } from "./engine.ts";

/** A plan with its memory, for any number of rows. */
export class BoundPlan {
  private readonly plan: FilePlan;
  private readonly values: ParameterValues;
  private readonly layout: PlanLayout;
  private readonly kernels: Kernels;
  private readonly arena: Float32Array;
  private readonly parameters: readonly Float32Array[];
  private readonly runs = new Map<number, PlanRun>();
  private version = -1;

  constructor(engine: Engine, plan: FilePlan, values: ParameterValues) {
    this.plan = plan;
    this.values = values;
    this.layout = inferenceLayout(plan, LARGEST_CHUNK);
    const sizes = plan.parameters.map((at) => values.of(at).length);
    const { arrays, kernels } = openArrays(engine, [this.layout.size, ...sizes]);
    this.kernels = kernels;
    [this.arena, ...this.parameters] = arrays as [Float32Array, ...Float32Array[]];
  }

  /** The outputs, row-major, for inputs of `rows` rows. */
  run(inputs: readonly Float32Array[], rows: number): readonly Float32Array[] {
    this.refresh();
    const { columns, outputs } = this.plan;
    const results = outputs.map((id) => new Float32Array(rows * (columns[id] as number)));
    for (let start = 0; start < rows; start += this.layout.rows) {
      const count = Math.min(this.layout.rows, rows - start);
      const run = this.runFor(count);
      for (const [k, to] of run.inputs.entries()) {
        const width = to.length / count;
        to.set((inputs[k] as Float32Array).subarray(start * width, (start + count) * width));
      }
      run.forward();
      for (const [k, from] of run.outputs.entries()) results[k]?.set(from, (start * from.length) / count);
    }
    return results;
  }

  /** Copies the parameters where they have changed; steps may have looked at the old ones. */
  private refresh(): void {
    if (this.version === this.values.version) return;
    for (const [i, at] of this.plan.parameters.entries()) this.parameters[i]?.set(this.values.of(at));
    this.runs.clear();
    this.version = this.values.version;
  }

  private runFor(rows: number): PlanRun {
    let run = this.runs.get(rows);
    if (run === undefined) {
      const arrays = { arena: this.arena, parameters: this.parameters, gradients: [] };
      run = new PlanRun(this.kernels, this.plan, this.layout, undefined, arrays, rows);
      this.runs.set(rows, run);
    }
    return run;
  }
}

/** A cache line, in numbers: no two arrays share one. */
const LINE = 16;

/** Arrays in one block of memory. */
interface OpenArrays extends Pick<EngineMemory, "kernels" | "adam"> {
  readonly arrays: readonly Float32Array[];
}

/** Makes arrays of zeros with these sizes. No array is at address 0, which means "no array". */
export function openArrays(engine: Engine, sizes: readonly number[]): OpenArrays {
  let end = LINE;
  const starts = sizes.map((size) => {
    const start = end;
    end += LINE * Math.ceil(Math.max(1, size) / LINE);
    return start;
  });
  const { buffer, kernels, adam } = engine.open(4 * end);
  const arrays = sizes.map((size, i) => new Float32Array(buffer, 4 * (starts[i] as number), size));
  return { arrays, kernels, adam };
}

/** The arrays of a compiled model, in one place. */
export class ParameterValues {
  readonly parameters: readonly FileParameter[];
  private changes = 0;

  constructor(parameters: readonly FileParameter[]) {
    this.parameters = parameters;
  }

  /** Version number, which changes after each {@link write}. */
  get version(): number {
    return this.changes;
  }

  of(place: number): Float32Array {
    return (this.parameters[place] as FileParameter).values;
  }

  write(place: number, values: Float32Array): void {
    this.of(place).set(values);
    this.changes++;
  }
}
