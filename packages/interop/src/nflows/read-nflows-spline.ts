import { mention, OptionError } from "@pushforward/core";
import { asked } from "../file/asked.ts";
import { quote, type StateDict } from "../file/state-dict.ts";
import type { ForeignFamily } from "../flow/foreign-flow.ts";
import type { NflowsFileOptions } from "./nflows-options.ts";
import { binsOf, possibleSplines } from "./spline-kinds.ts";

/** The outputs of a network for splines. */
interface SplineOutputs {
  /** How many there are for each variable. */
  readonly count: number;
  /** The key that tells it. */
  readonly key: string;
  /** The width that the network tells nflows; a MADE tells none. */
  readonly hidden: number | undefined;
  /** Whether the usual interval of splines can be taken for granted. */
  readonly isUsual: boolean;
}

/** The rational-quadratic spline that the outputs of a network are for: what the file and the options say together. */
export function readNflowsSpline(
  state: StateDict,
  { isSbi, ...options }: NflowsFileOptions,
  { count, key, hidden, isUsual }: SplineOutputs,
): ForeignFamily {
  const bins = binsOf("rational-quadratic", count);
  const { spline = isSbi ? "rational-quadratic" : undefined } = options;
  if (spline !== undefined && spline !== "rational-quadratic") {
    state.fail("type", "rational-quadratic splines", `a ${spline} one, which is not supported yet`);
  }
  if (bins === undefined) {
    const isBox = Number.isInteger((count - 1) / 3);
    state.fail(
      "type",
      `3·bins − 1 numbers per variable (a rational-quadratic spline with linear tails) from ${quote(key)}`,
      `${count}${isBox ? ", that of a spline without tails, which is not supported" : ""}`,
    );
  }
  if (spline === undefined) {
    throw new OptionError([
      `${state.where}: expected `,
      asked("spline"),
      `, because ${quote(key)} has ${count} numbers per variable, which may be a spline that is ${possibleSplines(count)}, got none. Pass `,
      mention("spline", { value: "rational-quadratic" }),
      " if it is one, or a reference, which shows whether it is; the others are not supported yet.",
    ]);
  }
  const {
    tailBound = isSbi || isUsual ? 3 : undefined,
    softmaxScale = hidden === undefined ? 1 : 1 / Math.sqrt(hidden),
  } = options;
  if (tailBound === undefined) {
    throw new OptionError([
      `${state.where}: expected `,
      asked("tailBound"),
      `, because nothing in the file tells on which interval the splines of ${quote(key)} act, got none.`,
    ]);
  }
  return { kind: "spline", parameterization: "nflows", bins, bound: tailBound, softmaxScale };
}
