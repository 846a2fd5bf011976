import { FlowModel, meanNll, type RowLayout } from "@pushforward/tables/extend";
import { type ConditionalFlow, type Flow, formatCsv, lazyRegistry, readModel, useBackend } from "pushforward";
import type {
  DataInfo,
  FlowApi,
  Loaded,
  Outcome,
  RestoredRun,
  RestoredTable,
  TrainerEvent,
} from "../shared/protocol.ts";
import { emit, Handover, type Port, serve } from "../shared/rpc.ts";
import type { Settings } from "../shared/settings.ts";
import type { TableInfo } from "../shared/table-protocol.ts";
import { LazyAsker } from "./ask/lazy-asker.ts";
import { chooseLayout, isForFlow, readData } from "./data/read-data.ts";
import {
  isForModel,
  modelFile,
  type NewModel,
  newModel,
  readForModel,
  type ShownModel,
  scoreOf,
} from "./data/shown-model.ts";
import { contextRows, freshInfo, type TrainerData, trainerData } from "./data/trainer-data.ts";
import { type Detail, PainterLink } from "./painter/density-grid.ts";
import { RunKeeper, type StoredRun, type StoredTable } from "./runs/run-store.ts";
import { TrainingRun } from "./runs/training-run.ts";
import { backendInfo, startBackend } from "./start-backend.ts";
import { LazyTables } from "./table/lazy-tables.ts";

/** Makes a worker the one that reads data, makes models and trains them. */
export function serveTrainer(port: Port, peer: MessagePort): void {
  const trainer = new Trainer(port, peer);
  serve(port, trainer, trainer.tables, trainer.asker);
}

class Trainer implements FlowApi {
  readonly tables: LazyTables;
  readonly asker: LazyAsker = new LazyAsker(async () => {
    await this.ended;
    return this.showsTable ? this.tables.known?.asked() : this.model && { model: this.model.model };
  });
  private readonly port: Port;
  private readonly painter: PainterLink;
  private readonly keeper = new RunKeeper();
  private data: TrainerData | undefined;
  private model: ShownModel | undefined;
  private run: TrainingRun | undefined;
  private ended: Promise<void> = Promise.resolve();
  private outcome: Outcome | undefined;
  /** Whether what is shown is a table of any columns, and no flow. */
  private showsTable = false;
  /** One after the other: loading, making models, training. */
  private queue: Promise<unknown> = Promise.resolve();

  constructor(port: Port, peer: MessagePort) {
    this.port = port;
    this.tables = new LazyTables((event) => this.tell(event));
    this.painter = new PainterLink(peer, () => {
      if (this.run === undefined) this.sendWeights("full");
    });
  }

  load({ settings, file }: { readonly settings: Settings; readonly file?: File | undefined }): Promise<Loaded> {
    return this.inTurn(async () => {
      await this.start(settings.backend);
      const opened = settings.data === "file" && this.model?.info.file !== undefined ? this.model : undefined;
      const isScored = opened !== undefined && (await isForModel(settings, file, opened.info));
      if (!isForFlow(settings) && !isScored) {
        const table = await (await this.tables.trainer()).load(settings, file);
        if (table !== undefined) return await this.showTable(table, opened?.info.file, settings);
      }
      return { data: await this.loadRows(settings, file, opened) };
    });
  }

  private async loadRows(
    settings: Settings,
    file: File | undefined,
    opened: ShownModel | undefined,
  ): Promise<DataInfo> {
    const { read, layout, isScored } = await readForModel(settings, file, opened?.info);
    const data = trainerData(read, layout, settings, file);
    const { notes, ...rest } = data.info;
    const closed = `The model ${opened?.info.file} is closed: ${read.name} is now data for a new flow.`;
    const info: DataInfo = { ...rest, notes: opened === undefined || isScored ? notes : [...notes, closed] };
    this.closeTable();
    this.data = { ...data, info };
    if (opened !== undefined && isScored) {
      this.setModel({ ...opened, info: { ...opened.info, score: scoreOf(opened.model, read.table) } });
    } else await this.makeModel(settings);
    await this.keeper.forget();
    return info;
  }

  async describeTable(settings: Settings): Promise<TableInfo | null> {
    const info = this.showsTable ? this.tables.known?.describe(settings) : undefined;
    // A reload finds the table by the address, which has these settings now.
    if (info !== undefined && this.running === undefined) await this.keepTable(settings);
    return info ?? null;
  }

  prepare(settings: Settings): Promise<void> {
    return this.inTurn(async () => {
      if (this.data === undefined) return;
      await this.makeModel(settings);
      await this.keeper.forget();
    });
  }

  train({ settings, single }: { readonly settings: Settings; readonly single: boolean }): Promise<void> {
    return this.inTurn(async () => {
      if (this.showsTable) {
        this.beginTable(settings, single);
        return;
      }
      if (this.data === undefined) throw new Error("Expected data to learn from, got none.");
      const { fresh } = await this.makeModel(settings);
      const run = new TrainingRun(fresh, settings, this.hooks(settings));
      if (single) run.gate.stepOnce();
      this.begin(run, settings);
    });
  }

  pause(): void {
    this.running?.gate.pause();
  }

  resume(): void {
    this.running?.gate.resume();
  }

  stepOnce(): void {
    this.running?.gate.stepOnce();
  }

  async stop(): Promise<void> {
    this.running?.stop();
    await this.ended;
  }

  setRate(rate: number): void {
    this.run?.setRate(rate);
  }

  async useBackend(name: "wasm" | "cpu"): Promise<void> {
    await useBackend(name);
    this.tell({ type: "backend", backend: await backendInfo() });
  }

  save(): Handover<Uint8Array<ArrayBuffer>> {
    const file = this.showsTable ? this.tables.known?.save() : undefined;
    if (file !== undefined) return new Handover(file, [file.buffer]);
    if (this.model === undefined) throw new Error("Expected a model to save, got none.");
    const bytes = modelFile(this.model, this.outcome);
    return new Handover(bytes, [bytes.buffer]);
  }

  dataCsv(): string {
    if (this.showsTable) return this.tables.known?.dataCsv() ?? "";
    return this.data === undefined ? "" : formatCsv(this.data.read.table);
  }

  open({ name, bytes }: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }): Promise<Loaded> {
    return this.inTurn(async () => {
      await this.start("wasm");
      const { decodedModel, infoOfModel, openedInfo, openedModel } = await import("./opened-model.ts");
      const opened = openedModel(name, await decodedModel(name, bytes));
      const { model, metadata } = opened;
      const { rowFlow } = model;
      if (rowFlow === undefined) return await this.showTable((await this.tables.trainer()).open(opened));
      this.closeTable();
      if (this.data !== undefined && !sameLayout(this.data.info.layout, rowFlow.layout)) this.data = undefined;
      const score = this.data && scoreOf(model, this.data.read.table);
      this.outcome = undefined;
      this.setModel({
        ...{ flow: rowFlow.flow, model, metadata, settings: this.model?.settings, fresh: undefined },
        info: { ...openedInfo(opened, rowFlow), ...(score && { score }) },
      });
      await this.keeper.forget();
      return { data: this.data?.info ?? infoOfModel(opened, rowFlow) };
    });
  }

  async restore({
    id,
    address,
  }: {
    readonly id: string;
    readonly address: string;
  }): Promise<RestoredRun | RestoredTable | null> {
    const stored = await this.keeper.find(id, address);
    if (stored === undefined) return null;
    return await this.inTurn<RestoredRun | RestoredTable | null>(() =>
      "tableModel" in stored ? this.restoreTable(stored) : this.goOnWith(stored),
    );
  }

  keepAs(id: string): void {
    this.keeper.keepAs(id);
  }

  ping(): void {}

  private async goOnWith(stored: StoredRun): Promise<RestoredRun | null> {
    const { settings, file, checkpoint, bytes, outcome } = stored;
    const isChanged = stored.rateScale !== 1 || outcome?.reason === "aborted";
    const read = await readData(settings, file);
    const layout = chooseLayout(read.table, settings);
    await this.start(settings.backend);
    this.data = trainerData(read, layout, settings, file);
    const { info } = this.data;
    if (checkpoint !== undefined) {
      const { model, fresh } = await this.makeModel(settings);
      const start = { checkpoint, rateScale: stored.rateScale, progress: stored.progress };
      const run = new TrainingRun(fresh, settings, this.hooks(settings), start);
      this.begin(run, settings);
      return { settings, data: info, model: model.info, progress: { ...run.whole, phase: "paused" }, isChanged };
    }
    if (bytes === undefined) return null;
    const { model: flow } = await readModel<Flow | ConditionalFlow>(bytes, lazyRegistry);
    this.outcome = outcome;
    const model = new FlowModel({ flow, layout });
    this.setModel({ flow, model, info: stored.model, settings, fresh: undefined }, stored.progress.step);
    return {
      ...{ settings, data: info, model: stored.model, progress: stored.progress, isChanged },
      ...(outcome === undefined ? {} : { outcome }),
    };
  }

  /** The training that is under way. */
  private get running(): Pick<TrainingRun, "gate" | "stop"> | undefined {
    return this.run ?? this.tables.known?.running;
  }

  /** Shows a table instead of a flow. */
  private async showTable(table: TableInfo, closed?: string, settings?: Settings): Promise<Loaded> {
    this.showsTable = true;
    this.data = undefined;
    this.model?.flow.dispose();
    this.model = undefined;
    this.outcome = undefined;
    await this.keeper.forget();
    if (settings !== undefined) await this.keepTable(settings);
    const note = `The model ${closed} is closed: ${table.name} is now data to learn from.`;
    return { table: closed === undefined ? table : { ...table, notes: [...table.notes, note] } };
  }

  private closeTable(): void {
    this.showsTable = false;
    this.tables.known?.close();
  }

  private beginTable(settings: Settings, single: boolean): void {
    this.ended = (async () => {
      try {
        await (await this.tables.trainer()).train(settings, single);
        await this.keepTable(settings);
      } catch (error) {
        this.tell({ type: "failed", message: error instanceof Error ? error.message : String(error) });
      }
    })();
  }

  /** Keeps the table, and its model if it is trained: a reload shows both again. */
  private async keepTable(settings: Settings): Promise<void> {
    const kept = this.tables.known?.kept();
    if (kept !== undefined) await this.keeper.keep({ settings, ...kept });
  }

  private async restoreTable({ settings, file, tableModel }: StoredTable): Promise<RestoredTable | null> {
    await this.start(settings.backend);
    const tables = await this.tables.trainer();
    const table = await tables.load(settings, file);
    if (table === undefined) return null;
    this.showsTable = true;
    const model = tableModel && tables.goOnWith(tableModel);
    return { settings, table, ...(model && { model }) };
  }

  private hooks(settings: Settings): ConstructorParameters<typeof TrainingRun>[2] {
    return {
      progress: (progress) => this.tell({ type: "progress", progress }),
      stepped: (step) => this.painter.noteStep(step, (detail) => this.sendWeights(detail)),
      checkpoint: (checkpoint) => {
        if (this.keeper.isDue) void this.keep({ settings, checkpoint, bytes: undefined, outcome: undefined });
      },
      paused: (checkpoint) => {
        this.sendWeights("full");
        if (checkpoint !== undefined) void this.keep({ settings, checkpoint, bytes: undefined, outcome: undefined });
      },
    };
  }

  private begin(run: TrainingRun, settings: Settings): void {
    const model = this.model as ShownModel;
    const data = this.data as TrainerData;
    this.run = run;
    this.outcome = undefined;
    this.keeper.startClock();
    this.ended = (async () => {
      try {
        const end = await run.run();
        const outcome: Outcome = {
          ...end,
          trainNll: meanNll(model.flow, data.train),
          validationNll: meanNll(model.flow, data.validation),
        };
        this.outcome = outcome;
        this.tell({ type: "outcome", outcome });
        await this.keep({
          ...{ settings, checkpoint: undefined, outcome },
          bytes: modelFile(model, outcome),
        });
      } catch (error) {
        this.tell({ type: "failed", message: error instanceof Error ? error.message : String(error) });
      } finally {
        this.run = undefined;
        this.sendWeights("full");
      }
    })();
  }

  private async makeModel(settings: Settings): Promise<{ readonly model: ShownModel; readonly fresh: NewModel }> {
    const { train, validation, info } = this.data as TrainerData;
    const fresh = await newModel(settings, train, validation);
    const { flow } = fresh;
    const model = {
      ...{ flow, model: new FlowModel({ flow, layout: info.layout }), settings, fresh },
      info: freshInfo(settings, info, fresh, validation),
    };
    this.setModel(model);
    return { model, fresh };
  }

  private setModel(model: ShownModel, step = 0): void {
    if (this.model?.flow !== model.flow) this.model?.flow.dispose();
    this.model = model;
    const { flow, info } = model;
    this.painter.sendModel(flow, {
      layout: info.layout,
      points: this.data?.info.points ?? [],
      contexts: this.data && contextRows(this.data.info),
      step,
      seed: model.settings?.seed ?? 0,
    });
    this.tell({ type: "model", model: info });
  }

  private sendWeights(detail: Detail): void {
    if (this.model === undefined) return;
    this.painter.sendWeights(this.model.flow, this.run?.whole.step ?? this.outcome?.step ?? 0, detail);
  }

  /** Writes the run to the storage of the browser. */
  private async keep(what: Pick<StoredRun, "settings" | "checkpoint" | "bytes" | "outcome">): Promise<void> {
    const { data, model, run } = this;
    if (data === undefined || model === undefined || run === undefined) return;
    const { file, info } = data;
    await this.keeper.keep({
      ...what,
      ...{ file, data: info, model: model.info, progress: run.whole, rateScale: run.rateScale },
    });
  }

  private async start(name: "wasm" | "cpu"): Promise<void> {
    const backend = await startBackend(name);
    if (backend !== undefined) this.tell({ type: "backend", backend });
  }

  private tell(event: TrainerEvent): void {
    emit(this.port, event);
  }

  /** What changes the data or the model: after what is under way, which is stopped first. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.queue.then(async () => {
      this.running?.stop();
      await this.ended;
      return await work();
    });
    this.queue = turn.catch(() => undefined);
    return turn;
  }
}

function sameLayout(a: RowLayout, b: RowLayout): boolean {
  return JSON.stringify([a.columns, a.context]) === JSON.stringify([b.columns, b.context]);
}
