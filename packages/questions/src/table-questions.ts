import { createKey, type Key, OptionError } from "@pushforward/core";
import { checkKey, checkOptions, describeValue } from "@pushforward/core/extend";
import type { Column, Table } from "@pushforward/datasets";
import { getColumn, takeTableRows } from "@pushforward/datasets/extend";
import type { Flow } from "@pushforward/flows";
import { fitNormalMixture, fitProductMixture, type RowDensity } from "@pushforward/tables";
import { cellAt, columnFromCells, FlowModel, NormalMixture, type Tilt } from "@pushforward/tables/extend";
import { type Conditions, resolveConditions } from "./condition.ts";
import { ConditionalTable } from "./conditional-table.ts";
import { learnTilts } from "./learn-tilts.ts";
import {
  EvidenceFloor,
  type JointDensity,
  jointDensity,
  joinWeighted,
  NearMixture,
  type ProposalMixture,
  type ProposalName,
  proposalNames,
  propose,
  type Questioned,
  type WeightedRows,
  weightQuality,
} from "./proposals.ts";

/** Options of {@link askTable}. Only the key is required. */
export interface AskTableOptions {
  /** Decides the draws that the mixtures are fitted to. */
  readonly key: Key;
  /** Names of the variables of a flow. */
  readonly columns?: readonly string[] | undefined;
  /** Rows that are drawn from the model for the mixtures, if the model has no mixture of its own. Default: 4,000. */
  readonly rows?: number | undefined;
}

/** Options of {@link TableQuestions.given}. */
export interface GivenOptions {
  readonly key: Key;
  /** The effective number of draws that is aimed at. Default: 1,000. */
  readonly draws?: number | undefined;
  /** The most rows that are drawn for it. Default: 60,000. */
  readonly rows?: number | undefined;
  /** The most rows that are drawn at a time. Default: 2,000. */
  readonly block?: number | undefined;
}

const ROWS = 4000;
/** Draws for the floor of log-densities: the first ones, and more for log-densities that are lower than all of these. */
const FLOOR_DRAWS = [250, 3750];
const DRAWS = 1000;
const BLOCK = 2000;
/** Sizes of the mixture of products; validation rows select a size. */
const COMPONENTS = [4, 16, 64];
/** Columns of numbers: covariances of more take long. */
const MOST_NUMBERS = 60;
/** Draws of each proposal that find the better one, and maximum draws of a question. */
const PILOT = 150;
const MOST_DRAWS = 60_000;
/** Effective draws, as a multiple of the requested number, that end a question before its forecast number of draws. */
const ENOUGH = 1.2;
/**
 * Draws that a question must still take for tilts to be worth a trial, the draws of a trial, and how often tilts are
 * learned at most.
 */
const LEAST_TILTED = 3000;
const TRIAL = 300;
const MOST_TILTS = 4;
/** In its own order, the first way, the density needs no mixture, and where that is good it is exact: it may be this much worse. */
const FIRST_SHARE = 0.8;

/**
 * Prepares a model for questions: draws rows from it and fits a mixture of products and a mixture of normals to these
 * rows. The conditionals of both mixtures are known.
 *
 * @param model a density of a table without context columns, or a flow with columns named by `columns`.
 * @throws {OptionError} the model has context columns, or is a flow without names of its columns.
 * @example
 * const { model } = await fitTableDensity(penguins(), { key, maxEpochs: 2 });
 * const questions = await askTable(model, { key });
 * const heavy = questions.given({ body_mass_g: { min: 5000 }, sex: "male" }, { key });
 * heavy.mean("flipper_length_mm");
 */
export async function askTable(model: RowDensity | Flow, options: AskTableOptions): Promise<TableQuestions> {
  checkOptions("askTable", options, { key: true, columns: true, rows: true });
  checkKey("askTable", options);
  const { key, columns, rows = ROWS } = options;
  const asked = rowDensity("askTable", model, columns);
  const density = jointDensity(asked);
  const own = asked.ownMixture;
  // A part of the model is nearer to it than any mixture that is fitted to draws.
  if (own !== undefined) {
    const name = own instanceof NormalMixture ? "normals" : "products";
    const mixtures = new Map<ProposalName, ProposalMixture>([[name, own]]);
    return new TableQuestions({ density, mixtures, floor: ownFloor(own, density), borrowed: own });
  }
  const drawn = density.sample(key.fold("rows"), rows);
  const mixtures = await fitMixtures(drawn, key.fold("mixture"));
  const [nearest] = mixtures.values();
  const floor = new EvidenceFloor(nearest as ProposalMixture, [rows], () => drawn);
  return new TableQuestions({ density, mixtures, floor, borrowed: undefined });
}

/** The floors of models by their own mixtures. They depend on no key, so all questions about a model share one. */
const floors = new WeakMap<ProposalMixture, EvidenceFloor>();

function ownFloor(own: ProposalMixture, density: JointDensity): EvidenceFloor {
  const key = createKey(0).fold("floor");
  const draw = (count: number, part: number): Table => density.sample(key.fold(part), count);
  const known = floors.get(own) ?? new EvidenceFloor(own, FLOOR_DRAWS, draw);
  floors.set(own, known);
  return known;
}

/** Fits a mixture of normals, if several columns are numbers, and a mixture of products to draws of a model. */
async function fitMixtures(drawn: Table, key: Key): Promise<ReadonlyMap<ProposalName, ProposalMixture>> {
  const mixtures = new Map<ProposalName, ProposalMixture>();
  const common = { key, missing: "unknown" } as const;
  const normals = await fitNormals(drawn, common);
  if (normals !== undefined) mixtures.set("normals", normals);
  const { model: products } = await fitProductMixture(drawn, {
    ...common,
    components: COMPONENTS,
    smoothing: 2,
    starts: 1,
  });
  mixtures.set("products", products);
  return mixtures;
}

/** Options of {@link checkConditions}. */
export interface CheckConditionsOptions {
  /** Names of the variables of a flow. */
  readonly columns?: readonly string[] | undefined;
}

/**
 * Rejects conditions that `TableQuestions.given` rejects, and conditions that no number of the model can meet. It is
 * fast: it does not prepare the model.
 *
 * @throws {DataError} an unknown column or category, or a value of a different kind than the column.
 * @throws {OptionError} a range without numbers, an empty set, numbers that the model does not draw, or a model that
 * {@link askTable} rejects.
 * @example
 * const { model } = await fitTableDensity(penguins(), { key, maxEpochs: 1 });
 * checkConditions(model, { body_mass_g: { min: 5000 }, sex: "male" });
 */
export function checkConditions(
  model: RowDensity | Flow,
  conditions: Conditions,
  options: CheckConditionsOptions = {},
): void {
  checkOptions("checkConditions", options, { columns: true });
  const { columns } = options;
  resolveConditions(conditions, jointDensity(rowDensity("checkConditions", model, columns)));
}

/** Rows of the prior of categories in proposals. */
const PROPOSAL_SMOOTHING = 2;

/** A mixture of normals, where several columns are numbers. */
async function fitNormals(
  drawn: Table,
  options: Parameters<typeof fitNormalMixture>[1],
): Promise<NormalMixture | undefined> {
  const numbers = drawn.columns.filter(({ kind }) => kind === "number").length;
  if (numbers < 2 || numbers > MOST_NUMBERS) return undefined;
  const { model } = await fitNormalMixture(
    takeTableRows(
      drawn,
      Array.from({ length: Math.min(drawn.rows, 2000) }, (_, i) => i),
    ),
    // Proposals must not miss a combination of categories that the density allows.
    { ...options, smoothing: PROPOSAL_SMOOTHING },
  );
  return model;
}

/** The density that questions are about; the variables of a flow get the names of columns. */
function rowDensity(where: string, model: RowDensity | Flow, columns: readonly string[] | undefined): RowDensity {
  if (!("columns" in model)) {
    if (columns === undefined) {
      throw new OptionError(`${where}: expected the names of the columns of a flow, got none.`);
    }
    return new FlowModel({ flow: model, layout: { columns, context: [] } });
  }
  if (model.context.length === 0) return model;
  throw new OptionError(
    `${where}: expected a model of all columns, got one with the context columns ${model.context.join(", ")}.`,
  );
}

/** Parts of {@link TableQuestions}. */
export interface TableQuestionsParts {
  readonly density: JointDensity;
  readonly mixtures: ReadonlyMap<ProposalName, ProposalMixture>;
  readonly floor: EvidenceFloor;
  /** The mixture that is part of the model. */
  readonly borrowed: ProposalMixture | undefined;
}

/** Answers questions about the rows of a model: the distribution of some columns given other columns. */
export class TableQuestions {
  /** A table without rows, for the kinds of the columns. */
  readonly columns: readonly Column[];
  readonly questioned: Questioned;

  private readonly borrowed: ProposalMixture | undefined;

  constructor({ density, mixtures, floor, borrowed }: TableQuestionsParts) {
    const both = [...mixtures].map(([name, all]) => [name, new NearMixture(all)] as const);
    this.questioned = { density, floor, mixtures: new Map(both) };
    this.columns = density.columns;
    this.borrowed = borrowed;
  }

  /**
   * Returns the distribution of the other columns of a row given known columns, by sampling–importance–resampling. Rows
   * are drawn in the order of the model or by the exact conditional of a mixture, whichever is better. They are
   * weighted by the density of the model over the density of the proposal. Draws are added until their effective number
   * suffices. Where that would take thousands of draws, the order of the model is tilted towards the answer of the first
   * draws, by the cross-entropy method.
   *
   * @throws {DataError} an unknown column, or a value of a different kind than the column.
   * @throws {OptionError} a range without numbers, an empty set, numbers that the model does not draw, or no row that
   * fits among all draws.
   */
  given(conditions: Conditions, options: GivenOptions): ConditionalTable {
    let answer: ConditionalTable | undefined;
    for (answer of this.givenInParts(conditions, options));
    if (answer === undefined) {
      throw new OptionError(
        `given: expected conditions that rows of the model can meet, got ${describe(conditions)}, which none of ${options.rows ?? MOST_DRAWS} draws meets.`,
      );
    }
    return answer;
  }

  /**
   * Yields the answer of {@link given} as it improves: after the few draws that choose the proposal, then after each
   * block of rows. The answer is undefined as long as no row fits. The last answer is the answer of `given`. Throws as
   * `given` does, except for conditions that no row fits.
   * @example
   * const { model } = await fitTableDensity(penguins(), { key, maxEpochs: 2 });
   * const questions = await askTable(model, { key });
   * const sizes = Array.from(questions.givenInParts({ sex: "male" }, { key, draws: 400, block: 300 }), (answer) => answer?.table.rows);
   * (sizes.at(-1) ?? 0) >= 400; // → true
   */
  *givenInParts(conditions: Conditions, options: GivenOptions): Generator<ConditionalTable | undefined> {
    const { key, draws = DRAWS, rows: most = MOST_DRAWS, block = BLOCK } = options;
    for (const [name, value] of Object.entries({ draws, rows: most, block })) {
      if (!Number.isSafeInteger(value) || value < 1) {
        throw new OptionError(`given: expected ${name} to be an integer from 1, got ${describeValue(value)}.`);
      }
    }
    const { fixed, tests } = resolveConditions(conditions, this.questioned.density);
    const tried = yield* this.betterProposal({ fixed, tests }, { key, draws, most });
    const { proposal, size, drawn, first } = tried;
    if (size >= draws) return;
    let own: Series = { proposal, tilts: undefined, key, parts: [drawn], rows: drawn.table.rows, size, logMean: 0 };
    // The share of the few draws that counts tells how many it takes, but not for sure.
    let wanted = Math.min(most, Math.ceil(draws * Math.min(8, (1.1 * own.rows) / Math.max(size, 1))));
    let other: Series | undefined;
    let left = most;
    for (let turn = 0; own.rows < wanted; ) {
      const count = Math.min(block, wanted - own.rows);
      own.parts.push(
        this.draw(own.proposal, { fixed, tests, tilts: own.tilts }, count, own.key.fold(own.parts.length)),
      );
      own.rows += count;
      const joined = joinWeighted(own.parts);
      const answer = this.answerOf(joined, own.proposal, { fixed, tests });
      own.size = answer?.effectiveSampleSize ?? 0;
      own.logMean = answer?.logEvidence ?? Number.NEGATIVE_INFINITY;
      if (other === undefined || own.size >= other.size) yield answer;
      // The forecast from few draws is often too high.
      if (own.size >= ENOUGH * draws) return;
      const lacking = Math.min(left, forecast(own, draws)) - own.rows;
      const canBeTilted = turn < MOST_TILTS && first.inOrder !== undefined && answer !== undefined;
      if (other !== undefined && own.rows >= TRIAL && efficiency(own, other) < efficiency(other, own)) {
        left += other.rows - own.rows;
        [own, other] = [other, undefined];
        wanted = Math.min(left, forecast(own, draws));
      } else if (canBeTilted && own.rows >= TRIAL && lacking > LEAST_TILTED) {
        const untilted = own.proposal === "order" && own.tilts === undefined ? own.parts : [first];
        const tilts = this.learnTilts(answer, joined.pulled, { fixed, tests }, untilted);
        turn++;
        // Apart from the draws up to now, whose uneven weights would spoil the even ones.
        other = own;
        own = { proposal: "order", tilts, key: key.fold("tilts").fold(turn), parts: [], rows: 0, size: 0, logMean: 0 };
        left -= other.rows;
        wanted = Math.min(left, TRIAL);
      } else if (own.rows >= wanted && own.size < draws) wanted = Math.min(left, forecast(own, draws));
    }
  }

  /** Frees the mixtures. The model stays as it is. */
  dispose(): void {
    for (const mixture of this.questioned.mixtures.values()) mixture.dispose(mixture.all === this.borrowed);
  }

  /** Tries the proposals, and yields the answers from the draws of the first proposal, and of better ones. */
  private *betterProposal(
    resolved: Resolved,
    { key, draws, most }: { readonly key: Key; readonly draws: number; readonly most: number },
  ): Generator<ConditionalTable | undefined, TriedProposal> {
    const pilot = (proposal: ProposalName, rows: number) =>
      this.draw(proposal, resolved, Math.min(rows, most), key.fold("pilot"));
    const [first, ...others] = proposalNames(this.questioned) as [ProposalName, ...ProposalName[]];
    // Where few draws are asked for and nothing speaks against the first proposal, they are the answer.
    const enough = Math.ceil(1.1 * draws);
    const few = enough < 2 * PILOT ? Math.max(PILOT, enough) : PILOT;
    let drawn: WeightedRows = pilot(first, few);
    const answer = this.answerOf(drawn, first, resolved);
    yield answer;
    const size = answer?.effectiveSampleSize ?? 0;
    const { rows } = drawn.table;
    let best = { proposal: first, size, drawn, first: drawn };
    // No draws are worth more than their number, and a few more of them cost less than a try of the other proposals.
    if (size >= FIRST_SHARE * rows || (1.1 * draws * rows) / size - rows < 2 * PILOT) return best;
    for (const proposal of others) {
      drawn = pilot(proposal, PILOT);
      const other = this.answerOf(drawn, proposal, resolved);
      if (other === undefined) continue;
      // Effective draws of as many draws as the first proposal had.
      const own = (other.effectiveSampleSize * rows) / drawn.table.rows;
      if (FIRST_SHARE * own <= size) continue;
      if (best.proposal !== first && other.effectiveSampleSize <= best.size) continue;
      best = { ...best, proposal, size: other.effectiveSampleSize, drawn };
      yield other;
    }
    return best;
  }

  /** Tilts for holes that conditions come after, from draws in the order of the columns. */
  private learnTilts(
    { table, weights, effectiveSampleSize }: ConditionalTable,
    pulled: WeightedRows["pulled"],
    { fixed, tests }: Resolved,
    drawn: readonly WeightedRows[],
  ): ReadonlyMap<string, Tilt> {
    const { columns, codingOf } = this.questioned.density;
    const last = columns.findLastIndex(({ name }) => fixed.has(name) || tests.has(name));
    const drawable = columns.slice(0, last + 1).flatMap(({ name }) => {
      const coding = fixed.has(name) ? undefined : codingOf(name);
      return coding === undefined ? [] : [{ name, coding }];
    });
    const proposed = joinWeighted(drawn.map(firstDraws));
    return learnTilts({ columns: drawable, proposed, answer: { table, weights, pulled }, size: effectiveSampleSize });
  }

  private answerOf(
    weighted: WeightedRows,
    proposal: ProposalName,
    { fixed, tests }: Resolved,
  ): ConditionalTable | undefined {
    const quality = weightQuality(weighted.logWeights);
    if (quality === undefined) return undefined;
    const asked = { questions: this.questioned, known: [...fixed.keys()], isCellsOnly: tests.size === 0 };
    return new ConditionalTable({ ...weighted, ...asked, quality, proposal });
  }

  private draw(proposal: ProposalName, { fixed, tests, tilts }: Resolved, rows: number, key: Key): WeightedRows {
    const one: Table = {
      rows: 1,
      columns: this.columns.map(({ name, kind }) =>
        columnFromCells(name, kind, [fixed.has(name) ? fixed.get(name) : kind === "number" ? 0 : ""]),
      ),
    };
    const holes = new Map(
      this.columns.filter(({ name }) => !fixed.has(name)).map(({ name }) => [name, Uint8Array.of(1)]),
    );
    const drawn = propose(this.questioned, proposal, {
      ...{ table: one, holes, times: rows, mayBeMissing: true, key, tilts },
    });
    for (const [name, test] of tests) {
      const column = getColumn(drawn.table, name);
      for (let row = 0; row < rows; row++) {
        if (!test(cellAt(column, row))) drawn.logWeights[row] = Number.NEGATIVE_INFINITY;
      }
    }
    return drawn;
  }
}

/** The draws in the order of the columns. */
function firstDraws({ table, logWeights, inOrder = 0, pulled = new Map() }: WeightedRows): WeightedRows {
  const rows = Array.from({ length: inOrder }, (_, i) => i);
  return {
    table: takeTableRows(table, rows),
    logWeights: logWeights.subarray(0, inOrder),
    pulled: new Map(Array.from(pulled, ([name, flags]) => [name, flags.subarray(0, inOrder)])),
  };
}

/** Draws of a question by one proposal, and their effective number. */
interface Series {
  readonly proposal: ProposalName;
  readonly tilts: ReadonlyMap<string, Tilt> | undefined;
  readonly key: Key;
  readonly parts: WeightedRows[];
  rows: number;
  size: number;
  /** The logarithm of the mean weight. */
  logMean: number;
}

/**
 * Effective draws per draw. Where the mean weight of another series is larger, this one has missed a share s of the answer:
 * a draw of that part would have the weight of at least s of all draws, so that the effective number is at most
 * `1 / (s² + (1 − s)² / size)`.
 */
function efficiency({ rows, size, logMean }: Series, other: Series): number {
  if (size === 0) return 0;
  const share = Math.max(0, 1 - Math.exp(logMean - other.logMean));
  return 1 / (share ** 2 + (1 - share) ** 2 / size) / rows;
}

/** The number of draws that are probably enough: at most eight times as many, at least a tenth more. */
function forecast({ rows, size }: Series, draws: number): number {
  return Math.ceil(rows * Math.min(8, Math.max(1.1, (1.1 * draws) / Math.max(size, 1))));
}

/** Conditions of a question, and tilts of its draws. */
interface Resolved {
  readonly fixed: Fixed;
  readonly tests: Tests;
  readonly tilts?: ReadonlyMap<string, Tilt> | undefined;
}

/** A way to draw, its few draws and their effective number. */
interface TriedProposal {
  /** The few draws of the first proposal. */
  readonly first: WeightedRows;
  readonly proposal: ProposalName;
  readonly size: number;
  readonly drawn: WeightedRows;
}

type Fixed = ReadonlyMap<string, number | string | undefined>;
type Tests = ReadonlyMap<string, (cell: number | string | undefined) => boolean>;

function describe(conditions: Conditions): string {
  return Object.entries(conditions)
    .map(([name, condition]) => `"${name}": ${JSON.stringify(condition)}`)
    .join(", ");
}
