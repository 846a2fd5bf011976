import { DensityModel } from "@pushforward/tables/extend";
import { createKey, findVariables, fitTableDensity, parseCsv, useBackend, type Variable } from "pushforward";
import { beforeAll, describe, expect, test } from "vitest";
import { parseConditions } from "../../../../cli/src/questions/conditions.ts";
import { mixedCsv } from "../../../test/mixed-csv.ts";
import type { Answer, Given } from "../../shared/ask-protocol.ts";
import { type AskSource, askSource } from "./ask-source.ts";
import { Asker, givenCommand, readGiven, sliderOf } from "./asker.ts";

let asker: Asker;

beforeAll(async () => {
  await useBackend("wasm");
  const found = findVariables(parseCsv(mixedCsv(240), { kinds: "text", missing: "keep" }));
  const names = ["when", "group", "size", "net"];
  const variables = found.variables.filter(({ name }) => names.includes(name));
  const columns = found.table.columns.filter(({ name }) => names.includes(name));
  const rows = { rows: found.table.rows, columns };
  const key = createKey(4);
  const { model: density } = await fitTableDensity(rows, { key, hidden: [16], maxEpochs: 15, members: 1 });
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

  test("warns about improbable conditions", async () => {
    expect(
      (
        await whole([
          ["group", "reef"],
          ["size", 400],
        ])
      ).warning,
    ).toMatch(/^The given conditions are improbable: .*\.$/);
  });

  test("is refused for what is no value of a column", async () => {
    await expect(asker.ask([["when", "soon"]])).rejects.toThrow("for instance 01.03.2021, got “soon”.");
    await expect(asker.ask([["group", "no such group"]])).rejects.toThrow('a category of column "group"');
  });
});

test("a slider of real numbers stands on round ones that hold all of them", () => {
  expect(sliderOf([2.374, 7.91], {})).toEqual({ range: [2.37, 7.91], step: 0.01 });
  expect(sliderOf([-1234.5, 98765.4], {})).toEqual({ range: [-1300, 98800], step: 100 });
  expect(sliderOf([0.0012, 0.0043], {})).toEqual({ range: [0.0012, 0.0043], step: 1e-5 });
});

test("a slider of a grid stays on it, and passes over some of many places", () => {
  expect(sliderOf([17, 90], { step: 1 })).toEqual({ range: [17, 90], step: 1 });
  expect(sliderOf([0, 4000], { step: 5 })).toEqual({ range: [0, 4000], step: 20 });
});

test("it does not leave the bounds of the column, and one number has a slider, too", () => {
  expect(sliderOf([0.004, 0.996], { bounds: [0.004, 1] }).range[0]).toBe(0.004);
  expect(sliderOf([3, 3], { step: 2 })).toEqual({ range: [3, 5], step: 2 });
});

test("numbers and words need no quotes", () => {
  const given = [
    { column: "age", text: "30" },
    { column: "group", text: "reef" },
  ];
  expect(givenCommand(given)).toBe(`pushforward sample model.safetensors --given 'age=30,group=reef' -n 1000`);
});

test.each([
  ["income", ">50K"],
  ["income", "<=50K"],
  ["city, state", "Boston, MA"],
  ["a=b", "c=d"],
  ['the "size"', '12" pipe'],
  ["x", '"quoted"'],
  ["missing", ""],
  ["it's", "it's"],
])("the command line reads %s = %s as it was meant", (column, text) => {
  const [, word = ""] = /--given (.*) -n 1000$/.exec(givenCommand([{ column, text }])) ?? [];
  const argument = word.startsWith("'") ? word.slice(1, -1).replaceAll("'\\''", "'") : word;
  expect(parseConditions(argument, ["other", column])).toEqual([{ column, operator: "=", value: text }]);
});

const CSV = "when,size,word\n01.03.2021,1.5,a\n17.03.2021,2.5,b\n05.04.2021,3.5,a\n06.04.2021,4.0,a\n";
const { variables } = findVariables(parseCsv(CSV, { kinds: "text", missing: "keep" }));
const [when, size, word] = variables as [Variable, Variable, Variable];

test("numbers are written as the file does, and read again", () => {
  expect(readGiven(size, 2.04)).toEqual({ column: "size", text: "2.0", cell: 2, value: 2 });
  const day = Date.UTC(2021, 2, 2) / 1000;
  expect(readGiven(when, day)).toEqual({ column: "when", text: "02.03.2021", cell: day, value: day });
});

test("dates are read, words stay as they are, and a missing cell has no text", () => {
  expect(readGiven(when, "05.04.2021").cell).toBe(Date.UTC(2021, 3, 5) / 1000);
  expect(readGiven(word, "b")).toEqual({ column: "word", text: "b", cell: "b" });
  expect(readGiven(size, null)).toEqual({ column: "size", text: "", cell: null });
});

test("what is no value of its column is refused", () => {
  expect(() => readGiven(when, "soon")).toThrow(
    "when: expected a value as the file writes it, for instance 01.03.2021, got “soon”.",
  );
});
