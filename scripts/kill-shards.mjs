// Failure test of `score --redis`: 4 workers, 100 shards of a Parquet file, and SIGKILL at random times for a worker, the
// coordinator or Redis, which keeps its memory in half of the cases and forgets all in the others. What was killed is started
// again. The shards must be the output of a plain run, byte for byte. With --fit the same for `fit --redis`: the weights and
// notes of a model of three members. Needs a build and redis-server (Debian: redis-server).
//
//   node scripts/kill-shards.mjs [--kills 50] [--shards 100] [--rows 20000] [--seed 1]
//   node scripts/kill-shards.mjs --fit [--kills 20] [--epochs 1500] [--pause 3]
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual, parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    fit: { type: "boolean", default: false },
    kills: { type: "string" },
    epochs: { type: "string", default: "1500" },
    shards: { type: "string", default: "100" },
    rows: { type: "string", default: "20000" },
    seed: { type: "string", default: "1" },
    port: { type: "string", default: "7399" },
    pause: { type: "string" },
  },
});
const { kills: killed = values.fit ? "20" : "50", pause: paused = values.fit ? "3" : "2" } = values;
const [kills, shards, rows, pause] = [killed, values.shards, values.rows, paused].map(Number);
const WORKERS = 4;
const program = fileURLToPath(new URL("../apps/cli/dist/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "pushforward-kills-"));
const redisFolder = join(folder, "redis");
const url = `redis://127.0.0.1:${values.port}`;

let state = Number(values.seed);
function random() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

function run(args) {
  const { status, stderr } = spawnSync(process.execPath, [program, ...args], { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`${args.join(" ")}: ${stderr}`);
  return stderr;
}

function csv(count) {
  const lines = Array.from({ length: count }, (_, i) => {
    const a = normal();
    const b = 0.6 * a + normal();
    return `${a},${b},${b * b + normal()},row ${i}`;
  });
  return `a,b,c,id\n${lines.join("\n")}\n`;
}

/** A program that is started again whenever it was killed. */
class Kept {
  constructor(name, start) {
    this.name = name;
    this.start = start;
    this.kills = 0;
    this.end = new Promise((resolve) => {
      this.resolve = resolve;
    });
    this.again();
  }

  again() {
    this.process = this.start();
    this.process.once("exit", async (code, signal) => {
      if (signal !== "SIGKILL") return this.resolve(code);
      if (this.isOver) return;
      await sleep(200);
      this.again();
    });
  }

  kill() {
    this.kills += 1;
    this.process.kill("SIGKILL");
  }

  stop() {
    this.isOver = true;
    this.process.kill("SIGKILL");
  }
}

let said = "";
function command(args) {
  const child = spawn(process.execPath, [program, ...args], { cwd: folder });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    said += text;
  });
  return child;
}

let isFirst = true;
let lost = 0;
function redis() {
  if (isFirst) isFirst = false;
  else if (random() < 0.5) {
    lost += 1;
    rmSync(redisFolder, { recursive: true, force: true });
  }
  mkdirSync(redisFolder, { recursive: true });
  const where = ["--port", values.port, "--bind", "127.0.0.1", "--dir", redisFolder];
  return spawn("redis-server", [...where, "--appendonly", "yes", "--appendfsync", "always", "--save", ""], {
    stdio: "ignore",
  });
}

async function killAtRandom(workers, coordinator, server) {
  let done = 0;
  while (done < kills) {
    await sleep(1000 * pause * (0.5 + random()));
    if (coordinator.process.exitCode === 0) break;
    const draw = random();
    const target = draw < 0.7 ? workers[Math.floor(random() * WORKERS)] : draw < 0.85 ? coordinator : server;
    if (target.process.exitCode !== null || target.process.signalCode !== null) continue;
    target.kill();
    done += 1;
  }
  return done;
}

/** What is done by workers: `coordinate` are the arguments of the command, `check` says what came out, and whether it is right. */
function scoring() {
  writeFileSync(join(folder, "train.csv"), csv(600));
  run(["fit", "train.csv", "--columns", "a,b,c", "--out", "model.safetensors", "--epochs", "20"]);
  writeFileSync(join(folder, "rows.csv"), csv(shards * rows));
  // A table with all columns as Parquet, by the program itself.
  run(["score", "model.safetensors", "rows.csv", "--no-anomalies", "--out", "rows.parquet"]);
  const plain = run(["score", "model.safetensors", "rows.parquet", "--out", "plain.csv"]);
  const score = ["score", "model.safetensors", "rows.parquet", "--redis", url, "--out", "scores", "--format", "csv"];
  const check = () => {
    const names = readdirSync(join(folder, "scores"))
      .filter((name) => name !== ".pushforward")
      .sort();
    const texts = names.map((name) => readFileSync(join(folder, "scores", name), "utf8"));
    const joined = texts.map((text, k) => (k === 0 ? text : text.slice(text.indexOf("\n") + 1))).join("");
    const notes = readdirSync(join(folder, "scores", ".pushforward")).length;
    const summary = (text) => text.split("\n").find((line) => line.includes("mean log-density"));
    const timesDone = said.split("\n").filter((line) => /^shard \d+ of .* rows, /.test(line)).length;
    console.log(`${names.length} shards, ${notes - 1} records; done or found done ${timesDone} times`);
    console.log(`plain: ${summary(plain)}\nshards: ${summary(said)}`);
    return joined === readFileSync(join(folder, "plain.csv"), "utf8") && names.length === shards;
  };
  return { coordinate: [...score, "--shard-rows", String(rows), "--resume"], check };
}

function fitting() {
  writeFileSync(join(folder, "train.csv"), csv(600));
  const { epochs } = values;
  const options = ["--columns", "a,b,c", "--epochs", epochs, "--patience", epochs, "--threads", "1", "--no-anomalies"];
  const fit = ["fit", "train.csv", ...options];
  const start = performance.now();
  run([...fit, "--out", "plain.safetensors"]);
  console.log(`the plain fit took ${((performance.now() - start) / 1000).toFixed(0)} s`);
  const check = () => {
    const [plain, model] = ["plain.safetensors", "model.safetensors"].map((name) => modelParts(join(folder, name)));
    const lines = said.split("\n").filter((line) => /^member \d of /.test(line));
    const found = lines.filter((line) => line.includes("trained already")).length;
    console.log(
      `${plain.log.filter((note) => /^Member \d, /.test(note)).length} members; trained ${lines.length - found} times, found trained ${found} times by workers`,
    );
    const isGone = !existsSync(join(folder, "model.safetensors.jobs"));
    console.log(
      `weights ${model.weights.equals(plain.weights) ? "equal" : "DIFFER"}; the folder of jobs is ${isGone ? "gone" : "STILL THERE"}`,
    );
    return model.weights.equals(plain.weights) && isDeepStrictEqual(model.log, plain.log) && isGone;
  };
  return { coordinate: [...fit, "--redis", url, "--out", "model.safetensors", "--resume"], check };
}

/** The weights of a model file, and the notes of its fit. */
function modelParts(path) {
  const bytes = readFileSync(path);
  const end = 8 + Number(bytes.readBigUInt64LE(0));
  const { metadata } = JSON.parse(bytes.subarray(8, end)).__metadata__;
  return { weights: bytes.subarray(end), log: JSON.parse(metadata).fit.log };
}

try {
  const { coordinate, check } = values.fit ? fitting() : scoring();
  const server = new Kept("Redis", redis);
  await sleep(500);
  const start = performance.now();
  const workers = Array.from(
    { length: WORKERS },
    (_, k) => new Kept(`worker ${k}`, () => command(["worker", "--redis", url])),
  );
  const coordinator = new Kept("coordinator", () => command(coordinate));
  const done = await killAtRandom(workers, coordinator, server);
  const code = await coordinator.end;
  const seconds = (performance.now() - start) / 1000;
  for (const one of [...workers, server]) one.stop();
  for (const one of [...workers, coordinator, server]) console.log(`${one.name}: killed ${one.kills} times`);
  console.log(
    `${done} kills in ${seconds.toFixed(0)} s; Redis had forgotten all at ${lost} of ${server.kills} restarts; the coordinator ended with ${code}`,
  );
  const isSame = code === 0 && check();
  if (code !== 0) console.log(said);
  console.log(isSame ? "the output is that of the plain run" : "the output is NOT that of the plain run");
  process.exitCode = isSame ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
