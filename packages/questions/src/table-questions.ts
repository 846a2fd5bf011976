import { checkKey, type Key, OptionError } from "@pushforward/core";
import { type Column, getColumn, type Table, takeTableRows } from "@pushforward/datasets";
import type { Flow } from "@pushforward/flows";
import {
  cellAt,
  columnFromCells,
  NormalMixture,
  normalMixture,
  productMixture,
  type TableDensity,
  TableMixture,
} from "@pushforward/tables";
import { type Conditions, resolveConditions } from "./condition.ts";
import { ConditionalTable } from "./conditional-table.ts";
import { flowDensity, type JointDensity, tableJointDensity } from "./joint-density.ts";
import {
  type ProposalMixture,
  type ProposalName,
  proposalNames,
  propose,
  type Questioned,
  repeatRows,
  weightQuality,
} from "./proposals.ts";

/** Options of {@link askTable}. Only the key is required. */
export interface AskTableOptions {
  /** Decides the draws that the mixtures are fitted to. */
  readonly key: Key;
  /** Names of the variables of a flow. */
  readonly columns?: readonly string[] | undefined;
  /** Rows that are drawn from the model for the mixtures. Default: 4,000. */
  readonly rows?: number | undefined;
}

/** Options of {@link TableQuestions.given}. */
export interface GivenOptions {
  readonly key: Key;
  /** The effective number of draws that is aimed at. Default: 1,000. */
  readonly draws?: number | undefined;
}

const ROWS = 4000;
const DRAWS = 1000;
/** Sizes of the mixture of products, of which validation rows choose. */
const COMPONENTS = [4, 16, 64];
/** Columns of numbers: covariances of more take long. */
const MOST_NUMBERS = 60;
/** Draws of each proposal that tell which is better, and how many draws a question takes at most. */
const PILOT = 300;
const MOST_DRAWS = 60_000;

/**
 * Prepares a model for questions: draws rows of it and fits a mixture of products and one of normals to them, whose
 * conditionals are known.
 *
 * @param model a density of a table without given columns, or a flow, whose columns `columns` names.
 * @throws {OptionError} the model has given columns, or is a flow without names of its columns.
 * @example
 * const { model } = await tableDensity(penguins(), { key, epochs: 2 });
 * const questions = await askTable(model, { key });
 * const heavy = questions.given({ body_mass_g: { min: 5000 }, sex: "male" }, { key });
 * heavy.mean("flipper_length_mm");
 */
export async function askTable(
  model: TableDensity | TableMixture | Flow,
  options: AskTableOptions,
): Promise<TableQuestions> {
  checkKey("askTable", options);
  const { key, columns, rows = ROWS } = options;
  const density = densityOf(model, columns);
  const drawn = density.sample(key.fold("rows"), rows);
  const common = { key: key.fold("mixture"), missing: "unknown" } as const;
  const mixtures = new Map<ProposalName, ProposalMixture>();
  const own = normalsOf(model);
  const normals = own ?? (await fitNormals(drawn, common));
  if (normals !== undefined) mixtures.set("normals", normals);
  if (own === undefined) {
    const { model: products } = await productMixture(drawn, {
      ...common,
      components: COMPONENTS,
      smoothing: 2,
      starts: 1,
    });
    mixtures.set("products", products);
  }
  return new TableQuestions(density, mixtures, takeTableRows(drawn, []).columns);
}

/** The mixture of normals that is a part of a model, if it has all columns: nothing that is fitted to draws is nearer. */
function normalsOf(model: TableDensity | TableMixture | Flow): NormalMixture | undefined {
  if (!(model instanceof TableMixture)) return undefined;
  return model.members.find(
    (member): member is NormalMixture =>
      member instanceof NormalMixture && member.columns.length === model.columns.length,
  );
}

/** A mixture of normals, where several columns are numbers. */
async function fitNormals(
  drawn: Table,
  options: Parameters<typeof normalMixture>[1],
): Promise<NormalMixture | undefined> {
  const numbers = drawn.columns.filter(({ kind }) => kind === "number").length;
  if (numbers < 2 || numbers > MOST_NUMBERS) return undefined;
  const { model } = await normalMixture(
    takeTableRows(
      drawn,
      Array.from({ length: Math.min(drawn.rows, 2000) }, (_, i) => i),
    ),
    options,
  );
  return model;
}

function densityOf(model: TableDensity | TableMixture | Flow, columns: readonly string[] | undefined): JointDensity {
  if (!("cellLogProb" in model)) {
    if (columns === undefined)
      throw new OptionError("askTable: expected the names of the columns of a flow, got none.");
    return flowDensity(model, columns);
  }
  if (model.given.length > 0) {
    throw new OptionError(
      `askTable: expected a model of all columns, got one with the given columns ${model.given.join(", ")}.`,
    );
  }
  return tableJointDensity(model);
}

/** Answers questions about the rows of a model: some columns given, others asked for. */
export class TableQuestions {
  /** A table without rows, for the kinds of the columns. */
  readonly columns: readonly Column[];
  readonly questioned: Questioned;

  constructor(density: JointDensity, mixtures: ReadonlyMap<ProposalName, ProposalMixture>, columns: readonly Column[]) {
    const both = [...mixtures].map(([name, all]) => [name, { all, present: all.withoutMissing() }] as const);
    this.questioned = { density, mixtures: new Map(both) };
    this.columns = columns;
  }

  /**
   * The distribution of the other columns of a row where some are known, by sampling–importance–resampling: rows are drawn
   * in the order of the model or by the exact conditional of a mixture, whichever is better, and weighted by
   * the density of the model over that of the draw. Draws are added until their effective number suffices.
   *
   * @throws {DataError} an unknown column, or a value of another kind than the column.
   * @throws {OptionError} a range without numbers, an empty set, or no row that fits among all draws.
   */
  given(conditions: Conditions, { key, draws = DRAWS }: GivenOptions): ConditionalTable {
    if (!Number.isSafeInteger(draws) || draws < 1) {
      throw new OptionError(`given: expected draws to be an integer from 1, got ${draws}.`);
    }
    const { fixed, tests } = resolveConditions(
      conditions,
      this.columns,
      this.questioned.density.hasCategory ?? (() => true),
    );
    const proposal = this.betterProposal(fixed, tests, key);
    let rows = Math.max(2 * draws, 2 * PILOT);
    for (let round = 0; ; round++) {
      const weighted = this.draw(proposal, fixed, tests, rows, key.fold(round));
      const quality = weightQuality(weighted.logWeights);
      const size = quality?.effectiveSampleSize ?? 0;
      if (size >= draws || rows >= MOST_DRAWS) {
        if (quality === undefined) {
          throw new OptionError(
            `given: expected conditions that rows of the model can meet, got ${describe(conditions)}, which none of ${rows} draws meets.`,
          );
        }
        return new ConditionalTable({
          ...weighted,
          quality,
          proposal,
          questions: this.questioned,
        });
      }
      rows = Math.min(MOST_DRAWS, Math.ceil(rows * Math.min(8, Math.max(2, (1.3 * draws) / Math.max(size, 1)))));
    }
  }

  private betterProposal(fixed: Fixed, tests: Tests, key: Key): ProposalName {
    const names = proposalNames(this.questioned);
    const sizes = names.map((proposal) => {
      const { logWeights } = this.draw(proposal, fixed, tests, PILOT, key.fold("pilot"));
      return weightQuality(logWeights)?.effectiveSampleSize ?? 0;
    });
    const most = Math.max(...sizes);
    // In its own order, the first way, the density needs no mixture, and where that is good it is exact.
    const first = sizes[0] as number;
    return names[first >= 0.8 * most ? 0 : sizes.indexOf(most)] as ProposalName;
  }

  private draw(proposal: ProposalName, fixed: Fixed, tests: Tests, rows: number, key: Key) {
    const one: Table = {
      rows: 1,
      columns: this.columns.map(({ name, kind }) =>
        columnFromCells(name, kind, [fixed.has(name) ? fixed.get(name) : kind === "number" ? 0 : ""]),
      ),
    };
    const free = new Map(
      this.columns.filter(({ name }) => !fixed.has(name)).map(({ name }) => [name, new Uint8Array(rows).fill(1)]),
    );
    const { table, logWeights } = propose(this.questioned, proposal, {
      ...{ table: repeatRows(one, rows), free, mayBeMissing: true, key },
    });
    for (const [name, test] of tests) {
      const column = getColumn(table, name);
      for (let row = 0; row < rows; row++) {
        if (!test(cellAt(column, row))) logWeights[row] = Number.NEGATIVE_INFINITY;
      }
    }
    return { table, logWeights };
  }
}

type Fixed = ReadonlyMap<string, number | string | undefined>;
type Tests = ReadonlyMap<string, (cell: number | string | undefined) => boolean>;

function describe(conditions: Conditions): string {
  return Object.entries(conditions)
    .map(([name, condition]) => `"${name}": ${JSON.stringify(condition)}`)
    .join(", ");
}
