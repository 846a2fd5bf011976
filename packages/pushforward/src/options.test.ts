import { readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import * as diagnostics from "./diagnostics.ts";
import * as extend from "./extend.ts";
import * as facade from "./index.ts";
import {
  architectures,
  createFlow,
  createKey,
  fitAuto,
  fitTable,
  fitTableDensity,
  glow,
  nsf,
  OptionError,
  parseCsv,
  sphereFlow,
  train,
  trainEvents,
  useBackend,
} from "./index.ts";
import * as inference from "./inference.ts";
import * as interop from "./interop.ts";
import * as plots from "./plots.ts";

/** All names of all entries. */
const NAMES: Readonly<Record<string, unknown>> = {
  ...extend,
  ...inference,
  ...diagnostics,
  ...interop,
  ...plots,
  ...facade,
};

const key = createKey(0);
const x = Array.from({ length: 400 }, (_, i) => [Math.sin(i), Math.cos(2 * i)]);
const small = { hidden: [4], transforms: 1 } as const;

beforeAll(() => useBackend("wasm"));

/** An option that TypeScript would refuse. */
const with_ = <Options>(options: Options, wrong: Readonly<Record<string, unknown>>): Options => ({
  ...options,
  ...wrong,
});

describe("an unknown option is refused, with the closest name", () => {
  test.each(Object.keys(architectures) as (keyof typeof architectures)[])("%s", (name) => {
    const options = { features: 2, context: undefined, key, transforms: 1 };
    expect(() => createFlow(name, with_(options, { transform: 2 }))).toThrow(
      /, got "transform"\. Did you mean transforms\?$/,
    );
    createFlow(name, with_(options, { bins: 4, bound: 3 })).dispose();
  });

  test("presets that createFlow does not know", () => {
    expect(() => glow(with_({ shape: [4, 4, 1], key }, { level: 1 }))).toThrow(/^glow: .*Did you mean levels\?$/);
    expect(() => glow({ features: 3, key } as never)).toThrow(
      /^glow: expected the options shape, .*, got "features"\.$/,
    );
    expect(() => sphereFlow(with_({ key }, { features: 3 }))).toThrow(/^sphereFlow: .*, got "features"\.$/);
    expect(() => nsf(with_({ features: 2, key }, { Bins: 3 }))).toThrow(/Did you mean bins\?$/);
  });

  test("train, auto and the densities of tables", async () => {
    using flow = nsf({ features: 2, key, ...small });
    const options = { key, maxEpochs: 1 };
    await expect(train(flow, { x }, with_(options, { validationFraction: 2 }))).rejects.toThrow(
      /^train: .*, got "validationFraction"\. Did you mean validation\?$/,
    );
    await expect(train(flow, { x }, { ...options, rollback: with_({ patience: 3 }, { time: 1 }) })).rejects.toThrow(
      /^train: rollback: expected the options patience, factor, times, got "time"\. Did you mean times\?$/,
    );
    await expect(fitAuto({ x }, with_({ key }, { maxEpoch: 1 }))).rejects.toThrow(
      /^fitAuto: .*Did you mean maxEpochs\?$/,
    );
    const table = parseCsv("a,b\n1,u\n2,v\n");
    await expect(fitTableDensity(table, with_({ key }, { member: 1 }))).rejects.toThrow(/Did you mean members\?$/);
    await expect(fitTable(table, with_({ key }, { fold: 1 }))).rejects.toThrow(/Did you mean folds\?$/);
    // What is undefined is as good as omitted.
    await train(flow, { x }, with_(options, { nothing: undefined }));
  });
});

/** Public functions and constructors whose source says that they take options. */
function withOptions(): string[] {
  const found = new Set<string>();
  const packages = new URL("../../", import.meta.url).pathname;
  for (const folder of readdirSync(packages).map((name) => `${packages}${name}/src`)) {
    for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (!path.endsWith(".ts") || path.endsWith(".test.ts") || path.startsWith("generated")) continue;
      const source = readFileSync(`${folder}/${path}`, "utf8");
      for (const [, name] of source.matchAll(/^export (?:async )?function\*? ?(\w+)[^)]*Options\b[^)]*\)/gm)) {
        found.add(name as string);
      }
      for (const [, name, own] of source.matchAll(/^export class (\w+)([\s\S]*?)^}/gm)) {
        if (/^ {2}constructor\([^)]*Options\b/m.test(own as string)) found.add(name as string);
      }
    }
  }
  return [...found].filter((name) => Object.hasOwn(NAMES, name)).sort();
}

/** What a call with an option that does not exist ends with, wherever the options stand among the arguments. */
async function answersTo(name: string): Promise<string[]> {
  const callee = NAMES[name] as Callee;
  const isClass = String(callee).startsWith("class");
  const answers: string[] = [];
  for (const place of new Set([callee.length, Math.max(callee.length - 1, 0)])) {
    for (const options of [{ unknownOption: 1 }, { key, unknownOption: 1 }]) {
      const given = [...Array<undefined>(place), options];
      try {
        const result = (await (isClass ? new callee(...given) : callee(...given))) as AsyncGenerator | undefined;
        answers.push(String(await result?.next?.()));
      } catch (error) {
        answers.push((error as Error).message);
      }
    }
  }
  return answers;
}

interface Callee {
  new (...given: unknown[]): unknown;
  (...given: unknown[]): unknown;
}

/** For authors, with options that are data; pictures, whose package imports no other; and tables, which are checked first. */
const WITHOUT_NAMES = new Set([
  ...["DenseLayer", "McmcSampler"],
  ...["autoregressiveLayers", "couplingLayers", "freeLayers"],
  ...["findVariables", "readEvents", "readMatrix", "readRows", "readVariables"],
  ...["understandTable"],
  ...["DataError", "ModelFileError", "SimulationError", "checkOptions"],
  ...["contourPlot", "coveragePlot", "densityPlot1d", "intervalPlot", "lossPlot", "nullPlot", "pairHeatPlot"],
  ...["pairPlot", "panelFigure", "probabilityPlot", "rankPlot", "seriesPlot"],
  ...["preset", "fitTable", "createFlow", "distributionNetwork", "fitTableEvents", "probabilityCurve"],
  ...["nflowsLinear"],
]);

test("every public function and constructor with options", async () => {
  const found = withOptions();
  expect(found.length).toBeGreaterThan(200);
  const silent: string[] = [];
  for (const name of found) {
    const answers = await answersTo(name);
    if (!answers.some((answer) => answer.includes('got "unknownOption"'))) silent.push(name);
  }
  expect(silent.filter((name) => !WITHOUT_NAMES.has(name))).toEqual([]);
  expect([...WITHOUT_NAMES].filter((name) => !silent.includes(name))).toEqual([]);
});

test.each([
  [{ features: 1e9 }, /^nsf: expected features to be at most 1048576, got 1000000000\.$/],
  [{ features: 1e6 }, /expected a layer of at most \d+ weights, got 64 × 23000000\. Use fewer features/],
  [{ features: 2, hidden: [1e9] }, /expected each width in hidden to be at most 16777216, got 1000000000\.$/],
  [{ features: 2, hidden: [1e6, 1e6] }, /expected a layer of at most \d+ weights, got 1000000 × 1000000\./],
  [{ features: 2, transforms: 1e9 }, /expected transforms to be at most 1048576, got 1000000000\.$/],
  [{ features: 2, context: 1e12 }, /expected context to be at most 1048576, got 1000000000000\.$/],
  [{ features: undefined }, /expected features to be an integer of at least 1, got undefined\.$/],
])("a size that no memory holds is refused: %j", (sizes, message) => {
  expect(() => nsf({ ...sizes, key } as never)).toThrow(message);
  expect(() => nsf({ ...sizes, key, coupling: true } as never)).toThrow(OptionError);
});

describe("two fits of one flow at once", () => {
  const message = /^train: expected a model without a running fit, got one in training\./;
  const options = { key, maxEpochs: 3 };

  test("the second is refused, and the flow can be trained again", async () => {
    using flow = nsf({ features: 2, key, ...small });
    const first = train(flow, { x }, options);
    await expect(train(flow, { x }, options)).rejects.toThrow(message);
    expect((await first).reason).toBe("completed");
    expect((await train(flow, { x }, options)).reason).toBe("completed");
  });

  test("also after one that throws, is left, or is aborted", async () => {
    using flow = nsf({ features: 2, key, ...small });
    await expect(train(flow, { x: [[1, Number.NaN]] }, options)).rejects.toThrow();
    await expect(
      train(
        flow,
        { x },
        {
          ...options,
          loss: () => {
            throw new Error("mine");
          },
        },
      ),
    ).rejects.toThrow("mine");
    for await (const event of trainEvents(flow, { x }, options)) if (event.type === "step") break;
    expect((await train(flow, { x }, { ...options, signal: AbortSignal.abort() })).reason).toBe("aborted");
    expect((await train(flow, { x }, options)).reason).toBe("completed");
  });
});

test("a share of validation rows that leaves too few to learn from is refused", async () => {
  using flow = nsf({ features: 2, key, ...small });
  await expect(train(flow, { x }, { key, validation: 0.999 })).rejects.toThrow(
    /^train: expected validation that leaves training rows, got 0\.999 of 400 rows\.$/,
  );
  await expect(fitAuto({ x }, { key, validation: 0.999 })).rejects.toThrow(
    /expected a fraction of validation rows above 0 and at most 0\.5, got 0\.999\./,
  );
});
