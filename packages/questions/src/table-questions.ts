import { createKey, type Key, OptionError } from "@pushforward/core";
import { checkKey, checkOptions, describeValue } from "@pushforward/core/extend";
import type { Column, Table } from "@pushforward/datasets";
import { getColumn, takeTableRows } from "@pushforward/datasets/extend";
import type { Flow } from "@pushforward/flows";
import { fitNormalMixture, fitProductMixture, type RowDensity } from "@pushforward/tables";
import {
  cellAt,
  columnFromCells,
  type DrawnHoles,
  FlowModel,
  joinDraws,
  NormalMixture,
  takeDraws,
} from "@pushforward/tables/extend";
import { type Conditions, type ResolvedConditions, resolveConditions } from "./condition.ts";
import { ConditionalTable } from "./conditional-table.ts";
import { bestSeries, DrawSeries, PILOT, poolSeries, rowsOf, type Tilts } from "./draw-series.ts";
import { learnTilts } from "./learn-tilts.ts";
import {
  EvidenceFloor,
  type JointDensity,
  jointDensity,
  NearMixture,
  type ProposalMixture,
  type ProposalName,
  proposalNames,
  propose,
  type Questioned,
  type WeightQuality,
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
/** Maximum draws of a question. */
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
   * are drawn in the order of the model or by the exact conditional of a mixture, whichever is better. If a known number
   * determines an unknown one that it copies, they are drawn in the order of the model. They are weighted by the density
   * of the model over the density of the proposal. All draws count, those of each proposal by their effective number.
   * Draws are added until the effective number of all suffices. Where that would take thousands of draws, the order of
   * the model is tilted towards the answer of the first draws, by the cross-entropy method.
   *
   * @throws {DataError} an unknown column, or a value of a different kind than the column.
   * @throws {OptionError} a range without numbers, an empty set, numbers that the model does not draw, or no row that
   * fits among all draws.
   */
  given(conditions: Conditions, options: GivenOptions): ConditionalTable {
    let answer: ConditionalTable | undefined;
    for (answer of this.givenInParts(conditions, options));
    if (answer === undefined) {
      const rows = options.rows ?? MOST_DRAWS;
      throw new OptionError(
        `given: expected conditions that rows of the model can meet, got ${describe(conditions)}, which none of ${rows} draws meets: their probability is below ${(3 / rows).toPrecision(2)} (95 % confidence).`,
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
    const resolved = resolveConditions(conditions, this.questioned.density);
    const all: DrawSeries[] = [];
    const add = (proposal: ProposalName, own: Key, tilts?: Tilts, isPinned?: boolean): DrawSeries => {
      all.push(new DrawSeries(proposal, own, tilts, isPinned));
      return all.at(-1) as DrawSeries;
    };
    let answer: ConditionalTable | undefined;
    const grow = (series: DrawSeries, count: number): ConditionalTable | undefined => {
      series.add(this.draw(series, resolved, count));
      answer = this.answerOf(all, series.proposal, resolved);
      return answer;
    };
    const isEnough = (multiple: number): boolean => (answer?.effectiveSampleSize ?? 0) >= multiple * draws;
    const wantedOf = (series: DrawSeries): number => series.forecast(all, { draws, most });

    const [first, ...others] = proposalNames(this.questioned) as [ProposalName, ...ProposalName[]];
    let own = add(first, key);
    // Where few draws are asked for and nothing speaks against the first proposal, they are the answer.
    const few = Math.ceil(1.1 * draws);
    yield grow(own, Math.min(most, few < 2 * PILOT ? Math.max(PILOT, few) : PILOT));
    // Mixtures rarely draw the numbers that follow from known copies.
    if (own.isWorthTrying(draws) && !own.isPulled) {
      for (const proposal of others) {
        const count = Math.min(PILOT, most - rowsOf(all));
        if (count > 0) yield grow(add(proposal, key.fold(proposal)), count);
      }
      // Few draws meet a narrow condition: draws that begin with its cells all meet it.
      for (const proposal of resolved.pins.size === 0 ? [] : [first, ...others]) {
        const count = Math.min(PILOT, most - rowsOf(all));
        if (count > 0) yield grow(add(proposal, key.fold("pinned").fold(proposal), undefined, true), count);
      }
      own = bestSeries(all);
    }
    if (isEnough(1)) return;
    const areInOrder = (all[0]?.parts[0]?.inOrder ?? 0) > 0;
    const canBeTilted = (turn: number): boolean => turn < MOST_TILTS && areInOrder && answer !== undefined;
    let wanted = wantedOf(own);
    let other: DrawSeries | undefined;
    for (let turn = 0; own.rows < wanted; ) {
      yield grow(own, Math.min(block, wanted - own.rows));
      // The forecast from few draws is often too high.
      if (isEnough(ENOUGH)) return;
      const isTried = own.rows >= TRIAL;
      const lacking = wantedOf(own) - own.rows;
      if (other !== undefined && isTried && own.efficiency(other) < other.efficiency(own)) {
        [own, other] = [other, undefined];
        wanted = wantedOf(own);
      } else if (canBeTilted(turn) && isTried && lacking > LEAST_TILTED) {
        const tilts = this.learnTilts(answer as ConditionalTable, resolved, all);
        turn++;
        other = own;
        own = add("order", key.fold("tilts").fold(turn), tilts);
        wanted = Math.min(most - rowsOf(all), TRIAL);
      } else if (own.rows >= wanted && !isEnough(1)) wanted = wantedOf(own);
    }
  }

  /** Frees the mixtures. The model stays as it is. */
  dispose(): void {
    for (const mixture of this.questioned.mixtures.values()) mixture.dispose(mixture.all === this.borrowed);
  }

  /** Tilts for holes that conditions come after, from draws in the order of the columns. */
  private learnTilts(answer: ConditionalTable, { fixed, tests }: Resolved, all: readonly DrawSeries[]): Tilts {
    const { columns, codingOf } = this.questioned.density;
    const last = columns.findLastIndex(({ name }) => fixed.has(name) || tests.has(name));
    const drawable = columns.slice(0, last + 1).flatMap(({ name }) => {
      const coding = fixed.has(name) ? undefined : codingOf(name);
      return coding === undefined ? [] : [{ name, coding }];
    });
    const untilted = all.flatMap(({ proposal, tilts, parts }) => (proposal === "order" && !tilts ? parts : []));
    const proposed = joinDraws(untilted.map((part) => takeDraws(part, [...new Array(part.inOrder).keys()])));
    const { pulled } = poolSeries(all) as DrawnHoles;
    const { table, weights, effectiveSampleSize: size } = answer;
    return learnTilts({ columns: drawable, proposed, answer: { table, weights, pulled }, size });
  }

  /** The answer of all series; undefined if no row fits. */
  private answerOf(
    all: readonly DrawSeries[],
    proposal: ProposalName,
    { fixed, tests }: Resolved,
  ): ConditionalTable | undefined {
    const drawn = poolSeries(all);
    if (drawn === undefined) return undefined;
    const [one, more] = all.filter(({ size }) => size > 0);
    // A single series knows the quality of its weights already.
    const quality = (more ? weightQuality(drawn.logWeights) : one?.quality) as WeightQuality;
    const asked = { questions: this.questioned, known: [...fixed.keys()], isCellsOnly: tests.size === 0 };
    return new ConditionalTable({ ...drawn, ...asked, quality, proposal });
  }

  private draw(series: DrawSeries, { fixed, tests, pins }: Resolved, rows: number): DrawnHoles {
    const { proposal, tilts, nextKey: key, isPinned } = series;
    const pinned = new Map(
      isPinned ? Array.from(pins, ([name, pin]) => [name, pin(key.fold("pin").fold(name), rows)] as const) : [],
    );
    // Rows with pinned cells differ; all other draws are of the same row.
    const [count, times] = isPinned ? [rows, 1] : [1, rows];
    const table: Table = {
      rows: count,
      columns: this.columns.map(({ name, kind }) => {
        const cell = fixed.has(name) ? fixed.get(name) : kind === "number" ? 0 : "";
        return pinned.get(name)?.column ?? columnFromCells(name, kind, new Array(count).fill(cell));
      }),
    };
    const holes = new Map(
      this.columns.flatMap(({ name }) =>
        fixed.has(name) || pinned.has(name) ? [] : [[name, new Uint8Array(count).fill(1)]],
      ),
    );
    const drawn = propose(this.questioned, proposal, { ...{ table, holes, times, mayBeMissing: true, key, tilts } });
    for (const { logProb } of pinned.values()) {
      for (const [row, value] of logProb.entries()) drawn.logWeights[row] = (drawn.logWeights[row] as number) - value;
    }
    for (const [name, test] of tests) {
      const column = getColumn(drawn.table, name);
      for (let row = 0; row < rows; row++) {
        if (!test(cellAt(column, row))) drawn.logWeights[row] = Number.NEGATIVE_INFINITY;
      }
    }
    return drawn;
  }
}

/** Conditions of a question. */
interface Resolved {
  readonly fixed: Fixed;
  readonly tests: Tests;
  readonly pins: ResolvedConditions["pins"];
}

type Fixed = ReadonlyMap<string, number | string | undefined>;
type Tests = ReadonlyMap<string, (cell: number | string | undefined) => boolean>;

function describe(conditions: Conditions): string {
  return Object.entries(conditions)
    .map(([name, condition]) => `"${name}": ${JSON.stringify(condition)}`)
    .join(", ");
}
