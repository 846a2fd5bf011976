import { existsSync, readdirSync } from "node:fs";
import { Writable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { firstOf } from "../../../packages/testing/test/deep.ts";
import { normalRows, type Outcome, SMALL, Workbench } from "./command.test-support.ts";

const bench = new Workbench();
beforeAll(async () => {
  bench.write("two.csv", ["a,b", ...normalRows(80, 2).map((row) => row.join())]);
  bench.write("many.csv", ["a,b", ...Array.from({ length: 40_000 }, (_, i) => `${(i % 100) / 50},1`)]);
  await bench.fit(["two.csv", "--out", "two.st", "--flow", "maf", ...SMALL]);
});
afterAll(() => bench.remove());

/** Runs a line of shell in which `$P` is the program; the exit code of the program is the last line of stderr. */
async function shell(line: string): Promise<Outcome> {
  const outcome = await bench.shell(line);
  expect(outcome.stderr).not.toMatch(/\n {4}at /);
  return outcome;
}

/** A stream that cannot be written, because of an error of the system. */
function failing(code: string): Writable {
  return new Writable({
    write: (_piece, _encoding, done) => done(Object.assign(new Error(`${code}: the stream is closed`), { code })),
  });
}

/** Runs a command in this process whose standard output is another stream. */
function writingTo(stdout: Writable, args: string): Promise<Outcome> {
  return bench.begin(args.split(" "), { stdout }).outcome;
}

const FIT = `$P fit two.csv --flow maf ${SMALL.join(" ")}`;

describe("a reader that goes away", () => {
  test.each(firstOf(1, ["auto", "maf"]))("does not cost the model: --flow %s", async (flow) => {
    const fit = FIT.replace("maf", flow);
    const { stdout, stderr } = await shell(
      `set -o pipefail; ${fit} --out gone-${flow}.st 2>&1 | head -n 1; echo "code $?" >&2`,
    );
    expect(stdout).toMatch(/^ {2}a: real|^7[02] training/);
    expect(stderr).toBe("code 0\n");
    expect((await bench.run(["inspect", `gone-${flow}.st`])).code).toBe(0);
  });

  test.each(["score two.st many.csv", "--help"])("ends the process quietly: %s", async (args) => {
    const { stdout, stderr } = await shell(`set -o pipefail; $P ${args} 2>/dev/null | head -n 1; echo "code $?" >&2`);
    expect(stdout.split("\n")).toHaveLength(2);
    expect(stderr).toBe("code 0\n");
  });

  test.each(["score two.st many.csv", "sample two.st -n 100000", "inspect two.st", "--help", "fit --help"])(
    "ends the run quietly: %s",
    async (args) => {
      const { code, stderr } = await writingTo(failing("EPIPE"), args);
      expect(code).toBe(0);
      expect(stderr).not.toContain("error");
    },
  );

  test("leaves a file that is written whole", async () => {
    const { stderr } = await shell("$P score two.st many.csv --out whole.csv 2>&1 | true; echo done >&2");
    expect(stderr).toBe("done\n");
    expect((await bench.run(["score", "two.st", "whole.csv", "--json"])).stdout).toContain('"rows":40000');
  });
});

test.each([
  "score two.st two.csv",
  "score two.st two.csv --json",
  "sample two.st -n 10",
  "inspect two.st",
  "inspect two.st --json",
  "--help",
  "--version",
])("standard output that cannot be written is one sentence: %s", async (args) => {
  const { code, stderr } = await writingTo(failing("ENOSPC"), args);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: standard output cannot be written: ENOSPC.*\n$/);
});

test.runIf(process.platform === "linux")(
  "a file that the disk has no room for is an error, and leaves nothing",
  async () => {
    const files = ["csv", "jsonl", "parquet"];
    const [first, ...others] = files.map((end) => `$P sample two.st -n 8000 --threads 1 --out full.${end}`);
    // A limit of the size of files ends a write in its middle, as a full disk does.
    const { stderr, stdout } = await shell(
      `trap "" XFSZ; ulimit -f 100; ${[first, ...others].join("; echo $?; ")}; echo $?`,
    );
    expect(stdout).toBe("1\n1\n1\n");
    expect(stderr.trim().split("\n")).toEqual(
      files.map((end) =>
        expect.stringMatching(`error: write(Csv|Table): expected to write "full.${end}", got EFBIG: .* unchanged.`),
      ),
    );
    expect(readdirSync(bench.folder).filter((name) => name.includes("full."))).toEqual([]);
  },
);

describe.runIf(existsSync("/dev/full"))("a full disk", () => {
  test.each(firstOf(1, ["score two.st two.csv", "--version"]))(
    "under standard output is one sentence: %s",
    async (args) => {
      const { stderr } = await shell(`$P ${args} > /dev/full; echo "code $?" >&2`);
      expect(stderr).toMatch(/^error: standard output cannot be written: ENOSPC.*\ncode 1\n$/);
    },
  );

  test("under standard output does not cost the model", async () => {
    const { stderr } = await shell(`${FIT} --out full.st > /dev/full; echo "code $?" >&2`);
    expect(stderr).toMatch(/error: standard output cannot be written: ENOSPC.*\ncode 1\n$/);
    expect((await bench.run(["inspect", "full.st"])).code).toBe(0);
  });

  test("under standard error is no reason to stop", async () => {
    const { stdout, stderr } = await shell(`${FIT} --out quiet.st 2> /dev/full; echo "code $?" >&2`);
    expect(stdout).toContain("model: quiet.st");
    expect(stderr).toBe("code 0\n");
  });
});
