import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Workbench } from "../command.test-support.ts";

const bench = new Workbench();
afterAll(() => bench.remove());

/** The commands that the help of the program lists. */
let names: readonly string[] = [];

beforeAll(async () => {
  const { stdout } = await bench.run(["--help"]);
  names = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name as string).filter((name) => name !== "help");
});

test.each(["bash", "zsh", "fish", "powershell"])("the script of %s knows all commands and options", async (shell) => {
  const { code, stdout, stderr } = await bench.run(["completion", shell]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(names).toEqual(expect.arrayContaining(["fit", "score", "plot", "completion"]));
  for (const name of names) {
    expect(stdout).toContain(name);
    const help = (await bench.run([name, "--help"])).stdout;
    for (const [, flag] of help.matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm)) {
      expect(stdout).toContain(shell === "fish" ? `-l ${flag}` : `--${flag}`);
    }
  }
});

describe("bash", () => {
  /** What the script proposes for a line, of which the last word is unfinished. */
  async function proposed(...words: readonly string[]): Promise<readonly string[]> {
    const { stdout } = await bench.run(["completion", "bash"]);
    const line = words.map((word) => `'${word}'`).join(" ");
    const call = `COMP_WORDS=(${line}); COMP_CWORD=${words.length - 1}; _pushforward; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const text = execFileSync("bash", ["--norc", "-c", `${stdout}\n${call}`], { cwd: bench.folder, encoding: "utf8" });
    return text.split("\n").filter((word) => word !== "");
  }

  test("completes commands, options, words and files", async () => {
    bench.write("a table.csv", ["a,b"]);
    expect(await proposed("pushforward", "sc")).toEqual(["score"]);
    expect(await proposed("pushforward", "")).toEqual(expect.arrayContaining([...names]));
    expect(await proposed("pushforward", "fit", "x.csv", "--split-c")).toEqual(["--split-column"]);
    expect(await proposed("pushforward", "plot", "--backend", "")).toEqual(["wasm", "cpu"]);
    expect(await proposed("pushforward", "completion", "z")).toEqual(["zsh"]);
    expect(await proposed("pushforward", "score", "a")).toEqual(["a table.csv"]);
    expect(await proposed("pushforward", "fit", "--out", "a")).toEqual(["a table.csv"]);
    expect(await proposed("pushforward", "nosuch", "--")).toEqual([]);
  });
});

test("another shell is a wrong use", async () => {
  const { code, stderr } = await bench.run(["completion", "tcsh"]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/'tcsh' is invalid.*Allowed choices are bash, zsh, fish, powershell/);
});
