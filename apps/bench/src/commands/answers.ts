import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { cpuSeconds } from "@pushforward/core/plain";
import type { Column, Table } from "@pushforward/datasets";
import { takeTableRows } from "@pushforward/datasets/extend";
import { readCsv, writeCsv } from "@pushforward/datasets/node";
import type { ImputedTable } from "@pushforward/questions";
import { type AskedModel, askedModel, type LoadedModel, loadedModel, oddRows } from "@pushforward/questions/extend";
import { cellAt, columnFromCells } from "@pushforward/tables/extend";
import { createKey, imputeTable, type Key, readModel, standardRegistry, useBackend } from "pushforward";
import { UsageError, wholeNumber } from "../options.ts";
import { PROGRAM } from "../serving/served-models.ts";

/** Every fifth row is held out. */
const HELD_OUT = 5;
/** The share of the cells of held-out rows that are removed. */
const HOLES = 0.3;
/** Cells that are known in a question, and the effective draws that it asks for. */
const KNOWN = 3;
const DRAWS = 200;
/** Rows that are judged at once. */
const JUDGED = 4096;

/**
 * Measures how fast models of mixed tables answer, in processor seconds, and how well they fill cells: the root mean
 * squared error of numbers over their standard deviation, the share of correct categories, and the coverage of
 * intervals of 90 %. Every fifth row of each table is held out. If a model is not in the folder of models, the built
 * program fits it to the remaining rows.
 *
 * Arguments: FOLDER --tables a,b [--models FOLDER] [--seeds 0] [--questions 20] [--draws 100]
 */
export async function answers(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      tables: { type: "string", default: "" },
      models: { type: "string" },
      seeds: { type: "string", default: "0" },
      questions: { type: "string", default: "20" },
      draws: { type: "string" },
    },
  });
  const [folder] = positionals;
  if (folder === undefined) throw new UsageError("answers: expected a folder, got none.");
  const names =
    values.tables === ""
      ? readdirSync(folder).flatMap((file) => (file.endsWith(".csv") ? [basename(file, ".csv")] : []))
      : values.tables.split(",");
  const models = values.models ?? mkdtempSync(join(tmpdir(), "pushforward-answers-"));
  mkdirSync(models, { recursive: true });
  const count = wholeNumber("questions", values.questions);
  const draws = values.draws === undefined ? undefined : wholeNumber("draws", values.draws);
  await useBackend("wasm");
  const all: Figures[] = [];
  console.log(LABELS.map((label, k) => (k === 0 ? label.padEnd(NAME) : label.padStart(WIDTH))).join(""));
  for (const name of names) {
    const table = await textTable(join(folder, `${name}.csv`));
    const path = join(models, `${name}.safetensors`);
    if (!existsSync(path)) await fitTo(table, path);
    for (const seed of values.seeds.split(",").map(Number)) {
      const figures = await measured(readFileSync(path), table, { seed, count, draws });
      all.push(figures);
      console.log(lineOf(name, figures));
    }
  }
  console.log(lineOf("mean", meanOf(all)));
  if (values.models === undefined) rmSync(models, { recursive: true });
}

/** In the order of {@link LABELS}. */
type Figures = readonly number[];

const NAME = 28;
const WIDTH = 12;
const LABELS = [
  "table",
  "open, s",
  "questions/s",
  "effective",
  "imputed/s",
  "NRMSE",
  "accuracy",
  "coverage",
  "judged/s",
];

function lineOf(name: string, figures: Figures): string {
  return name.slice(0, NAME - 1).padEnd(NAME) + figures.map((x) => x.toPrecision(4).padStart(WIDTH)).join("");
}

function meanOf(all: readonly Figures[]): Figures {
  return LABELS.slice(1).map((_, k) => {
    const known = all.map((figures) => figures[k] as number).filter((x) => !Number.isNaN(x));
    return known.reduce((sum, x) => sum + x, 0) / known.length;
  });
}

async function textTable(path: string): Promise<Table> {
  for await (const chunk of readCsv(path, { kinds: "text", missing: "keep", chunkRows: 1_000_000 })) return chunk;
  throw new UsageError(`answers: expected rows in ${path}, got none.`);
}

function isHeldOut(row: number): boolean {
  return row % HELD_OUT === 0;
}

function rowsOf(table: Table, isWanted: (row: number) => boolean): Table {
  return takeTableRows(
    table,
    Array.from({ length: table.rows }, (_, row) => row).filter((row) => isWanted(row)),
  );
}

async function fitTo(table: Table, path: string): Promise<void> {
  const file = `${path}.csv`;
  await writeCsv(
    file,
    rowsOf(table, (row) => !isHeldOut(row)),
  );
  spawnSync(process.execPath, [PROGRAM, "fit", file, "--out", path, "--threads", "1", "--seed", "0"]);
  rmSync(file);
}

interface Measurement {
  readonly seed: number;
  readonly count: number;
  readonly draws: number | undefined;
}

async function measured(bytes: Uint8Array, table: Table, { seed, count, draws }: Measurement): Promise<Figures> {
  // What is compiled and planned once in a process is not part of the times.
  await opened(bytes, seed + 1, table);
  let start = seconds();
  const asked = await opened(bytes, seed, table);
  const open = seconds() - start;
  const model: LoadedModel = asked.model;
  const key = createKey(seed).fold("answers");
  const rows = model.read(rowsOf(table, isHeldOut), { isPartial: true });
  start = seconds();
  let effective = 0;
  for (let k = 0; k < count; k++) {
    effective += ask(asked, rows, k % rows.rows, key.fold(k)) / count;
  }
  const questions = count / (seconds() - start);
  const holed = withHoles(rows, key.fold("holes"));
  imputeTable(asked.questions, takeTableRows(holed, [0, 1, 2, 3]), { key, draws });
  start = seconds();
  const filled = imputeTable(asked.questions, holed, { key, draws });
  const imputed = new Set(filled.cells.map(({ row }) => row)).size / (seconds() - start);
  return [open, questions, effective, imputed, ...qualityOf(rows, filled), judgedPerSecond(model, rows)];
}

/** A model after its first answer. */
async function opened(bytes: Uint8Array, seed: number, table: Table): Promise<AskedModel> {
  const model = loadedModel(await readModel(bytes, standardRegistry), "model");
  const asked = await askedModel(model, "model", seed);
  const rows = model.read(takeTableRows(table, [0]), { isPartial: true });
  ask(asked, rows, 0, createKey(seed));
  return asked;
}

/** Queries a row with some known cells; returns the effective draws of the answer. */
function ask({ questions }: AskedModel, rows: Table, row: number, key: Key): number {
  const order = Array.from(key.fold("known").permutation(rows.columns.length));
  const known = order.flatMap((k) => {
    const column = rows.columns[k] as Column;
    const cell = cellAt(column, row);
    const coding = questions.questioned.density.codingOf(column.name);
    const isNew = coding !== undefined && cell !== undefined && (coding.encode(column).cells[row * 5] as number) < 0;
    return cell === undefined || isNew ? [] : [[column.name, cell] as const];
  });
  return questions.given(Object.fromEntries(known.slice(0, KNOWN)), { key, draws: DRAWS }).effectiveSampleSize;
}

function withHoles({ rows, columns }: Table, key: Key): Table {
  return {
    rows,
    columns: columns.map((column) => {
      const uniforms = key.fold(column.name).uniform(rows);
      const cells = Array.from(uniforms, (u, row) => (u < HOLES ? undefined : cellAt(column, row)));
      return columnFromCells(column.name, column.kind, cells);
    }),
  };
}

/** Error of numbers, accuracy of categories, and coverage of intervals: the means over the columns. */
function qualityOf({ columns }: Table, { cells }: ImputedTable): readonly [number, number, number] {
  const [errors, hits, covered]: [number[], number[], number[]] = [[], [], []];
  for (const column of columns) {
    const own = cells.flatMap((cell) => {
      const right = cell.column === column.name ? cellAt(column, cell.row) : undefined;
      return right === undefined ? [] : [{ ...cell, right }];
    });
    if (own.length === 0) continue;
    if (column.kind === "text") hits.push(mean(own.map(({ value, right }) => (value === right ? 1 : 0))));
    else {
      const values = Array.from(column.values).filter((x) => !Number.isNaN(x));
      const center = mean(values);
      const deviation = Math.sqrt(mean(values.map((x) => (x - center) ** 2)));
      if (deviation === 0) continue;
      errors.push(Math.sqrt(mean(own.map(({ value, right }) => (Number(value) - Number(right)) ** 2))) / deviation);
      covered.push(
        mean(
          own.map(({ interval: [low, high] = [0, 0], right }) =>
            Number(right) >= low && Number(right) <= high ? 1 : 0,
          ),
        ),
      );
    }
  }
  return [mean(errors), mean(hits), mean(covered)];
}

function seconds(): number {
  return cpuSeconds() ?? performance.now() / 1000;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

/**
 * Returns the number of rows per second that get a log-density and an anomaly with reasons; the rows of the table repeat as
 * needed.
 */
function judgedPerSecond(model: LoadedModel, rows: Table): number {
  const { anomalies } = model;
  if (anomalies === undefined) return Number.NaN;
  const many = takeTableRows(
    rows,
    Array.from({ length: JUDGED }, (_, i) => i % rows.rows),
  );
  const judge = () => oddRows(anomalies, many, { logProb: model.score(many).scores, explain: true });
  judge();
  const start = seconds();
  judge();
  return JUDGED / (seconds() - start);
}
