import { NormalMixture, ProductMixture } from "@pushforward/tables/extend";
import type { Dimension } from "../graph/dimension.ts";
import type { GraphValue } from "../graph/graph.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import { Maths } from "../maths/maths.ts";
import type { NoiseColumns } from "../noise-columns.ts";
import { addNormalTerms } from "./add-normal-terms.ts";
import { addProductTerms } from "./add-product-terms.ts";
import { codeColumn } from "./code-column.ts";
import type { CodedCells } from "./coded-cells.ts";
import { addNormalRows } from "./sampling/add-normal-rows.ts";
import { addProductRows } from "./sampling/add-product-rows.ts";
import type { MemberNoise } from "./sampling/member-noise.ts";

/** A mixture that is the density of a table by itself, without networks. */
export type ClosedMixture = NormalMixture | ProductMixture;

/** True for a {@link ClosedMixture}. */
export function isClosedMixture(model: unknown): model is ClosedMixture {
  return model instanceof NormalMixture || model instanceof ProductMixture;
}

/** Adds the log-density of the rows of a table, as `addTableDensity` does. */
export function addMixtureDensity(graph: GraphBuilder, model: ClosedMixture, x: GraphValue): GraphValue {
  const maths = new Maths(graph);
  const coded = new Map(
    model.columns.map(({ name, coding }, k) => [name, codeColumn(maths, coding, maths.column(x, k))]),
  );
  const codedOf = (name: string): CodedCells => coded.get(name) as CodedCells;
  const names = model.columns.map(({ name }) => name);
  const terms =
    model instanceof ProductMixture
      ? addProductTerms(maths, model, names, codedOf)
      : addNormalTerms(maths, model, names, codedOf);
  return graph.reshape(maths.logSumExp(terms), [x.shape[0] as Dimension]);
}

/** Adds a sampler of the rows of a table, as `addTableSampler` does. */
export function addMixtureSampler(graph: GraphBuilder, model: ClosedMixture, noise: NoiseColumns): GraphValue {
  const maths = new Maths(graph);
  const names = model.columns.map(({ name }) => name);
  const take: MemberNoise = (kind, decides, column) => noise.take(kind, 1, { decides, column });
  const noneGiven = (name: string): CodedCells => {
    throw new Error(`addMixtureSampler: expected no given column, got ${name}.`);
  };
  const cells =
    model instanceof ProductMixture
      ? addProductRows(maths, model, [], names, noneGiven, take)
      : addNormalRows(maths, model, [], names, noneGiven, take);
  return maths.beside(names.map((name) => cells.get(name) as GraphValue));
}
