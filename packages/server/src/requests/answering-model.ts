import { isNumericVariable, writeCell } from "@pushforward/columns/extend";
import { joinTables } from "@pushforward/datasets/extend";
import { type AskedModel, askedModel, type LoadedModel, loadedModel, oddRows } from "@pushforward/questions/extend";
import { type Module, readModel, standardRegistry } from "pushforward";
import type { ServedColumn } from "../workers/messages.ts";
import type { ColumnLayout, LaidColumn } from "./request-table.ts";

/** Models that are prepared for questions by different seeds, at most: each rests on thousands of draws. */
const MOST_ASKED = 4;

/** Computation of a light request, in milliseconds, and its rows, at most. */
const LIGHT_MILLISECONDS = 25;
const MOST_LIGHT_ROWS = 128;
/** Rows of the first runs. */
const FIRST_ROWS = 16;

/** A model with the data needed to answer requests. */
export class AnsweringModel {
  readonly model: LoadedModel;
  /** Name of its file, for messages. */
  readonly file: string;
  readonly layout: ColumnLayout;
  /**
   * Number of rows that can be scored, drawn or explained within {@link LIGHT_MILLISECONDS}, estimated from the first
   * runs.
   */
  lightRows: number = MOST_LIGHT_ROWS;
  private readonly decoded: readonly object[];
  private readonly asked = new Map<number, Promise<AskedModel>>();

  private constructor(model: LoadedModel, file: string, decoded: readonly object[]) {
    this.model = model;
    this.file = file;
    this.layout = layoutOf(model);
    this.decoded = decoded;
  }

  /**
   * Reads the bytes of a model file, and runs the model twice. The first run allocates memory and plans the
   * computation, so that no request waits for this work. The second run measures how large a light request may be, in
   * rows.
   *
   * @throws {ModelFileError} the bytes are no model of a table.
   */
  static async read(bytes: Uint8Array, file: string): Promise<AnsweringModel> {
    const decoded = await readModel(bytes, standardRegistry);
    const model = loadedModel(decoded, file);
    const answering = new AnsweringModel(model, file, [decoded.model, ...decoded.companions.values()]);
    if (answering.context.length === 0) {
      let start = 0;
      for (let run = 0; run < 2; run++) {
        start = performance.now();
        const rows = joinTables([...model.draw({ count: FIRST_ROWS, seed: 0 })]);
        const read = rows && model.read(rows, { file });
        if (read === undefined) continue;
        const { scores } = model.score(read);
        if (model.anomalies !== undefined) oddRows(model.anomalies, read, { logProb: scores, explain: true });
      }
      const perRow = (performance.now() - start) / FIRST_ROWS;
      answering.lightRows = Math.min(MOST_LIGHT_ROWS, Math.max(1, Math.floor(LIGHT_MILLISECONDS / perRow)));
    }
    return answering;
  }

  /** Names of the columns that the model is conditional on. */
  get context(): readonly string[] {
    return this.model.context;
  }

  get columns(): readonly ServedColumn[] {
    const context = new Set(this.context);
    return [...this.layout.values()]
      .filter(({ isUsed }) => isUsed)
      .map(({ name, kind }) => ({ name, kind, context: context.has(name) }));
  }

  /** The model prepared for questions, as `pushforward impute --seed` and `sample --given --seed` prepare it. */
  askedBy(seed: number): Promise<AskedModel> {
    const known = this.asked.get(seed);
    if (known !== undefined) return known;
    const [oldest] = this.asked.keys();
    if (oldest !== undefined && this.asked.size >= MOST_ASKED) {
      disposeAsked(this.asked.get(oldest));
      this.asked.delete(oldest);
    }
    const asked = askedModel(this.model, this.file, seed);
    asked.catch(() => this.asked.delete(seed));
    this.asked.set(seed, asked);
    return asked;
  }

  /** A value of a column as answers have it: of a date the text of the file, where the model has seconds. */
  written(name: string, value: number | string): number | string {
    const variable = this.model.learned.find((one) => one.name === name);
    return variable?.kind === "date" ? writeCell(variable, value) : value;
  }

  dispose(): void {
    for (const asked of this.asked.values()) disposeAsked(asked);
    for (const module of this.decoded) (module as Partial<Module>).dispose?.();
  }
}

function disposeAsked(asked: Promise<AskedModel> | undefined): void {
  asked?.then(
    ({ questions }) => questions.dispose(),
    () => undefined,
  );
}

function layoutOf(model: LoadedModel): ColumnLayout {
  const used = new Set(model.names);
  const columns = model.variables.map(
    (variable): LaidColumn => ({
      ...{ name: variable.name, kind: variable.kind, isNumeric: isNumericVariable(variable) },
      markers: variable.missing ?? [],
      isUsed: used.has(variable.name),
    }),
  );
  return new Map(columns.map((column) => [column.name, column]));
}
