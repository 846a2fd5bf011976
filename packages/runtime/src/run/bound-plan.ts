import { inferenceLayout, type Kernels, LARGEST_CHUNK, type PlanLayout, PlanRun } from "@pushforward/kernels";
import type { FilePlan } from "../file/plan-file.ts";
import type { Engine } from "./engine.ts";
import { openArrays } from "./open-arrays.ts";
import type { ParameterValues } from "./parameter-values.ts";

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
