import { OptionError } from "@pushforward/core";
import { mention } from "@pushforward/core/extend";
import { asked, quote, type StateDict } from "../file/state-dict.ts";
import type { ForeignFamily } from "../flow/foreign-flow.ts";
import type { ImportNflowsOptions, NflowsFileOptions } from "./nflows-architectures.ts";
import { binsOf, possibleSplines, type SplineKind } from "./spline-kinds.ts";

/** The outputs of a network for splines. */
interface SplineOutputs {
  /** Number of outputs per variable. */
  readonly count: number;
  /** Key that determines the count. */
  readonly key: string;
  /** Hidden width that the network reports to nflows; undefined for a MADE, which reports none. */
  readonly hidden: number | undefined;
  /** `true` if the splines can be assumed to act on the usual interval. */
  readonly isUsual: boolean;
}

/** Reads the spline that the outputs of a network parameterize, from the file and the options together. */
export function readNflowsSpline(
  state: StateDict,
  { isSbi, ...options }: NflowsFileOptions,
  { count, key, hidden, isUsual }: SplineOutputs,
): ForeignFamily {
  const { spline = isSbi ? "rational-quadratic" : undefined } = options;
  const bins = binsOf(spline ?? "rational-quadratic", count);
  if (spline === undefined) {
    throw new OptionError([
      `${state.where}: expected `,
      asked("spline"),
      `, because ${quote(key)} has ${count} numbers per variable, which may be a spline that is ${possibleSplines(count)}, got none. Pass `,
      mention("spline", { value: "rational-quadratic" }),
      ", say, or a reference, which shows whether it is one.",
    ]);
  }
  if (bins === undefined) {
    const isBox = spline === "rational-quadratic" && Number.isInteger((count - 1) / 3);
    state.fail(
      "type",
      `${NUMBERS[spline]} numbers per variable (a ${spline} spline with linear tails) from ${quote(key)}`,
      `${count}${isBox ? ", that of a spline without tails, which is not supported" : ""}`,
    );
  }
  if (spline !== "rational-quadratic")
    return otherSpline(state, options, spline, bins, { count, key, hidden, isUsual });
  const {
    tailBound = isSbi || isUsual ? 3 : undefined,
    softmaxScale = hidden === undefined ? 1 : 1 / Math.sqrt(hidden),
  } = options;
  if (tailBound === undefined) {
    throw new OptionError([
      `${state.where}: expected `,
      asked("tailBound"),
      `, because the file does not contain the interval of the splines of ${quote(key)}, got none.`,
    ]);
  }
  return { kind: "spline", parameterization: "nflows", bins, bound: tailBound, softmaxScale };
}

/** Number of parameters of a spline with linear tails. */
const NUMBERS: Readonly<Record<SplineKind, string>> = {
  "rational-quadratic": "3·bins − 1",
  linear: "at least 2",
  quadratic: "2·bins − 1",
  cubic: "2·bins + 2",
};

/** Reads a spline of a different kind, which has linear tails only if an option requests it. */
function otherSpline(
  state: StateDict,
  { tailBound, softmaxScale }: ImportNflowsOptions,
  spline: Exclude<SplineKind, "rational-quadratic">,
  bins: number,
  { key, hidden }: SplineOutputs,
): ForeignFamily {
  if (hidden === undefined && spline !== "quadratic") {
    state.fail(
      "type",
      `couplings of ${spline} splines`,
      `a masked layer of them (${quote(key)}), which acts on [0, 1] alone: what brings the data there has no keys`,
    );
  }
  if (tailBound === undefined) {
    throw new OptionError([
      `${state.where}: expected `,
      asked("tailBound"),
      `, because the file does not contain the interval and the tails of the splines of ${quote(key)}, got none. ` +
        "Those without tails, on [0, 1], are not supported.",
    ]);
  }
  const scale = softmaxScale ?? (hidden === undefined ? 1 : 1 / Math.sqrt(hidden));
  const sizes = { bins, bound: tailBound };
  if (spline === "linear") return { kind: "linear-spline", ...sizes };
  if (spline === "cubic") return { kind: "cubic-spline", ...sizes, softmaxScale: scale };
  // A masked layer divides the widths only.
  return { kind: "quadratic-spline", ...sizes, softmaxScale: scale, slopeScale: hidden === undefined ? 1 : scale };
}
