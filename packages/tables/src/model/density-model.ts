import type { Variable } from "@pushforward/columns";
import { describeVariable } from "@pushforward/columns/extend";
import type { Json } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import type { NumberSupport } from "../density/coding/category-coding.ts";
import type { DrawnHoles } from "../density/draw-holes.ts";
import { sumCells, TableDensity } from "../density/table-density.ts";
import { NormalMixture } from "../mixtures/normal-mixture/normal-mixture.ts";
import type { ProductMixture } from "../mixtures/product-mixture/product-mixture.ts";
import { TableMixture } from "../mixtures/table-mixture.ts";
import type { RowRule } from "../rules/row-rules.ts";
import { RuledDensity } from "../rules/ruled-density.ts";
import { CodedModel, codedVariables } from "./coded-model.ts";
import { columnsToJson, describeColumns, type RowDensity, type RowScores } from "./table-model.ts";

/** A density of the rows of a table of any columns. */
export type AnyTableDensity = TableDensity | TableMixture | RuledDensity;

/** Parts of a {@link DensityModel}. */
export interface DensityModelParts {
  readonly density: AnyTableDensity;
  /** All columns of the file, in their order. */
  readonly variables: readonly Variable[];
}

/** A density of columns of any kinds, which are computed one after the other, as a model of the table. */
export class DensityModel extends CodedModel<AnyTableDensity> {
  readonly scoresCells: boolean = true;

  constructor({ density, variables }: DensityModelParts) {
    super(density, variables);
  }

  get context(): readonly string[] {
    return this.module.context;
  }

  get rules(): readonly RowRule[] {
    return this.module instanceof RuledDensity ? this.module.rules : [];
  }

  get ownMixture(): NormalMixture | ProductMixture | undefined {
    return this.module.ownMixture;
  }

  support(name: string): NumberSupport | undefined {
    return this.module.support(name);
  }

  describe(): string[] {
    return [...describeColumns(this.columns, this.variables), ...this.module.describeMembers()];
  }

  columnsToJson(): Json {
    return columnsToJson(this.columns, this.variables);
  }

  score(rows: Table): RowScores {
    const byColumn = this.module.cellLogProb(rows);
    const values = new Map(byColumn.map((column, k) => [this.columns[k]?.name, column]));
    const scored = this.learned.filter(({ name }) => !this.context.includes(name));
    return {
      scores: sumCells(byColumn, rows.rows),
      cells: scored.map(({ name }) => ({ name, values: values.get(name) as Float64Array })),
    };
  }

  get drawHoles(): RowDensity["drawHoles"] {
    const { module } = this;
    return module.drawHoles && ((task, proposals) => module.drawHoles?.(task, proposals) as DrawnHoles);
  }
}

/**
 * Returns the model of a table of any columns, from the contents of a model file; undefined for a model of a different
 * kind.
 */
export function densityModel(module: unknown, table: Json, _metadata: Json, where: string): DensityModel | undefined {
  if (!(module instanceof TableDensity || module instanceof TableMixture || module instanceof RuledDensity)) {
    return undefined;
  }
  return new DensityModel({ density: module, variables: codedVariables(module, table, where) });
}

/**
 * A mixture of normals on the normal scale of each column, as a model of the table: with one component a Gaussian copula. Its
 * conditionals are known, so questions about it need no other mixture.
 */
export class CopulaModel extends CodedModel<NormalMixture> {
  readonly scoresCells: boolean = false;
  readonly context: readonly string[] = [];

  get ownMixture(): NormalMixture {
    return this.module;
  }

  support(name: string): NumberSupport | undefined {
    return this.columns.find((column) => column.name === name)?.coding.support;
  }

  describe(): string[] {
    const { components } = this.module;
    const kind = components === 1 ? "a Gaussian copula" : `a mixture of ${components} normals`;
    return [...this.variables.map(describeVariable), `dependence by ${kind}`];
  }

  score(rows: Table): RowScores {
    return { scores: this.logProb(rows) };
  }
}

/**
 * Returns the model of a table by a mixture of normals, from the contents of a model file; undefined for a different
 * kind.
 */
export function copulaModel(module: unknown, table: Json, _metadata: Json, where: string): CopulaModel | undefined {
  if (!(module instanceof NormalMixture)) return undefined;
  return new CopulaModel(module, codedVariables(module, table, where));
}
