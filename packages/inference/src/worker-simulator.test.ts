import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { useBackend } from "@pushforward/backend";
import { createKey, OptionError } from "@pushforward/core";
import { Uniform } from "@pushforward/distributions";
import { beforeAll, expect, test } from "vitest";
import { DEEP } from "../../testing/test/deep.ts";
import { simulate } from "./simulate.ts";
import type { RowSimulator } from "./simulator.ts";
import { workerSimulator } from "./worker-simulator.ts";

beforeAll(() => useBackend("cpu"));

const moduleOf = (code: string): URL => new URL(`data:text/javascript,${encodeURIComponent(code)}`);
const noisy = "([mean], key) => Float64Array.from(key.normal(3), (z) => mean + z)";
const prior = () => new Uniform({ low: [-1], high: [1] });
const key = createKey(8);

// The workers run what was built, as where the package is installed.
test("gives the rows of this thread, whatever the number of workers", async () => {
  const here: RowSimulator = ([mean = 0], one) => Float64Array.from(one.normal(3), (z) => mean + z);
  const expected = await simulate({ prior: prior(), simulator: here, simulations: 40 }, { key });
  for (const threads of [1, 3]) {
    await using workers = await workerSimulator(moduleOf(`export default ${noisy}`), { threads });
    const { simulator } = workers;
    expect(workers.threads).toBe(threads);
    expect(await simulate({ prior: prior(), simulator, simulations: 40 }, { key })).toEqual(expected);
  }
});

test.runIf(DEEP)("workers that the caller makes serve their simulator, and nothing else is taken for one", async () => {
  const library = JSON.stringify(new URL("../dist/index.js", import.meta.url).href);
  const program = (simulator: string) =>
    moduleOf(`import { serveSimulator } from ${library}; serveSimulator(${simulator});`);
  const here: RowSimulator = ([mean = 0], one) => Float64Array.from(one.normal(3), (z) => mean + z);
  const expected = await simulate({ prior: prior(), simulator: here, simulations: 20 }, { key });
  let made = 0;
  const make = () => {
    made++;
    return new Worker(program(noisy), { execArgv: [] });
  };
  await using workers = await workerSimulator(make, { threads: 2 });
  expect(made).toBe(2);
  expect(await simulate({ prior: prior(), simulator: workers.simulator, simulations: 20 }, { key })).toEqual(expected);
  await expect(workerSimulator(() => new Worker(program("3"), { execArgv: [] }), { threads: 1 })).rejects.toThrow(
    /expected a worker that calls serveSimulator, got one that failed: .*a function, got number/,
  );
  await expect(workerSimulator(() => ({ postMessage() {}, terminate() {} }), { threads: 1 })).rejects.toThrow(
    "expected a function that makes a Worker of node:worker_threads, got a different result.",
  );
});

test("what a call throws is a reason, and so is a worker that ends", async () => {
  const code = `export default (parameters) => {
    if (parameters[0] < 0) throw new RangeError("negative");
    if (parameters[0] > 0.5) process.exit(1);
    return parameters;
  }`;
  await using workers = await workerSimulator(moduleOf(code), { threads: 2 });
  const run = (low: number, high: number) =>
    simulate(
      { prior: new Uniform({ low: [low], high: [high] }), simulator: workers.simulator, simulations: 20 },
      { key },
    );
  const { dropped, data } = await run(-0.5, 0.5);
  expect(dropped).toMatchObject([{ reason: "threw RangeError: negative" }]);
  expect((data.shape[0] as number) + (dropped[0]?.count as number)).toBe(20);
  await expect(run(0.6, 1)).rejects.toThrow(
    /20 × threw BackendError: a worker of the simulator has ended \(first: number 0\)/,
  );
});

test("the others go on without a worker that has ended", async () => {
  const code = "export default ([x]) => (x > 0.9 ? process.exit(1) : [x])";
  await using workers = await workerSimulator(moduleOf(code), { threads: 2 });
  const { simulator } = workers;
  await expect(simulator(Float64Array.of(1), key)).rejects.toThrow("a worker of the simulator has ended");
  for (let i = 0; i < 3; i++) expect(await simulator(Float64Array.of(0.5), key)).toEqual([0.5]);
});

test("refuses modules that simulate nothing", async () => {
  await expect(workerSimulator(moduleOf("export const a = 1"), { threads: 1 })).rejects.toThrow(
    /default export is a function, got data:.*: its default export is undefined/,
  );
  await expect(workerSimulator("file:///nowhere.js", { threads: 2 })).rejects.toThrow(OptionError);
  await expect(workerSimulator(moduleOf("export default 1"), { threads: 0 })).rejects.toThrow(
    new OptionError("workerSimulator: expected threads to be an integer from 1, got 0."),
  );
});

test.runIf(DEEP)("a process ends although its workers were not closed", { timeout: 30_000 }, async () => {
  const library = fileURLToPath(new URL("../dist/index.js", import.meta.url));
  const core = fileURLToPath(new URL("../../core/dist/index.js", import.meta.url));
  const program = `
    import { workerSimulator } from ${JSON.stringify(library)};
    import { createKey } from ${JSON.stringify(core)};
    const { simulator } = await workerSimulator(${JSON.stringify(moduleOf(`export default ${noisy}`).href)}, { threads: 2 });
    console.log((await simulator(Float64Array.of(1), createKey(0))).length);
  `;
  const run = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], { timeout: 25_000 });
  expect((await run).stdout).toBe("3\n");
});
