import {
  ConditionalFlow,
  contextSize,
  createKey,
  decodeModel,
  describeBackend,
  encodeModel,
  Flow,
  formatCsv,
  type Json,
  ModelFileError,
  parameterCount,
  sampleRows,
  splitStandardisation,
  standard,
  type TableSchema,
  tableMetadata,
  tableSchemaFromJson,
  tableSchemaToJson,
  useBackend,
} from "pushforward";
import type {
  BackendInfo,
  DataInfo,
  ModelInfo,
  Outcome,
  PeerMessage,
  Range,
  RestoredRun,
  TrainerApi,
  TrainerEvent,
} from "../shared/protocol.ts";
import { emit, Handover, type Port, serve } from "../shared/rpc.ts";
import { formatSettings, type Settings } from "../shared/settings.ts";
import { rangeOf, thinned } from "../shared/thinned.ts";
import { commandLine } from "./command-line.ts";
import { meanNll, type NewModel, newModel } from "./new-model.ts";
import { type ReadData, readData } from "./read-data.ts";
import { RunStore, type StoredRun } from "./run-store.ts";
import {
  chooseSchema,
  contextColumns,
  contextVector,
  hasColumnsOf,
  holdOut,
  type Part,
  tableRows,
  withColumnsOf,
} from "./table-rows.ts";
import { TrainingRun } from "./training-run.ts";

/** Rows that the page draws. */
const SHOWN = 2000;
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
  readonly rows: Part;
  readonly train: Part;
  readonly validation: Part;
  readonly info: DataInfo;
  readonly file: File | undefined;
}

/** The model that is shown. */
interface Model {
  readonly flow: Flow | ConditionalFlow;
  readonly info: ModelInfo;
  readonly settings: Settings;
  /** Absent for a model from a file. */
  readonly fresh: NewModel | undefined;
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
      const wanted = opened === undefined ? settings : withColumnsOf(opened.info.schema, settings);
      const read = await readData(wanted, file);
      // Rows for the model that was opened are scored by it.
      const isForOpened = opened !== undefined && hasColumnsOf(read.table, opened.info.schema);
      const schema = isForOpened ? opened.info.schema : chooseSchema(read.table, settings);
      const rows = tableRows(read.table, schema);
      const parts = holdOut(rows, settings.seed);
      const info = dataInfo(read, schema, rows);
      this.data = { read, rows, ...parts, info, file };
      if (isForOpened) {
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

  train(settings: Settings): Promise<void> {
    return this.inTurn(async () => {
      if (this.data === undefined) throw new Error("Expected data to learn from, got none.");
      this.makeModel(settings);
      this.begin(new TrainingRun((this.model as Model).fresh as NewModel, settings, this.hooks(settings)));
    });
  }

  pause(): void {
    this.run?.pause();
  }

  resume(): void {
    this.run?.resume();
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
      const { model: flow, metadata } = decoded(name, bytes);
      if (!(flow instanceof Flow || flow instanceof ConditionalFlow)) {
        throw new ModelFileError("type", `${name}: expected a flow, got another model.`);
      }
      const schema = checkedSchema(name, flow, metadata);
      const settings = this.model?.settings;
      const fits = this.data !== undefined && sameSchema(this.data.info.schema, schema);
      if (!fits) this.data = undefined;
      const score =
        this.data === undefined ? undefined : { rows: this.data.info.rows, nll: meanNll(flow, this.data.rows) };
      const info: ModelInfo = {
        flow: nameOf(metadata) ?? "flow",
        parameters: parameterCount(flow.parameters()),
        trainRows: 0,
        validationRows: 0,
        schema,
        command: "",
        file: name,
        notes: [],
        ...(score === undefined ? {} : { score }),
      };
      this.setModel({ flow, info, settings: settings as Settings, fresh: undefined });
      await this.forget();
      return this.data?.info ?? infoOfModel(name, flow, schema);
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
      const read = await readData(settings, file);
      const schema = chooseSchema(read.table, settings);
      const rows = tableRows(read.table, schema);
      await this.start(settings.backend);
      const info = dataInfo(read, schema, rows);
      this.data = { read, rows, ...holdOut(rows, settings.seed), info, file };
      if (checkpoint !== undefined) {
        this.makeModel(settings);
        const start = { checkpoint, rateScale: stored.rateScale, progress: stored.progress };
        const run = new TrainingRun((this.model as Model).fresh as NewModel, settings, this.hooks(settings), start);
        this.begin(run);
        return { settings, data: info, model: (this.model as Model).info, progress: { ...run.whole, phase: "paused" } };
      }
      if (bytes === undefined) return null;
      const { model: flow } = decodeModel<Flow | ConditionalFlow>(bytes, standard);
      this.outcome = outcome;
      this.setModel({ flow, info: stored.model, settings, fresh: undefined }, stored.progress.step);
      return {
        ...{ settings, data: info, model: stored.model, progress: stored.progress },
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
      checkpoint: (checkpoint, now) => {
        if (now) this.sendWeights(false);
        if (!now && performance.now() - this.writtenAt < WRITE) return;
        void this.keep({ settings, checkpoint, bytes: undefined, outcome: undefined });
      },
    };
  }

  private begin(run: TrainingRun): void {
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
          ...{ settings: model.settings, checkpoint: undefined, outcome },
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
    const { flow, gaussianNll, constant } = fresh;
    const trainRows = train.x.shape[0] as number;
    const model: ModelInfo = {
      flow: settings.flow,
      parameters: parameterCount(flow.parameters()),
      trainRows,
      validationRows: validation.x.shape[0] as number,
      schema: info.schema,
      command: commandLine(settings, info, trainRows),
      notes: constant.map(
        (j) =>
          `Column “${info.schema.columns[j]}” is constant: its density has no upper bound, and the figures say little.`,
      ),
      ...(gaussianNll === undefined ? {} : { gaussianNll }),
    };
    this.setModel({ flow, info: model, settings, fresh });
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
    const { flow, info, settings } = this.model;
    const fit: Record<string, Json> = {
      flow: info.flow,
      parameters: info.parameters,
      ...(this.outcome === undefined
        ? {}
        : {
            validationNll: this.outcome.validationNll,
            trainNll: this.outcome.trainNll,
            stopped: this.outcome.reason,
            steps: this.outcome.step,
          }),
      ...(settings === undefined ? {} : { seed: settings.seed, backend: settings.backend }),
    };
    return encodeModel(flow, standard, { metadata: { table: tableSchemaToJson(info.schema), fit } });
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

function decoded(name: string, bytes: Uint8Array): ReturnType<typeof decodeModel> {
  try {
    return decodeModel(bytes, standard);
  } catch (error) {
    if (!(error instanceof ModelFileError)) throw error;
    throw new ModelFileError(error.reason, `${name}: ${error.message}`, { cause: error });
  }
}

function dataInfo(read: ReadData, schema: TableSchema, rows: Part): DataInfo {
  const count = rows.x.shape[0] as number;
  const width = schema.columns.length;
  const columns = schema.columns.map((_, j) =>
    Float64Array.from({ length: count }, (_, i) => rows.x.data[i * width + j] as number),
  );
  const contexts = contextColumns(read.table, schema);
  const indices = thinned(count, SHOWN);
  const pick = (values: Float64Array): Float64Array => Float64Array.from(indices, (i) => values[i] as number);
  return {
    name: read.name,
    rows: count,
    dropped: read.dropped,
    table: read.columns,
    schema,
    points: columns.map(pick),
    contexts: contexts.map(pick),
    ranges: read.ranges ?? columns.map((values) => rangeOf(values, 0.001, 0.08)),
    contextRanges: contexts.map((values) => rangeOf(values, 0.01, 0)),
    ...(read.entropy === undefined ? {} : { entropy: read.entropy }),
    notes: read.dropped === 0 ? [] : [`${read.dropped} rows with missing values were left out.`],
  };
}

/** Contexts of the drawn rows as the model takes them, row by row. */
function contextRows({ schema, contexts, points }: DataInfo): Float64Array | undefined {
  const size = contextSize(schema);
  if (size === 0) return undefined;
  const count = points[0]?.length ?? 0;
  const rows = new Float64Array(count * size);
  for (let i = 0; i < count; i++) {
    rows.set(
      contextVector(
        schema,
        contexts.map((values) => values[i] as number),
      ),
      i * size,
    );
  }
  return rows;
}

/** What to show of a model from a file, when there are no rows beside it. */
function infoOfModel(name: string, flow: Flow | ConditionalFlow, schema: TableSchema): DataInfo {
  const { contextStandardisation } = splitStandardisation<Flow | ConditionalFlow>(flow);
  const width = schema.columns.length;
  let at = 0;
  const contextRanges = schema.context.map((column): Range => {
    if (column.kind === "category") {
      at += column.categories.length;
      return [0, column.categories.length - 1];
    }
    const mean = contextStandardisation?.mean[at] ?? 0;
    const sd = contextStandardisation?.sd[at] ?? 1;
    at++;
    return [mean - 2 * sd, mean + 2 * sd];
  });
  const middle = schema.context.map((column, k) => {
    const [low, high] = contextRanges[k] as Range;
    return column.kind === "category" ? 0 : (low + high) / 2;
  });
  const context = schema.context.length === 0 ? undefined : contextVector(schema, middle);
  const drawn = sampleRows(
    flow,
    createKey(0).fold("window"),
    SHOWN,
    context && { shape: [1, context.length], data: context },
  );
  const ranges = schema.columns.map((_, j) =>
    rangeOf(
      Float64Array.from({ length: SHOWN }, (_, i) => drawn.data[i * width + j] as number),
      0.002,
      0.08,
    ),
  );
  return {
    ...{ name, rows: 0, dropped: 0, table: [], schema, points: [], contexts: [], ranges, contextRanges },
    notes: [],
  };
}

/** The schema of a model file, checked against the flow; names of its own where the file has none. */
function checkedSchema(name: string, flow: Flow | ConditionalFlow, metadata: Json): TableSchema {
  const base = flow.base as { readonly eventShape?: readonly number[] };
  const shape =
    flow instanceof Flow ? flow.eventShape : base.eventShape && flow.transform.forwardShape(base.eventShape);
  if (shape !== undefined && shape.length !== 1) {
    throw new ModelFileError("type", `${name}: expected a flow of rows, got events of ${shape.length} axes.`);
  }
  const size = flow instanceof ConditionalFlow ? (flow.contextShape.at(-1) ?? 0) : 0;
  const table = tableMetadata(metadata);
  const stored = table === undefined ? undefined : tableSchemaFromJson(table);
  const features = shape?.[0] ?? stored?.columns.length ?? 0;
  const schema: TableSchema = stored ?? {
    columns: Array.from({ length: features }, (_, j) => `x${j + 1}`),
    context: Array.from({ length: size }, (_, j) => ({ name: `c${j + 1}`, kind: "number" })),
  };
  if (schema.columns.length !== features || contextSize(schema) !== size) {
    throw new ModelFileError(
      "metadata",
      `${name}: expected as many columns as the flow has variables (${features}) and context (${size}), got ${schema.columns.length} and ${contextSize(schema)}.`,
    );
  }
  return schema;
}

function sameSchema(a: TableSchema, b: TableSchema): boolean {
  return JSON.stringify([a.columns, a.context]) === JSON.stringify([b.columns, b.context]);
}

function nameOf(metadata: Json): string | undefined {
  const fit = typeof metadata === "object" && metadata !== null && "fit" in metadata ? metadata.fit : undefined;
  const flow = typeof fit === "object" && fit !== null && "flow" in fit ? fit.flow : undefined;
  return typeof flow === "string" ? flow : undefined;
}
