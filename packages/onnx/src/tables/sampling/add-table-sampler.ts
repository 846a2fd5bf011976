import { OptionError } from "@pushforward/core";
import {
  type AnyTableDensity,
  CategoryCoding,
  type DensityColumn,
  isSeparate,
  mayCopy,
  NormalMixture,
  type NumberCoding,
  NumericFlow,
  RuledDensity,
  TableMixture,
} from "@pushforward/tables/extend";
import type { GraphBuilder, GraphValue } from "../../graph/graph-builder.ts";
import { addFixedChoice } from "../../maths/choices.ts";
import { Maths } from "../../maths/maths.ts";
import type { NoiseColumns } from "../../noise-columns.ts";
import type { CodedCells } from "../bin-ranks.ts";
import { codeColumn } from "../code-cells.ts";
import { addFollowingCells } from "../mixture-terms.ts";
import { addNearest } from "../number-values.ts";
import { addDrawnColumn } from "./draw-column.ts";
import { addFlowRows, addNormalRows, addProductRows, type MemberNoise } from "./draw-rows.ts";

/** Distance to an atom, in steps, within which a computed number is replaced by the atom. */
const NEAR = 1e-6;

/**
 * Adds a sampler of the rows of a table: numbers, places of categories, NaN for missing cells. Random numbers have the
 * same roles as in the `sample` of the model. The file records the role of each random number.
 *
 * @param given float64 `[rows, context columns]`, for a model with context columns.
 * @returns float64 `[rows, columns]`, including the given columns.
 */
export function addTableSampler(
  graph: GraphBuilder,
  model: AnyTableDensity,
  noise: NoiseColumns,
  given: GraphValue | undefined,
): GraphValue {
  if (model instanceof RuledDensity) {
    throw new OptionError(
      `exportOnnx: expected a model without rules for a sampler, because a graph can't draw rows again, got one with ${model.rules.length}. Fit it without rules, or export its density.`,
    );
  }
  const maths = new Maths(graph);
  const { columns } = model;
  const copied = columns.find(
    (column) =>
      mayCopy(column) || (model instanceof TableMixture && isSeparate(column) && column.dependent === undefined),
  );
  if (copied !== undefined) {
    const isRecalled = copied.copies?.sources.length === 0;
    const [cells, way] = isRecalled ? ["recalled", "Fit it without recall, or export"] : ["copied", "Export"];
    throw new OptionError(
      `exportOnnx: expected a model without ${cells} cells for a sampler, got some in column "${copied.name}". ${way} its density.`,
    );
  }
  const coded = byNetworks(maths, columns, noise, given);
  if (!(model instanceof TableMixture)) return maths.beside(coded.map(({ values }) => values));
  const { parts } = model;
  const weights = parts.map(({ weight }) => weight);
  const shares = [...weights, 1 - weights.reduce((sum, weight) => sum + weight, 0)];
  const choice = addFixedChoice(maths, shares, noise.take("uniform", 1, { decides: "member" }));
  const byMembers = parts.map(({ member }) => memberRows(maths, model, model.members.indexOf(member), coded, noise));
  const cells: GraphValue[] = [];
  for (const [k, column] of columns.entries()) {
    const own = (coded[k] as CodedCells).values;
    const { dependent, name } = column;
    if (dependent !== undefined) {
      cells.push(followed(maths, { ...column, dependent }, columns, cells, () => own));
      continue;
    }
    cells.push(
      byMembers.reduce((value, drawn, m) => {
        const other = drawn.get(name);
        if (other === undefined) return value;
        return maths.where(maths.equal(choice, graph.scalar(m, "int64")), other, value);
      }, own),
    );
  }
  return maths.beside(cells);
}

/** The rows of the networks, column by column. */
function byNetworks(
  maths: Maths,
  columns: readonly DensityColumn[],
  noise: NoiseColumns,
  given: GraphValue | undefined,
): readonly CodedCells[] {
  const coded: CodedCells[] = [];
  for (const [k, column] of columns.entries()) {
    const { dependent } = column;
    // Context columns come first.
    const drawn = (): GraphValue =>
      column.isGiven && given !== undefined
        ? maths.column(given, k)
        : addDrawnColumn(maths, column, columns, coded, noise);
    const before = coded.map(({ values }) => values);
    const values =
      dependent === undefined ? drawn() : followed(maths, { ...column, dependent }, columns, before, drawn);
    coded.push(codeColumn(maths, column.coding, values));
  }
  return coded;
}

/**
 * The cells of a column that follow from the columns before it.
 *
 * @param drawn makes the cells of rows where the value does not follow from the columns before it.
 */
function followed(
  maths: Maths,
  column: DensityColumn & { readonly dependent: NonNullable<DensityColumn["dependent"]> },
  columns: readonly DensityColumn[],
  before: readonly GraphValue[],
  drawn: () => GraphValue,
): GraphValue {
  const { coding } = column;
  const { cells, isKnown } = addFollowingCells(maths, column, columns, before);
  const values =
    coding instanceof CategoryCoding ? maths.max(cells, -1) : onAtoms(maths, coding as NumberCoding, cells);
  return isKnown === undefined ? values : maths.where(isKnown, values, drawn());
}

/** Rounds numbers on a grid to the values of their column: 0.1·3 is 0.3. */
function onAtoms(maths: Maths, { options: { atoms }, step }: NumberCoding, x: GraphValue): GraphValue {
  if (step === 0 || atoms.length === 0) return x;
  return addNearest(maths, atoms, x, step * NEAR);
}

/** The cells that one density of a mixture draws, by the names of their columns. */
function memberRows(
  maths: Maths,
  { columns, context, members }: TableMixture,
  place: number,
  coded: readonly CodedCells[],
  noise: NoiseColumns,
): ReadonlyMap<string, GraphValue> {
  const member = members[place] as TableMixture["members"][number];
  const codedOf = (name: string): CodedCells => coded[columns.findIndex((one) => one.name === name)] as CodedCells;
  if (member instanceof NumericFlow) return addFlowRows(maths, member, columns, codedOf, noise, place);
  const free = columns.flatMap(({ name, dependent, isGiven }) => (dependent === undefined && !isGiven ? [name] : []));
  const take: MemberNoise = (kind, decides, column) => noise.take(kind, 1, { decides, column, member: place });
  return member instanceof NormalMixture
    ? addNormalRows(maths, member, context, free, codedOf, take)
    : addProductRows(maths, member, context, free, codedOf, take);
}
