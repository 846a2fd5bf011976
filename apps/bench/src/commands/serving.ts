import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { useBackend } from "pushforward";
import { positiveNumber, wholeNumber } from "../options.ts";
import { describeMachine, machineLines } from "../processes/machine.ts";
import { markdownTable, report } from "../report/report.ts";
import {
  HEADERS,
  type LoadResult,
  loadRun,
  replaceFile,
  requestBody,
  ServedProcess,
  servedModel,
} from "../serving/served-models.ts";

const MODEL = "model.safetensors";
const CONNECTIONS = [1, 4, 16, 64];
const ROWS = [1, 64];
/** Maximum milliseconds for 99 of 100 requests. */
const GOAL = 50;

/**
 * Tests `pushforward serve` under load, from this process. It measures requests per second for small requests. It then
 * swaps the model file each second, kills a worker now and then, and checks that every request gets a correct answer.
 */
export async function serving(args: readonly string[]): Promise<void> {
  const option = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { seconds: option, minutes: option, workers: option, connections: option, kill: option },
  });
  const seconds = positiveNumber("seconds", values.seconds ?? "10");
  const minutes = positiveNumber("minutes", values.minutes ?? "10");
  const workers = wholeNumber("workers", values.workers ?? "2");
  const connections = wholeNumber("connections", values.connections ?? "64");
  const killSeconds = positiveNumber("kill", values.kill ?? "20");
  await useBackend("wasm");
  const folder = mkdtempSync(join(tmpdir(), "pushforward-serving-"));
  try {
    const machine = describeMachine(undefined);
    const models = [servedModel(1), servedModel(2)] as const;
    const rates = await measureRates(folder, models[0], seconds);
    const lasting = await measureLasting(folder, models, { minutes, workers, connections, killSeconds });
    const lines = [
      ...machineLines(machine),
      "",
      `Requests for log-densities of a spline flow of 5 columns, one worker, ${seconds} s each:`,
      "",
      markdownTable(
        ["rows", "connections", "requests per second", "p50, ms", "p99, ms", "max, ms", "not answered"],
        rates.map(({ rows, connections: c, result }) => [
          ...[rows, c, result.requests.average.toFixed(0), result.latency.p50, result.latency.p99].map(String),
          ...[result.latency.max, lostOf(result)].map(String),
        ]),
      ),
      "",
      ...ROWS.map((rows) => bestLine(rows, rates)),
      "",
      ...lastingLines(lasting),
    ];
    await report("serving", lines.join("\n"), { machine, rates, lasting });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Rate {
  readonly rows: number;
  readonly connections: number;
  readonly result: LoadResult;
}

async function measureRates(folder: string, model: Uint8Array, seconds: number): Promise<readonly Rate[]> {
  await replaceFile(folder, MODEL, model);
  const server = await ServedProcess.start(join(folder, MODEL), 1);
  const rates: Rate[] = [];
  for (const rows of ROWS) {
    const body = requestBody(rows);
    const right = await answerTo(server, body);
    const isRight = (answer: string): boolean => answer === right;
    // The first requests compile the code.
    await loadRun({ url: `${server.url}/score`, body, connections: 4, seconds: 2, isRight });
    for (const connections of CONNECTIONS) {
      const result = await loadRun({ url: `${server.url}/score`, body, connections, seconds, isRight });
      rates.push({ rows, connections, result });
      console.error(
        `${rows} rows, ${connections} connections: ${result.requests.average} per second, p99 ${result.latency.p99} ms`,
      );
    }
  }
  await server.stop();
  return rates;
}

interface LastingOptions {
  readonly minutes: number;
  readonly workers: number;
  readonly connections: number;
  readonly killSeconds: number;
}

interface Lasting extends LastingOptions {
  readonly result: LoadResult;
  readonly swaps: number;
  readonly swapsServed: number;
  readonly kills: number;
  readonly replaced: number;
  /** Mebibytes of the server process, at the start and at the end. */
  readonly memory: readonly [start: number, end: number];
  readonly exitCode: number | null;
}

async function measureLasting(
  folder: string,
  models: readonly [Uint8Array, Uint8Array],
  options: LastingOptions,
): Promise<Lasting> {
  const body = requestBody(1);
  await replaceFile(folder, MODEL, models[0]);
  const server = await ServedProcess.start(join(folder, MODEL), options.workers);
  const right = new Set([await answerTo(server, body)]);
  await replaceFile(folder, MODEL, models[1]);
  while (right.size === 1) right.add(await answerTo(server, body));
  const memoryOf = async (): Promise<number> => (await server.metric("process_resident_memory_bytes")) / 2 ** 20;
  const first = await memoryOf();
  let [swaps, kills, isDone] = [0, 0, false];
  const trouble = (async () => {
    for (const started = performance.now(); !isDone; ) {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await replaceFile(folder, MODEL, models[swaps++ % 2] as Uint8Array);
      if (performance.now() - started < 1000 * options.killSeconds * (kills + 1)) continue;
      const { workers } = await server.health();
      const victim = workers[kills++ % workers.length];
      if (victim !== undefined) process.kill(victim.pid, "SIGKILL");
    }
  })();
  const result = await loadRun({
    ...{ url: `${server.url}/score`, body, connections: options.connections, seconds: 60 * options.minutes },
    isRight: (answer) => right.has(answer),
  });
  isDone = true;
  await trouble;
  const swapsServed = await server.metric("pushforward_model_swaps_total");
  const replaced = await server.metric("pushforward_workers_replaced_total");
  const memory = [first, await memoryOf()] as const;
  return { ...options, result, swaps, swapsServed, kills, replaced, memory, exitCode: await server.stop() };
}

async function answerTo({ url }: ServedProcess, body: string): Promise<string> {
  return await (await fetch(`${url}/score`, { method: "POST", headers: HEADERS, body })).text();
}

/** Requests without a right answer. */
function lostOf({ non2xx, errors, mismatches }: LoadResult): number {
  return non2xx + errors + mismatches;
}

function bestLine(rows: number, rates: readonly Rate[]): string {
  const good = rates.filter((rate) => rate.rows === rows && rate.result.latency.p99 <= GOAL);
  const best = Math.max(0, ...good.map(({ result }) => result.requests.average));
  return `${rows} ${rows === 1 ? "row" : "rows"}: ${best.toFixed(0)} requests per second, ${(rows * best).toFixed(0)} rows per second, at a p99 of at most ${GOAL} ms.`;
}

function lastingLines({ result, ...run }: Lasting): string[] {
  const { requests, latency } = result;
  return [
    `${run.minutes} minutes with ${run.connections} connections, 1 row, ${run.workers} workers:`,
    "",
    `- ${requests.total} requests answered, ${requests.average.toFixed(0)} per second; p50 ${latency.p50} ms, p99 ${latency.p99} ms, p99.9 ${latency.p99_9} ms, max ${latency.max} ms`,
    `- ${result.non2xx} other than 200, ${result.errors} errors, ${result.timeouts} timeouts, ${result.mismatches} answers of neither model`,
    `- the file was swapped ${run.swaps} times, and ${run.swapsServed} versions were served; ${run.kills} workers were killed, ${run.replaced} replaced`,
    `- memory of the server ${run.memory[0].toFixed(0)} MiB at the start and ${run.memory[1].toFixed(0)} MiB at the end; exit code ${run.exitCode}`,
  ];
}
