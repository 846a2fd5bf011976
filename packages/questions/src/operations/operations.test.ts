import { describe, expect, test } from "vitest";
import {
  inputSchema,
  OPERATIONS,
  operationNamed,
  operationsOn,
  optionsOn,
  outputSchema,
  type Surface,
} from "./index.ts";

const SURFACES: readonly Surface[] = ["command", "route", "tool"];

/** Limits that differ on purpose: a route may answer without rows, and a tool must not fill the disk. */
const DIFFERENT = ["given count", "sample count"];

test("an option has the same type and the same limits on all surfaces", () => {
  const compared: string[] = [];
  for (const operation of OPERATIONS) {
    for (const key of Object.keys(operation.options)) {
      const found = SURFACES.flatMap((surface) => optionsOn(operation, surface).filter((option) => option.key === key));
      const name = `${operation.name} ${key}`;
      if (found.length < 2 || DIFFERENT.includes(name)) continue;
      compared.push(name);
      const limits = found.map(({ type, min, max, words }) => ({ type, min, max, words }));
      expect([name, limits]).toEqual([name, found.map(() => limits[0])]);
    }
  }
  expect(compared).toEqual(expect.arrayContaining(["impute draws", "impute multiple", "explain top", "report rows"]));
  const counts = (name: "sample" | "given") =>
    SURFACES.flatMap((surface) =>
      optionsOn(operationNamed(name), surface).flatMap(({ key, min, max }) => (key === "count" ? [[min, max]] : [])),
    );
  expect(counts("sample")).toEqual([
    [1, 1e12],
    [1, 1e12],
    [1, 1e6],
  ]);
  expect(counts("given")).toEqual([
    [1, 1e12],
    [0, 1e12],
    [1, 1e6],
  ]);
});

test("an operation is one sentence, and so is the help of an option", () => {
  for (const { name, help, options } of OPERATIONS) {
    expect([name, help]).toEqual([name, expect.stringMatching(/^[A-Z][^.]*\.$/)]);
    for (const [key, option] of Object.entries(options)) {
      for (const text of [option.help, ...Object.values(option.but ?? {}).flatMap(({ help }) => help ?? [])]) {
        expect([key, text]).toEqual([key, expect.not.stringMatching(/\.$|\. [A-Z]\w+ (is|are) \w+\.$/)]);
      }
    }
  }
});

describe("schemas", () => {
  test("of a route have the limits of the server, and tables as rows or columns", () => {
    const schema = inputSchema(operationNamed("sample"), "route", 5000);
    expect(schema).toMatchObject({
      additionalProperties: false,
      required: ["count"],
      properties: {
        count: { type: "integer", minimum: 1, maximum: 5000 },
        rows: { maxItems: 5000, description: "The context, for a conditional model." },
        columns: { additionalProperties: { maxItems: 5000 } },
        seed: { default: 0 },
      },
    });
    expect(Object.keys(schema["properties"] as object)).toEqual(["count", "rows", "columns", "seed"]);
  });

  test("require only what they describe", () => {
    for (const surface of ["route", "tool"] as const) {
      for (const operation of operationsOn(surface)) {
        const { required = [], properties } = inputSchema(operation, surface);
        const unknown = (required as string[]).filter((name) => !Object.hasOwn(properties as object, name));
        expect([operation.name, surface, unknown]).toEqual([operation.name, surface, []]);
      }
    }
  });

  test("of a tool name files, and its answer has the notes of the command", () => {
    expect(inputSchema(operationNamed("impute"), "tool")).toMatchObject({
      required: ["model", "data", "out"],
      properties: { draws: { minimum: 10, maximum: 100_000 }, columns: { type: "array" }, out: { type: "string" } },
    });
    expect(outputSchema(operationNamed("impute"), "tool")).toMatchObject({ required: ["out", "notes"] });
    expect(outputSchema(operationNamed("impute"), "route")).toMatchObject({ required: ["rows", "cells", "poor"] });
  });

  test("name what exists", () => {
    expect(operationsOn("route").map(({ name }) => name)).toEqual([
      ...["score", "explain", "sample", "given", "probability", "impute"],
    ]);
    expect(operationsOn("tool").map(({ name }) => name)).not.toContain("watch");
  });
});
