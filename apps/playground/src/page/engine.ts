import type { PainterApi, PainterEvent, Role, TrainerApi, TrainerEvent } from "../shared/protocol.ts";
import { Caller } from "../shared/rpc.ts";

/** Time between two pings of a worker, and maximum time without an answer, in ms. A training step may be long. */
const HEARTBEAT = 2000;
const SILENCE = 60_000;

/** Events from the engine to the page. */
interface EngineHooks {
  trainer(event: TrainerEvent): void;
  painter(event: PainterEvent): void;
  /** A worker has ended, or does not answer any more. */
  crashed(which: "trainer" | "painter", message: string): void;
}

/** The two workers of the page: one trains, one draws. */
class Engine {
  readonly trainer: Caller<TrainerApi, TrainerEvent>;
  readonly painter: Caller<PainterApi, PainterEvent>;
  private readonly workers: Worker[] = [];
  private readonly hooks: EngineHooks;
  private readonly lives = { trainer: lifeName(), painter: lifeName() };
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isClosed = false;

  constructor(hooks: EngineHooks) {
    this.hooks = hooks;
    const channel = new MessageChannel();
    this.trainer = new Caller<TrainerApi, TrainerEvent>(this.open("trainer", channel.port1), hooks.trainer);
    this.painter = new Caller<PainterApi, PainterEvent>(this.open("painter", channel.port2), hooks.painter);
    for (const which of ["trainer", "painter"] as const) void this.watch(which);
  }

  /** Terminates both workers. */
  close(reason = "The workers were ended."): void {
    if (this.isClosed) return;
    this.isClosed = true;
    clearTimeout(this.timer);
    for (const worker of this.workers) worker.terminate();
    this.trainer.close(new EngineClosed(reason));
    this.painter.close(new EngineClosed(reason));
  }

  /** Starts a worker and returns the port for its calls. */
  private open(role: Role["role"], peer: MessagePort): MessagePort {
    const calls = new MessageChannel();
    const worker = new Worker(new URL("../engine/worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.crash(role, event.message || "it could not be loaded");
    });
    worker.addEventListener("messageerror", () => this.crash(role, "it sent what can't be read"));
    worker.postMessage({ role, calls: calls.port2, peer, life: this.lives[role] } satisfies Role, [calls.port2, peer]);
    this.workers.push(worker);
    return calls.port1;
  }

  /**
   * Waits until a worker stops. Uses the lock of the worker if the browser supports locks, otherwise pings the worker
   * until it does not answer.
   */
  private async watch(which: "trainer" | "painter"): Promise<void> {
    const caller: Caller<Pick<TrainerApi, "ping">, unknown> = this[which] as never;
    try {
      await caller.call("ping", null);
      if (navigator.locks !== undefined) {
        await navigator.locks.request(this.lives[which], () => {});
        this.crash(which, "it has ended");
        return;
      }
      for (;;) {
        await new Promise((resolve) => {
          this.timer = setTimeout(resolve, HEARTBEAT);
        });
        const silence = setTimeout(() => this.crash(which, "it does not answer any more"), SILENCE);
        await caller.call("ping", null);
        clearTimeout(silence);
      }
    } catch {
      // The engine was closed.
    }
  }

  private crash(which: "trainer" | "painter", message: string): void {
    if (this.isClosed) return;
    this.close(message);
    this.hooks.crashed(which, message);
  }
}

let lives = 0;

/** A name that no other worker of this browser has. */
function lifeName(): string {
  return `pushforward-playground-${performance.timeOrigin}-${Math.random()}-${lives++}`;
}

/** The worker of a call has stopped. The page reports this once, not for each call. */
export class EngineClosed extends Error {}

let engine: Engine;

/** Starts the workers. */
export function startWorkers(hooks: EngineHooks): void {
  engine = new Engine(hooks);
}

/** Returns the current workers, which are new after a crash. */
export function workers(): Engine {
  return engine;
}
