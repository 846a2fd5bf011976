import { Agent, get, request } from "node:http";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { useBackend } from "@pushforward/backend";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { DEEP } from "../../testing/test/deep.ts";
import { flowFile, fruitFile, ServedFiles } from "../test/served-files.ts";
import { type RunningServer, type ServeOptions, serve } from "./serve.ts";

const files = new ServedFiles();
const told: string[] = [];
let server: RunningServer;
let isOpen = false;

async function start(options: Omit<ServeOptions, "port" | "log">): Promise<void> {
  told.length = 0;
  server = await serve({ ...options, port: 0, log: (line) => told.push(line) });
  isOpen = true;
}
async function close(): Promise<void> {
  if (isOpen) await server.close();
  isOpen = false;
}

/** How often the file is swapped; at each second swap a worker is killed. */
const SWAPS = DEEP ? 4 : 2;
/** Milliseconds of a test that waits for several states. */
const SLOW = 300_000;
/** Milliseconds that a state may take to come, on a machine as slow as it may be. */
const PATIENCE = 45_000;

beforeAll(async () => {
  await useBackend("wasm");
  files.write("fruit.st", await fruitFile());
});
afterEach(close);
afterAll(() => files.remove());

const body = JSON.stringify({ rows: [{ a: 1, b: 2 }] });
const KEPT = { "content-type": "application/json", authorization: "Bearer secret" };
/** Without a connection that is kept alive, for which a server that closes waits. */
const CLOSED = { connection: "close" };
const headers = { ...KEPT, ...CLOSED };

async function score(): Promise<{ status: number; logDensity: number }> {
  const response = await fetch(`${server.url}/score`, { method: "POST", headers, body });
  const { logDensity = [] } = (await response.json()) as { logDensity?: number[] };
  return { status: response.status, logDensity: logDensity[0] ?? Number.NaN };
}

const health = async () => (await (await fetch(`${server.url}/health`, { headers })).json()) as Record<string, never>;

test("nothing is lost while the file is swapped and workers are killed, and every answer is one of the models'", {
  timeout: SLOW,
}, async () => {
  const bytes = [flowFile(1), flowFile(2)];
  await files.replace("model.st", bytes[0] as Uint8Array);
  await start({ models: [files.path("model.st")], workers: 2 });
  const first = (await score()).logDensity;
  await files.replace("model.st", bytes[1] as Uint8Array);
  await until("an answer of the new file", async () => (await score()).logDensity !== first);
  const known = new Set([first, (await score()).logDensity]);
  expect(known.size).toBe(2);
  const results = new Map<number, number>();
  let [isDone, answered] = [false, 0];
  const client = async (): Promise<void> => {
    while (!isDone) {
      const { status, logDensity } = await score();
      answered++;
      results.set(status, (results.get(status) ?? 0) + 1);
      expect(known).toContain(logDensity);
    }
  };
  const clients = Array.from({ length: 8 }, client);
  const count = (words: string): number => told.filter((line) => line.includes(words)).length;
  try {
    for (let i = 0; i < SWAPS; i++) {
      const before = count(" in place of ");
      await files.replace("model.st", bytes[i % 2] as Uint8Array);
      await until("a swap", async () => count(" in place of ") > before);
      if (i % 2 === 0) continue;
      const [killed, [pid]] = [count("SIGKILL"), server.pids];
      process.kill(pid as number, "SIGKILL");
      await until("a worker in place of the killed one", async () => count("SIGKILL") > killed);
    }
  } finally {
    isDone = true;
  }
  await Promise.all(clients);
  expect(Object.fromEntries(results)).toEqual({ 200: answered });
  expect([count(" in place of "), count("SIGKILL")]).toEqual([SWAPS + 1, SWAPS / 2]);
});

test("a broken file keeps the model before; a token is asked for where data are told; only known hosts are answered", {
  timeout: SLOW,
}, async () => {
  await files.replace("model.st", flowFile(1));
  await start({ models: [files.path("model.st")], token: "secret", allowedHosts: ["Models.example"] });
  const before = await score();
  await files.replace("model.st", flowFile(2).slice(0, 500));
  await until("degraded", async () => (await health())["status"] === "degraded");
  expect(await health()).toMatchObject({ models: [{ name: "model", error: expect.stringContaining("model.st") }] });
  expect(await score()).toEqual(before);
  await files.replace("model.st", flowFile(2));
  await until("ok", async () => (await health())["status"] === "ok");
  expect((await score()).logDensity).not.toBe(before.logDensity);
  expect(told.filter((line) => line.includes("is kept"))).toEqual([expect.stringContaining("model.st")]);

  const status = async (path: string, authorization?: string): Promise<number> => {
    const method = path === "/score" ? { method: "POST", body } : {};
    return (
      await fetch(`${server.url}${path}`, {
        ...method,
        headers: { "content-type": "application/json", ...CLOSED, ...(authorization && { authorization }) },
      })
    ).status;
  };
  expect(await Promise.all(["/score", "/metrics", "/models"].map((path) => status(path)))).toEqual([401, 401, 401]);
  expect(
    await Promise.all(["Bearer wrong", "Basic secret", "Bearer", "secret"].map((text) => status("/score", text))),
  ).toEqual([401, 401, 401, 401]);
  expect(await Promise.all(["/score", "/metrics", "/models"].map((path) => status(path, "Bearer secret")))).toEqual([
    200, 200, 200,
  ]);
  expect(await Promise.all(["/health", "/openapi.json", "/docs/"].map((path) => status(path)))).toEqual([
    200, 200, 200,
  ]);
  // Without the token, only that the server is there.
  expect(await (await fetch(`${server.url}/health`, { headers: CLOSED })).json()).toEqual({ status: "ok" });
  const wrong = { ...CLOSED, authorization: "Bearer wrong" };
  expect(await (await fetch(`${server.url}/health`, { headers: wrong })).json()).toEqual({ status: "ok" });
  expect(Object.keys(await health())).toEqual(["status", "models", "workers", "seconds"]);
  const port = new URL(server.url).port;
  const ask = (host: string): Promise<{ status: number; type: string }> =>
    new Promise((resolve, reject) => {
      get({ port, path: "/models", headers: { ...CLOSED, host, authorization: "Bearer secret" } }, (response) => {
        response.resume();
        resolve({ status: response.statusCode ?? 0, type: response.headers["content-type"] ?? "" });
      }).on("error", reject);
    });
  const allowed = ["localhost", `localhost:${port}`, "127.0.0.1", "[::1]:80", "models.EXAMPLE:8080", "a.localhost"];
  for (const host of allowed) expect([host, (await ask(host)).status]).toEqual([host, 200]);
  for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "192.0.2.7", "x@localhost"]) {
    const { status, type } = await ask(host);
    expect([host, status === 421 || status === 400, type]).toEqual([host, true, "application/problem+json"]);
  }
});

/** A request that a worker computes for longer than any test waits. */
function endless(signal: AbortSignal | null = null): Promise<Response> {
  const rows = Array.from({ length: 20_000 }, () => ({ fruit: "pear" }));
  const body = JSON.stringify({ rows, draws: 100_000 });
  return fetch(`${server.url}/impute`, { method: "POST", headers, body, signal });
}

const sample = () => fetch(`${server.url}/sample`, { method: "POST", headers, body: '{"count":3}' });
const isBusy = async () => JSON.stringify((await health())["workers"]).includes('"busy"');

test.runIf(DEEP)("what takes too long is given up with 504, and others are answered", { timeout: SLOW }, async () => {
  await start({ models: [files.path("fruit.st")], timeout: 3, workers: 2, maxRows: 1_000_000 });
  let isAnswered = false;
  const slow = endless().finally(() => {
    isAnswered = true;
  });
  await until("a busy worker", isBusy);
  // On a slow machine the first samples may take longer than the limit.
  await until("samples from the other worker", async () => isAnswered || (await sample()).status === 200);
  expect((await sample()).status).not.toBe(504);
  const response = await slow;
  expect([response.status, await response.json()]).toMatchObject([504, { title: "Took too long" }]);
});

test.runIf(DEEP)("the event loop is free while a model computes", { timeout: SLOW }, async () => {
  await start({ models: [files.path("fruit.st")], timeout: 1, maxRows: 1_000_000 });
  let isAnswered = false;
  const slow = endless().finally(() => {
    isAnswered = true;
  });
  await until("a busy worker", isBusy);
  expect([await health(), isAnswered]).toMatchObject([{ workers: [{ lane: "light" }, { state: "busy" }] }, false]);
  expect((await slow).status).toBe(504);
});

test("a server that stops answers what has come, and refuses what comes", { timeout: SLOW }, async () => {
  await start({ models: [files.path("fruit.st")], timeout: 120 });
  const rows = Array.from({ length: 5 }, () => ({ fruit: "pear" }));
  const slow = fetch(`${server.url}/impute`, { method: "POST", headers, body: JSON.stringify({ rows, draws: 50 }) });
  await until("a busy worker", isBusy);
  const closed = close();
  const late = await sample();
  expect([late.status, late.headers.get("connection"), late.headers.get("retry-after")]).toEqual([503, "close", "1"]);
  expect(await late.json()).toMatchObject({
    title: "Unavailable",
    detail: expect.stringContaining("before its shutdown"),
  });
  expect((await slow).status).toBe(200);
  await closed;
  await expect(fetch(`${server.url}/health`)).rejects.toThrow();
});

test("without a token, no paths, tensors or processes are told, and a server that stops resets no connection that is kept alive", {
  timeout: SLOW,
}, async () => {
  await files.replace("model.st", flowFile(1));
  await start({ models: [files.path("model.st")] });
  await files.replace("model.st", flowFile(2).slice(0, 500));
  await until("degraded", async () => (await health())["status"] === "degraded");
  const own = files.folder.slice(files.folder.lastIndexOf("/") + 1);
  for (const path of ["/health", "/models"]) {
    const text = await (await fetch(`${server.url}${path}`)).text();
    expect(text).toContain("the reason is in the log of the server");
    for (const word of [own, ...server.pids.map((pid) => `:${pid},`), "tensor", "model.st"]) {
      expect(text).not.toContain(word);
    }
  }
  const agent = new Agent({ keepAlive: true });
  const failures: string[] = [];
  const statuses = new Set<number>();
  let isDone = false;
  const stopped = new Set<number>();
  const ask = (i: number): Promise<void> =>
    new Promise((resolve) => {
      const sent = request(`${server.url}/score`, { method: "POST", headers: KEPT, agent }, (response) => {
        statuses.add(response.statusCode ?? 0);
        // To come again at once is no use: the answer says when.
        if (response.statusCode === 503) stopped.add(i);
        response.resume();
        response.on("end", resolve);
      });
      sent.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "ECONNREFUSED") isDone = true;
        else failures.push(`${error.code}: ${error.message}`);
        resolve();
      });
      sent.end(body);
    });
  const client = async (_: unknown, i: number): Promise<void> => {
    while (!isDone && !stopped.has(i)) {
      await ask(i);
      // Some connections are idle when the server stops.
      await delay((i % 8) * 20);
    }
  };
  const clients = Array.from({ length: 64 }, client);
  await delay(300);
  await close();
  isDone = true;
  await Promise.all(clients);
  agent.destroy();
  expect(failures).toEqual([]);
  expect([...statuses].sort()).toEqual([200, 503]);
});

test("a condition that no row can meet is refused before the model is prepared, while another request computes", {
  timeout: SLOW,
}, async () => {
  await start({ models: [files.path("fruit.st")], timeout: 20, maxRows: 1_000_000 });
  const given = async (condition: object): Promise<{ status: number; detail: string; ms: number }> => {
    const sent = performance.now();
    const asked = { method: "POST", headers, body: JSON.stringify({ given: condition }) };
    const response = await fetch(`${server.url}/given`, asked);
    const { detail } = (await response.json()) as { detail: string };
    return { status: response.status, detail, ms: performance.now() - sent };
  };
  await given({ size: { min: 1e9 } });
  const aborted = new AbortController();
  const slow = endless(aborted.signal).catch(() => undefined);
  await until("a busy worker", isBusy);
  const wrong = [{ size: { min: 1e9 } }, { size: { below: -50 } }, { size: { in: [1e7, 1e8] } }, { size: 1e9 }];
  const answers = await Promise.all([...wrong, { fruit: "plum" }, { nosuch: 1 }].map(given));
  for (const { status, detail } of answers) {
    expect([status, detail]).toEqual([400, expect.stringMatching(/^given: expected .*, got .*\.$/)]);
  }
  if (DEEP) {
    const single = await given({ size: { min: 1e9 } });
    expect(single.ms).toBeLessThan(50);
  }
  expect(await isBusy()).toBe(true);
  aborted.abort();
  await slow;
  for (const pid of server.pids) process.kill(pid, "SIGKILL");
});

test.runIf(DEEP)("what cannot be served is refused with a sentence", async () => {
  await files.replace("broken.st", "no model");
  await files.replace("model.st", flowFile(1));
  await expect(start({ models: [] })).rejects.toThrow("serve: expected at least one model, got none.");
  await expect(start({ models: [files.path("broken.st")] })).rejects.toThrow('"broken.st": ');
  await expect(start({ models: [files.path("nosuch.st")] })).rejects.toThrow("expected a readable file, got ENOENT");
  await expect(start({ models: [files.path("model.st"), `${files.folder}/./model.st`] })).rejects.toThrow(
    "different names",
  );
  await start({ models: [files.path("model.st")] });
  const port = Number(new URL(server.url).port);
  await expect(serve({ models: [files.path("model.st")], port })).rejects.toThrow(
    "expected a free port on a local address",
  );
});

/** Waits for a state, and fails with what the server is and has told. */
async function until(state: string, isTrue: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!(await isTrue())) {
    if (performance.now() > end) {
      const seen = await health().catch((error: unknown) => String(error));
      throw new Error(`expected ${state} within ${PATIENCE} ms, got ${JSON.stringify(seen)}\n${told.join("\n")}`);
    }
    await delay(20);
  }
}

test("a client that goes away before its body has come whole, or in broken pieces, is no internal error", async () => {
  await files.replace("model.st", flowFile(1));
  await start({ models: [files.path("model.st")] });
  const { hostname, port, host } = new URL(server.url);
  for (const rest of ["content-length: 100\r\n\r\n{", 'transfer-encoding: chunked\r\n\r\n5\r\n{"row\r\nZZ\r\n']) {
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(`POST /score HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n${rest}`);
        setTimeout(() => socket.destroy(), 200);
      });
      socket.resume();
      socket.once("close", () => resolve());
    });
  }
  await close();
  expect(told.filter((line) => line.includes("error"))).toEqual([]);
});
