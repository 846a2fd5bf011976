import type { Variable } from "@pushforward/columns";
import type { Json, Key } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import type { NumberSupport } from "../density/coding/cell-coding.ts";
import type { FilledRows, FillOptions, FreeCells } from "../density/fill-rows.ts";
import { sumCells, TableDensity } from "../density/table-density.ts";
import type { NormalMixture } from "../mixtures/normal-mixture/normal-mixture.ts";
import { TableMixture } from "../mixtures/table-mixture/table-mixture.ts";
import { CodedModel, codedVariables } from "./coded-model.ts";
import { columnsToJson, describeColumns } from "./describe-columns.ts";
import type { RowScores } from "./table-model.ts";

/** Parts of a {@link DensityModel}. */
export interface DensityModelParts {
  readonly density: TableDensity | TableMixture;
  /** All columns of the file, in their order. */
  readonly variables: readonly Variable[];
}

/** A density of columns of any kinds, which are computed one after the other, as a model of the table. */
export class DensityModel extends CodedModel<TableDensity | TableMixture> {
  readonly scoresCells: boolean = true;

  constructor({ density, variables }: DensityModelParts) {
    super(density, variables);
  }

  get context(): readonly string[] {
    return this.module.context;
  }

  get normals(): NormalMixture | undefined {
    return this.module.normals;
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

  fill(key: Key, rows: Table, free: FreeCells, options?: FillOptions): FilledRows {
    return this.module.fill(key, rows, free, options);
  }
}

/** The model of a table of any columns, from the contents of a model file; undefined for a model of another kind. */
export function densityModel(module: unknown, table: Json, _metadata: Json, where: string): DensityModel | undefined {
  if (!(module instanceof TableDensity || module instanceof TableMixture)) return undefined;
  return new DensityModel({ density: module, variables: codedVariables(module, table, where) });
}
