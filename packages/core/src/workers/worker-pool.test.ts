import { afterEach, expect, test } from "vitest";
import { OptionError } from "../errors/errors.ts";
import { nodeWorker, type WorkerEnd } from "./worker-link.ts";
import { WorkerPool, type WorkerPoolOptions } from "./worker-pool.ts";

// Workers run what was built, as where the package is installed.
const library = JSON.stringify(new URL("../../dist/plain.js", import.meta.url).href);

/** What the workers do with a request. */
const ANSWER = `async ({ wait = 0, give, fail, exit, hang, refuse }) => {
  if (hang) return new Promise(() => setInterval(() => {}, 1000));
  await new Promise((resolve) => setTimeout(resolve, wait));
  if (exit) process.exit(3);
  if (fail) throw new OptionError(fail);
  if (refuse) return () => {};
  return [told, give?.byteLength ?? give];
}`;

type Asked = Partial<Record<"wait" | "give", number> & Record<"exit" | "hang" | "refuse", boolean> & { fail: string }>;

const opened: WorkerPool<Asked, readonly [string, number]>[] = [];
afterEach(() => Promise.all(opened.splice(0).map((pool) => pool.close())));

let started = 0;
function poolOf(
  { threads, ...options }: Partial<WorkerPoolOptions> & { threads: number },
  open = "",
): WorkerPool<Asked, readonly [string, number]> {
  started = 0;
  const code = `import { OptionError, serveRequests } from ${library};
    serveRequests((told) => { ${open}; return ${ANSWER}; });`;
  const pool = new WorkerPool<Asked, readonly [string, number]>({
    open: () => {
      started++;
      return nodeWorker(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
    },
    endError: ({ words }: WorkerEnd) => new Error(`expected a worker to go on, got ${words}.`),
    told: "t",
    threads,
    ...options,
  });
  opened.push(pool);
  return pool;
}

test("answers come in the order of the items, whichever worker is faster, and items are taken as there is room", async () => {
  const pool = poolOf({ threads: 2, ahead: 2 });
  const taken: number[] = [];
  const items = function* (): Generator<number> {
    for (let i = 0; i < 9; i++) {
      taken.push(i);
      yield i;
    }
  };
  const found: number[] = [];
  for await (const { item, answer } of pool.inOrder(items(), (i) => ({ give: i, wait: i % 3 === 0 ? 60 : 0 }))) {
    expect(answer).toEqual(["t", item]);
    expect(taken.length - found.length).toBeLessThanOrEqual(4);
    found.push(item);
  }
  expect(found).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(started).toBe(2);
});

test("workers start when there is work for them", async () => {
  const pool = poolOf({ threads: 3 });
  for (let i = 0; i < 3; i++) expect(await pool.run({ give: i })).toEqual(["t", i]);
  expect(started).toBe(1);
  await pool.ready();
  expect(started).toBe(3);
});

test("buffers are handed over where that is asked for, and copied otherwise", async () => {
  const pool = poolOf({ threads: 1 });
  const buffer = new ArrayBuffer(64);
  expect(await pool.run({ give: buffer as never })).toEqual(["t", 64]);
  expect(buffer.byteLength).toBe(64);
  expect(await pool.run({ give: buffer as never }, { transfer: [buffer] })).toEqual(["t", 64]);
  expect(buffer.byteLength).toBe(0);
});

test("an error is that of its request alone, and of its class; so is an answer or a request that can't be sent", async () => {
  const pool = poolOf({ threads: 1 });
  const error = await pool.run({ fail: "a: expected b, got c." }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(OptionError);
  expect((error as Error).message).toBe("a: expected b, got c.");
  await expect(pool.run({ refuse: true })).rejects.toThrow("could not be cloned");
  await expect(pool.run({ give: (() => 1) as never })).rejects.toThrow("could not be cloned");
  expect(await pool.run({ give: 4 })).toEqual(["t", 4]);
  expect(started).toBe(1);
});

test("who aborts waits no longer, and a request that no worker has is dropped", async () => {
  const pool = poolOf({ threads: 1 });
  const [running, waiting] = [new AbortController(), new AbortController()];
  const first = pool.run({ wait: 100, give: 1 }, running);
  const second = pool.run({ exit: true }, waiting);
  const third = pool.run({ give: 3 });
  running.abort(new Error("enough"));
  waiting.abort(new Error("not needed"));
  await expect(first).rejects.toThrow("enough");
  await expect(second).rejects.toThrow("not needed");
  expect(await third).toEqual(["t", 3]);
  await expect(pool.run({ give: 4 }, { signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow("before");
});

test("a worker that dies ends its requests, and the others go on without it", async () => {
  const pool = poolOf({ threads: 2, ahead: 2 });
  await pool.ready();
  const answers = await Promise.allSettled([
    ...[{ wait: 50, exit: true }, { give: 1 }, { give: 2 }].map((request) => pool.run(request)),
    pool.run({ give: 3, wait: 80 }),
  ]);
  const ended = answers.filter(({ status }) => status === "rejected") as PromiseRejectedResult[];
  expect(ended.length).toBeGreaterThanOrEqual(1);
  for (const { reason } of ended)
    expect(String(reason)).toContain("expected a worker to go on, got one that has ended.");
  for (let i = 0; i < 3; i++) expect(await pool.run({ give: i })).toEqual(["t", i]);
  await expect(pool.run({ exit: true })).rejects.toThrow("got one that has ended.");
  await expect(pool.run({ give: 1 })).rejects.toThrow("got one that has ended.");
  expect(started).toBe(2);
});

test("a new worker takes the place of one that has died, where that is wanted", async () => {
  const pool = poolOf({ threads: 1, renews: true });
  const [dead, waiting] = [pool.run({ exit: true }), pool.run({ give: 7 })];
  await expect(dead).rejects.toThrow("got one that has ended.");
  expect(await waiting).toEqual(["t", 7]);
  expect(started).toBe(2);
});

test("a worker that can't start, or does not load, ends what waits for it", async () => {
  const failing = poolOf({ threads: 2 }, 'throw new OptionError("no model.")');
  await expect(failing.ready()).rejects.toThrow(new OptionError("no model."));
  await expect(failing.run({ give: 1 })).rejects.toThrow("no model.");
  const broken = poolOf({ threads: 1, open: () => nodeWorker(new URL("file:///nowhere.js")) });
  await expect(Promise.all([broken.run({ give: 1 }), broken.run({ give: 2 })])).rejects.toThrow(
    /expected a worker to go on, got Cannot find module/,
  );
});

test("a pool that is closed answers nothing more, and leaves no request without an answer", async () => {
  const pool = poolOf({ threads: 1 });
  const asked = [pool.run({ hang: true }), pool.run({ give: 1 })];
  await pool.run({ give: 0 }, { signal: AbortSignal.timeout(200) }).catch(() => undefined);
  const settled = Promise.allSettled(asked);
  await pool.close();
  for (const { status } of await settled) expect(status).toBe("rejected");
  await expect(pool.run({ give: 1 })).rejects.toThrow("got a pool that is closed.");
  expect(started).toBe(1);
});
