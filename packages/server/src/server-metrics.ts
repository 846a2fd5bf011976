import type { OperationName } from "@pushforward/questions/operations";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { ModelStatus } from "./models/served-model.ts";
import type { WorkerPool } from "./workers/worker-pool.ts";

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const REQUESTS = [1, 2, 4, 8, 16, 32, 64];
const ROWS = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536];

/** Metrics of the server, in the text format of Prometheus. */
export class ServerMetrics {
  private readonly registry = new Registry();
  private readonly requests: Counter<"operation" | "model" | "status">;
  private readonly seconds: Histogram<"operation">;
  private readonly rows: Counter<"operation" | "model">;
  private readonly batchRequests: Histogram;
  private readonly batchRows: Histogram;
  private readonly replaced: Counter;
  private readonly swaps: Counter<"model" | "result">;

  constructor(pool: WorkerPool, models: () => readonly ModelStatus[]) {
    const registers = [this.registry];
    const named = (name: string, help: string) => ({ name: `pushforward_${name}`, help, registers });
    this.requests = new Counter({
      ...named("requests_total", "Answered requests"),
      labelNames: ["operation", "model", "status"],
    });
    this.seconds = new Histogram({
      ...named("request_seconds", "Time from the arrival of a request to its answer"),
      ...{ labelNames: ["operation"], buckets: SECONDS },
    });
    this.rows = new Counter({
      ...named("rows_total", "Rows that were scored, drawn, explained or filled"),
      labelNames: ["operation", "model"],
    });
    this.batchRequests = new Histogram({ ...named("batch_requests", "Requests of a run"), buckets: REQUESTS });
    this.batchRows = new Histogram({ ...named("batch_rows", "Rows of a run"), buckets: ROWS });
    this.replaced = new Counter(named("workers_replaced_total", "Workers that ended and were replaced"));
    this.swaps = new Counter({
      ...named("model_swaps_total", "Changes of model files"),
      labelNames: ["model", "result"],
    });
    new Gauge({
      ...named("queue_requests", "Requests that wait for a worker"),
      collect() {
        this.set(pool.queued);
      },
    });
    new Gauge({
      ...named("workers", "Worker processes"),
      labelNames: ["state"],
      collect() {
        this.reset();
        for (const state of ["ready", "busy", "starting"]) {
          this.set({ state }, pool.workers.filter((worker) => worker.state === state).length);
        }
      },
    });
    new Gauge({
      ...named("model_info", "The version of each model that answers requests"),
      labelNames: ["model", "version"],
      collect() {
        this.reset();
        for (const { name, version } of models()) this.set({ model: name, version }, 1);
      },
    });
    collectDefaultMetrics({ register: this.registry });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  answered(operation: OperationName, model: string, status: number, seconds: number, rows: number): void {
    this.requests.inc({ operation, model, status });
    this.seconds.observe({ operation }, seconds);
    if (rows > 0) this.rows.inc({ operation, model }, rows);
  }

  batch(requests: number, rows: number): void {
    this.batchRequests.observe(requests);
    this.batchRows.observe(rows);
  }

  workerReplaced(): void {
    this.replaced.inc();
  }

  swapped(model: string, result: "loaded" | "kept"): void {
    this.swaps.inc({ model, result });
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}
