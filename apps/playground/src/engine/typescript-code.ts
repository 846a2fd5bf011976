import { contextSize, type RowLayout } from "@pushforward/tables/extend";
import { architectures, type DrawOptions, formatCsv, type Table, type TableModel } from "pushforward";
import { csvName, shellWord } from "../shared/options.ts";
import type { DataInfo } from "../shared/protocol.ts";
import { type Settings, TOY_NAMES } from "../shared/settings.ts";
import { readingOptions } from "./data/read-data.ts";
import { epochsFor, patienceFor } from "./runs/training-run.ts";

/** How a file is read, as flags of the command line. */
export function readingFlags(settings: Settings): string[] {
  const { encoding, header, missingValues } = readingOptions(settings);
  return [
    ...(missingValues === undefined ? [] : [`--na ${shellWord(settings.na.map(csvName).join(","))}`]),
    ...(header === undefined ? [] : [header ? "--header" : "--no-header"]),
    ...(encoding === undefined ? [] : [`--encoding ${encoding}`]),
  ];
}

/** How a file is read, as entries of options in TypeScript. */
export function readingEntries(settings: Settings): string[] {
  const { encoding, header, missingValues } = readingOptions(settings);
  const markers = settings.na.map((marker) => JSON.stringify(marker)).join(", ");
  return [
    ...(missingValues === undefined ? [] : [`missingValues: [...MISSING_VALUES, ${markers}]`]),
    ...(header === undefined ? [] : [`header: ${header}`]),
    ...(encoding === undefined ? [] : [`encoding: ${JSON.stringify(encoding)}`]),
  ];
}

/** Data that a run needs in addition to its settings. */
export interface CodedRun {
  readonly trainRows: number;
  readonly validationRows: number;
  /** Half the width of the box of the splines. */
  readonly bound: number;
}

/** The same run as a program in TypeScript, for Node. */
export function typescriptCode(settings: Settings, info: DataInfo, run: CodedRun): string {
  const isConditional = info.layout.context.length > 0;
  const parts = [
    importsOf(settings, isConditional),
    `await useBackend(${text(settings.backend)});\nconst seed = createKey(${settings.seed});\nconst [initKey, fitKey] = seed.split(2);`,
    isToy(settings) ? toyRows(settings) : tableRows(settings, info),
    splitRows(run, isConditional),
    flowOf(settings, info.layout, run),
    trainingOf(settings, run, isConditional),
  ];
  return `${parts.join("\n\n")}\n`;
}

function isToy({ data }: Settings): boolean {
  return (TOY_NAMES as readonly string[]).includes(data);
}

/** A string as a literal. */
function text(value: string): string {
  return JSON.stringify(value);
}

function importsOf(settings: Settings, isConditional: boolean): string {
  const hasMarkers = readingEntries(settings).some((entry) => entry.startsWith("missingValues"));
  const names = [
    ...(isConditional ? ["type ConditionalFlow"] : []),
    ...["columnStatistics", "cosineSchedule", "createKey", "logProbRows", architectures[settings.flow].factory],
    ...(hasMarkers ? ["MISSING_VALUES"] : []),
    ...(isToy(settings) ? [] : ["ndArray", "parseCsv"]),
    ...["standardize", "takeRows"],
    ...(isToy(settings) ? ["toyDataset"] : []),
    ...["trainEvents", "useBackend"],
  ];
  const file = isToy(settings) ? "" : 'import { readFile } from "node:fs/promises";\n';
  const extend = 'import { splitStandardization } from "pushforward/extend";';
  return `${file}import {\n${names.map((name) => `  ${name},\n`).join("")}} from "pushforward";\n${extend}`;
}

function toyRows({ data, rows }: Settings): string {
  return `const rows = toyDataset(${text(data)}).sample(seed.fold("data"), ${rows});`;
}

function tableRows(settings: Settings, { name, layout }: DataInfo): string {
  const { columns, context } = layout;
  const file = settings.data === "file" ? name : `${settings.data}.csv`;
  const origin = settings.data === "file" ? "" : "// The page saves this file: “Data, CSV”.\n";
  const names = [...columns, ...context.map((column) => column.name)].map(text).join(", ");
  const reading = [...(settings.dropMissing ? ['missing: "drop"'] : []), ...readingEntries(settings)];
  const width = columns.length;
  const lines = [
    `${origin}const table = parseCsv(await readFile(${text(file)}), { ${[`columns: [${names}]`, ...reading].join(", ")} });`,
    "const values = table.columns.map((column) => Array.from<number | string>(column.values));",
    `const cells = Array.from({ length: table.rows }, (_, i) => values.slice(0, ${width}).map((column) => Number(column[i])));`,
    `const rows = ndArray([table.rows, ${width}], Float64Array.from(cells.flat()));`,
  ];
  if (context.length === 0) return lines.join("\n");
  const entries = context.flatMap((column, k) => {
    const value = `values[${width + k}]?.[i]`;
    if (column.kind === "number") return [`Number(${value})`];
    return column.categories.map((category) => `Number(${value} === ${text(category)})`);
  });
  return [
    ...lines,
    "// Context columns: numbers, and one entry per category.",
    `const contextCells = Array.from({ length: table.rows }, (_, i) => [\n${entries.map((entry) => `  ${entry},\n`).join("")}]);`,
    `const contexts = ndArray([table.rows, ${contextSize(layout)}], Float64Array.from(contextCells.flat()));`,
  ].join("\n");
}

function splitRows({ trainRows, validationRows }: CodedRun, isConditional: boolean): string {
  const part = (name: string, from: string, slice: string): string =>
    isConditional
      ? `const ${name} = { x: takeRows(rows, ${from}.slice(${slice})), context: takeRows(contexts, ${from}.slice(${slice})) };`
      : `const ${name} = takeRows(rows, ${from}.slice(${slice}));`;
  return [
    "// A tenth of the rows is for validation.",
    `const order = seed.fold("split").permutation(${trainRows + validationRows});`,
    part("train", "order", `${validationRows}`),
    part("validation", "order", `0, ${validationRows}`),
  ].join("\n");
}

function flowOf(settings: Settings, layout: RowLayout, { bound }: CodedRun): string {
  const { flow, transforms, width, depth, bins } = settings;
  const size = contextSize(layout);
  const { factory, splines, amortized, fixed = {} } = architectures[flow];
  const options = [
    `features: ${layout.columns.length}`,
    ...(size === 0 ? [] : [`context: ${size}`]),
    "key: initKey",
    `transforms: ${transforms}`,
    ...(amortized && size === 0 ? [] : [`hidden: [${new Array<number>(depth).fill(width).join(", ")}]`]),
    ...(splines ? [`bins: ${bins}`, `bound: ${bound}`] : []),
    ...Object.entries(fixed).map(([name, value]) => `${name}: ${value}`),
    size === 0 ? "standardize: units" : "standardize: units.x",
    ...(size === 0 ? [] : ["standardizeContext: units.context"]),
  ];
  const units =
    size === 0
      ? "const units = columnStatistics(train);"
      : "const units = { x: columnStatistics(train.x), context: columnStatistics(train.context) };";
  return `// The flow is trained on standardized rows.\n${units}\nconst flow = ${factory}({\n${options.map((option) => `  ${option},\n`).join("")}});`;
}

function trainingOf(settings: Settings, { trainRows }: CodedRun, isConditional: boolean): string {
  const epochs = epochsFor(settings, trainRows);
  const standard = (part: string): string =>
    isConditional
      ? `{ x: standardize(${part}.x, units.x), context: standardize(${part}.context, units.context) }`
      : `standardize(${part}, units)`;
  const inner = isConditional ? "splitStandardization<ConditionalFlow>(flow)" : "splitStandardization(flow)";
  const rows = isConditional ? "validation.x, validation.context" : "validation";
  return `const training = trainEvents(${inner}.inner, ${standard("train")}, {
  key: fitKey,
  validation: ${standard("validation")},
  maxEpochs: ${epochs},
  patience: ${patienceFor(epochs)},
  batchSize: ${Math.min(settings.batch, trainRows)},
  threads: ${settings.threads},
  learningRate: cosineSchedule({ learningRate: ${settings.rate} }),
});
for await (const event of training) {
  if (event.type === "stop") console.log(\`\${event.steps} steps\`);
}

// The validation loss, in nats per row.
const logProbs = logProbRows(flow, ${rows});
console.log(-logProbs.reduce((sum, value) => sum + value, 0) / logProbs.length);`;
}

/**
 * Returns samples of a model as a CSV file, in the formats of its columns: the same as on the command line for the same
 * seed.
 */
export function samplesCsv(model: TableModel, options: DrawOptions): string {
  let text = "";
  for (const block of model.draw(options)) text += formatCsv(block, { header: text === "" });
  return text;
}

/** Returns the context that the visitor has set, as a table of one row; undefined for a model without context. */
export function contextTable({ context }: RowLayout, values: readonly number[]): Table | undefined {
  if (context.length === 0) return undefined;
  return {
    rows: 1,
    columns: context.map((column, k) => {
      const { name, kind } = column;
      const value = values[k] ?? 0;
      return kind === "number"
        ? { name, kind, values: Float64Array.of(value) }
        : { name, kind: "text", values: [column.categories[value] as string] };
    }),
  };
}
