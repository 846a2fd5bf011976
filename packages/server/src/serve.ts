import { basename, extname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { OptionError } from "@pushforward/core";
import { MOST_ANSWER_ROWS } from "@pushforward/questions/operations";
import { AllowedHosts } from "./http/allowed-hosts.ts";
import { httpApp } from "./http/http-app.ts";
import { listen } from "./http/listen.ts";
import { type ModelEvent, ServedModel } from "./models/served-model.ts";
import { ServerMetrics } from "./server-metrics.ts";
import { WorkerPool } from "./workers/worker-pool.ts";

/** Options of {@link serve}. Only the models are required. */
export interface ServeOptions {
  /** Paths of model files; a model is named after its file, without the ending. */
  readonly models: readonly string[];
  /** Default: 8080; 0 takes a free one. */
  readonly port?: number | undefined;
  /** Default: `127.0.0.1`, which only this machine reaches. */
  readonly host?: string | undefined;
  /**
   * Names that requests may have in their `Host` header in addition to `localhost`, the addresses of this machine and
   * `host`; `*` allows any. Default: none.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Token that requests must carry as `Authorization: Bearer …`. Default: none. */
  readonly token?: string | undefined;
  /** `true` to reload a model file after it changes. Default: true. */
  readonly watch?: boolean | undefined;
  /** Most rows of a request, and most that it may ask for. Default: 100,000. */
  readonly maxRows?: number | undefined;
  /** Most bytes of a body. Default: 16 MiB. */
  readonly maxBody?: number | undefined;
  /** Most seconds that a request waits for a worker, and most that it is computed. Default: 30. */
  readonly timeout?: number | undefined;
  /** Most seconds that a request takes to arrive. Default: as `timeout`. */
  readonly receiveTimeout?: number | undefined;
  /**
   * Number of worker processes for heavy requests. Half this number again, at least one, answer light requests only.
   * Default: 1.
   */
  readonly workers?: number | undefined;
  /** Most requests that wait for a worker; more are refused with 503. Default: 10,000. */
  readonly maxQueue?: number | undefined;
  /** Default: `wasm`. */
  readonly backend?: "wasm" | "cpu" | undefined;
  /** Receives log messages, in sentences. Default: no log. */
  readonly log?: ((sentence: string) => void) | undefined;
}

/** A server that runs. */
export interface RunningServer {
  /** Address of the server: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Processes of the workers. */
  readonly pids: readonly number[];
  /** Answers open requests, refuses new requests with 503, and shuts down. */
  close(): Promise<void>;
}

/** Milliseconds between looks at the model files. */
const LOOK = 250;
/** Milliseconds after `close` in which new requests still receive a refusal. */
const GRACE = 200;

/**
 * Serves models of tables over HTTP: `POST /score` and the other operations on a model, `GET /health`, `/metrics`,
 * `/models` and `/openapi.json`, and a page at `/docs`. With several models, the operations are under `/models/NAME`.
 *
 * Worker processes compute the models: simultaneous requests for log-densities share one run. A worker that exits is
 * replaced, and a different worker answers its requests. Light requests, which take milliseconds, have a separate
 * worker and never wait for heavy ones; it also refuses wrong requests at once.
 *
 * @throws {OptionError} two models with the same name, or an address on which the server can't listen. @throws {Error}
 * a file is no model.
 * @example
 * import { serve } from "@pushforward/server";
 * const start = (model: string) => serve({ models: [model], port: 0 });
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const {
    watch = true,
    timeout = 30,
    receiveTimeout = timeout,
    maxRows = MOST_ANSWER_ROWS,
    log = () => undefined,
  } = options;
  const { host = "127.0.0.1", maxBody = 1 << 24, maxQueue = 10_000 } = options;
  const paths = namedPaths(options.models);
  const models = new Map<string, ServedModel>();
  const pool = new WorkerPool({
    ...{ backend: options.backend ?? "wasm", maxRows, workers: options.workers ?? 1, timeout: 1000 * timeout },
    maxQueue,
    onEvent: (event) => {
      if (event.type === "batch") metrics.batch(event.requests, event.rows);
      else {
        metrics.workerReplaced();
        log(`worker ${event.pid} is replaced: ${event.reason}`);
      }
    },
  });
  const metrics = new ServerMetrics(pool, () => [...models.values()].map(({ status }) => status));
  const state = { isStopping: false, open: 0 };
  const onModel = (event: ModelEvent): void => {
    // A file that is loaded when the workers are ended is not to blame.
    if (state.isStopping) return;
    metrics.swapped(event.model, event.type);
    log(
      event.type === "loaded"
        ? `${event.model}: version ${event.version}${event.before === undefined ? "" : ` in place of ${event.before}`}`
        : `${event.model}: version ${event.version} is kept, because the file cannot be used: ${event.error}`,
    );
  };
  try {
    for (const [name, path] of paths) models.set(name, new ServedModel(name, path, pool, onModel));
    await Promise.all([...models.values()].map((model) => model.start()));
    const app = httpApp({
      ...{ pool, models, metrics, token: options.token, version: "1" },
      ...{ maxBody, state, log, limits: { maxRows, maxBody, timeout, maxQueue } },
      hosts: new AllowedHosts(host, options.allowedHosts ?? []),
    });
    const listening = await listen(app, {
      ...{ host, port: options.port ?? 8080 },
      ...{ timeout: 1000 * timeout, receiveTimeout: 1000 * receiveTimeout },
    });
    const looks = watch ? lookAt([...models.values()]) : undefined;
    return {
      url: listening.url,
      get pids() {
        return pool.workers.flatMap(({ pid }) => pid ?? []);
      },
      close: async () => {
        state.isStopping = true;
        clearInterval(looks);
        const until = performance.now() + 2000 * timeout;
        await delay(GRACE);
        while (state.open > 0 && performance.now() < until) await delay(20);
        await listening.close();
        await pool.close();
      },
    };
  } catch (error) {
    await pool.close();
    throw error;
  }
}

/** Checks the files of models periodically; each check finishes before the next one starts. */
function lookAt(models: readonly ServedModel[]): NodeJS.Timeout {
  let isLooking = false;
  const timer = setInterval(async () => {
    if (isLooking) return;
    isLooking = true;
    await Promise.all(models.map((model) => model.refresh()));
    isLooking = false;
  }, LOOK);
  timer.unref();
  return timer;
}

function namedPaths(paths: readonly string[]): ReadonlyMap<string, string> {
  if (paths.length === 0) throw new OptionError("serve: expected at least one model, got none.");
  const named = new Map<string, string>();
  for (const path of paths) {
    const name = basename(path, extname(path));
    const other = named.get(name);
    if (other !== undefined)
      throw new OptionError(`serve: expected models with different names, got ${other} and ${path}.`);
    named.set(name, path);
  }
  return named;
}
