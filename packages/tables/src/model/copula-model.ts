import { describeVariable } from "@pushforward/columns/extend";
import type { Json } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import type { NumberSupport } from "../density/coding/cell-coding.ts";
import { NormalMixture } from "../mixtures/normal-mixture/normal-mixture.ts";
import { CodedModel, codedVariables } from "./coded-model.ts";
import type { RowScores } from "./table-model.ts";

/**
 * A mixture of normals on the normal scale of each column, as a model of the table: with one component a Gaussian copula. Its
 * conditionals are known, so questions about it need no other mixture.
 */
export class CopulaModel extends CodedModel<NormalMixture> {
  readonly scoresCells: boolean = false;
  readonly context: readonly string[] = [];

  get normals(): NormalMixture {
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

/** The model of a table by a mixture of normals, from the contents of a model file; undefined for another kind. */
export function copulaModel(module: unknown, table: Json, _metadata: Json, where: string): CopulaModel | undefined {
  if (!(module instanceof NormalMixture)) return undefined;
  return new CopulaModel(module, codedVariables(module, table, where));
}
