import { FlowModel, meanNll } from "@pushforward/tables/extend";
import { type ConditionalFlow, type Flow, formatCsv, lazyRegistry, readModel, useBackend } from "pushforward";
import type {
  DataInfo,
  FlowApi,
  Loaded,
  Outcome,
  Restored,
  RestoredRun,
  RestoredTable,
  TrainerEvent,
} from "../shared/protocol.ts";
import { emit, Handover, type Port, serve } from "../shared/rpc.ts";
import type { Settings } from "../shared/settings.ts";
import type { TableInfo } from "../shared/table-protocol.ts";
import { LazyAsker } from "./ask/lazy-asker.ts";
import { chooseLayout, isForFlow, readData } from "./data/read-data.ts";
import { isForModel, modelFile, type ShownModel, sameLayout, scoreOf } from "./data/shown-model.ts";
import { contextRows, dataAndModel, freshModel, type TrainerData, trainerData } from "./data/trainer-data.ts";
import { type Detail, PainterLink } from "./painter/density-grid.ts";
import { RunKeeper, type StoredRun, type StoredTable } from "./runs/run-store.ts";
import { TrainingRun } from "./runs/training-run.ts";
import { backendInfo, startBackend } from "./start-backend.ts";
import { LazyTables } from "./table/lazy-tables.ts";

/** Sets up a worker that reads data, makes models and trains the models. */
export function serveTrainer(port: Port, peer: MessagePort): void {
  const trainer = new Trainer(port, peer);
  serve(port, trainer, trainer.tables, trainer.asker);
}

type Found<T extends Restored> = Omit<T, keyof Restored> | undefined;

/** State before a change of data or model. */
interface Former {
  readonly data: TrainerData | undefined;
  readonly model: ShownModel | undefined;
  readonly outcome: Outcome | undefined;
  readonly showsTable: boolean;
  readonly kept: RunKeeper["last"];
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
  private former: Former | undefined;
  /** `true` if the page shows a table of any columns, and no flow. */
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
    // All that can fail comes before what changes the data and the model that are shown.
    const { data, model } = await dataAndModel(settings, file, opened);
    this.closeTable();
    this.data = data;
    this.outcome = undefined;
    this.setModel(model);
    await this.keeper.forget();
    return data.info;
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
      this.setModel(await freshModel(settings, this.data));
      await this.keeper.forget();
    });
  }

  train({ settings, single }: { readonly settings: Settings; readonly single: boolean }): Promise<void> {
    return this.inTurn(async () => {
      if (this.showsTable) return this.beginTable(settings, single);
      if (this.data === undefined) throw new Error("Expected data to learn from, got none.");
      const model = await freshModel(settings, this.data);
      this.setModel(model);
      const run = new TrainingRun(model.fresh, settings, this.hooks(settings));
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
      const { decodedModel, openedFlow, openedModel } = await import("./opened-model.ts");
      const opened = openedModel(name, await decodedModel(name, bytes));
      const { rowFlow } = opened.model;
      if (rowFlow === undefined) return await this.showTable((await this.tables.trainer()).open(opened));
      const hasRows = this.data !== undefined && sameLayout(this.data.info.layout, rowFlow.layout);
      const data = hasRows ? this.data : undefined;
      const score = data && scoreOf(opened.model, data.read.table);
      const { shown, info } = openedFlow(opened, rowFlow, data?.info, score, this.model?.settings);
      this.closeTable();
      this.data = data;
      this.outcome = undefined;
      this.setModel(shown);
      await this.keeper.forget();
      return { data: info };
    });
  }

  remember(): Promise<void> {
    return this.inTurn(async () => {
      const { data, model, outcome, showsTable, former } = this;
      this.former = { data, model, outcome, showsTable, kept: this.keeper.last };
      this.tables.known?.remember();
      this.dropUnused(former?.model);
    });
  }

  undo(): Promise<void> {
    return this.inTurn(async () => {
      if (this.former === undefined) throw new Error("Expected former data or a former model, got none.");
      const { data, model, outcome, showsTable, kept } = this.former;
      this.former = undefined;
      Object.assign(this, { data, outcome, showsTable });
      this.tables.known?.takeBack();
      if (model === undefined) this.dropModel();
      else this.setModel(model, outcome?.step);
      // No picture of the model that was left comes after this.
      await this.painter.whenReady();
      await (kept === undefined ? this.keeper.forget() : this.keeper.keep(kept));
    });
  }

  async restore({ id, address }: Parameters<FlowApi["restore"]>[0]): ReturnType<FlowApi["restore"]> {
    const found = await this.keeper.find(id, address);
    if (found === undefined) return null;
    const { stored, isOwn } = found;
    const { settings, file } = stored;
    return await this.inTurn(async () => {
      const restored = "tableModel" in stored ? await this.restoreTable(stored) : await this.goOnWith(stored);
      return restored === undefined ? null : { ...restored, settings, file, isOwn };
    });
  }

  ping(): void {}

  private async goOnWith(stored: StoredRun): Promise<Found<RestoredRun>> {
    const { settings, file, checkpoint, bytes, outcome } = stored;
    const isChanged = stored.rateScale !== 1 || outcome?.reason === "aborted";
    const read = await readData(settings, file);
    const layout = chooseLayout(read.table, settings);
    await this.start(settings.backend);
    this.data = trainerData(read, layout, settings, file);
    const { info } = this.data;
    if (checkpoint !== undefined) {
      const model = await freshModel(settings, this.data);
      this.setModel(model);
      const start = { checkpoint, rateScale: stored.rateScale, progress: stored.progress };
      const run = new TrainingRun(model.fresh, settings, this.hooks(settings), start);
      this.begin(run, settings);
      return { data: info, model: model.info, progress: { ...run.whole, phase: "paused" }, isChanged };
    }
    if (bytes === undefined) return undefined;
    const { model: flow } = await readModel<Flow | ConditionalFlow>(bytes, lazyRegistry);
    this.outcome = outcome;
    const model = new FlowModel({ flow, layout });
    this.setModel({ flow, model, info: stored.model, settings, fresh: undefined }, stored.progress.step);
    return { data: info, model: stored.model, progress: stored.progress, isChanged, ...(outcome && { outcome }) };
  }

  /** The training that is under way. */
  private get running(): Pick<TrainingRun, "gate" | "stop"> | undefined {
    return this.run ?? this.tables.known?.running;
  }

  /** Shows a table instead of a flow. */
  private async showTable(table: TableInfo, closed?: string, settings?: Settings): Promise<Loaded> {
    this.showsTable = true;
    this.data = undefined;
    this.dropModel();
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

  private async restoreTable({ settings, file, tableModel }: StoredTable): Promise<Found<RestoredTable>> {
    await this.start(settings.backend);
    const tables = await this.tables.trainer();
    const table = await tables.load(settings, file);
    if (table === undefined) return undefined;
    this.showsTable = true;
    const model = tableModel && tables.goOnWith(tableModel);
    return { table, ...(model && { model }) };
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

  private setModel(model: ShownModel, step = 0): void {
    const left = this.model;
    this.model = model;
    this.dropUnused(left);
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

  private dropModel(): void {
    const { model } = this;
    this.model = undefined;
    this.dropUnused(model);
  }

  /** Frees a model that is neither shown nor kept for `undo`. */
  private dropUnused(model: ShownModel | undefined): void {
    if (model?.flow !== this.model?.flow && model?.flow !== this.former?.model?.flow) model?.flow.dispose();
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

  /** Runs a change of the data or the model after the current work, which is stopped first. */
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
