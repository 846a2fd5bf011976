import { cellComponent } from "@pushforward/ops";
import type { NormalMixture } from "@pushforward/tables";
import {
  CategoryCoding,
  type CellCoding,
  type ColumnDensity,
  type DensityColumn,
  type NumberCoding,
  NumberMarginal,
} from "@pushforward/tables/extend";
import type * as tf from "@tensorflow/tfjs-core";
import type { GraphValue } from "../../graph/graph-builder.ts";
import { addChoice, addCount, addFixedChoice } from "../../maths/choices.ts";
import type { Maths } from "../../maths/maths.ts";
import { addNormalCdf } from "../../maths/special-functions.ts";
import type { NoiseColumns, OnnxNoise } from "../../noise-columns.ts";
import { recordProgram } from "../../program/merge-recordings.ts";
import { translateProgram } from "../../translate-program.ts";
import { addCodeWeights, addColumnContext } from "../add-table-density.ts";
import { binRanks, type CodedCells } from "../bin-ranks.ts";
import { addScale } from "../head-numbers.ts";
import { addMarginal } from "../number-values.ts";

/**
 * Moves numbers into the domain of their column. A number that rounding moved past a bound becomes that bound, or the
 * start of the circle on a circular domain.
 */
function addIntoDomain(maths: Maths, domain: NumberCoding["options"]["domain"], x: GraphValue): GraphValue {
  if (domain === undefined) return x;
  const { low, high, isCircular } = domain;
  const above = maths.max(x, low);
  if (high === undefined) return above;
  return isCircular ? maths.where(maths.less(above, high), above, low) : maths.min(above, high);
}

/** Cells that were drawn, all float64 `[rows, 1]`. */
export interface DrawnCells {
  readonly code: GraphValue;
  /** Makes the places within the intervals of codes, from 0 to 1: only where a column has such. */
  readonly within: () => GraphValue;
  /**
   * Places on the normal quantile scale, for the cells of the mixture of logistics. Default: no cell is from that
   * mixture.
   */
  readonly quantile?: GraphValue | undefined;
}

/** Adds the cells `[rows, 1]` of codes: numbers, places of categories, and NaN for missing cells. */
export function addDecodedCells(maths: Maths, coding: CellCoding, drawn: DrawnCells): GraphValue {
  const { code } = drawn;
  if (coding instanceof CategoryCoding) {
    return maths.where(maths.less(code, coding.categories.length), code, Number.NaN);
  }
  return decodedNumbers(maths, coding as NumberCoding, drawn);
}

function decodedNumbers(
  maths: Maths,
  { options: { atoms, edges, inner, smooth, domain }, codes }: NumberCoding,
  { code, within, quantile }: DrawnCells,
): GraphValue {
  const { graph } = maths;
  const bins = edges.length - 1;
  let cells = maths.fill(Number.NaN, code);
  if (bins >= 1 && inner !== undefined) {
    const host = new NumberMarginal(inner);
    const ends = edges.map((edge) => host.cdf(edge));
    const masses = ends.slice(1).map((end, b) => end - (ends[b] as number));
    const bin = graph.cast(maths.clip(maths.sub(code, atoms.length), 0, bins - 1), "int64");
    const place = maths.add(maths.lookUp(ends, bin), maths.mul(within(), maths.lookUp(masses, bin)));
    const value = addIntoDomain(maths, domain, addMarginal(maths, host).value(place));
    cells = maths.where(maths.less(code, atoms.length + bins), value, cells);
    if (quantile !== undefined && smooth !== undefined) {
      const marginal = addMarginal(maths, new NumberMarginal(smooth));
      const ofMixture = addIntoDomain(maths, domain, marginal.value(addNormalCdf(maths, quantile)));
      cells = maths.where(maths.equal(code, codes - 1), ofMixture, cells);
    }
  }
  if (atoms.length === 0) return cells;
  const atom = maths.lookUp(atoms, graph.cast(maths.min(code, atoms.length - 1), "int64"));
  return maths.where(maths.less(code, atoms.length), atom, cells);
}

/** Lower bound of a uniform float32 number. It may be 0, which has an infinite logit. */
const LEAST = 2 ** -25;

/**
 * Adds cells `[rows, 1]` of a column given the columns before it, drawn by its networks, or by the frequencies of its
 * codes if it has no networks.
 *
 * @param coded the columns before it.
 */
export function addDrawnColumn(
  maths: Maths,
  column: DensityColumn,
  columns: readonly DensityColumn[],
  coded: readonly CodedCells[],
  noise: NoiseColumns,
): GraphValue {
  const { graph } = maths;
  const { name, coding, members, parents } = column;
  const uniform = (decides: OnnxNoise["decides"]): GraphValue => noise.take("uniform", 1, { decides, column: name });
  const within = (): GraphValue => uniform("within");
  if (members.length === 0) {
    const shares = Array.from(coding.logMarginal.subarray(0, coding.counts.length), Math.exp);
    const code = graph.cast(addFixedChoice(maths, shares, uniform("code")), "float64");
    return addDecodedCells(maths, coding, { code, within });
  }
  const head = chosenHead(maths, members, addColumnContext(maths, parents, coded), uniform);
  const ofNetworks = maths.columns(head, 0, coding.codes);
  const weights = addCodeWeights(maths, column, columns, coded);
  const logits = weights === undefined ? ofNetworks : maths.add(ofNetworks, weights);
  const code = graph.cast(addChoice(maths, maths.shares(logits), uniform("code")), "float64");
  const quantile = coding.components > 0 ? drawnQuantile(maths, coding, head, uniform) : undefined;
  return addDecodedCells(maths, coding, { code, within, quantile });
}

/** The head `[rows, n]` of the chosen member. */
function chosenHead(
  maths: Maths,
  members: readonly ColumnDensity[],
  context: GraphValue,
  uniform: (decides: "network") => GraphValue,
): GraphValue {
  const { graph } = maths;
  const heads = members.map((member) => {
    const program = recordProgram(member, [[...member.contextShape]], ([at]) => member.apply(at as tf.Tensor));
    return graph.cast(translateProgram(graph, program, [graph.cast(context, "float32")]), "float64");
  });
  const [first, ...others] = heads as [GraphValue, ...GraphValue[]];
  if (others.length === 0) return first;
  const place = maths.mul(uniform("network"), members.length);
  return others.reduce((head, other, m) => maths.where(maths.less(place, m + 1), head, other), first);
}

/** A number of the mixture of logistics. */
function drawnQuantile(
  maths: Maths,
  { codes, components }: CellCoding,
  head: GraphValue,
  uniform: (decides: "component" | "place") => GraphValue,
): GraphValue {
  const part = (i: number): GraphValue => maths.columns(head, codes + i * components, codes + (i + 1) * components);
  const m = addChoice(maths, maths.shares(part(0)), uniform("component"));
  const centers = Array.from({ length: components }, (_, k) => cellComponent(0, 0, k, components).mean);
  const mean = maths.add(maths.pick(part(1), m), maths.lookUp(centers, m));
  const scale = addScale(maths, maths.pick(part(2), m));
  const u = maths.max(uniform("place"), LEAST);
  return maths.add(mean, maths.mul(scale, maths.log(maths.div(u, maths.sub(1, u)))));
}

type Column = NormalMixture["layout"]["columns"][number];
type Ranks = NonNullable<Column["ranks"]>;

/** Adds the value `[rows, 1]` of a column with ordered values at a number from 0 to 1. */
export function addRankValue(maths: Maths, { coding, ranks }: Column, u: GraphValue): GraphValue {
  const order = ranks as Ranks;
  if (coding instanceof CategoryCoding) {
    const steps = stepsOf(
      order,
      coding.categories.map((_, k) => k),
    );
    const place = addCount(maths, steps.lows.slice(1), u);
    return maths.lookUp(steps.values, place);
  }
  return numberValue(maths, coding as NumberCoding, order, u);
}

function numberValue(maths: Maths, coding: NumberCoding, ranks: Ranks, u: GraphValue): GraphValue {
  const { atoms, edges, inner, domain } = coding.options;
  const { values, lows, highs } = stepsOf(ranks, atoms);
  const atom = addCount(maths, lows.slice(1), u);
  if (inner === undefined || edges.length < 2) return maths.lookUp(values, atom);
  const host = new NumberMarginal(inner);
  const { atomEnds, binEnds, innerEnds, slopes } = binRanks(coding, host);
  const rest = maths.sub(u, maths.lookUp(atomEnds, addCount(maths, lows, u)));
  const bin = addCount(maths, binEnds.slice(1, -1), rest);
  const widths = slopes.map((slope) => (slope > 0 ? 1 / slope : 0));
  const part = maths.mul(maths.sub(rest, maths.lookUp(binEnds, bin)), maths.lookUp(widths, bin));
  const place = maths.add(maths.lookUp(innerEnds, bin), part);
  const between = addIntoDomain(maths, domain, addMarginal(maths, host).value(place));
  if (atoms.length === 0) return between;
  const isAtom = maths.and(maths.atMost(lows[0] as number, u), maths.less(u, maths.lookUp(highs, atom)));
  return maths.where(isAtom, maths.lookUp(values, atom), between);
}

/** Values with a positive mass, in order, with the bounds of the steps of the distribution function. */
function stepsOf(
  ranks: Ranks,
  values: readonly number[],
): { readonly values: number[]; readonly lows: number[]; readonly highs: number[] } {
  const steps = values
    .flatMap((value) => {
      const rank = ranks.rank(value, "new");
      return rank === undefined ? [] : [{ value, ...rank }];
    })
    .sort((a, b) => a.low - b.low);
  return {
    values: steps.map(({ value }) => value),
    lows: steps.map(({ low }) => low),
    highs: steps.map(({ high }) => high),
  };
}
