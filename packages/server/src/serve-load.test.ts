import { Agent, request } from "node:http";
import { useBackend } from "@pushforward/backend";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEEP } from "../../testing/test/deep.ts";
import { fruitFile, ServedFiles } from "../test/served-files.ts";
import { type RunningServer, serve } from "./serve.ts";

const files = new ServedFiles();
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
let server: RunningServer;

/** Connections of light requests, milliseconds for which they send them, and what 99 of 100 answers may take. */
const CLIENTS = DEEP ? 64 : 16;
const MILLISECONDS = DEEP ? 6_000 : 500;
const MOST_P99 = 200;

beforeAll(async () => {
  await useBackend("wasm");
  files.write("fruit.st", await fruitFile());
  server = await serve({ models: [files.path("fruit.st")], port: 0, timeout: 120 });
  await post("/score", JSON.stringify(pear(1)));
}, 120_000);
afterAll(async () => {
  agent.destroy();
  await server.close();
  files.remove();
});

const pear = (rows: number) => ({
  rows: Array.from({ length: rows }, (_, i) => ({
    fruit: "pear",
    size: 50 + (i % 20),
    when: "03.03.2021",
    price: null,
  })),
});

/** The status of an answer, and the milliseconds until it had come. */
function post(path: string, text: string, ownAgent = agent): Promise<{ status: number; ms: number }> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    const sent = request(`${server.url}${path}`, { method: "POST", agent: ownAgent, headers }, (response) => {
      response.resume();
      response.on("end", () => resolve({ status: response.statusCode ?? 0, ms: performance.now() - start }));
    });
    sent.on("error", reject);
    sent.end(text);
  });
}

/** Short runs have heavy requests of about a second. */
const size = (rows: number): number => Math.ceil(DEEP ? rows : rows / 20);
const HEAVY: readonly [path: string, body: object][] = [
  ["/given", { given: { fruit: "apple", size: { min: 45 } }, count: size(20_000) }],
  ["/impute", { rows: Array.from({ length: size(400) }, () => ({ fruit: "pear" })), draws: 1000 }],
  ["/explain", pear(size(40_000))],
  ["/sample", { count: size(50_000) }],
  ["/score", pear(size(100_000))],
  ["/score", { ...pear(size(400)), marginal: true }],
];

// Short runs take a question, and rows that are drawn.
describe.each(DEEP ? HEAVY : HEAVY.filter(([path]) => ["/given", "/sample"].includes(path)))(
  "while %s computes",
  (path, asked) => {
    // In the time of the clients the body is only sent.
    const body = JSON.stringify(asked);
    test("light requests are answered before it is", { timeout: 300_000 }, async () => {
      const own = new Agent({ keepAlive: true });
      let [isDone, isHeavyDone] = [false, false];
      const statuses = new Set<number>();
      const heavy = (async () => {
        do {
          isHeavyDone = false;
          statuses.add((await post(path, body, own)).status);
          isHeavyDone = true;
        } while (!isDone && DEEP);
      })();
      const lights: number[] = [];
      const end = performance.now() + MILLISECONDS;
      const isLight = [
        ["/score", JSON.stringify(pear(1))],
        ["/sample", '{"count":3}'],
      ] as const;
      const client = async (_: unknown, i: number): Promise<void> => {
        while (performance.now() < end && (DEEP || !isHeavyDone)) {
          const { status, ms } = await post(...(isLight[i % 16 === 0 ? 1 : 0] as (typeof isLight)[0]));
          expect(status).toBe(200);
          lights.push(ms);
        }
      };
      await Promise.all(Array.from({ length: CLIENTS }, client));
      isDone = true;
      await heavy;
      own.destroy();
      lights.sort((a, b) => a - b);
      const p99 = lights[Math.floor(0.99 * lights.length)] as number;
      expect([...statuses]).toEqual([200]);
      expect(lights.length).toBeGreaterThan(CLIENTS);
      if (DEEP) process.stderr.write(`${path}: ${lights.length} light answers, p99 ${p99.toFixed(0)} ms\n`);
      if (DEEP) expect(p99).toBeLessThanOrEqual(MOST_P99);
    });
  },
);
