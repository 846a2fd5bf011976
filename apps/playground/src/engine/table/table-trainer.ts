import { isLearnedVariable, VARIABLE_KINDS } from "@pushforward/columns/extend";
import { DensityModel, openTableModel } from "@pushforward/tables/extend";
import {
  type CsvTable,
  decodeModel,
  encodeModel,
  formatCsv,
  type Json,
  standardRegistry,
  type Table,
  type TableModel,
  type Variable,
} from "pushforward";
import { PageError, thinned } from "../../shared/page-error.ts";
import type { Settings } from "../../shared/settings.ts";
import type {
  MarginalPicture,
  PairPicture,
  TableApi,
  TableCells,
  TableEvent,
  TableInfo,
  TableModelInfo,
} from "../../shared/table-protocol.ts";
import { type AskedModel, pictureSamples } from "../ask/ask-source.ts";
import { csvProblem, encodingNotes } from "../data/read-data.ts";
import type { OpenedModel } from "../opened-model.ts";
import { samplesCsv } from "../typescript-code.ts";
import { columnNames, fileSource, type MixedTable, readMixed } from "./read-mixed.ts";
import { type ScoredTable, scoresCsv, scoreTable } from "./score-table.ts";
import { tableCode, tableCommand, tableMetadata, tableModelInfo } from "./table-code.ts";
import { describedColumn, marginalPicture, pairPicture, tableCells, tableColumns } from "./table-columns.ts";
import { TableRun } from "./table-run.ts";

/** Rows and columns of the file that the page shows. */
const PREVIEW = 8;
const PREVIEW_COLUMNS = 40;

/** Model of a table, with the contents of its file. */
interface OwnModel {
  readonly own: TableModel;
  readonly metadata: Json;
  readonly info: TableModelInfo;
}

/** Previously open table and model. */
interface Former {
  readonly table: MixedTable | undefined;
  readonly file: File | undefined;
  readonly model: OwnModel | undefined;
  readonly scored: ScoredTable | undefined;
  readonly rows: Table | undefined;
}

/** Reads tables with any columns, trains and opens their densities, and answers requests of the page. */
export class TableTrainer implements TableApi {
  private readonly tell: (event: TableEvent) => void;
  private table: MixedTable | undefined;
  /** The file of the table; undefined for a table of the library. */
  private file: File | undefined;
  private model: OwnModel | undefined;
  private scored: ScoredTable | undefined;
  private run: TableRun | undefined;
  /** Rows shown next to the samples in pictures: training rows or scored rows. */
  private rows: Table | undefined;
  private samples: Table | undefined;
  private former: Former | undefined;

  constructor(tell: (event: TableEvent) => void) {
    this.tell = tell;
  }

  /** Reads the table of some settings; undefined where flows learn it. A model that is open scores a table of its columns. */
  async load(settings: Settings, file: File | undefined): Promise<TableInfo | undefined> {
    const opened = this.model?.info.file === undefined ? undefined : this.model;
    if (opened !== undefined && (await this.isForModel(opened, settings, file))) {
      return await this.score(opened, settings, file);
    }
    const table = await readMixed(settings, file);
    if (table === undefined) return undefined;
    this.close();
    this.table = table;
    this.file = file;
    this.rows = table.understood.table;
    const closed =
      opened === undefined ? [] : [`The model ${opened.info.file} is closed: ${table.name} is now data to learn from.`];
    return this.infoOf(table, settings, closed);
  }

  /** The commands of a training with other settings. */
  describe(settings: Settings): TableInfo | undefined {
    return this.table === undefined ? undefined : this.infoOf(this.table, settings, []);
  }

  /** Trains to the end. A `single` training waits after its first step. */
  async train(settings: Settings, single: boolean): Promise<void> {
    const { table } = this;
    if (table === undefined) throw new Error("Expected a table to learn from, got none.");
    this.dropModel();
    const run = new TableRun(table, settings, (progress) => this.tell({ type: "table-progress", progress }));
    if (single) run.gate.stepOnce();
    this.run = run;
    try {
      const result = await run.run();
      const { variables } = table.understood;
      const own = new DensityModel({ density: result.model, variables });
      const metadata = tableMetadata(own, result, settings);
      this.setModel({ own, metadata, info: tableModelInfo(own, metadata) });
    } finally {
      this.run = undefined;
    }
  }

  get running(): TableRun | undefined {
    return this.run;
  }

  /** Shows a model from a file. */
  open({ model: own, metadata, file }: OpenedModel): TableInfo {
    const { context } = own;
    if (context.length > 0) {
      throw new PageError(
        `${file} is the density of a table given ${context.join(", ")}, which this page does not show. The command line scores with it and draws from it.`,
      );
    }
    this.close();
    this.setModel({ own, metadata, info: tableModelInfo(own, metadata, file) });
    return this.infoOfModel(own, file);
  }

  /** Returns the data that the browser stores for a table to learn from; undefined for a model from a file. */
  kept(): { readonly file: File | undefined; readonly tableModel: Uint8Array<ArrayBuffer> | undefined } | undefined {
    if (this.table === undefined) return undefined;
    return { file: this.file, tableModel: this.model === undefined ? undefined : this.save() };
  }

  /** Takes a model that was trained on the table that is open. */
  goOnWith(bytes: Uint8Array<ArrayBuffer>): TableModelInfo {
    const { model, metadata } = decodeModel(bytes, standardRegistry);
    const own = openTableModel(model, metadata, "the model that was kept");
    const info = tableModelInfo(own, metadata);
    this.setModel({ own, metadata, info });
    return info;
  }

  save(): Uint8Array<ArrayBuffer> {
    const { own, metadata } = this.requireModel();
    return encodeModel(own.module, standardRegistry, { metadata });
  }

  dataCsv(): string {
    const table = this.scored?.table ?? this.table?.understood.source;
    return table === undefined ? "" : formatCsv(table);
  }

  async drawRows({ count, seed }: { readonly count: number; readonly seed: number }): Promise<TableCells> {
    const { own } = this.requireModel();
    const [rows] = own.draw({ count, seed });
    return tableCells(
      rows as Table,
      shownNames(own.learned),
      Array.from({ length: count }, (_, row) => row),
    );
  }

  async rowsCsv({ count, seed }: { readonly count: number; readonly seed: number }): Promise<string> {
    return samplesCsv(this.requireModel().own, { count, seed });
  }

  async scoresCsv(): Promise<string> {
    if (this.scored === undefined) throw new Error("Expected a table that was scored, got none.");
    return scoresCsv(this.scored);
  }

  async marginals(places: readonly number[]): Promise<readonly MarginalPicture[]> {
    return places.flatMap((place) => {
      const variable = this.variables[place];
      return this.isDrawn(variable) ? [marginalPicture(variable, this.rows, this.drawn())] : [];
    });
  }

  async pairOf([first, second]: readonly [number, number]): Promise<PairPicture> {
    const [a, b] = [this.variables[first], this.variables[second]];
    if (!this.isDrawn(a) || !this.isDrawn(b)) throw new Error("Expected two columns with values, got others.");
    const others = this.variables.filter((variable) => this.isDrawn(variable));
    return pairPicture([a, b], this.rows, this.drawn(), others);
  }

  /** The model, for questions. */
  asked(): AskedModel | undefined {
    return this.model && { model: this.model.own, rows: this.rows, samples: this.drawn() };
  }

  /** Remembers the open table and model for {@link takeBack}. */
  remember(): void {
    const { table, file, model, scored, rows, former } = this;
    this.former = { table, file, model, scored, rows };
    if (former?.model?.own !== model?.own) former?.model?.own.module.dispose();
  }

  /** Reopens the remembered table and model, if any. */
  takeBack(): void {
    const { former } = this;
    if (former?.model?.own !== this.model?.own) this.dropModel();
    this.former = undefined;
    this.samples = undefined;
    Object.assign(
      this,
      former ?? { table: undefined, file: undefined, model: undefined, scored: undefined, rows: undefined },
    );
  }

  /** Forgets the table and the model. */
  close(): void {
    this.dropModel();
    this.table = undefined;
    this.scored = undefined;
    this.rows = undefined;
  }

  /** The columns that pictures and rows show. */
  private get variables(): readonly Variable[] {
    return this.table?.learned ?? this.model?.own.learned ?? [];
  }

  private isDrawn(variable: Variable | undefined): variable is Variable {
    return variable !== undefined && isLearnedVariable(variable) && variable.distinct > 0;
  }

  private async isForModel({ own }: OwnModel, settings: Settings, file: File | undefined): Promise<boolean> {
    if (settings.columns.length > 0 || settings.kinds.length > 0) return false;
    const names = new Set(await columnNames(fileSource(settings, file)).catch(() => []));
    return own.names.every((name) => names.has(name));
  }

  private async score(opened: OwnModel, settings: Settings, file: File | undefined): Promise<TableInfo> {
    const { own, metadata, info } = opened;
    try {
      const scored = await scoreTable(own, fileSource(settings, file));
      this.rows = own.read(scored.table);
      this.scored = scored;
      this.setModel({ own, metadata, info: { ...info, score: scored.score } });
      const { name, rows } = scored.score;
      const preview = tableCells(scored.table, shownNames(own.learned), thinned(rows, PREVIEW));
      return {
        ...this.infoOfModel(own, name),
        rows,
        preview,
        notes: encodingNotes(name, scored.table.encoding, settings),
        ...readingOf(settings, scored.table.encoding, own.variables),
      };
    } catch (error) {
      throw csvProblem(error, { columns: [], given: [] });
    }
  }

  private infoOf(table: MixedTable, settings: Settings, notes: readonly string[]): TableInfo {
    const { name, understood, learned, absent } = table;
    const quoted = absent.map((column) => `“${column}”`).join(", ");
    return {
      ...{ name, rows: understood.table.rows },
      columns: tableColumns(table),
      kinds: VARIABLE_KINDS,
      preview: tableCells(understood.source, shownNames(learned), thinned(understood.table.rows, PREVIEW)),
      notes: [
        ...notes,
        ...encodingNotes(name, understood.source.encoding, settings),
        ...(absent.length === 0 ? [] : [`${name} has no column ${quoted}, which the settings name.`]),
      ],
      ...readingOf(settings, understood.source.encoding, understood.variables),
      command: tableCommand(settings, table),
      code: tableCode(settings, table),
    };
  }

  private infoOfModel({ variables, learned, columns }: TableModel, name: string): TableInfo {
    const isLearned = new Set(learned);
    const follows = new Set(columns.filter(({ dependent }) => dependent !== undefined).map((one) => one.name));
    const use = (variable: Variable) =>
      isLearned.has(variable) ? (follows.has(variable.name) ? "follows" : "learned") : undefined;
    return {
      ...{ name, rows: 0, kinds: VARIABLE_KINDS, notes: [], command: "", code: "" },
      columns: variables.map((variable) => describedColumn(variable, use(variable))),
      preview: { columns: shownNames(learned), rows: [] },
    };
  }

  private setModel(model: OwnModel): void {
    if (this.model?.own !== model.own) this.dropModel();
    this.model = model;
    this.tell({ type: "table-model", model: model.info });
  }

  private dropModel(): void {
    if (this.model?.own !== this.former?.model?.own) this.model?.own.module.dispose();
    this.model = undefined;
    this.samples = undefined;
  }

  private drawn(): Table | undefined {
    if (this.model === undefined) return undefined;
    this.samples ??= pictureSamples(this.model.own);
    return this.samples;
  }

  private requireModel(): OwnModel {
    if (this.model === undefined) throw new Error("Expected a model, got none.");
    return this.model;
  }
}

/** The columns of the rows that the page shows. */
function shownNames(learned: readonly Variable[]): string[] {
  return learned.slice(0, PREVIEW_COLUMNS).map(({ name }) => name);
}

/** Describes how the file was read; empty for a table of the library. */
function readingOf(
  { data }: Settings,
  encoding: CsvTable["encoding"],
  variables: readonly Variable[],
): Pick<TableInfo, "reading"> {
  if (data !== "file" || encoding === undefined) return {};
  const markers = variables.flatMap(({ missing = [""], missingRows }) => (missingRows > 0 ? missing : []));
  return { reading: { encoding, missing: [...new Set(markers)] } };
}
