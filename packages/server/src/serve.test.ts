import { once } from "node:events";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { readArrow, writeArrow } from "@pushforward/files/arrow";
import { type LoadedModel, loadedModel } from "@pushforward/questions/extend";
import { decodeModel, standardRegistry, type Table, useBackend } from "pushforward";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { conditionalFile, flowFile, fruitFile, fruitTable, ServedFiles } from "../test/served-files.ts";
import { type RunningServer, serve } from "./serve.ts";

const files = new ServedFiles();
const told: string[] = [];
let server: RunningServer;
let flow: LoadedModel;

/** A body: anything that is no text is written as JSON. */
async function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const isBytes = typeof body === "string" || body instanceof Uint8Array;
  const response = await fetch(`${server.url}${path}`, {
    ...{ method: "POST", headers: { "content-type": "application/json", ...headers } },
    body: (isBytes ? body : JSON.stringify(body)) as string,
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const isJson = /json/.test(response.headers.get("content-type") ?? "");
  return { status: response.status, bytes, json: isJson ? JSON.parse(new TextDecoder().decode(bytes)) : {} };
}

interface Answer {
  readonly status: number;
  readonly bytes: Uint8Array;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is looked at where it is expected.
  readonly json: any;
}

const row = (i: number) => ({ a: Math.sin(i), b: 1 + Math.cos(3 * i) });

beforeAll(async () => {
  await useBackend("wasm");
  files.write("flow.st", flowFile(1));
  files.write("given.st", conditionalFile());
  files.write("fruit.st", await fruitFile());
  flow = loadedModel(decodeModel(flowFile(1), standardRegistry), "flow.st");
  const models = ["flow", "given", "fruit"].map((name) => files.path(`${name}.st`));
  server = await serve({
    models,
    port: 0,
    timeout: 120,
    maxRows: 5000,
    maxBody: 1 << 20,
    log: (line) => told.push(line),
  });
});
afterAll(async () => {
  await server.close();
  files.remove();
});

/** The log-densities of rows in this process. */
function expected(rows: readonly { a: number; b: number }[]): number[] {
  const columns = (["a", "b"] as const).map((name) => ({
    ...{ name, kind: "number" as const, values: Float64Array.from(rows, (one) => one[name]) },
  }));
  return Array.from(flow.logProb(flow.read({ rows: rows.length, columns })));
}

describe("score", () => {
  test("rows and columns have the densities of the library", async () => {
    const rows = Array.from({ length: 70 }, (_, i) => row(i));
    const { status, json } = await post("/models/flow/score", { rows });
    expect([status, json.rows, json.logDensity]).toEqual([200, 70, expected(rows)]);
    const mean = json.logDensity.reduce((sum: number, value: number) => sum + value, 0) / 70;
    expect(json.meanLogDensity).toBeCloseTo(mean, 10);
    const columns = { b: rows.map(({ b }) => b), a: rows.map(({ a }) => a) };
    expect((await post("/models/flow/score", { columns })).json).toEqual(json);
  });

  test("requests that come together have the same bits as alone", async () => {
    const bodies = Array.from({ length: 40 }, (_, i) => Array.from({ length: 1 + (i % 7) }, (_, j) => row(10 * i + j)));
    const together = await Promise.all(
      bodies.map((rows, i) => post("/models/flow/score", i === 20 ? { rows: [{ a: 1, b: "x" }] } : { rows })),
    );
    for (const [i, { status, json }] of together.entries()) {
      if (i === 20) expect([status, json.detail]).toEqual([400, expect.stringContaining('column "b"')]);
      else expect(json.logDensity).toEqual(expected(bodies[i] ?? []));
    }
    const joined = flow.read(toTable(bodies.flat()));
    expect(Array.from(flow.logProb(joined))).toEqual(bodies.flatMap(expected));
  });

  test("Arrow goes in and comes out", async () => {
    const rows = Array.from({ length: 5 }, (_, i) => row(i));
    const type = "application/vnd.apache.arrow.stream";
    for (const format of ["stream", "file"] as const) {
      const { status, bytes } = await post("/models/flow/score", writeArrow(toTable(rows), format), {
        ...{ "content-type": format === "stream" ? type : "application/vnd.apache.arrow.file", accept: type },
      });
      const [column] = readArrow(bytes).columns;
      expect([status, column?.name, Array.from(column?.values ?? [], Number)]).toEqual([
        200,
        "log_density",
        expected(rows),
      ]);
    }
  });

  test("a conditional model takes its context beside the columns", async () => {
    const answer = await post("/models/given/score", { rows: [{ y: 0.5, x: 1, group: "low" }] });
    expect([answer.status, Number.isFinite(answer.json.logDensity[0])]).toEqual([200, true]);
    const unknown = await post("/models/given/score", { rows: [{ y: 0.5, x: 1, group: "middle" }] });
    expect(unknown.json).toMatchObject({ status: 400, code: "ERR_DATA", row: 1, column: "group" });
  });

  test("a table of any columns is scored with missing cells, by cell, and for oddness", async () => {
    const rows = [
      { fruit: "pear", size: 60, when: "03.03.2021", price: null },
      { fruit: "apple", size: 41, when: "04.03.2021", price: "$46.00" },
    ];
    const { status, json } = await post("/models/fruit/score?cells=true", { rows, anomaly: true });
    expect(status).toBe(200);
    const sums = json.logDensity.map((_: number, i: number) =>
      Object.values<number[]>(json.cells).reduce((sum, values) => sum + (values[i] ?? 0), 0),
    );
    expect(json.logDensity[0]).toBeCloseTo(sums[0], 6);
    expect(json.logDensity[1]).toBeCloseTo(sums[1], 6);
    expect(json.anomaly).toHaveLength(2);
    expect(json.pValue.every((p: number) => p > 0 && p <= 1)).toBe(true);
  });
});

describe("other questions", () => {
  test("sample draws rows of the model, the same for the same seed", async () => {
    const one = await post("/models/fruit/sample", { count: 30, seed: 2 });
    expect(one.json.rows).toHaveLength(30);
    expect(one.json).toEqual((await post("/models/fruit/sample?count=30", { seed: 2 })).json);
    expect(typeof one.json.rows[0].size).toBe("number");
    expect(one.json.rows[0].when).toMatch(/^\d\d\.03\.2021$/);
    const given = await post("/models/given/sample", {
      count: 2,
      rows: [
        { x: 1, group: "low" },
        { x: 2, group: "high" },
      ],
    });
    expect(given.json.rows.map(({ group }: { group: string }) => group)).toEqual(["low", "low", "high", "high"]);
    expect((await post("/models/given/sample", { count: 2 })).json.detail).toContain("the model is conditional");
  });

  test("given answers with statistics and rows that meet the conditions", async () => {
    const given = { fruit: "pear", size: { min: 58 } };
    const { status, json } = await post("/models/fruit/given", { given, count: 20 });
    expect(status).toBe(200);
    expect(json.rows.every((one: { fruit: string; size: number }) => one.fruit === "pear" && one.size >= 58)).toBe(
      true,
    );
    expect(json.columns.size.mean).toBeGreaterThanOrEqual(58);
    expect(json.columns.size.quantiles["0.5"]).toBeGreaterThanOrEqual(58);
    expect(json.columns).not.toHaveProperty("fruit");
    expect(json.columns.when.quantiles["0.5"]).toMatch(/^\d\d\.03\.2021$/);
    const dated = await post("/models/fruit/given", { given: { when: { max: "05.03.2021" } }, count: 5 });
    for (const { when } of dated.json.rows) expect(Number(when.slice(0, 2))).toBeLessThanOrEqual(5);
  });

  test("explain names the columns that make rows odd", async () => {
    const rows = [
      { fruit: "pear", size: 60, when: "03.03.2021", price: "$65.00" },
      { fruit: "pear", size: 60, when: "03.03.2021", price: "$400.00" },
    ];
    const { json } = await post("/models/fruit/explain", { rows, top: 1 });
    expect(json).toMatchObject({ rows: 2, top: [{ row: 2 }] });
    expect(json.top).toHaveLength(1);
    expect(json.surprises.price[1]).toBeGreaterThan(json.surprises.price[0]);
    const without = await post("/models/flow/explain", { rows: [row(1)] });
    expect([without.status, without.json.detail]).toEqual([
      400,
      expect.stringContaining("expected a model with anomaly scores"),
    ]);
  });

  test("impute fills missing cells and keeps all others", async () => {
    const rows = [
      { id: 7, fruit: "pear", size: 61 },
      { id: 8, fruit: null, size: 40, price: "$45.00" },
    ];
    const { json } = await post("/models/fruit/impute", { rows, expected: true });
    expect(json.rows[0]).toMatchObject({ id: 7, fruit: "pear", size: 61 });
    expect(json.rows.every((one: object) => Object.values(one).every((cell) => cell !== null))).toBe(true);
    expect(
      json.cells.filter((cell: { row: number }) => cell.row === 2).map((c: { column: string }) => c.column),
    ).toContain("fruit");
  });
});

describe("hostile requests", () => {
  const arrow = { "content-type": "application/vnd.apache.arrow.stream" };
  const manyRows = writeArrow(toTable(Array.from({ length: 6000 }, (_, i) => row(i))), "stream");
  const fewRows = writeArrow(toTable([row(1), row(2)]), "stream");
  const metadata = Uint8Array.from([255, 255, 255, 255, 255, 255, 255, 127, 0, 0, 0, 0]);
  const zeros = new Uint8Array(64);
  const json = (text: string) => [text, {}] as const;
  test.each<[string, readonly [string | Uint8Array, Record<string, string>], number, RegExp]>([
    ["no JSON", json("rows"), 400, /expected JSON/],
    ["no body", json(""), 400, /expected JSON/],
    ["NaN", json('{"rows":[{"a":NaN,"b":1}]}'), 400, /expected JSON/],
    ["1e999", json('{"rows":[{"a":1e999,"b":1}]}'), 400, /row 1, column "a": expected a finite number/],
    ["deep lists", json("[".repeat(100_000)), 400, /inside each other/],
    ["deep objects", json(`{"rows":${'{"a":'.repeat(100_000)}`), 400, /inside each other/],
    ["broken UTF-8", [Uint8Array.of(123, 34, 255, 34, 58, 49, 125), {}], 400, /expected JSON/],
    ["a list for a cell", json('{"rows":[{"a":[1],"b":1}]}'), 400, /column "a": expected a number, a text/],
    ["a text for a number", json('{"rows":[{"a":"x","b":1}]}'), 400, /column "a"/],
    [
      "numbers and texts",
      json('{"rows":[{"a":1,"b":1},{"a":"2","b":1}]}'),
      400,
      /row 2, column "a": expected a number/,
    ],
    ["an unknown column", json('{"rows":[{"a":1,"b":1,"c":1}]}'), 400, /expected the columns "a", "b", got "c"/],
    ["__proto__", json('{"rows":[{"a":1,"b":1,"__proto__":1}]}'), 400, /got "__proto__"/],
    ["a lacking column", json('{"rows":[{"a":1}]}'), 400, /expected a column "b"/],
    ["a lacking cell", json('{"rows":[{"a":1,"b":1},{"a":1}]}'), 400, /row 2: expected a cell "b"/],
    [
      "a missing cell",
      json('{"rows":[{"a":1,"b":1},{"a":1,"b":null}]}'),
      400,
      /row 2, column "b": expected a value, got a missing cell/,
    ],
    ["a missing cell of a flow", json('{"rows":[{"a":null,"b":1}]}'), 400, /missing cell/],
    ["lists of different lengths", json('{"columns":{"a":[1],"b":[]}}'), 400, /expected 1 cells for "b"/],
    ["no rows", json('{"rows":[]}'), 400, /at least one row/],
    [
      "too many rows",
      json(`{"rows":[${Array(6000).fill('{"a":1,"b":1}').join()}]}`),
      413,
      /at most 5000 rows, got 6000/,
    ],
    ["an unknown field", json('{"rows":[{"a":1,"b":1}],"seeds":1}'), 400, /got "seeds"/],
    ["too long", json(`{"rows":"${"x".repeat(1 << 20)}"}`), 413, /at most 1048576 bytes/],
    ["another type", ["a,b\n1,2\n", { "content-type": "text/csv" }], 415, /content-type: expected application\/json/],
    ["a gzip bomb", [gzipSync(Buffer.alloc(1 << 22)), { "content-encoding": "gzip" }], 415, /content-encoding/],
    ["no Arrow", ["rows", arrow], 400, /expected Arrow/],
    ["too many rows in Arrow", [manyRows, arrow], 413, /at most 5000 rows, got 6000/],
    ["giant metadata in Arrow", [metadata, arrow], 400, /bytes of metadata/],
    ["empty Arrow", [zeros, arrow], 400, /./],
    ["cut Arrow", [fewRows.slice(0, 300), arrow], 400, /./],
  ])("%s", async (_, [body, headers], status, detail) => {
    const answer = await post("/models/flow/score", body, headers);
    expect([answer.status, answer.json.detail]).toEqual([status, expect.stringMatching(detail)]);
  });

  test("a body that does not tell its length is refused when it is too long", async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    let text = "";
    socket.on("data", (piece) => {
      text += piece;
    });
    socket.on("error", () => undefined);
    socket.write("POST /models/flow/score HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n");
    const piece = `10000\r\n${"x".repeat(0x10000)}\r\n`;
    for (let i = 0; i < 20 && !socket.destroyed; i++) socket.write(piece);
    await once(socket, "close");
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).toContain("body: expected at most 1048576 bytes, got more.");
    expect((await post("/models/flow/score", { rows: [row(1)] })).status).toBe(200);
  });

  test("samples without end, unknown conditions and models", async () => {
    const many = await post("/models/flow/sample", { count: 1e9 });
    expect([many.status, many.json.detail]).toEqual([
      400,
      "count: expected an integer from 1 to 5000, got 1000000000.",
    ]);
    const condition = await post("/models/fruit/given", { given: { fruit: "plum" } });
    expect(condition.json).toMatchObject({ status: 400, column: "fruit", detail: expect.stringContaining('"plum"') });
    expect((await post("/models/fruit/given", { given: { nosuch: 1 } })).json.detail).toContain(
      "expected one of the columns",
    );
    expect((await post("/models/nosuch/score", {})).json.detail).toBe(
      'models: expected one of flow, given, fruit, got "nosuch".',
    );
    expect((await post("/score", {})).status).toBe(404);
  });

  test("random damage to a body of Arrow is a problem or an answer, and never an internal error", async () => {
    const bytes = fewRows;
    for (let i = 0; i < 60; i++) {
      const damaged = bytes.slice();
      for (let k = 0; k < 3; k++) damaged[(i * 131 + k * 977) % bytes.length] = (i * 37 + k * 101) % 256;
      const { status, json } = await post("/models/flow/score", damaged, arrow);
      expect([status, json.detail ?? ""]).toEqual([status < 500 ? status : "below 500", json.detail ?? ""]);
    }
  });

  test("all of that has ended no worker", async () => {
    expect(told.filter((line) => line.includes("replaced"))).toEqual([]);
    const health = await (await fetch(`${server.url}/health`)).json();
    expect(health).toMatchObject({ status: "ok", workers: [{ lane: "light" }, { lane: "heavy" }] });
  });
});

test("the document, the page, the models and the metrics are there", async () => {
  const document = await (await fetch(`${server.url}/openapi.json`)).json();
  expect(document.openapi).toBe("3.1.0");
  expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(["/models/{name}/score", "/health", "/metrics"]));
  expect(document.paths["/models/{name}/given"].post).toMatchObject({
    operationId: "givenModel",
    parameters: [{ name: "name", in: "path", required: true }],
    requestBody: { content: { "application/json": { schema: { required: ["given"] } } } },
    responses: { 200: { description: "The answer" }, "4XX": {}, 503: {} },
  });
  expect(document["x-limits"]).toEqual({ maxRows: 5000, maxBody: 1 << 20, timeout: 120, maxQueue: 10_000 });
  const { properties } = document.paths["/models/{name}/sample"].post.requestBody.content["application/json"].schema;
  expect([properties.count.maximum, properties.rows.maxItems]).toEqual([5000, 5000]);
  const wrongMethod = await fetch(`${server.url}/models/flow/score`);
  expect([wrongMethod.status, wrongMethod.headers.get("allow")]).toEqual([405, "POST"]);
  for (const path of ["/docs", "/docs/"]) {
    const page = await (await fetch(`${server.url}${path}`)).text();
    for (const operation of ["score", "sample", "given", "explain", "impute"]) {
      expect(page).toContain(`data-path="/models/{name}/${operation}"`);
    }
    expect(page).toContain("{&quot;in&quot;: [...]}");
    // Nothing is loaded from elsewhere.
    expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
  }
  const { models } = await (await fetch(`${server.url}/models`)).json();
  expect(models[1].columns).toEqual([
    { name: "y", kind: "real", context: false },
    { name: "x", kind: "real", context: true },
    { name: "group", kind: "category", context: true },
  ]);
  expect(await metric('pushforward_requests_total{operation="sample",model="fruit",status="200"}')).toBe(2);
});

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? 0);
}

function toTable(rows: readonly { a: number; b: number }[]): Table {
  const columns = (["a", "b"] as const).map((name) => ({
    ...{ name, kind: "number" as const, values: Float64Array.from(rows, (one) => one[name]) },
  }));
  return { rows: rows.length, columns };
}

test("the table of the tests has the columns that they ask for", () => {
  expect(fruitTable().columns.map(({ name }) => name)).toEqual(["fruit", "size", "when", "price"]);
});
