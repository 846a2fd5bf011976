import { DensityModel } from "@pushforward/tables/extend";
import { createKey, findVariables, fitTableDensity, parseCsv, useBackend } from "pushforward";
import { beforeAll, describe, expect, test } from "vitest";
import { mixedCsv } from "../../../test/mixed-csv.ts";
import type { Answer, Given } from "../../shared/ask-protocol.ts";
import { type AskSource, askSource } from "./ask-source.ts";
import { Asker } from "./asker.ts";

let asker: Asker;

beforeAll(async () => {
  await useBackend("wasm");
  const found = findVariables(parseCsv(mixedCsv(240), { kinds: "text", missing: "keep" }));
  const names = ["when", "group", "size", "net"];
  const variables = found.variables.filter(({ name }) => names.includes(name));
  const columns = found.table.columns.filter(({ name }) => names.includes(name));
  const rows = { rows: found.table.rows, columns };
  const key = createKey(4);
  const { model: density } = await fitTableDensity(rows, { key, hidden: [16], epochs: 15, members: 1 });
  const model = new DensityModel({ density, variables });
  asker = new Asker(askSource({ model, rows, samples: model.sample(key, 2000) }) as AskSource);
});

/** The answer when no more draws are made. */
async function whole(given: Given): Promise<Answer> {
  let answer = await asker.ask(given);
  while (!answer.isDone) answer = asker.more();
  return answer;
}

const meanOf = ({ columns }: Pick<Answer, "columns">, name: string): number => {
  const center = columns.find(({ column }) => column === name)?.center;
  return center?.kind === "mean" ? center.value : Number.NaN;
};

describe("columns that can be given", () => {
  test("have controls for their kinds", () => {
    expect(asker.infos.map(({ control }) => control.kind)).toEqual(["number", "category", "number", "number"]);
    const [when, group, size, net] = asker.infos.map(({ control, canBeMissing }) => ({ ...control, canBeMissing }));
    expect(when).toMatchObject({ isText: true, step: 86400, canBeMissing: false });
    expect(group).toMatchObject({ values: expect.arrayContaining(["reef", "open sea", "__proto__"]) });
    expect(size).toMatchObject({ isText: false, canBeMissing: true });
    expect(net).toMatchObject({ range: [100, 149], step: 1 });
  });

  test("have their distributions without conditions", () => {
    for (const { marginal } of asker.infos) {
      const sum = marginal.shares.reduce((a, b) => a + b, 0) + marginal.missing;
      expect(Math.abs(sum - 1), marginal.column).toBeLessThan(0.02);
    }
    const [when] = asker.infos;
    expect(when?.marginal.center).toMatchObject({ kind: "mean", text: expect.stringMatching(/^\d\d\.03\.2021$/) });
  });
});

describe("an answer", () => {
  test("is that of the other columns, from ever more draws", async () => {
    const first = await asker.ask([["group", "reef"]]);
    expect([first.isDone, first.draws, first.given]).toEqual([false, 150, [{ column: "group", text: "reef" }]]);
    expect(first.columns.map(({ column }) => column)).toEqual(["when", "size", "net"]);
    const last = await whole([["group", "reef"]]);
    expect(last.draws).toBeGreaterThanOrEqual(500);
    expect(last.effective).toBeGreaterThanOrEqual(500);
    expect(meanOf(last, "size")).toBeLessThan(meanOf(await whole([["group", "__proto__"]]), "size") - 4);
    expect(last.command).toBe("pushforward sample model.safetensors --given 'group=reef' -n 1000");
  });

  test("knows the most probable category and its share", async () => {
    const { columns } = await whole([["size", 12]]);
    const group = columns.find(({ column }) => column === "group");
    expect(group?.center).toMatchObject({ kind: "most likely", label: "__proto__" });
    expect(Math.abs((group?.shares.reduce((a, b) => a + b, 0) ?? 0) - 1)).toBeLessThan(1e-6);
  });

  test("of the question before is not gone on with", async () => {
    await asker.ask([["group", "reef"]]);
    const next = await asker.ask([["net", 120]]);
    expect([next.given[0]?.column, asker.more().given[0]?.column]).toEqual(["net", "net"]);
  });

  test("warns where the model hardly expects what is given", async () => {
    expect(
      (
        await whole([
          ["group", "reef"],
          ["size", 400],
        ])
      ).warning,
    ).toMatch(/^The model hardly expects what is given: .*\.$/);
  });

  test("is refused for what is no value of a column", async () => {
    await expect(asker.ask([["when", "soon"]])).rejects.toThrow("for instance 01.03.2021, got “soon”.");
    await expect(asker.ask([["group", "no such group"]])).rejects.toThrow('a category of column "group"');
  });
});
