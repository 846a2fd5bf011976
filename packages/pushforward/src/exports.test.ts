import * as anomalies from "@pushforward/anomalies";
import * as auto from "@pushforward/auto";
import * as backend from "@pushforward/backend";
import * as columns from "@pushforward/columns";
import * as conditioners from "@pushforward/conditioners";
import * as core from "@pushforward/core";
import { importOptional } from "@pushforward/core/node";
import * as datasets from "@pushforward/datasets";
import * as datasetsNode from "@pushforward/datasets/node";
import * as diagnostics from "@pushforward/diagnostics";
import * as distributions from "@pushforward/distributions";
import * as flows from "@pushforward/flows";
import * as inference from "@pushforward/inference";
import * as interop from "@pushforward/interop";
import * as ops from "@pushforward/ops";
import * as plots from "@pushforward/plots";
import * as questions from "@pushforward/questions";
import * as serialization from "@pushforward/serialization";
import * as serializationNode from "@pushforward/serialization/node";
import * as tables from "@pushforward/tables";
import * as training from "@pushforward/training";
import * as transforms from "@pushforward/transforms";
import { expect, test } from "vitest";
import * as extend from "./extend.ts";
import * as pushforward from "./index.ts";
import * as node from "./node.ts";

type Exports = Readonly<Record<string, unknown>>;

const packages: Readonly<Record<string, Exports>> = {
  anomalies,
  auto,
  backend,
  columns,
  conditioners,
  core,
  datasets,
  diagnostics,
  distributions,
  flows,
  inference,
  interop,
  plots,
  questions,
  serialization,
  tables,
  training,
  transforms,
};

// The bijection keeps the short name.
const renamed: Readonly<Record<string, string>> = {
  "distributions.Independent": "IndependentDistribution",
  "distributions.independent": "independentDistribution",
};

// The same, with workers.
const withWorkers = ["autoTable", "fitAutoTable", "fitTableDensity", "tableDensity"];

// The command line and the server import these from questions.
const ofPrograms = [
  ...[
    "ANOMALIES",
    "LogDensitySummary",
    "MARGINAL_ROWS",
    "TopRows",
    "askedModel",
    "checkImputedColumns",
    "checkQuestions",
  ],
  ...[
    "checkScores",
    "givenRows",
    "imputedRows",
    "isTableDensity",
    "joinRows",
    "loadedModel",
    "logDensities",
    "marginalRows",
  ],
  ...["modelCells", "numberTable", "oddRows", "readRows", "reasonsOf", "sampleModel"],
].map((name) => `questions.${name}`);
// Tables imports these from columns.
const ofTables = [
  "blockRows",
  "domainWords",
  "intoDomain",
  "isInDomain",
  "tableLocation",
  "tablePlace",
  "variableDomain",
].map((name) => `columns.${name}`);
const internal = new Set([...ofPrograms, ...ofTables]);

test("every export of every package is in one of the two entries, once, and is the same thing", () => {
  const users: Exports = pushforward;
  const authors: Exports = extend;
  const seen = new Set<string>();
  for (const [name, exports] of Object.entries(packages)) {
    for (const [key, value] of Object.entries(exports)) {
      if (isCodec(key) || internal.has(`${name}.${key}`)) continue;
      const here = renamed[`${name}.${key}`] ?? key;
      const expected = withWorkers.includes(key) ? expect.any(Function) : value;
      expect([users[here], authors[here]].filter(Boolean), `${name}.${key}`).toEqual([expected]);
      expect(seen.has(here), `${here} of ${name}, also of another package`).toBe(false);
      seen.add(here);
    }
  }
  const own = ["columnWorkers", "memory", "tidy", "standardRegistry", "describe", "lazyRegistry", "ops", "codecs"];
  expect(
    Object.keys({ ...users, ...authors })
      .filter((key) => !seen.has(key))
      .sort(),
  ).toEqual(own.sort());
  expect(extend.ops).toBe(ops);
});

test("the lists of codecs hold each codec of each package", () => {
  const listed = new Set<unknown>(Object.values(extend.codecs).flat());
  for (const exports of Object.values(packages)) {
    const single = Object.entries(exports).filter(([key]) => key.endsWith("Codec") && isCodec(key));
    expect(single.filter(([, codec]) => !listed.has(codec)).map(([key]) => key)).toEqual([]);
  }
});

test("so are those for Node", () => {
  const all: Exports = node;
  const own: Exports = { importOptional, ...datasetsNode, ...serializationNode };
  for (const [key, value] of Object.entries(own)) expect(all[key], key).toBe(value);
  expect(Object.keys(all).sort()).toEqual(Object.keys(own).sort());
});

/** Codecs of single types stay in their packages; `classCodec` and `defineCodec` make codecs. */
function isCodec(name: string): boolean {
  return /Codecs?$/.test(name) && name !== "classCodec" && name !== "defineCodec";
}
