import type { NumberDomain } from "@pushforward/columns/extend";
import { sumOf } from "../fit/copy-shares.ts";
import { countValues, kernelKnots, type ValueCounts } from "./kernel-knots.ts";

/** A distribution function that is linear between knots. */
export interface DistributionKnots {
  /** Where the distribution function is known, rising. */
  readonly knots: readonly number[];
  /** Its values there, rising from 0 to 1. */
  readonly cumulative: readonly number[];
}

/**
 * Maximum number of knots of the distribution function, and the minimum number of rows between two knots, below which
 * the function would be noise.
 */
const KNOTS = 1024;
const ROWS_PER_KNOT = 12;
/**
 * Maximum number of rows for knots of a smooth distribution function. With knots every 12 rows, a histogram of so few
 * rows would be noise.
 */
const MOST_KERNELS = 1000;
/** Minimum number of rows of a cluster for such knots. */
const LEAST_KERNELS = 100;

/**
 * A gap separates two clusters if it is this many times as wide as the mean distance of this number of values on either side.
 * A smooth density is nearly constant among so few values, and such a gap then has a probability below 1e-4.
 */
const GAP = 30;
const NEIGHBORS = 6;
/** Number of such gaps from which on clusters may have fewer values: a gap is then compared with the median distance. */
const MANY_GAPS = 5;
/** Minimum number of rows that all gaps together count as. */
const ROWS_OF_GAPS = 0.5;

/** Values with a smooth distribution between two bounds. */
interface Cluster extends ValueCounts {
  readonly low: number;
  readonly high: number;
}

/**
 * Knots of the distribution function of some values: for each cluster of values quantiles half-way between values, or the
 * quantiles of a smooth function if the values are few. Gaps between clusters have almost no mass.
 */
export function quantileKnots(counted: ValueCounts, step: number, domain: NumberDomain | undefined): DistributionKnots {
  const clusters = clustersOf(counted, step, domain);
  const total = sumOf(counted.counts);
  const [only, ...others] = clusters as [Cluster, ...Cluster[]];
  if (others.length === 0) return knotsOf(only, step, total);
  // The estimate of Good (1953) for the share of new clusters is the share of clusters with a single row.
  const single = clusters.filter(({ counts }) => counts.length === 1 && (counts[0] as number) <= 1).length;
  const ofGaps = Math.max(ROWS_OF_GAPS, single) / (total + 1);
  const [ofGap, ofRow] = [ofGaps / others.length, (1 - ofGaps) / total];
  const [knots, cumulative]: [number[], number[]] = [[], []];
  let mass = 0;
  for (const cluster of clusters) {
    const own = knotsOf(cluster, step, total);
    const share = sumOf(cluster.counts) * ofRow;
    knots.push(...own.knots);
    cumulative.push(...own.cumulative.map((value) => mass + share * value));
    mass += share + ofGap;
  }
  cumulative[cumulative.length - 1] = 1;
  return { knots, cumulative };
}

/** The clusters of some values, in order. */
function clustersOf({ values, counts }: ValueCounts, step: number, domain: NumberDomain | undefined): Cluster[] {
  const parts = between([0, ...wideGaps(values), values.length]);
  const finer = parts.length > MANY_GAPS ? parts.flatMap((part) => splitByMedian(values, part)) : parts;
  const whole = between([0, values.length]);
  const split = [finer, parts].find(({ length }) => length <= KNOTS) ?? whole;
  // A density ends at the bounds of its column, and at 0 for positive numbers. The cells of a grid may reach beyond.
  const natural: Partial<NumberDomain> = (values[0] as number) > 0 ? { low: 0 } : {};
  const { low = Number.NEGATIVE_INFINITY, high = Number.POSITIVE_INFINITY } = step === 0 ? (domain ?? natural) : {};
  return split.map(({ from, to, distance }) => {
    const own = values.subarray(from, to);
    const [first, last] = [own[0] as number, own[own.length - 1] as number];
    const isPoint = step === 0 && first === last && distance !== undefined;
    const [below, above] = isPoint ? [distance / 2, distance / 2] : marginsOf(own, step);
    return {
      ...{ values: own, counts: counts.subarray(from, to) },
      ...{ low: Math.max(first - below, low), high: Math.min(last + above, high) },
    };
  });
}

/** Some of the values in order. */
interface Part {
  readonly from: number;
  readonly to: number;
  /** The median distance of values nearby. */
  readonly distance?: number;
}

function between(places: readonly number[]): Part[] {
  return places.slice(1).map((to, i) => ({ from: places[i] as number, to }));
}

/** `true` for a column of numbers in several clusters, such as runs of serial numbers, which no flow learns. */
export function hasClusters(numbers: Float64Array): boolean {
  const present = numbers.filter((value) => !Number.isNaN(value));
  return wideGaps(countValues(present).values).length >= MANY_GAPS;
}

/** Places of the values behind a gap that is wide for the values on both sides. */
export function wideGaps(values: Float64Array): number[] {
  const places: number[] = [];
  for (let i = NEIGHBORS; i + NEIGHBORS <= values.length; i++) {
    const [before, after] = [values[i - 1] as number, values[i] as number];
    const spreads = [before - (values[i - NEIGHBORS] as number), (values[i + NEIGHBORS - 1] as number) - after];
    if (after - before > (GAP * Math.max(...spreads)) / (NEIGHBORS - 1)) places.push(i);
  }
  return places;
}

/** The parts of a part between gaps that are wide for its median distance. */
function splitByMedian(values: Float64Array, { from, to }: Part): Part[] {
  const distances = Float64Array.from({ length: to - from - 1 }, (_, i) => {
    return (values[from + i + 1] as number) - (values[from + i] as number);
  });
  const distance = distances.slice().sort()[distances.length >> 1] as number;
  const behind = Array.from(distances.keys()).filter((i) => (distances[i] as number) > GAP * distance);
  return between([from, ...behind.map((i) => from + i + 1), to]).map((part) => ({ ...part, distance }));
}

/**
 * Distances of the bounds of a cluster from its first and last value: half a step, or half a typical gap. The values at a sharp
 * end, such as 1 for amounts of at least 1, have smaller gaps.
 */
function marginsOf(values: Float64Array, step: number): [below: number, above: number] {
  if (step > 0) return [step / 2, step / 2];
  const last = values.length - 1;
  const spread = (values[last] as number) - (values[0] as number);
  if (spread === 0) {
    const margin = Math.max(1, Math.abs(values[0] as number)) * 1e-6;
    return [margin, margin];
  }
  const next = Math.min(NEIGHBORS, last);
  const reaches = [
    (values[next] as number) - (values[0] as number),
    (values[last] as number) - (values[last - next] as number),
  ];
  return reaches.map((reach) => Math.min(reach / (2 * next), spread / (2 * values.length))) as [number, number];
}

/** @param all the number of rows of all clusters. */
function knotsOf({ values, counts, low, high }: Cluster, step: number, all: number): DistributionKnots {
  const total = sumOf(counts);
  const last = values.length - 1;
  const isSmooth = all <= MOST_KERNELS && (total === all || total >= LEAST_KERNELS);
  if (last > 0 && isSmooth) return kernelKnots({ values, counts }, { low, high, step });
  const edge = (i: number): number => {
    if (step > 0) return (values[i] as number) + step / 2;
    const [from, to] = [values[i] as number, values[i + 1] as number];
    return from + (to - from) / 2;
  };
  const knots: number[] = [low];
  const cumulative = [0];
  const spacing = Math.max(all / KNOTS, ROWS_PER_KNOT) / total;
  let sum = 0;
  for (let i = 0; i < last; i++) {
    sum += counts[i] as number;
    const place = edge(i);
    if (sum / total >= (cumulative.at(-1) as number) + spacing && place > (knots.at(-1) as number)) {
      knots.push(place);
      cumulative.push(sum / total);
    }
  }
  knots.push(high);
  cumulative.push(1);
  return { knots, cumulative };
}
