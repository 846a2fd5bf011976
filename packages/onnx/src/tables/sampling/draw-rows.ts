import { ConditionalFlow } from "@pushforward/flows";
import type { NormalMixture, NumericFlow, ProductMixture } from "@pushforward/tables";
import type { DensityColumn, MixtureColumn } from "@pushforward/tables/extend";
import { addSampler } from "../../add-density.ts";
import type { GraphValue } from "../../graph/graph-builder.ts";
import { addChoice, addFixedChoice, addTableChoice } from "../../maths/choices.ts";
import type { Maths } from "../../maths/maths.ts";
import { addNormalCdf } from "../../maths/special-functions.ts";
import type { NoiseColumns, OnnxNoise } from "../../noise-columns.ts";
import type { NoiseKind } from "../../program/noise-kind.ts";
import { asGiven, type CodedCells } from "../bin-ranks.ts";
import { codeColumn } from "../code-cells.ts";
import { addNormalTerms, addProductTerms, NormalPath, PRESENT } from "../mixture-terms.ts";
import { addScaledValue } from "../number-values.ts";
import { addFlowContext } from "../numeric-flow.ts";
import { addDecodedCells, addRankValue } from "./draw-column.ts";

/**
 * Adds the component of a mixture that draws each row, int64 `[rows, 1]`.
 *
 * @param terms `[rows, components]`: the log-density of the given cells in each component, including its weight.
 * Default: no cells are given.
 */
function addComponent(
  maths: Maths,
  logWeights: Float64Array,
  terms: GraphValue | undefined,
  u: GraphValue,
): GraphValue {
  if (terms !== undefined) return addChoice(maths, maths.shares(terms), u);
  return addFixedChoice(maths, logWeights.map(Math.exp), u);
}

/** Below it `log(1 + x)` is its series, which 1 + x would leave no digits of. */
const SMALL = 1e-4;

/**
 * Adds cells `[rows, 1]` of the columns of a flow of numbers given the remaining columns.
 *
 * @param member the place of the flow in its mixture.
 */
export function addFlowRows(
  maths: Maths,
  { columns: names, scales, flow }: NumericFlow,
  columns: readonly DensityColumn[],
  codedOf: (name: string) => CodedCells,
  noise: NoiseColumns,
  member: number,
): ReadonlyMap<string, GraphValue> {
  const context = flow instanceof ConditionalFlow ? addFlowContext(maths, columns, names, codedOf) : undefined;
  const rows = addSampler(maths.graph, flow, noise, context, { decides: "flow", member });
  return new Map(
    names.map((name, j) => {
      const scale = scales[j] as number;
      const y = maths.column(rows, j);
      return [name, scale === 0 ? y : softExp(maths, y, scale)];
    }),
  );
}

/** The inverse of the soft logarithm, `s·log(1 + exp(y/s))`. */
function softExp(maths: Maths, y: GraphValue, scale: number): GraphValue {
  const t = maths.div(y, scale);
  const power = maths.exp(maths.unary("Neg", maths.unary("Abs", t)));
  const series = maths.mul(power, maths.sub(1, maths.mul(power, maths.sub(0.5, maths.div(power, 3)))));
  const log = maths.where(maths.less(power, SMALL), series, maths.log(maths.add(power, 1)));
  return maths.mul(maths.add(maths.max(t, 0), log), scale);
}

type Column = NormalMixture["layout"]["columns"][number];

/** Adds cells `[rows, 1]` of some columns, drawn by a mixture of normals conditional on given columns. */
export function addNormalRows(
  maths: Maths,
  mixture: NormalMixture,
  given: readonly string[],
  asked: readonly string[],
  codedOf: (name: string) => CodedCells,
  noise: MemberNoise,
): ReadonlyMap<string, GraphValue> {
  const { graph } = maths;
  const parameters = mixture.normalized();
  const { count, logWeights, logTables } = parameters;
  const columnOf = (name: string): Column => mixture.layout.columns.find((one) => one.name === name) as Column;
  const terms =
    given.length === 0 ? undefined : addNormalTerms(maths, mixture, given, (name) => asGiven(maths, codedOf(name)));
  const component = addComponent(maths, logWeights, terms, noise("uniform", "component"));
  const path = new NormalPath(maths, parameters, component);
  for (const name of given) {
    const column = columnOf(name);
    if (column.coordinate < 0) continue;
    path.add(path.normal(column.coordinate), addScaledValue(maths, column, codedOf(name)));
  }
  const codeOf = ({ name, tableFrom, tableCodes }: Column): GraphValue => {
    const shares = Array.from({ length: count }, (_, k) =>
      Float64Array.from({ length: tableCodes }, (__, code) =>
        Math.exp(logTables[(tableFrom + code) * count + k] as number),
      ),
    );
    return graph.cast(addTableChoice(maths, shares, component, noise("uniform", "code", name)), "float64");
  };
  const cells = asked.map((name): [string, GraphValue] => {
    const column = columnOf(name);
    const { coding, coordinate, tableCodes } = column;
    const code = tableCodes > 0 ? codeOf(column) : undefined;
    if (coordinate < 0) {
      const within = (): GraphValue => noise("uniform", "within", name);
      return [name, addDecodedCells(maths, coding, { code: code as GraphValue, within })];
    }
    const normal = path.normal(coordinate);
    const z = maths.add(normal.mean, maths.mul(normal.spread, noise("normal", "value", name)));
    const value = addRankValue(maths, column, addNormalCdf(maths, z));
    const drawn = code === undefined ? value : maths.where(maths.equal(code, PRESENT), value, Number.NaN);
    path.add(normal, addScaledValue(maths, column, codeColumn(maths, coding, drawn)));
    return [name, drawn];
  });
  return new Map(cells);
}

/** Adds cells `[rows, 1]` of some columns, drawn by a mixture of products conditional on given columns. */
export function addProductRows(
  maths: Maths,
  mixture: ProductMixture,
  given: readonly string[],
  asked: readonly string[],
  codedOf: (name: string) => CodedCells,
  noise: MemberNoise,
): ReadonlyMap<string, GraphValue> {
  const { graph } = maths;
  const { logWeights, columns: tables } = mixture.normalized();
  const terms =
    given.length === 0 ? undefined : addProductTerms(maths, mixture, given, (name) => asGiven(maths, codedOf(name)));
  const component = addComponent(maths, logWeights, terms, noise("uniform", "component"));
  const count = logWeights.length;
  const cells = asked.map((name): [string, GraphValue] => {
    const place = mixture.columns.findIndex((column) => column.name === name);
    const { coding } = mixture.columns[place] as MixtureColumn;
    const table = tables[place] as Float64Array;
    const shares = Array.from({ length: count }, (_, k) => table.filter((__, at) => at % count === k));
    const code = graph.cast(addTableChoice(maths, shares, component, noise("uniform", "code", name)), "float64");
    return [name, addDecodedCells(maths, coding, { code, within: () => noise("uniform", "within", name) })];
  });
  return new Map(cells);
}

/** Takes a column of random numbers for a density of a mixture, float64 `[rows, 1]`. */
export type MemberNoise = (kind: NoiseKind, decides: OnnxNoise["decides"], column?: string) => GraphValue;
