import { ModelFileError, type PlanStep } from "@pushforward/core/plain";

/**
 * Checks the steps that evaluate an autoregressive network rank by rank: each goes on with a beginning, in the order of the
 * ranks, reads the values of the rank before and the context of the beginning, and writes the outputs of its own rank.
 */
export function checkRanks(where: string, steps: readonly PlanStep[], columns: readonly number[]): void {
  const next = new Map<number, number>();
  for (const [i, step] of steps.entries()) {
    const fail = (expected: string, got: string): never => {
      throw new ModelFileError("config", `${where}, step ${i} (${step.op}): expected ${expected}, got ${got}.`);
    };
    if (step.op !== "autoregressiveStep") {
      if (step.continues !== undefined) fail("no step to continue", `${step.continues}`);
      continue;
    }
    const from = step.continues ?? fail("a step to continue", "none");
    const begin = steps[from] as PlanStep;
    const { order, outputsPerVariable } =
      begin.op === "autoregressiveBegin" ? begin.settings : fail("an autoregressiveBegin to continue", begin.op);
    const { rank } = step.settings;
    if (rank !== (next.get(from) ?? 0)) fail(`rank ${next.get(from) ?? 0}`, `${rank}`);
    next.set(from, rank + 1);
    const countOf = (wanted: number): number => order.filter((r) => r === wanted).length;
    if (countOf(rank) === 0) fail("a rank of the network", `${rank}`);
    const [output] = step.outputs.map((id) => columns[id] as number);
    if (step.outputs.length !== 1 || output !== outputsPerVariable * countOf(rank)) {
      fail(`one output of ${outputsPerVariable * countOf(rank)} columns`, `${output}`);
    }
    const values = rank === 0 ? [] : [countOf(rank - 1)];
    const context = begin.inputs.map((id) => columns[id] as number);
    const got = step.inputs.map((id) => columns[id] as number);
    const expected = [...values, ...context];
    const isSameContext = begin.inputs.length === 0 || step.inputs.at(-1) === begin.inputs[0];
    if (got.length !== expected.length || got.some((size, k) => size !== expected[k]) || !isSameContext) {
      fail(`inputs of [${expected.join(", ")}] columns`, `[${got.join(", ")}]`);
    }
  }
}
