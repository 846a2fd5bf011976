import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CallToolResult, Client, InMemoryTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEEP } from "../../../../packages/testing/test/deep.ts";
import { eventually, normalRows, startedProgram, Workbench } from "../command.test-support.ts";
import { UserError } from "../errors/user-error.ts";
import { AllowedFolder } from "../mcp/allowed-folder.ts";
import { mcpServer } from "../mcp/mcp-server.ts";
import type { runCommand } from "../mcp/run-command.ts";
import { PAGE_MARK } from "../report/page/html.ts";

const bench = new Workbench();
const secret = new Workbench();
/** A client of a server in this process, whose commands run in this process, too. */
let client: Client;
/** A client of the program. */
let program: Client;

const ROWS = 120;

/** Groups with sizes of their own, and prices of which some are missing. */
function lines(): string[] {
  return normalRows(ROWS, 2).map(([x = 0, y = 0], i) => {
    const group = i % 3 === 0 ? "small" : "large";
    const size = (group === "small" ? 20 : 30) + x;
    return `n${i},${group},${size.toFixed(2)},${i % 6 === 0 ? "" : (2 * size + y).toFixed(1)}`;
  });
}

interface Told {
  readonly isError: boolean;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is looked at where it is expected.
  readonly json: any;
}

async function call(
  name: string,
  given: Record<string, unknown>,
  options: object = {},
  asked: Client = client,
): Promise<Told> {
  const result = (await asked.callTool({ name, arguments: given }, options)) as CallToolResult;
  const [content] = result.content;
  const text = content?.type === "text" ? content.text : "";
  return { isError: result.isError === true, text, json: result.structuredContent };
}

beforeAll(async () => {
  mkdirSync(bench.path("work"));
  bench.write("work/shop.csv", ["id,group,size,price", ...lines()]);
  secret.write("secret.csv", ["group,size", "hidden,1"]);
  symlinkSync(secret.path("secret.csv"), bench.path("work/link.csv"));
  symlinkSync(secret.folder, bench.path("work/outside"));
  const header = '{"__metadata__":{"format":"pushforward"}}'.padEnd(64);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(64n);
  writeFileSync(bench.path("work/foreign.safetensors"), Buffer.concat([length, Buffer.from(header)]));
  writeFileSync(bench.path("work/foreign.html"), PAGE_MARK);
  writeFileSync(bench.path("work/large.csv"), "a\n".repeat(3_000_000));
  client = new Client({ name: "test", version: "1" });
  const [near, far] = InMemoryTransport.createLinkedPair();
  const folder = await AllowedFolder.open(bench.path("work"), 5 << 20);
  await mcpServer({ folder, timeout: 60_000, version: "1", run: runHere }).connect(far);
  await client.connect(near);
  program = new Client({ name: "test", version: "1" });
  const args = [startedProgram(), "mcp", "--folder", bench.path("work"), "--max-file", "5"];
  await program.connect(new StdioClientTransport({ command: process.execPath, args, stderr: "ignore" }));
  await program.listTools();
});
afterAll(async () => {
  await Promise.all([client.close(), program.close()]);
  bench.remove();
  secret.remove();
});

/** What `runCommand` does, without a process. */
const runHere: typeof runCommand = async ({ folder, args, onLine }) => {
  const { code, stdout, stderr } = await bench.run(args, "", folder);
  const lines = stderr.split("\n").filter((line) => line !== "");
  for (const line of lines) onLine(line);
  if (code !== 0) throw new UserError(lines.join("\n").replace(/^error: /, ""));
  return { stdout, lines };
};

/** The output of the command line in the folder. */
async function commandLine(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await bench.run(args.map((arg) => arg.replace(/^work\//, bench.path("work/"))));
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

// Twelve tasks, one after the other, as an agent would do them.
describe("tasks", () => {
  test("1 see what there is", async () => {
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      "files",
      "fit",
      "score",
      "explain",
      "sample",
      "given",
      "probability",
      "impute",
      "report",
      "inspect",
    ]);
    const { json } = await call("files", {});
    expect(json.files.map(({ name }: { name: string }) => name)).toEqual([
      ...["foreign.html", "foreign.safetensors", "large.csv", "shop.csv"],
    ]);
    for (const { name, outputSchema } of tools) {
      expect([name, outputSchema?.type, ((outputSchema?.required ?? []) as unknown[]).length > 0]).toEqual([
        name,
        "object",
        true,
      ]);
    }
  });

  test("2 fit a model, and hear how it goes", async () => {
    const progress: string[] = [];
    const onprogress = ({ message }: { message?: string }): void => void progress.push(message ?? "");
    const given = {
      data: "shop.csv",
      out: "shop.safetensors",
      columns: ["group", "size", "price"],
      epochs: 3,
      quality: "fast",
      seed: 1,
    };
    const { isError, text, json } = await call("fit", given, { onprogress }, program);
    expect([isError, text]).toEqual([false, expect.stringContaining("validationNll")]);
    expect(json.model).toBe("shop.safetensors");
    expect(progress.join("\n")).toMatch(/column 1 of 3/);
    expect(existsSync(bench.path("work/shop.safetensors"))).toBe(true);
  });

  test("3 inspect it", async () => {
    const [{ json }, printed] = await Promise.all([
      call("inspect", { model: "shop.safetensors" }, {}, program),
      commandLine("inspect", "work/shop.safetensors", "--json"),
    ]);
    const { notes, ...rest } = json;
    expect(rest).toEqual(JSON.parse(printed));
    expect(notes).toEqual([]);
  });

  test("4 score the table", async () => {
    const [{ json }, printed] = await Promise.all([
      call("score", { model: "shop.safetensors", data: "shop.csv" }),
      commandLine("score", "work/shop.safetensors", "work/shop.csv", "--json"),
    ]);
    const { notes, ...rest } = json;
    expect(rest).toEqual(JSON.parse(printed));
  });

  test("5 write the scores to a file", async () => {
    const { json } = await call("score", {
      model: "shop.safetensors",
      data: "shop.csv",
      out: "scores.csv",
      cells: true,
    });
    expect(json.rows).toBe(ROWS);
    expect(readFileSync(bench.path("work/scores.csv"), "utf8")).toMatch(/^id,group,size,price,log_density of group,/);
  });

  test("6 ask for the oddest rows", async () => {
    const args = ["score", "work/shop.safetensors", "work/shop.csv", "--top", "3", "--keep", "id", "--json"];
    const [{ json }, printed] = await Promise.all([
      call("explain", { model: "shop.safetensors", data: "shop.csv", top: 3, keep: ["id"] }),
      commandLine(...args),
    ]);
    expect(json.top).toEqual(JSON.parse(printed).top);
  });

  test("7 draw rows", async () => {
    const [{ json }, printed] = await Promise.all([
      call("sample", { model: "shop.safetensors", count: 5, seed: 4 }),
      commandLine("sample", "work/shop.safetensors", "-n", "5", "--seed", "4"),
    ]);
    expect(json.csv).toBe(printed);
  });

  test("8 draw many rows to a file", async () => {
    const { json } = await call("sample", { model: "shop.safetensors", count: 2000, out: "many.csv" });
    expect(json.out).toBe("many.csv");
    expect(readFileSync(bench.path("work/many.csv"), "utf8").trim().split("\n")).toHaveLength(2001);
  });

  test.runIf(DEEP)("9 draw rows of which some columns are known", async () => {
    const args = ["sample", "work/shop.safetensors", "-n", "4", "--given", "group=small,size>=20"];
    const [{ json }, printed] = await Promise.all([
      call("given", { model: "shop.safetensors", given: "group=small,size>=20", count: 4 }),
      commandLine(...args),
    ]);
    expect(json.csv).toBe(printed);
  });

  test("9a ask for a probability", async () => {
    const args = ["work/shop.safetensors", "--of", "size > 25", "--given", "price>=40", "--draws", "500", "--json"];
    const [{ json }, printed] = await Promise.all([
      call("probability", { model: "shop.safetensors", of: "size > 25", given: "price>=40", draws: 500 }),
      commandLine("probability", ...args),
    ]);
    const { notes, ...rest } = json;
    expect([rest, notes]).toEqual([JSON.parse(printed), []]);
    expect(rest).toMatchObject({ isExact: false, effectiveSampleSize: expect.any(Number) });
  });

  test.runIf(DEEP)("10 fill missing cells", async () => {
    const given = { model: "shop.safetensors", data: "shop.csv", out: "filled.csv", columns: ["price"] };
    const same = ["--out", bench.path("same.csv"), "--columns", "price"];
    const [{ json }] = await Promise.all([
      call("impute", given),
      commandLine("impute", "work/shop.safetensors", "work/shop.csv", ...same),
    ]);
    expect(json.notes.join()).toContain("20 missing cells of 20 rows filled");
    expect(readFileSync(bench.path("work/filled.csv"), "utf8")).toBe(readFileSync(bench.path("same.csv"), "utf8"));
  });

  test.runIf(DEEP)("11 report", async () => {
    const { json } = await call("report", {
      model: "shop.safetensors",
      data: "shop.csv",
      out: "report.html",
      rows: 60,
    });
    expect(json).toMatchObject({ model: "shop.safetensors", data: "shop.csv" });
    expect(readFileSync(bench.path("work/report.html"), "utf8")).toContain("<html");
  });

  test("12 be told what is wrong with a question", async () => {
    const wrong = await call("given", { model: "shop.safetensors", given: "colour=red", count: 1 }, {}, program);
    expect([wrong.isError, wrong.text]).toEqual([true, expect.stringContaining("colour=red")]);
    const data = await call("score", { model: "shop.safetensors", data: "large.csv" });
    expect(data.text).toBe('data: expected a file of at most 5242880 bytes, got "large.csv" of 6000000.');
  });
});

describe("refused", () => {
  const model = "shop.safetensors";
  test.each<[string, string, Record<string, unknown>, RegExp]>([
    ["a way up", "score", { model, data: "../same.csv" }, /inside the folder/],
    ["an absolute name", "score", { model, data: join(tmpdir(), "x.csv") }, /inside the folder/],
    ["a way up and down again", "inspect", { model: "outside/../../same.csv" }, /inside the folder/],
    ["a link to a file outside", "score", { model, data: "link.csv" }, /inside the folder/],
    ["a link to a folder outside", "score", { model, data: "outside/secret.csv" }, /inside the folder/],
    ["a file written through a link", "sample", { model, count: 1, out: "outside/new.csv" }, /inside the folder/],
    ["a file written in place of a link", "sample", { model, count: 1, out: "link.csv" }, /symbolic link/],
    ["a file written up", "fit", { data: "shop.csv", out: "../up.safetensors" }, /inside the folder/],
    ["the folder itself", "inspect", { model: "." }, /inside the folder/],
    ["NUL", "inspect", { model: "shop.safetensors\0.csv" }, /expected the name of a file/],
    ["a pattern", "score", { model, data: "*.csv" }, /expected one file name without/],
    ["standard input", "score", { model, data: "-" }, /"-", which does not exist/],
    ["an option for a file", "score", { model, data: "--query=SELECT 1" }, /which does not exist/],
    ["a file for conditions", "given", { model, given: secret.path("secret.csv"), count: 1 }, /got the name of a file/],
    ["a model over a table", "fit", { data: "shop.csv", out: "shop.csv" }, /ends in \.safetensors/],
    ["a table that is there", "sample", { model, count: 1, out: "shop.csv" }, /expected a new file/],
    ["a model that no call has made", "fit", { data: "shop.csv", out: "foreign.safetensors" }, /expected a new file/],
    [
      "a report that no call has made",
      "report",
      { model, data: "shop.csv", out: "foreign.html" },
      /expected a new file/,
    ],
    ["rows as a program", "sample", { model, count: 1, out: "rows.sh" }, /ends in .csv, .parquet, .arrow, .jsonl/],
    ["rows without an end", "given", { model, given: "group=small", count: 1, out: "rows" }, /ends in .csv/],
    ["scores as a model", "score", { model, data: "shop.csv", out: "s.safetensors" }, /ends in .csv/],
    ["cells as a page", "impute", { model, data: "shop.csv", out: "i.html" }, /ends in .csv/],
    ["a report as a program", "report", { model, data: "shop.csv", out: "r.js" }, /ends in .html/],
    ["more rows than are returned", "sample", { model, count: 200_000 }, /at most 100000 rows without a file/],
  ])("%s", async (_, name, given, message) => {
    const { isError, text } = await call(name, given);
    expect([isError, text]).toEqual([true, expect.stringMatching(message)]);
    expect(text).not.toContain("hidden");
  });

  test.each<[string, string, Record<string, unknown>]>([
    ["a count without end", "sample", { model, count: 1e12, out: "x.csv" }],
    ["a text without end", "given", { model, given: "x".repeat(20_000), count: 1 }],
    ["an argument that is none", "sample", { model, count: 1, query: "SELECT 1" }],
    ["another type", "sample", { model, count: "1" }],
  ])("%s, by the schema", async (_, name, given) => {
    const outcome = await call(name, given).catch((error: Error) => ({ isError: true, text: error.message }));
    expect([outcome.isError, outcome.text]).toEqual([true, expect.stringMatching(/[Ii]nvalid/)]);
  });

  test("a call that is cancelled ends its command", async () => {
    const controller = new AbortController();
    const given = { data: "shop.csv", out: "long.safetensors", epochs: 100_000 };
    let told = "";
    const onprogress = ({ message }: { message?: string }): void => {
      told += message;
    };
    const running = call("fit", given, { signal: controller.signal, onprogress }, program);
    running.catch(() => undefined);
    await eventually(() => expect(told).not.toBe(""));
    controller.abort();
    await expect(running).rejects.toThrow();
    const { json } = await call("files", {}, {}, program);
    expect(json.files.map(({ name }: { name: string }) => name)).not.toContain("long.safetensors");
  });
});

test("a call may replace what a call has written, until somebody changes it", async () => {
  const given = { data: "shop.csv", out: "again.safetensors", columns: ["size"], flow: "maf", epochs: 1 };
  expect((await call("fit", given)).isError).toBe(false);
  expect((await call("fit", given)).isError).toBe(false);
  const written = readFileSync(bench.path("work/again.safetensors"));
  writeFileSync(bench.path("work/again.safetensors"), written);
  expect(await call("fit", given)).toMatchObject({
    isError: true,
    text: expect.stringContaining("expected a new file"),
  });
});

test.runIf(process.platform === "linux")("a command ends with its server, also when that is killed", async () => {
  const args = [startedProgram(), "mcp", "--folder", bench.path("work")];
  const transport = new StdioClientTransport({ command: process.execPath, args, stderr: "ignore" });
  const own = new Client({ name: "test", version: "1" });
  await own.connect(transport);
  let told = "";
  const onprogress = ({ message }: { message?: string }): void => {
    told += message;
  };
  const given = { data: "shop.csv", out: "orphan.safetensors", columns: ["size"], flow: "maf", epochs: 100_000 };
  call("fit", given, { onprogress }, own).catch(() => undefined);
  await eventually(() => expect(told).toMatch(/epoch 1:/));
  const server = transport.pid as number;
  const children = readFileSync(`/proc/${server}/task/${server}/children`, "utf8").trim().split(" ").map(Number);
  expect(children).toHaveLength(1);
  process.kill(server, "SIGKILL");
  await eventually(() => expect(children.filter(isAlive)).toEqual([]));
  expect(readdirSync(bench.path("work")).filter((name) => name.includes("orphan"))).toEqual([]);
  await own.close();
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("the folder must be there", async () => {
  const { code, stderr } = await bench.run(["mcp", "--folder", "nosuch"]);
  expect([code, stderr]).toEqual([1, "error: --folder nosuch: expected a folder, got none.\n"]);
});
