import { parseCsv } from "@pushforward/datasets";
import { expect, test } from "vitest";
import { findVariables } from "../finding/find-variable.ts";
import { describeVariable } from "./describe-variable.ts";

function lines(csv: string): string[] {
  return findVariables(parseCsv(csv, { kinds: "text", missing: "keep" })).variables.map(describeVariable);
}

test("a line for each kind", () => {
  const rows = Array.from({ length: 40 }, (_, i) => {
    const hour = `2010-01-0${1 + (i % 5)} ${String(i % 24).padStart(2, "0")}:00`;
    const day = new Date(Date.UTC(2020, 0, 1 + i)).toISOString().slice(0, 10);
    const work = i % 8 === 0 ? "" : "abc".charAt(i % 3);
    return [
      17 + i,
      (i % 17) / 10,
      work,
      i % 2 ? "yes" : "no",
      hour,
      day,
      `p${i}`,
      `Ann of ${i}`,
      "",
      3,
      "x",
      `$${i}.50`,
      i / 7,
    ].join(",");
  });
  expect(lines(`age,dose,work,smoker,when,day,key,name,none,three,same,price,real\n${rows.join("\n")}\n`)).toEqual([
    "age: integer, 17 to 56",
    "dose: real, 0 to 1.6 in steps of 0.1",
    "work: category of 3, 5 missing (13 %)",
    "smoker: boolean (no, yes)",
    "when: date (2010-01-01 00:00 to 2010-01-05 19:00), hourly",
    "day: date (2020-01-01 to 2020-02-09), daily",
    "key: id, not learned",
    "name: text, not learned",
    "none: empty",
    "three: integer, always 3",
    "same: category, always the same",
    "price: real, $0.50 to $39.50",
    "real: real, 0 to 5.57143",
  ]);
});

test("dates without days", () => {
  expect(lines("m,q,w\n2020-01,2020 Q1,2020 W01\n2020-03,2020 Q2,2020 W02\n")).toEqual([
    "m: date (2020-01 to 2020-03), monthly",
    "q: date (2020 Q1 to 2020 Q2), quarterly",
    "w: date (2020 W01 to 2020 W02), weekly",
  ]);
});

test("large counts have separators", () => {
  const rows = Array.from({ length: 2000 }, (_, i) => (i % 2 ? `${i},1` : ",2"));
  expect(lines(`x,y\n${rows.join("\n")}\n`)[0]).toBe("x: integer, 1 to 1999, 1,000 missing (50 %)");
});
