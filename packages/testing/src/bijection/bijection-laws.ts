import { type Bijection, createKey, type Key, type Registry, type Shape } from "@pushforward/core";
import { isModule, sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { expectNoLeak } from "../expect-no-leak.ts";
import { Comparison, formatNumber, KEPT, type Measurement, Violation } from "../law/comparison.ts";
import { checkLaws, inTidy, type Law, type LawReport, type MeasuredLaw } from "../law/law.ts";
import { compareGradients, copyThroughCodec, LawList, onBothBackends, withSubject } from "../law/law-list.ts";
import type { BijectionCase, BijectionTolerances, BijectionTrial, LawOptions } from "./bijection-case.ts";
import { changeOfMeasure, logDetsAreNegatives, noInverse, roundTrip, secondCallGivesTheSame } from "./invertibility.ts";
import { gradientsAreSlopes, logDetIsOfJacobian } from "./jacobians.ts";
import { batchAxes, contextAxes, contextErrors, shapesAreConsistent } from "./shapes.ts";
import {
  describeRow,
  forwardSide,
  gradientsOf,
  type Inputs,
  inverseSide,
  moderateInputs,
  type Outputs,
  outputs,
  randomCotangent,
  type Side,
  sidesOf,
  tensorsOf,
} from "./side.ts";
import {
  compareOutputs,
  everyParameterLearns,
  finiteGradients,
  finiteValues,
  nanStaysNan,
  valueMethodsAgree,
} from "./values.ts";

function noLeak(trial: BijectionTrial): Measurement {
  for (const side of sidesOf(trial.value, trial.theCase)) {
    const inputs = moderateInputs(side, trial.key.fold(side.name), 5);
    const [x, context] = tensorsOf(side, inputs);
    const wrong = tf.zeros([5, ...side.shapeIn.map((axis) => axis + 1)]);
    const wrongContext = side.bijection.contextShape === undefined ? tf.zeros([5, 1]) : undefined;
    const calls: readonly [string, () => unknown][] = [
      [side.name, () => side.value(x, context)],
      [`${side.name}AndLogDet`, () => side.pair(x, context)],
      [
        `gradient of ${side.name}AndLogDet`,
        () => void gradientsOf(side, inputs, trial.parameters, randomCotangent(side, inputs.count, "both", trial.key)),
      ],
      [`${side.name} of a wrong shape`, () => tolerant(() => side.value(wrong, context))],
      [`${side.name}AndLogDet of a wrong shape`, () => tolerant(() => side.pair(wrong, context))],
      [`${side.name}AndLogDet with a wrong context`, () => tolerant(() => side.pair(x, wrongContext))],
    ];
    for (const [what, call] of calls) {
      expectNoLeak(call, what);
      if (x.isDisposed || context?.isDisposed) throw new Violation(`${what} to borrow its input`, "a disposed input");
    }
  }
  return KEPT;
}

function tolerant(call: () => tf.Tensor | tf.Tensor[]): tf.Tensor | tf.Tensor[] {
  try {
    return call();
  } catch {
    return [];
  }
}

async function backendsAgree(trial: BijectionTrial): Promise<Measurement> {
  const comparison = new Comparison(trial.tolerances.backends);
  const run = (): { side: Side; inputs: Inputs; found: Outputs; gradients: Float32Array }[] =>
    sidesOf(trial.value, trial.theCase).map((side) => {
      const inputs = moderateInputs(side, trial.key.fold(side.name), trial.quick ? 16 : 64);
      const g = gradientsOf(side, inputs, trial.parameters, randomCotangent(side, inputs.count, "both", trial.key));
      const gradients = Float32Array.from([g.x, ...g.parameters.values()].flatMap((array) => [...(array ?? [])]));
      return { side, inputs, found: outputs(side, inputs), gradients };
    });
  const [cpu, wasm] = await onBothBackends(run);
  for (const [i, { side, inputs, found, gradients }] of wasm.entries()) {
    const reference = cpu[i] as (typeof cpu)[number];
    compareOutputs(comparison, found.value, reference.found.value, inputs, `${side.name} on wasm`);
    compareOutputs(comparison, found.logDet, reference.found.logDet, inputs, `log-det of ${side.name} on wasm`);
    compareGradients(gradients, reference.gradients, trial.tolerances.backendGradients, side.name);
  }
  return comparison.result();
}

function codecRoundTrip(trial: BijectionTrial, registry: Registry): Measurement {
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

/**
 * Returns the laws of a bijection. Each law can be run separately and uses the active backend.
 *
 * Round trips; log-dets against the Jacobian by automatic differentiation, and against each other; value methods agree
 * with the pairs; batch and context axes broadcast; the change of measure; finite values and gradients, also at the
 * edges of the domain; gradients of value and log-det for inputs, context and every parameter against finite
 * differences; a second call returns the same; every parameter learns; no tensor leaks; NaN stays NaN; shape and
 * context errors; the codec; both backends agree. A case that cannot obey a law declares this in `knownLimits`.
 * @example
 * const theCase: BijectionCase = { make: () => new AffineElementwise({ features: 3 }), eventShape: [3] };
 * for (const law of bijectionLaws("AffineElementwise", theCase)) test(law.name, () => law.run());
 */
export function bijectionLaws(name: string, theCase: BijectionCase, options: LawOptions = {}): Law[] {
  return measuredBijectionLaws(name, theCase, options);
}

/** {@link bijectionLaws} with their measurements. */
function measuredBijectionLaws(name: string, theCase: BijectionCase, options: LawOptions = {}): MeasuredLaw[] {
  const key = (options.key ?? createKey(20261124)).fold(name);
  const { points = 256, quick = false } = options;
  const probe = probeOf(theCase, key);
  const tolerances = tolerancesOf(theCase, probe.inverseKind);
  const invertible = probe.inverseKind !== "none";
  const laws = new LawList<Bijection, BijectionTrial>({
    caseName: name,
    knownLimits: theCase.knownLimits,
    make: theCase.make,
    key,
    perturbation: theCase.perturbation ?? 0.1,
    trialOf: (subject, law) => ({ ...subject, theCase, tolerances, points, quick, key: key.fold(law) }),
  });
  if (invertible) {
    laws.add("round trip from x", (trial) => roundTrip(trial, "forward"));
    laws.add("round trip from y", (trial) => roundTrip(trial, "inverse"));
    laws.add("log-dets are negatives", logDetsAreNegatives);
  } else {
    laws.add("no inverse", noInverse);
  }
  if (sizeOf(theCase.eventShape) === probe.sizeOut) {
    laws.add("log-det is that of the Jacobian", (trial) =>
      logDetIsOfJacobian(trial, forwardSide(trial.value, theCase)),
    );
    if (invertible) {
      laws.add("inverse log-det is that of the Jacobian", (trial) =>
        logDetIsOfJacobian(trial, inverseSide(trial.value, theCase)),
      );
    }
  }
  laws.add("value methods agree with the pairs", valueMethodsAgree);
  laws.add("batch axes", batchAxes);
  if (probe.contextShape !== undefined) laws.add("context axes", contextAxes);
  if (sizeOf(theCase.eventShape) === 1 || probe.eventRankIn === 0) laws.add("change of measure", changeOfMeasure);
  laws.add("finite values", finiteValues);
  laws.add("finite gradients", finiteGradients);
  laws.add("gradients are slopes", gradientsAreSlopes);
  laws.add("a second call gives the same", secondCallGivesTheSame);
  if (probe.trainable) laws.add("every parameter learns", everyParameterLearns);
  laws.add("no leak", noLeak);
  if (probe.module) {
    laws.addDispose((bijection) => {
      const side = forwardSide(bijection, theCase);
      outputs(side, moderateInputs(side, key, 2));
    });
  }
  laws.add("NaN in, NaN out", nanStaysNan);
  laws.add("shapes", shapesAreConsistent);
  laws.add("context errors", contextErrors);
  const { registry } = options;
  if (registry !== undefined) laws.add("codec round trip", (trial) => codecRoundTrip(trial, registry));
  laws.addAsync("backends agree", backendsAgree);
  return laws.all();
}

interface Probe {
  readonly inverseKind: Bijection["inverseKind"];
  readonly contextShape: Shape | undefined;
  readonly eventRankIn: number;
  readonly sizeOut: number;
  readonly trainable: boolean;
  readonly module: boolean;
}

function probeOf(theCase: BijectionCase, key: Key): Probe {
  return inTidy(() =>
    withSubject(theCase.make, key.fold("subject"), 0, ({ value, parameters }) => ({
      inverseKind: value.inverseKind,
      contextShape: value.contextShape,
      eventRankIn: value.eventRankIn,
      sizeOut: sizeOf(forwardSide(value, theCase).shapeOut),
      trainable: [...parameters.values()].some((parameter) => parameter.trainable),
      module: isModule(value),
    })),
  );
}

function tolerancesOf(theCase: BijectionCase, kind: Bijection["inverseKind"]): BijectionTolerances {
  return {
    roundTrip: kind === "iterative" ? 1e-4 : 1e-5,
    jacobian: sizeOf(theCase.eventShape) <= 8 ? 1e-4 : 1e-3,
    logDet: 1e-5,
    same: 1e-5,
    measure: 5e-3,
    backends: 1e-4,
    backendGradients: 1e-3,
    gradients: 1e-2,
    ...theCase.tolerances,
  };
}

/** Options to run all laws of a case. */
export interface CheckOptions extends LawOptions {
  /** Name of the case in messages. */
  readonly name?: string;
}

/**
 * Runs all laws of a bijection on the active backend and reports the errors of each law.
 *
 * @throws {LawError} laws are broken; the message lists all broken laws.
 * @example
 * await useBackend("wasm");
 * await checkBijection({ make: () => new AffineElementwise({ features: 3 }), eventShape: [3] });
 */
export function checkBijection(theCase: BijectionCase, options: CheckOptions = {}): Promise<LawReport[]> {
  const name = options.name ?? "bijection";
  return checkLaws(name, measuredBijectionLaws(name, theCase, options));
}
