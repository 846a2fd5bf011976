import { setTimeout as delay } from "node:timers/promises";
import { useBackend } from "pushforward";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
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

beforeAll(async () => {
  await useBackend("wasm");
  files.write("fruit.st", await fruitFile());
});
afterEach(close);
afterAll(() => files.remove());

const body = JSON.stringify({ rows: [{ a: 1, b: 2 }] });
const headers = { "content-type": "application/json" };

async function score(): Promise<{ status: number; logDensity: number }> {
  const response = await fetch(`${server.url}/score`, { method: "POST", headers, body });
  const { logDensity = [] } = (await response.json()) as { logDensity?: number[] };
  return { status: response.status, logDensity: logDensity[0] ?? Number.NaN };
}

const health = async () => (await (await fetch(`${server.url}/health`)).json()) as Record<string, never>;

test("nothing is lost while the file is swapped and workers are killed, and every answer is one of the models'", async () => {
  const bytes = [flowFile(1), flowFile(2)];
  await files.replace("model.st", bytes[0] as Uint8Array);
  await start({ models: [files.path("model.st")], workers: 2 });
  const first = (await score()).logDensity;
  await files.replace("model.st", bytes[1] as Uint8Array);
  await until(async () => (await score()).logDensity !== first);
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
  for (let i = 0; i < 4; i++) {
    await files.replace("model.st", bytes[i % 2] as Uint8Array);
    await delay(400);
    const [pid] = server.pids;
    if (i % 2 === 1 && pid !== undefined) process.kill(pid, "SIGKILL");
  }
  await until(async () => told.filter((line) => line.includes("SIGKILL")).length === 2);
  isDone = true;
  await Promise.all(clients);
  expect(Object.fromEntries(results)).toEqual({ 200: answered });
  expect(told.filter((line) => line.includes(" in place of ")).length).toBeGreaterThanOrEqual(3);
});

test("a broken file keeps the model before, and is told; a good one is loaded again", async () => {
  await files.replace("model.st", flowFile(1));
  await start({ models: [files.path("model.st")] });
  const before = await score();
  await files.replace("model.st", flowFile(2).slice(0, 500));
  await until(async () => (await health())["status"] === "degraded");
  expect(await health()).toMatchObject({ models: [{ name: "model", error: expect.stringContaining("model.st") }] });
  expect(await score()).toEqual(before);
  await files.replace("model.st", flowFile(2));
  await until(async () => (await health())["status"] === "ok");
  expect((await score()).logDensity).not.toBe(before.logDensity);
  expect(told.filter((line) => line.includes("is kept"))).toEqual([expect.stringContaining("model.st")]);
});

test("what takes too long is given up with 504, and others are answered", async () => {
  await start({ models: [files.path("fruit.st")], timeout: 1, workers: 2, maxRows: 1_000_000 });
  const rows = Array.from({ length: 20_000 }, () => ({ fruit: "pear" }));
  const slow = fetch(`${server.url}/impute`, {
    method: "POST",
    headers,
    body: JSON.stringify({ rows, draws: 100_000 }),
  });
  await delay(200);
  const quick = await fetch(`${server.url}/sample`, { method: "POST", headers, body: '{"count":3}' });
  expect(quick.status).toBe(200);
  const response = await slow;
  expect([response.status, await response.json()]).toMatchObject([504, { title: "Took too long" }]);
});

test("the event loop is free while a model computes", async () => {
  await start({ models: [files.path("fruit.st")], maxRows: 1_000_000 });
  const rows = Array.from({ length: 20 }, () => ({ fruit: "pear" }));
  const slow = fetch(`${server.url}/impute`, { method: "POST", headers, body: JSON.stringify({ rows, draws: 500 }) });
  await delay(100);
  const started = performance.now();
  expect(await health()).toMatchObject({ workers: [{ state: "busy" }] });
  expect(performance.now() - started).toBeLessThan(300);
  expect((await slow).status).toBe(200);
});

test("a server that stops answers what has come, and refuses what comes", async () => {
  await start({ models: [files.path("fruit.st")] });
  const rows = Array.from({ length: 20 }, () => ({ fruit: "pear" }));
  const slow = fetch(`${server.url}/impute`, { method: "POST", headers, body: JSON.stringify({ rows, draws: 500 }) });
  await delay(100);
  const closed = close();
  const late = await fetch(`${server.url}/sample`, { method: "POST", headers, body: '{"count":3}' });
  expect([late.status, late.headers.get("connection")]).toEqual([503, "close"]);
  expect((await slow).status).toBe(200);
  await closed;
  await expect(fetch(`${server.url}/health`)).rejects.toThrow();
});

test("a token is asked for, but not by what tells nothing of the data", async () => {
  await files.replace("model.st", flowFile(1));
  await start({ models: [files.path("model.st")], token: "secret" });
  const status = async (path: string, authorization?: string): Promise<number> => {
    const method = path === "/score" ? { method: "POST", body } : {};
    return (
      await fetch(`${server.url}${path}`, {
        ...method,
        headers: { ...headers, ...(authorization && { authorization }) },
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
});

test("what cannot be served is refused with a sentence", async () => {
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
    "expected a port and host that are free",
  );
});

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await delay(50);
}
