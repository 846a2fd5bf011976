import { type ConditionalFlow, decodeModel, type Flow, formatCsv, standardRegistry, useBackend } from "pushforward";
import { meanNll, type TableSchema } from "pushforward/extend";
import type { DataInfo, Outcome, RestoredRun, TrainerApi, TrainerEvent } from "../shared/protocol.ts";
import { emit, Handover, type Port, serve } from "../shared/rpc.ts";
import type { Settings } from "../shared/settings.ts";
import { chooseSchema } from "./choose-schema.ts";
import { contextRows } from "./data-info.ts";
import { freshInfo } from "./fresh-info.ts";
import { type NewModel, newModel } from "./new-model.ts";
import { infoOfModel, openedModel } from "./opened-model.ts";
import { PainterLink } from "./painter-link.ts";
import { readData } from "./read-data.ts";
import { readForModel } from "./read-for-model.ts";
import { RunKeeper } from "./run-keeper.ts";
import type { StoredRun } from "./run-store.ts";
import { modelFile, type ShownModel } from "./shown-model.ts";
import { backendInfo, startBackend } from "./start-backend.ts";
import { type TrainerData, trainerData } from "./trainer-data.ts";
import { TrainingRun } from "./training-run.ts";

/** Makes a worker the one that reads data, makes models and trains them. */
export function serveTrainer(port: Port, peer: MessagePort): void {
  const trainer = new Trainer(port, peer);
  serve(port, trainer);
}

class Trainer implements TrainerApi {
  private readonly port: Port;
  private readonly painter: PainterLink;
  private readonly keeper = new RunKeeper();
  private data: TrainerData | undefined;
  private model: ShownModel | undefined;
  private run: TrainingRun | undefined;
  private ended: Promise<void> = Promise.resolve();
  private outcome: Outcome | undefined;
  /** One after the other: loading, making models, training. */
  private queue: Promise<unknown> = Promise.resolve();

  constructor(port: Port, peer: MessagePort) {
    this.port = port;
    this.painter = new PainterLink(peer, () => {
      if (this.run === undefined) this.sendWeights(false);
    });
  }

  load({ settings, file }: { readonly settings: Settings; readonly file?: File | undefined }): Promise<DataInfo> {
    return this.inTurn(async () => {
      await this.start(settings.backend);
      const opened = settings.data === "file" && this.model?.info.file !== undefined ? this.model : undefined;
      const { read, schema, isForModel } = await readForModel(settings, file, opened?.info);
      const data = trainerData(read, schema, settings, file);
      const { rows } = data;
      const { notes, ...rest } = data.info;
      const closed = `The model ${opened?.info.file} is closed: ${read.name} is now data for a new flow.`;
      const info: DataInfo = { ...rest, notes: opened === undefined || isForModel ? notes : [...notes, closed] };
      this.data = { ...data, info };
      if (opened !== undefined && isForModel) {
        const score = { rows: info.rows, nll: meanNll(opened.flow, rows) };
        this.setModel({ ...opened, info: { ...opened.info, score } });
      } else this.makeModel(settings);
      await this.keeper.forget();
      return info;
    });
  }

  prepare(settings: Settings): Promise<void> {
    return this.inTurn(async () => {
      if (this.data === undefined) return;
      this.makeModel(settings);
      await this.keeper.forget();
    });
  }

  train({ settings, single }: { readonly settings: Settings; readonly single: boolean }): Promise<void> {
    return this.inTurn(async () => {
      if (this.data === undefined) throw new Error("Expected data to learn from, got none.");
      const { fresh } = this.makeModel(settings);
      const run = new TrainingRun(fresh, settings, this.hooks(settings));
      if (single) run.stepOnce();
      this.begin(run, settings);
    });
  }

  pause(): void {
    this.run?.pause();
  }

  resume(): void {
    this.run?.resume();
  }

  stepOnce(): void {
    this.run?.stepOnce();
  }

  async stop(): Promise<void> {
    this.run?.stop();
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
    if (this.model === undefined) throw new Error("Expected a model to save, got none.");
    const bytes = modelFile(this.model, this.outcome);
    return new Handover(bytes, [bytes.buffer]);
  }

  dataCsv(): string {
    return this.data === undefined ? "" : formatCsv(this.data.read.table);
  }

  open({ name, bytes }: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }): Promise<DataInfo> {
    return this.inTurn(async () => {
      await this.start("wasm");
      const opened = openedModel(name, bytes);
      if (this.data !== undefined && !sameSchema(this.data.info.schema, opened.info.schema)) this.data = undefined;
      const score =
        this.data === undefined
          ? {}
          : { score: { rows: this.data.info.rows, nll: meanNll(opened.flow, this.data.rows) } };
      this.outcome = undefined;
      this.setModel({
        flow: opened.flow,
        info: { ...opened.info, ...score },
        settings: this.model?.settings,
        fresh: undefined,
        metadata: opened.metadata,
      });
      await this.keeper.forget();
      return this.data?.info ?? infoOfModel(opened);
    });
  }

  async restore({ id, address }: { readonly id: string; readonly address: string }): Promise<RestoredRun | null> {
    const stored = await this.keeper.find(id, address);
    return stored === undefined ? null : await this.inTurn(() => this.goOnWith(stored));
  }

  keepAs(id: string): void {
    this.keeper.keepAs(id);
  }

  ping(): void {}

  private async goOnWith(stored: StoredRun): Promise<RestoredRun | null> {
    const { settings, file, checkpoint, bytes, outcome } = stored;
    const isChanged = stored.rateScale !== 1 || outcome?.reason === "aborted";
    const read = await readData(settings, file);
    const schema = chooseSchema(read.table, settings);
    await this.start(settings.backend);
    this.data = trainerData(read, schema, settings, file);
    const { info } = this.data;
    if (checkpoint !== undefined) {
      const { model, fresh } = this.makeModel(settings);
      const start = { checkpoint, rateScale: stored.rateScale, progress: stored.progress };
      const run = new TrainingRun(fresh, settings, this.hooks(settings), start);
      this.begin(run, settings);
      return { settings, data: info, model: model.info, progress: { ...run.whole, phase: "paused" }, isChanged };
    }
    if (bytes === undefined) return null;
    const { model: flow } = decodeModel<Flow | ConditionalFlow>(bytes, standardRegistry);
    this.outcome = outcome;
    this.setModel({ flow, info: stored.model, settings, fresh: undefined }, stored.progress.step);
    return {
      ...{ settings, data: info, model: stored.model, progress: stored.progress, isChanged },
      ...(outcome === undefined ? {} : { outcome }),
    };
  }

  private hooks(settings: Settings): ConstructorParameters<typeof TrainingRun>[2] {
    return {
      progress: (progress) => this.tell({ type: "progress", progress }),
      stepped: () => {
        if (this.painter.noteStep()) this.sendWeights(true);
      },
      checkpoint: (checkpoint) => {
        if (this.keeper.isDue) void this.keep({ settings, checkpoint, bytes: undefined, outcome: undefined });
      },
      paused: (checkpoint) => {
        this.sendWeights(false);
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
        this.sendWeights(false);
      }
    })();
  }

  private makeModel(settings: Settings): { readonly model: ShownModel; readonly fresh: NewModel } {
    const { train, validation, info } = this.data as TrainerData;
    const fresh = newModel(settings, train, validation);
    const model = { flow: fresh.flow, info: freshInfo(settings, info, fresh, validation), settings, fresh };
    this.setModel(model);
    return { model, fresh };
  }

  private setModel(model: ShownModel, step = 0): void {
    if (this.model?.flow !== model.flow) this.model?.flow.dispose();
    this.model = model;
    const { flow, info } = model;
    this.painter.sendModel(flow, {
      schema: info.schema,
      points: this.data?.info.points ?? [],
      contexts: this.data && contextRows(this.data.info),
      step,
      seed: model.settings?.seed ?? 0,
    });
    this.tell({ type: "model", model: info });
  }

  private sendWeights(live: boolean): void {
    if (this.model === undefined) return;
    this.painter.sendWeights(this.model.flow, this.run?.whole.step ?? this.outcome?.step ?? 0, live);
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
      this.run?.stop();
      await this.ended;
      return await work();
    });
    this.queue = turn.catch(() => undefined);
    return turn;
  }
}

function sameSchema(a: TableSchema, b: TableSchema): boolean {
  return JSON.stringify([a.columns, a.context]) === JSON.stringify([b.columns, b.context]);
}
