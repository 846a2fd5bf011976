import { type Bijection, createKey, type Key, type Shape } from "@pushforward/core";
import { isModule, sizeOf } from "@pushforward/core/extend";
import { inTidy } from "../law/in-tidy.ts";
import type { Law, MeasuredLaw } from "../law/law.ts";
import { LawList } from "../law/law-list.ts";
import { withSubject } from "../law/subject.ts";
import { backendsAgree } from "./backends-agree.ts";
import { batchAxes } from "./batch-axes.ts";
import type { BijectionCase, BijectionTolerances, LawOptions } from "./bijection-case.ts";
import type { BijectionTrial } from "./bijection-trial.ts";
import { changeOfMeasure } from "./change-of-measure.ts";
import { codecRoundTrip } from "./codec-round-trip.ts";
import { contextAxes } from "./context-axes.ts";
import { contextErrors } from "./context-errors.ts";
import { everyParameterLearns } from "./every-parameter-learns.ts";
import { finiteGradients } from "./finite-gradients.ts";
import { finiteValues } from "./finite-values.ts";
import { gradientsAreSlopes } from "./gradients-are-slopes.ts";
import { logDetIsOfJacobian } from "./log-det-is-of-jacobian.ts";
import { logDetsAreNegatives } from "./log-dets-are-negatives.ts";
import { nanStaysNan } from "./nan-stays-nan.ts";
import { noInverse } from "./no-inverse.ts";
import { noLeak } from "./no-leak.ts";
import { roundTrip } from "./round-trip.ts";
import { secondCallGivesTheSame } from "./second-call-gives-the-same.ts";
import { shapesAreConsistent } from "./shapes-are-consistent.ts";
import { forwardSide, inverseSide, moderateInputs, outputs } from "./side.ts";
import { valueMethodsAgree } from "./value-methods-agree.ts";

/**
 * The laws of a bijection, each to be run by itself on the backend that runs then.
 *
 * Round trips; log-dets against the Jacobian by automatic differentiation, and against each other; value methods agree
 * with the pairs; batch and context axes broadcast; the change of measure; finite values and gradients, also at the
 * edges of the domain; gradients of value and log-det for inputs, context and every parameter against finite
 * differences; a second call gives the same; every parameter learns; no tensor leaks; NaN stays NaN; shape and context errors; the codec; both
 * backends agree. A case that cannot obey a law says so in `knownLimits`.
 *
 * @example
 * const theCase: BijectionCase = { make: () => new AffineElementwise({ features: 3 }), eventShape: [3] };
 * for (const law of bijectionLaws("AffineElementwise", theCase)) test(law.name, () => law.run());
 */
export function bijectionLaws(name: string, theCase: BijectionCase, options: LawOptions = {}): Law[] {
  return measuredBijectionLaws(name, theCase, options);
}

/** {@link bijectionLaws} with their measurements. */
export function measuredBijectionLaws(name: string, theCase: BijectionCase, options: LawOptions = {}): MeasuredLaw[] {
  const key = (options.key ?? createKey(20261124)).fold(name);
  const points = options.points ?? 256;
  const probe = probeOf(theCase, key);
  const tolerances = tolerancesOf(theCase, probe.inverseKind);
  const invertible = probe.inverseKind !== "none";
  const laws = new LawList<Bijection, BijectionTrial>({
    caseName: name,
    knownLimits: theCase.knownLimits,
    make: theCase.make,
    key,
    perturbation: theCase.perturbation ?? 0.1,
    trialOf: (subject, law) => ({ ...subject, theCase, tolerances, points, key: key.fold(law) }),
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
