/**
 * Lets other work of the event loop run: timers, input, Ctrl-C, the browser's screen. A resolved promise would not do:
 * microtasks run before all of these.
 */
function macrotask(): Promise<void> {
  if (typeof setImmediate === "function") return new Promise((resolve) => setImmediate(resolve));
  // Browsers stretch nested timers to 4 ms, messages not.
  if (typeof MessageChannel === "function") {
    return new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(undefined);
    });
  }
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Longest time in ms that work keeps the event loop, by default. */
const MILLISECONDS = 25;

/**
 * Cuts long work into slices, so that timers, input, an AbortSignal and the browser's screen get their turn in between.
 *
 * @example
 * const slice = new TimeSlice();
 * let sum = 0;
 * for (let i = 0; i < 1e6; i++) {
 *   sum += Math.sqrt(i);
 *   if (slice.isOver) await slice.breathe();
 * }
 */
export class TimeSlice {
  private start: number = performance.now();
  private readonly milliseconds: number;

  constructor(milliseconds: number = MILLISECONDS) {
    this.milliseconds = milliseconds;
  }

  /** True when it is time to breathe. */
  get isOver(): boolean {
    return performance.now() - this.start >= this.milliseconds;
  }

  /** Lets the event loop run when the slice is over. */
  async breathe(): Promise<void> {
    if (!this.isOver) return;
    await macrotask();
    this.start = performance.now();
  }
}
