import { type Key, OptionError } from "@pushforward/core";
import { checkKey, checkOptions, describeValue } from "@pushforward/core/extend";
import type { Column, Table } from "@pushforward/datasets";
import { getColumn, takeTableRows } from "@pushforward/datasets/extend";
import { cellAt } from "@pushforward/tables/extend";
import { bestDraws } from "./conditional-table.ts";
import type { TableQuestions } from "./table-questions.ts";

/** Options of {@link marginalLogProb}. Only the key is required. */
export interface MarginalOptions {
  readonly key: Key;
  /** Draws for each row with a missing cell. Default: 200. */
  readonly draws?: number | undefined;
}

/** Log-densities of the cells that are known. */
export interface MarginalLogProb {
  /** For each row, in nats. */
  readonly logProb: Float64Array;
  /** Rows, from 0, with densities from fewer than 10 effective draws. */
  readonly poor: readonly number[];
}

const DRAWS = 200;
const FEW_DRAWS = 10;
/** Rows that are drawn at once. */
const BLOCK = 20_000;

/**
 * Returns the marginal log-density of the known cells of each row:
 *
 *     log p(known) = log ∫ p(known, x) dx ≈ log mean p(known, x) / q(x),  x ~ q
 *
 * It uses importance sampling, with draws in the order of the model or by a mixture near it, whichever is better for a
 * row. For a row without missing cells it is the log-density of the model. It is exact if the missing cells are last in
 * the order of the model.
 *
 * @param table with the columns of the model.
 * @throws {DataError} a column is missing or of the wrong kind. @throws {OptionError} an option out of range.
 * @example
 * const { model } = await fitTableDensity(penguins(), { key, maxEpochs: 2 });
 * const questions = await askTable(model, { key });
 * const { logProb } = marginalLogProb(questions, penguins(), { key });
 */
export function marginalLogProb(questions: TableQuestions, table: Table, options: MarginalOptions): MarginalLogProb {
  checkOptions("marginalLogProb", options, { key: true, draws: true });
  checkKey("marginalLogProb", options);
  const { key, draws = DRAWS } = options;
  if (!Number.isSafeInteger(draws) || draws < 1) {
    throw new OptionError(`marginalLogProb: expected draws to be an integer from 1, got ${describeValue(draws)}.`);
  }
  const own = { rows: table.rows, columns: questions.columns.map(({ name }) => getColumn(table, name)) };
  const logProb = new Float64Array(table.rows);
  const poor: number[] = [];
  for (const [holes, rows] of rowsByHoles(own)) {
    const names = new Set(holes === "" ? [] : holes.split(" ").map((j) => own.columns[Number(j)]?.name));
    const perBlock = names.size === 0 ? rows.length : Math.max(1, Math.floor(BLOCK / draws));
    for (let from = 0; from < rows.length; from += perBlock) {
      const some = rows.slice(from, from + perBlock);
      const part = takeTableRows(own, some);
      if (names.size === 0) {
        for (const [i, value] of questions.questioned.density.logProb(part).entries())
          logProb[some[i] as number] = value;
        continue;
      }
      const isHole = ({ name }: Column): boolean => names.has(name);
      const answers = bestDraws(questions.questioned, part, {
        ...{ draws, isHole, mayBeMissing: true },
        key: key.fold(some[0] as number),
      });
      for (const [i, { logEvidence, size }] of answers.entries()) {
        logProb[some[i] as number] = logEvidence;
        if (size < FEW_DRAWS) poor.push(some[i] as number);
      }
    }
  }
  return { logProb, poor: poor.sort((a, b) => a - b) };
}

/** Groups rows with missing cells in the same columns, by the indices of these columns. */
function rowsByHoles(table: Table): Map<string, number[]> {
  const result = new Map<string, number[]>();
  for (let row = 0; row < table.rows; row++) {
    const holes = table.columns.flatMap((column, j) => (cellAt(column, row) === undefined ? [j] : [])).join(" ");
    const known = result.get(holes);
    if (known === undefined) result.set(holes, [row]);
    else known.push(row);
  }
  return result;
}
