import type { NumberCoding } from "@pushforward/tables/extend";
import type { GraphValue } from "../graph/graph-builder.ts";
import type { Maths } from "../maths/maths.ts";

/** Largest distance of a number from its place on a grid, in steps, as in `isOnGrid`. */
const ROUNDING = 1e-6;

type Options = Pick<NumberCoding["options"], "center" | "step" | "domain">;

/** Adds `true` for numbers that can occur in the column; undefined if every number can. */
export function addCanOccur(maths: Maths, options: Options, x: GraphValue): GraphValue | undefined {
  const parts = [addInDomain(maths, options, x), addOnGrid(maths, options, x)].flatMap((part) => part ?? []);
  const [first, ...others] = parts;
  return first === undefined ? undefined : maths.and(first, ...others);
}

function addInDomain(maths: Maths, { domain }: Options, x: GraphValue): GraphValue | undefined {
  if (domain === undefined) return undefined;
  const { low, high = Number.POSITIVE_INFINITY, isCircular } = domain;
  return maths.and(maths.atMost(low, x), isCircular ? maths.less(x, high) : maths.atMost(x, high));
}

function addOnGrid(maths: Maths, { center, step }: Options, x: GraphValue): GraphValue | undefined {
  if (step === 0) return undefined;
  const place = maths.div(maths.sub(x, center), step);
  const nearest = maths.unary("Floor", maths.add(place, 0.5));
  const size = maths.max(maths.unary("Abs", x), Math.abs(center));
  const reach = maths.add(maths.mul(size, (4 * Number.EPSILON) / step), ROUNDING);
  return maths.atMost(maths.unary("Abs", maths.sub(place, nearest)), reach);
}
