import type { Distribution, Module } from "@pushforward/core";
import { isConditionalDistribution } from "@pushforward/core/extend";
import { ConditionalFlow, Flow, logProbRows } from "@pushforward/flows";
import type { TableRows } from "@pushforward/tables/extend";
import type { TrainResult } from "@pushforward/training";
import { chain } from "@pushforward/transforms";
import { meanOf } from "./assemble-model.ts";
import type { FittedBase } from "./base-density.ts";
import type { Member } from "./member.ts";
import type { MemberTraining, TrainedMember } from "./member-task.ts";
import type { StartedMember } from "./train-member.ts";

/** The layers of a member in words. */
const LAYERS = { spline: "splines", affine: "affine maps", gaussianization: "mixtures made normal" } as const;

/** Data for a note on a trained member. */
export interface MemberAccount {
  readonly index: number;
  readonly started: StartedMember;
  readonly training: MemberTraining;
  readonly trained: TrainedMember;
  /** Negative log-likelihoods in the units of the table, as texts. */
  readonly from: string;
  readonly to: string;
}

/** Describes in words the parts of a member and the result of its training. */
export function memberNote({ index, started, training, trained, from, to }: MemberAccount): string {
  const { settings, base } = started;
  const { result, diverged } = trained;
  return (
    `Member ${index + 1}, ${settings.knots === undefined ? "" : "a spline through the quantiles of each column, then "}` +
    `autoregressive ${LAYERS[settings.family]} over ${base.description}` +
    (training.isBaseSlow ? " (trained at a tenth of the rate: there are few rows for so many numbers)" : "") +
    `: started at ${from}, ended at ${to}, ${wayOf(result)}` +
    (diverged === undefined ? "." : `. ${diverged}`)
  );
}

/** Describes in words the length and the result of a training. */
function wayOf({ reason, epochs, bestEpoch }: TrainResult): string {
  if (epochs === 0 || bestEpoch === undefined) return reason === "aborted" ? "not trained" : "its last weights";
  if (bestEpoch === 0) return `its start, which ${epochs} ${epochs === 1 ? "epoch" : "epochs"} did not better`;
  return `the best of ${epochs} ${epochs === 1 ? "epoch" : "epochs"} was ${bestEpoch}`;
}

/** A base without layers. */
export function bareMember(base: FittedBase): Member {
  const made = base.create();
  return isConditionalDistribution(made)
    ? new ConditionalFlow(made, chain([]))
    : new Flow(made as Distribution & Module, chain([]));
}

/** Negative log-likelihood of rows under a base alone. */
export function startNll(base: FittedBase, rows: TableRows): number {
  const made = base.create();
  try {
    return -meanOf(logProbRows(made, rows.x, isConditionalDistribution(made) ? rows.context : undefined));
  } finally {
    made.dispose();
  }
}
