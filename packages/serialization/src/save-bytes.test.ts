import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { SaveError } from "@pushforward/core";
import { build } from "esbuild";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { DEEP } from "../../testing/test/deep.ts";
import { Random } from "../test/random.ts";
import { decodeCheckpoint } from "./index.ts";
import { saveBytes } from "./node.ts";

const KILLS = DEEP ? 100 : 4;

const root = mkdtempSync(join(tmpdir(), "pushforward-save-"));
let folder = root;
let path = "";
beforeEach(() => {
  folder = mkdtempSync(join(root, "case-"));
  path = join(folder, "model.safetensors");
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const temporaries = (): string[] => readdirSync(folder).filter((name) => name.endsWith(".tmp"));

async function failure(run: Promise<unknown>): Promise<string> {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SaveError);
  expect((error as SaveError).cause).toBeInstanceOf(Error);
  return (error as SaveError).message;
}

describe("saveBytes", () => {
  test("writes, replaces, and leaves nothing else", async () => {
    await saveBytes(path, Uint8Array.of(1, 2, 3));
    await saveBytes(path, Uint8Array.of(4));
    await saveBytes(path, new Uint8Array(0));
    expect(readFileSync(path)).toHaveLength(0);
    await saveBytes(path, Uint8Array.of(5, 6, 7, 8).subarray(1, 3));
    expect([...readFileSync(path)]).toEqual([6, 7]);
    expect(readdirSync(folder)).toEqual(["model.safetensors"]);
  });

  test("saves at the same time leave one of them, whole", async () => {
    const all = Array.from({ length: 20 }, (_, i) => new Uint8Array(50_000).fill(i));
    await Promise.all(all.map((bytes) => saveBytes(path, bytes)));
    const found = readFileSync(path);
    expect(found).toHaveLength(50_000);
    expect(new Set(found).size).toBe(1);
    expect(readdirSync(folder)).toEqual(["model.safetensors"]);
  });

  test.skipIf(process.platform === "win32")("keeps permissions and symbolic links", async () => {
    const link = join(folder, "latest");
    writeFileSync(path, "old");
    chmodSync(path, 0o640);
    symlinkSync("model.safetensors", link);
    await saveBytes(link, Uint8Array.of(9));
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect([...readFileSync(path)]).toEqual([9]);
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  test("a missing folder is a SaveError with the remedy", async () => {
    const inside = join(folder, "none", "model");
    expect(await failure(saveBytes(inside, Uint8Array.of(1)))).toMatch(
      /^save: expected to write ".*model", got ENOENT: .*\. Create the folder first\. The existing file is unchanged\.$/,
    );
  });

  test("a file in place of the folder, a folder in place of the file", async () => {
    writeFileSync(path, "old");
    expect(await failure(saveBytes(join(path, "x"), Uint8Array.of(1)))).toContain("ENOTDIR");
    mkdirSync(join(folder, "dir", "sub"), { recursive: true });
    expect(await failure(saveBytes(join(folder, "dir"), Uint8Array.of(1)))).toContain("Name a file, not a folder");
    expect(temporaries()).toEqual([]);
    expect(readFileSync(path, "utf8")).toBe("old");
  });

  test.skipIf(process.platform === "win32")("a folder without write permission", async () => {
    writeFileSync(path, "old");
    chmodSync(root, 0o755);
    chmodSync(folder, 0o555);
    // Root may write anywhere, so it steps down for a moment.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(65_534);
    try {
      expect(await failure(saveBytes(path, Uint8Array.of(1)))).toMatch(
        /EACCES: .* Choose a folder that you may write to/,
      );
    } finally {
      if (isRoot) process.seteuid?.(0);
      chmodSync(folder, 0o755);
    }
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(temporaries()).toEqual([]);
  });

  test("temporary files of dead processes are removed, those of living ones and of others stay", async () => {
    const host = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    const name = (file: string, of: string, pid: number): string => `.${file}.${of}-${pid}-0.tmp`;
    const orphans = [name("model.safetensors", host, dead), name("model.safetensors", host, process.pid)];
    const others = [
      name("model.safetensors", host, process.ppid),
      name("model.safetensors", "00000000", dead),
      name("other.safetensors", host, dead),
      ".model.safetensors.tmp",
    ];
    for (const file of [...orphans, ...others]) {
      writeFileSync(join(folder, file), "half");
      utimesSync(join(folder, file), 1_000_000, 1_000_000);
    }
    await saveBytes(path, Uint8Array.of(1));
    expect(readdirSync(folder).sort()).toEqual([...others, "model.safetensors"].sort());
  });
});

describe.skipIf(process.platform === "win32")("in a process of its own", () => {
  let script = "";
  let saveOnce = "";
  beforeAll(async () => {
    const entry = (name: string): string => fileURLToPath(new URL(`../test/${name}.ts`, import.meta.url));
    await build({
      entryPoints: [entry("save-loop"), entry("save-once")],
      outdir: root,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      format: "esm",
      platform: "node",
      conditions: ["@pushforward/source"],
      banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
      logLevel: "silent",
    });
    script = join(root, "save-loop.mjs");
    saveOnce = join(root, "save-once.mjs");
  });

  test("a disk that is full is a SaveError, and the old file stands", () => {
    writeFileSync(path, "old");
    // A limit of the size of files stands in for a full disk: the write fails half way.
    const { stdout } = spawnSync("sh", ["-c", `ulimit -f 100; exec "${process.execPath}" "${saveOnce}" "${path}"`]);
    expect(String(stdout)).toMatch(/^save: expected to write ".*", got EFBIG: .* The existing file is unchanged\.$/);
    expect(readFileSync(path, "utf8")).toBe("old");
    expect(temporaries()).toEqual([]);
  });

  /** Kills a saving process at a random moment; the turn it had reported last. */
  async function killedSave(how: string, delay: number): Promise<number> {
    const child: ChildProcess = spawn(process.execPath, [script, path, how], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout?.on("data", (chunk) => {
      output += chunk;
    });
    while (output === "") await setTimeout(2);
    await setTimeout(delay);
    child.kill("SIGKILL");
    await once(child, "close");
    return Number(output.trimEnd().split("\n").at(-1));
  }

  test(`kill -9 at ${KILLS} random moments of saving: the file is whole, and no older than reported`, async () => {
    const random = new Random("kill");
    let orphans = 0;
    // Whether a kill hits the middle of a save is chance: there are more of them until one has.
    for (let i = 0; i < KILLS || (orphans === 0 && i < 20 * KILLS); i++) {
      const reported = await killedSave("atomic", random.below(100));
      const { meta, arrays } = decodeCheckpoint(readFileSync(path));
      const { turn } = meta as { turn: number };
      expect(arrays.get("values")?.every((value) => value === turn)).toBe(true);
      expect([reported, (reported + 1) % 4]).toContain(turn);
      orphans = Math.max(orphans, temporaries().length);
    }
    // Each save removes what the kill before it left.
    expect(orphans).toBe(1);
    await saveBytes(path, Uint8Array.of(1));
    expect(readdirSync(folder)).toEqual(["model.safetensors"]);
  }, 600_000);

  test.runIf(DEEP)(
    "the control: plain writeFile tears files under the same kills",
    async () => {
      const random = new Random("kill");
      let torn = 0;
      for (let i = 0; i < KILLS; i++) {
        await killedSave("plain", random.below(100));
        try {
          decodeCheckpoint(readFileSync(path));
        } catch {
          torn += 1;
        }
      }
      process.stderr.write(`plain writeFile: ${torn} of ${KILLS} files torn\n`);
      expect(torn).toBeGreaterThan(0);
      expect(existsSync(path)).toBe(true);
    },
    600_000,
  );
});
