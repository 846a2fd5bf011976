import {
  type ConditionalFlow,
  decodeModel,
  describeBackend,
  encodeModel,
  type Flow,
  formatCsv,
  type Json,
  meanNll,
  standard,
  type TableRows,
  type TableSchema,
  tableRows,
  tableSchemaToJson,
  useBackend,
} from "pushforward";
import type {
  BackendInfo,
  DataInfo,
  ModelInfo,
  Outcome,
  PeerMessage,
  RestoredRun,
  TrainerApi,
  TrainerEvent,
} from "../shared/protocol.ts";
import { emit, Handover, type Port, serve } from "../shared/rpc.ts";
import { formatSettings, type Settings } from "../shared/settings.ts";
import { chooseSchema } from "./choose-schema.ts";
import { contextRows, dataInfo } from "./data-info.ts";
import { fitMetadata } from "./fit-metadata.ts";
import { freshInfo } from "./fresh-info.ts";
import { holdOutRows } from "./hold-out-rows.ts";
import { type NewModel, newModel } from "./new-model.ts";
import { infoOfModel, openedModel } from "./opened-model.ts";
import { type ReadData, readData } from "./read-data.ts";
import { readForModel } from "./read-for-model.ts";
import { RunStore, type StoredRun } from "./run-store.ts";
import { TrainingRun } from "./training-run.ts";

/** Least time between two sets of weights for the pictures, and between two writes to the storage, in ms. */
const PICTURE = 150;
const WRITE = 1500;

/** Makes a worker the one that reads data, makes models and trains them. */
export function serveTrainer(port: Port, peer: MessagePort): void {
  const trainer = new Trainer(port, peer);
  serve(port, trainer);
}

/** The rows to learn from. */
interface Data {
  readonly read: ReadData;
  readonly rows: TableRows;
  readonly train: TableRows;
  readonly validation: TableRows;
  readonly info: DataInfo;
  readonly file: File | undefined;
}

/** The model that is shown. */
interface Model {
  readonly flow: Flow | ConditionalFlow;
  readonly info: ModelInfo;
  /** Absent for a model from a file that was opened before any data. */
  readonly settings: Settings | undefined;
  /** Absent for a model from a file. */
  readonly fresh: NewModel | undefined;
  /** What the file of an opened model says about it. */
  readonly metadata?: Json;
}

class Trainer implements TrainerApi {
  private readonly port: Port;
  private readonly peer: MessagePort;
  private readonly store = new RunStore();
  private data: Data | undefined;
  private model: Model | undefined;
  private run: TrainingRun | undefined;
  private ended: Promise<void> = Promise.resolve();
  private outcome: Outcome | undefined;
  private id: string | undefined;
  /** Whether the painter has drawn what it was sent. */
  private painterIsReady = true;
  private isUnseen = false;
  private sentAt = 0;
  private writtenAt = 0;
  /** One after the other: loading, making models, training. */
  private queue: Promise<unknown> = Promise.resolve();

  constructor(port: Port, peer: MessagePort) {
    this.port = port;
    this.peer = peer;
    peer.onmessage = () => {
      this.painterIsReady = true;
      if (this.isUnseen && this.run === undefined) this.sendWeights(false);
    };
  }

  load({ settings, file }: { readonly settings: Settings; readonly file?: File | undefined }): Promise<DataInfo> {
    return this.inTurn(async () => {
      await this.start(settings.backend);
      const opened = settings.data === "file" && this.model?.info.file !== undefined ? this.model : undefined;
      const { read, schema, isForModel } = await readForModel(settings, file, opened?.info);
      const rows = tableRows(read.table, schema);
      const parts = holdOutRows(read.table, rows, settings.seed);
      const { notes, ...rest } = dataInfo(read, schema, rows);
      const closed = `The model ${opened?.info.file} is closed: ${read.name} is now data for a new flow.`;
      const info: DataInfo = { ...rest, notes: opened === undefined || isForModel ? notes : [...notes, closed] };
      this.data = { read, rows, ...parts, info, file };
      if (opened !== undefined && isForModel) {
        const score = { rows: info.rows, nll: meanNll(opened.flow, rows) };
        this.setModel({ ...opened, info: { ...opened.info, score } });
      } else this.makeModel(settings);
      await this.forget();
      return info;
    });
  }

  prepare(settings: Settings): Promise<void> {
    return this.inTurn(async () => {
      if (this.data === undefined) return;
      this.makeModel(settings);
      await this.forget();
    });
  }

  train({ settings, single }: { readonly settings: Settings; readonly single: boolean }): Promise<void> {
    return this.inTurn(async () => {
      if (this.data === undefined) throw new Error("Expected data to learn from, got none.");
      this.makeModel(settings);
      const run = new TrainingRun((this.model as Model).fresh as NewModel, settings, this.hooks(settings));
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
    await this.tellBackend();
  }

  save(): Handover<Uint8Array<ArrayBuffer>> {
    const bytes = this.modelFile();
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
      await this.forget();
      return this.data?.info ?? infoOfModel(opened);
    });
  }

  async restore({ id, address }: { readonly id: string; readonly address: string }): Promise<RestoredRun | null> {
    this.id = id;
    let found: StoredRun | undefined;
    try {
      found = await this.store.get(id);
      await this.store.prune(Date.now());
    } catch {
      // Storage is refused, in a private window for instance: the page works without.
      return null;
    }
    if (found === undefined || found.address !== address) return null;
    const stored = found;
    return await this.inTurn(async () => {
      const { settings, file, checkpoint, bytes, outcome } = stored;
      const isChanged = stored.rateScale !== 1 || outcome?.reason === "aborted";
      const read = await readData(settings, file);
      const schema = chooseSchema(read.table, settings);
      const rows = tableRows(read.table, schema);
      await this.start(settings.backend);
      const info = dataInfo(read, schema, rows);
      this.data = { read, rows, ...holdOutRows(read.table, rows, settings.seed), info, file };
      if (checkpoint !== undefined) {
        this.makeModel(settings);
        const start = { checkpoint, rateScale: stored.rateScale, progress: stored.progress };
        const run = new TrainingRun((this.model as Model).fresh as NewModel, settings, this.hooks(settings), start);
        this.begin(run, settings);
        return {
          settings,
          data: info,
          model: (this.model as Model).info,
          progress: { ...run.whole, phase: "paused" },
          isChanged,
        };
      }
      if (bytes === undefined) return null;
      const { model: flow } = decodeModel<Flow | ConditionalFlow>(bytes, standard);
      this.outcome = outcome;
      this.setModel({ flow, info: stored.model, settings, fresh: undefined }, stored.progress.step);
      return {
        ...{ settings, data: info, model: stored.model, progress: stored.progress, isChanged },
        ...(outcome === undefined ? {} : { outcome }),
      };
    });
  }

  keepAs(id: string): void {
    this.id = id;
  }

  ping(): void {}

  private hooks(settings: Settings): ConstructorParameters<typeof TrainingRun>[2] {
    return {
      progress: (progress) => this.tell({ type: "progress", progress }),
      stepped: () => {
        this.isUnseen = true;
        if (this.painterIsReady && performance.now() - this.sentAt >= PICTURE) this.sendWeights(true);
      },
      checkpoint: (checkpoint) => {
        if (performance.now() - this.writtenAt < WRITE) return;
        void this.keep({ settings, checkpoint, bytes: undefined, outcome: undefined });
      },
      paused: (checkpoint) => {
        this.sendWeights(false);
        if (checkpoint !== undefined) void this.keep({ settings, checkpoint, bytes: undefined, outcome: undefined });
      },
    };
  }

  private begin(run: TrainingRun, settings: Settings): void {
    const model = this.model as Model;
    const data = this.data as Data;
    this.run = run;
    this.outcome = undefined;
    this.writtenAt = performance.now();
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
          bytes: this.modelFile(),
        });
      } catch (error) {
        this.tell({ type: "failed", message: error instanceof Error ? error.message : String(error) });
      } finally {
        this.run = undefined;
        this.sendWeights(false);
      }
    })();
  }

  private makeModel(settings: Settings): void {
    const { train, validation, info } = this.data as Data;
    const fresh = newModel(settings, train, validation);
    this.setModel({ flow: fresh.flow, info: freshInfo(settings, info, fresh, validation), settings, fresh });
  }

  private setModel(model: Model, step = 0): void {
    if (this.model?.flow !== model.flow) this.model?.flow.dispose();
    this.model = model;
    const { flow, info } = model;
    const bytes = encodeModel(flow, standard);
    const points = this.data?.info.points ?? [];
    const message: PeerMessage = {
      type: "model",
      bytes,
      schema: info.schema,
      points,
      contexts: this.data && contextRows(this.data.info),
      step,
      seed: model.settings?.seed ?? 0,
    };
    this.isUnseen = false;
    this.painterIsReady = false;
    this.peer.postMessage(message, [bytes.buffer]);
    this.tell({ type: "model", model: info });
  }

  private sendWeights(live: boolean): void {
    const { model } = this;
    if (model === undefined) return;
    const arrays = Array.from(model.flow.parameters().values(), (parameter) => parameter.read() as Float32Array);
    this.painterIsReady = false;
    this.isUnseen = false;
    this.sentAt = performance.now();
    const step = this.run?.whole.step ?? this.outcome?.step ?? 0;
    this.peer.postMessage(
      { type: "weights", arrays, step, live } satisfies PeerMessage,
      arrays.map((array) => array.buffer),
    );
  }

  private modelFile(): Uint8Array<ArrayBuffer> {
    if (this.model === undefined) throw new Error("Expected a model to save, got none.");
    const { flow, info, settings, metadata } = this.model;
    const own = { table: tableSchemaToJson(info.schema), fit: fitMetadata(info, settings, this.outcome) };
    return encodeModel(flow, standard, { metadata: metadata ?? own });
  }

  /** Writes the run to the storage of the browser. */
  private async keep(what: Pick<StoredRun, "settings" | "checkpoint" | "bytes" | "outcome">): Promise<void> {
    if (this.id === undefined || this.data === undefined || this.model === undefined) return;
    this.writtenAt = performance.now();
    const progress = this.run?.whole;
    if (progress === undefined) return;
    const run: StoredRun = {
      ...what,
      address: formatSettings(what.settings),
      file: this.data.file,
      data: this.data.info,
      model: this.model.info,
      progress,
      rateScale: this.run?.rateScale ?? 1,
      time: Date.now(),
    };
    try {
      await this.store.put(this.id, run);
    } catch {
      // Storage is full or refused: the run goes on, and is not found again after a reload.
      this.id = undefined;
    }
  }

  private async forget(): Promise<void> {
    if (this.id === undefined) return;
    try {
      await this.store.remove(this.id);
    } catch {
      this.id = undefined;
    }
  }

  /** Starts a backend; where wasm can't start, cpu does. */
  private async start(name: "wasm" | "cpu"): Promise<void> {
    if ((await describeBackend()).name === name) return;
    await useBackend(name).catch(async (error: unknown) => {
      if (name === "cpu") throw error;
      await useBackend("cpu");
    });
    await this.tellBackend();
  }

  private async tellBackend(): Promise<void> {
    const backend: BackendInfo = { ...(await describeBackend()), cores: navigator.hardwareConcurrency ?? 1 };
    this.tell({ type: "backend", backend });
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
