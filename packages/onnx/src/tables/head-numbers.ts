import { cellComponent } from "@pushforward/ops";
import { type NumberCoding, NumberMarginal, RULE_SLACK } from "@pushforward/tables/extend";
import type { GraphValue } from "../graph/graph-builder.ts";
import type { Maths } from "../maths/maths.ts";
import { addNormalQuantile } from "../maths/special-functions.ts";
import { addMarginal, type GraphMarginal } from "./number-values.ts";

/** Rounding of computed numbers, as in `placeOf` of a `NumberCoding`. */
const ROUNDING = 1e-6;
/** Beyond all values. */
const FAR = 1e9;

/** Shares of ranges of numbers in a head. */
export class HeadNumbers {
  private readonly maths: Maths;
  private readonly coding: NumberCoding;
  private readonly head: GraphValue;
  private readonly shares: GraphValue;
  private readonly inner: { readonly host: NumberMarginal; readonly marginal: GraphMarginal } | undefined;
  private readonly smooth: GraphMarginal | undefined;

  /** @param shares the probabilities of the codes. */
  constructor(maths: Maths, coding: NumberCoding, head: GraphValue, shares: GraphValue) {
    const { inner, smooth } = coding.options;
    const host = inner && new NumberMarginal(inner);
    this.maths = maths;
    this.coding = coding;
    this.head = head;
    this.shares = shares;
    this.inner = host && { host, marginal: addMarginal(maths, host) };
    this.smooth = smooth && addMarginal(maths, new NumberMarginal(smooth));
  }

  /** The share of the numbers of a range, with its bounds. */
  within(low: GraphValue, high: GraphValue): GraphValue {
    const { maths } = this;
    const share = maths.max(maths.sub(this.upTo(high, true), this.upTo(low, false)), 0);
    return maths.where(maths.atMost(low, high), share, 0);
  }

  private upTo(bound: GraphValue, isInside: boolean): GraphValue {
    const { maths, coding } = this;
    const { step } = coding;
    const { atoms, center } = coding.options;
    const sign = isInside ? 1 : -1;
    const isBounded = maths.less(maths.unary("Abs", bound), Number.POSITIVE_INFINITY);
    const near = step > 0 ? sign * step * ROUNDING : maths.mul(maths.unary("Abs", bound), sign * RULE_SLACK);
    const moved = maths.where(isBounded, maths.add(bound, near), bound);
    let [end, last] = [bound, moved];
    if (step > 0) {
      const place = maths.add(maths.unary("Floor", maths.div(maths.sub(moved, center), step)), 0.5);
      end = maths.add(maths.mul(place, step), center);
      last = end;
    }
    const { graph } = maths;
    let total = maths.fill(0, bound);
    if (atoms.length > 0) {
      const numbers = graph.constant("float64", atoms, [1, atoms.length], "table");
      const isUpTo = isInside ? maths.atMost(numbers, last) : maths.less(numbers, last);
      total = maths.sum(maths.where(isUpTo, maths.columns(this.shares, 0, atoms.length), 0));
    }
    if (coding.components === 0) return total;
    return maths.add(total, this.binsUpTo(end), this.mixtureUpTo(end));
  }

  private binsUpTo(end: GraphValue): GraphValue {
    const { maths, coding, inner } = this;
    const { atoms, edges } = coding.options;
    const bins = edges.length - 1;
    if (inner === undefined || bins < 1) return maths.fill(0, end);
    const ends = edges.map((edge) => inner.host.cdf(edge));
    const masses = ends.slice(1).map((rank, b) => rank - (ends[b] as number));
    const vector = (numbers: readonly number[]): GraphValue =>
      maths.graph.constant("float64", numbers, [1, bins], "table");
    const beyond = maths.sub(inner.marginal.cdf(end), vector(ends.slice(0, -1)));
    const parts = maths.clip(maths.div(beyond, vector(masses)), 0, 1);
    return maths.sum(maths.mul(parts, maths.columns(this.shares, atoms.length, atoms.length + bins)));
  }

  private mixtureUpTo(end: GraphValue): GraphValue {
    const { maths, coding, head } = this;
    const { codes, components } = coding;
    const u = this.smooth?.cdf(end) ?? maths.fill(0, end);
    const quantile = maths.where(
      maths.atMost(u, 0),
      -FAR,
      maths.where(maths.atMost(1, u), FAR, addNormalQuantile(maths, u)),
    );
    const part = (i: number): GraphValue => maths.columns(head, codes + i * components, codes + (i + 1) * components);
    const centers = Array.from({ length: components }, (_, m) => cellComponent(0, 0, m, components).mean);
    const means = maths.add(part(1), maths.graph.constant("float64", centers, [1, components], "table"));
    const scales = addScale(maths, part(2));
    const below = maths.div(1, maths.add(maths.exp(maths.div(maths.sub(means, quantile), scales)), 1));
    const weights = maths.shares(part(0));
    const share = maths.div(maths.sum(maths.mul(weights, below)), maths.sum(weights));
    return maths.mul(maths.column(this.shares, codes - 1), share);
  }
}

/** The scales of components of the mixture of a head from their raw numbers. */
export function addScale(maths: Maths, raw: GraphValue): GraphValue {
  // What a raw number is to a scale is read off: a shift between two ends.
  const logScale = (x: number): number => Math.log(cellComponent(0, x, 0, 1).scale);
  return maths.exp(maths.clip(maths.add(raw, logScale(0)), logScale(-1e9), logScale(1e9)));
}
