import type { Browser, Page } from "playwright-core";

/** Longest tasks during some work, in ms of processor time, which is independent of other processes on the machine. */
export interface LongestTasks {
  readonly page: number;
  readonly workers: number;
}

interface TraceEvent {
  readonly ph: string;
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds of the processor. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** Notes the tasks of the page and of its workers. */
export async function longestTasks(browser: Browser, page: Page, run: () => Promise<void>): Promise<LongestTasks> {
  await browser.startTracing(page, { categories: ["toplevel", "disabled-by-default-devtools.timeline", "__metadata"] });
  await run();
  const trace = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  const threads = new Map<string, string>();
  for (const { ph, name, pid, tid, args } of trace.traceEvents) {
    if (ph === "M" && name === "thread_name") threads.set(`${pid} ${tid}`, args?.name ?? "");
  }
  const longest = (thread: RegExp): number => {
    const tasks = trace.traceEvents.filter(
      ({ name, pid, tid }) => /RunTask$/.test(name) && thread.test(threads.get(`${pid} ${tid}`) ?? ""),
    );
    if (tasks.length < 100) throw new Error(`longestTasks: expected a trace of tasks, got ${tasks.length}.`);
    return Math.max(...tasks.map(({ tdur = 0 }) => tdur)) / 1000;
  };
  return { page: longest(/RendererMain/), workers: longest(/DedicatedWorker/) };
}
