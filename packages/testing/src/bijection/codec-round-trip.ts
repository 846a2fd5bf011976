import type { Bijection, Registry } from "@pushforward/core";
import { formatNumber, KEPT, type Measurement, Violation } from "../law/comparison.ts";
import { copyThroughCodec } from "../law/copy-through-codec.ts";
import { withSubject } from "../law/subject.ts";
import type { BijectionTrial } from "./bijection-trial.ts";
import { describeRow, type Inputs, moderateInputs, outputs, type Side, sidesOf } from "./side.ts";

export function codecRoundTrip(trial: BijectionTrial, registry: Registry): Measurement {
  const copy = copyThroughCodec(trial.value, registry) as Bijection;
  return withSubject(
    () => copy,
    trial.key,
    0,
    () => {
      const decoded = sidesOf(copy, trial.theCase);
      for (const [s, side] of sidesOf(trial.value, trial.theCase).entries()) {
        const inputs = moderateInputs(side, trial.key.fold(side.name), 64);
        const before = outputs(side, inputs);
        const after = outputs(decoded[s] as Side, inputs);
        requireSame(after.value, before.value, inputs, side.name);
        requireSame(after.logDet, before.logDet, inputs, `log-det of ${side.name}`);
      }
      return KEPT;
    },
  );
}

function requireSame(got: Float32Array, expected: Float32Array, inputs: Inputs, what: string): void {
  const i = expected.findIndex((v, at) => !Object.is(v, got[at]));
  if (i < 0) return;
  const row = Math.floor((i * inputs.count) / expected.length);
  throw new Violation(
    `${what} of the decoded object to be bit-identical: ${formatNumber(expected[i] as number)}`,
    formatNumber(got[i] as number),
    describeRow(inputs, row),
  );
}
