import type { NumberCoding } from "@pushforward/tables/extend";
import type { GraphValue } from "../graph/graph.ts";
import type { Maths } from "../maths/maths.ts";
import { addCanOccur } from "./add-can-occur.ts";

/** Beyond so many scales t² would overflow, and a cell is as wide as nothing. */
const FAR = 1e100;
/** Angles below are their tangents, to the last digit of float32. */
const SMALL = 1e-3;

/**
 * `log δ·w(x)` of a column of numbers: what a cell has in any case. w is a Cauchy distribution on the line or the upper part of
 * one, or a uniform distribution.
 */
export function addNumberFloor(maths: Maths, coding: NumberCoding, x: GraphValue): GraphValue {
  const { isMissing, counts } = coding.options;
  const logDelta = -Math.log(counts.reduce((sum, count) => sum + count, 0) + 1);
  const ofGap = isMissing ? Number.NEGATIVE_INFINITY : -Math.LN2;
  const ofNumber = maths.sub(logWide(maths, coding, x), isMissing ? 0 : Math.LN2);
  return maths.add(maths.where(maths.isNaN(x), ofGap, ofNumber), logDelta);
}

function logWide(maths: Maths, coding: NumberCoding, x: GraphValue): GraphValue {
  const { domain, center, scale, step } = coding.options;
  const canOccur = addCanOccur(maths, coding, x);
  if (canOccur === undefined) return logCauchy(maths, coding, x);
  if (domain === undefined) return maths.where(canOccur, logCauchy(maths, coding, x), Number.NEGATIVE_INFINITY);
  // What does not depend on the number is read off: the log-density at the median, which is one of the numbers.
  if (domain?.high !== undefined) return maths.where(canOccur, coding.logWide(center), Number.NEGATIVE_INFINITY);
  const atCenter = step === 0 ? -Math.log(Math.PI * scale) : Math.log((2 * Math.atan(step / (2 * scale))) / Math.PI);
  const logAbove = atCenter - coding.logWide(center);
  return maths.where(canOccur, maths.sub(logCauchy(maths, coding, x), logAbove), Number.NEGATIVE_INFINITY);
}

/** The log-density of a Cauchy distribution; with a step the log-mass of a cell. */
function logCauchy(maths: Maths, { options: { center, scale, step } }: NumberCoding, x: GraphValue): GraphValue {
  const t = maths.div(maths.sub(x, center), scale);
  const size = maths.unary("Abs", t);
  const isFar = maths.less(FAR, size);
  const logSquare = maths.where(isFar, maths.mul(maths.log(size), 2), maths.log(maths.add(maths.mul(t, t), 1)));
  if (step === 0) return maths.sub(-Math.log(Math.PI * scale), logSquare);
  const half = step / (2 * scale);
  // atan b − atan a of the ends of the cell, which loses nothing far away.
  const [a, b] = [maths.sub(t, half), maths.add(t, half)];
  const product = maths.add(maths.mul(a, b), 1);
  const tangent = maths.div(2 * half, product);
  const ofTangent = maths.where(maths.less(tangent, SMALL), tangent, maths.float32("Atan", tangent));
  const ofEnds = maths.sub(maths.float32("Atan", b), maths.float32("Atan", a));
  const angle = maths.where(maths.less(0, product), ofTangent, ofEnds);
  const near = maths.log(maths.div(angle, Math.PI));
  return maths.where(isFar, maths.sub(Math.log((2 * half) / Math.PI), logSquare), near);
}
