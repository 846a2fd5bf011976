import type { PainterApi, PainterEvent, Role, TrainerApi, TrainerEvent } from "../shared/protocol.ts";
import { Caller } from "../shared/rpc.ts";

/** Time between two calls that ask whether a worker lives, and the longest without an answer, in ms. */
const HEARTBEAT = 2000;
const SILENCE = 12_000;

/** What the engine tells the page. */
export interface EngineHooks {
  trainer(event: TrainerEvent): void;
  painter(event: PainterEvent): void;
  /** A worker has ended, or does not answer any more. */
  crashed(which: "trainer" | "painter", message: string): void;
}

/** The two workers of the page: one trains, one draws. */
export class Engine {
  readonly trainer: Caller<TrainerApi, TrainerEvent>;
  readonly painter: Caller<PainterApi, PainterEvent>;
  private readonly workers: Worker[] = [];
  private readonly hooks: EngineHooks;
  private readonly heard = { trainer: performance.now(), painter: performance.now() };
  private readonly timer: ReturnType<typeof setInterval>;
  private isClosed = false;

  constructor(hooks: EngineHooks) {
    this.hooks = hooks;
    const channel = new MessageChannel();
    this.trainer = new Caller<TrainerApi, TrainerEvent>(this.open("trainer", channel.port1), (event) => {
      this.heard.trainer = performance.now();
      hooks.trainer(event);
    });
    this.painter = new Caller<PainterApi, PainterEvent>(this.open("painter", channel.port2), (event) => {
      this.heard.painter = performance.now();
      hooks.painter(event);
    });
    let last = performance.now();
    this.timer = setInterval(() => {
      const now = performance.now();
      // A page that slept has heard nothing, and that means nothing.
      if (now - last > 2 * HEARTBEAT) this.heard.trainer = this.heard.painter = now;
      last = now;
      for (const which of ["trainer", "painter"] as const) {
        if (now - this.heard[which] > SILENCE) this.crash(which, "it does not answer any more");
        const caller: Caller<Pick<TrainerApi, "ping">, unknown> = this[which] as never;
        caller.call("ping", null).then(
          () => {
            this.heard[which] = performance.now();
          },
          () => {},
        );
      }
    }, HEARTBEAT);
  }

  /** Ends both workers. */
  close(reason = "The workers were ended."): void {
    if (this.isClosed) return;
    this.isClosed = true;
    clearInterval(this.timer);
    for (const worker of this.workers) worker.terminate();
    this.trainer.close(new EngineClosed(reason));
    this.painter.close(new EngineClosed(reason));
  }

  /** Starts a worker and gives the port of its calls. */
  private open(role: Role["role"], peer: MessagePort): MessagePort {
    const calls = new MessageChannel();
    const worker = new Worker(new URL("../engine/worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.crash(role, event.message || "it could not be loaded");
    });
    worker.addEventListener("messageerror", () => this.crash(role, "it sent what can't be read"));
    worker.postMessage({ role, calls: calls.port2, peer } satisfies Role, [calls.port2, peer]);
    this.workers.push(worker);
    return calls.port1;
  }

  private crash(which: "trainer" | "painter", message: string): void {
    if (this.isClosed) return;
    this.close(message);
    this.hooks.crashed(which, message);
  }
}

/** The worker of a call has ended: the page says so once, not for each call. */
export class EngineClosed extends Error {}
