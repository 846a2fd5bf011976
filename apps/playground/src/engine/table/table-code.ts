import { type FitTableResult, type Json, parameterCount, type TableModel } from "pushforward";
import { csvName, shellWord } from "../../shared/options.ts";
import type { Settings } from "../../shared/settings.ts";
import type { TableModelInfo } from "../../shared/table-protocol.ts";
import { readingEntries, readingFlags } from "../typescript-code.ts";
import { declarationText, type MixedTable } from "./read-mixed.ts";

/** The same run as a program in TypeScript, for Node. */
export function tableCode(settings: Settings, { name, understood, learned, declared }: MixedTable): string {
  const { members, epochs, seed, threads, backend, data } = settings;
  const isPart = learned.length < understood.learned.length;
  const reading = readingEntries(settings);
  const hasMarkers = reading.some((entry) => entry.startsWith("missingValues"));
  const names = [
    ...["createKey", "csvChunks", "fitTable"],
    ...(hasMarkers ? ["MISSING_VALUES"] : []),
    ...(declared.length > 0 ? ["parseDeclarations"] : []),
    ...["understandTable", "useBackend"],
  ];
  const declare = declared.length === 0 ? "" : `, { declare: parseDeclarations(${text(declarationText(declared))}) }`;
  const chosen = `[${learned.map((variable) => text(variable.name)).join(", ")}]`;
  const options = [
    `key: createKey(${seed})`,
    ...(members === 0 ? [] : [`members: ${members}`]),
    ...(epochs === 0 ? [] : [`maxEpochs: ${epochs}`]),
    `threads: ${threads}`,
  ];
  return `import { readFile } from "node:fs/promises";
import { ${names.join(", ")} } from "pushforward";

await useBackend(${text(backend)});

${data === "file" ? "" : "// The page saves this file: “Data, CSV”.\n"}const bytes = await readFile(${text(name)});
const found = await understandTable({
  name: ${text(name)},
  chunks: (options) => csvChunks([bytes], ${reading.length === 0 ? "options" : `{ ${reading.join(", ")}, ...options }`}),
}${declare});
const variables = ${isPart ? `found.learned.filter(({ name }) => ${chosen}.includes(name))` : "found.learned"};

const { model, marginalNll, validationNll } = await fitTable({ variables, table: found.table }, {
${options.map((option) => `  ${option},\n`).join("")}});
const rows = model.sample(createKey(${seed}), 10);
console.log(\`\${rows.rows} synthetic rows\`);

// Nats per row, on the validation rows: the model, and what it gains over independent columns.
console.log(validationNll, marginalNll - validationNll);
`;
}

/** A string as a literal. */
function text(value: string): string {
  return JSON.stringify(value);
}

/** Command line for the same run. It produces the same model. */
export function tableCommand(settings: Settings, { name, understood, learned, declared }: MixedTable): string {
  const { members, epochs, seed, threads, backend } = settings;
  const isPart = learned.length < understood.learned.length;
  return [
    `pushforward fit ${shellWord(name)} --out model.safetensors`,
    "--flow table",
    ...readingFlags(settings),
    declared.length === 0 ? "" : `--declare ${shellWord(declarationText(declared))}`,
    isPart ? `--columns ${shellWord(learned.map((variable) => csvName(variable.name)).join(","))}` : "",
    members === 0 ? "" : `--members ${members}`,
    epochs === 0 ? "" : `--epochs ${epochs}`,
    `--seed ${seed} --threads ${threads}`,
    backend === "cpu" ? "--backend cpu" : "",
  ]
    .filter((part) => part !== "")
    .join(" ");
}

/** Training metadata for the model file. */
export function tableMetadata(model: TableModel, result: FitTableResult, settings: Settings): Json {
  const { reason, columns, validationNll, marginalNll, trainRows, validationRows, seconds } = result;
  return {
    table: model.toJson(),
    fit: {
      flow: "table",
      features: columns.length,
      parameters: parameterCount(model.module.parameters()),
      ...{ validationNll, independentNll: marginalNll, trainRows, validationRows, seconds },
      columns: columns.map(({ column, ...own }) => ({
        ...{ column, validationNll: own.validationNll, independentNll: own.marginalNll },
      })),
      ...{ stopped: reason, seed: settings.seed, backend: settings.backend },
    },
  };
}

/** Model information for the page, as available in the model file. */
export function tableModelInfo({ module }: TableModel, metadata: Json, file?: string): TableModelInfo {
  const fit = fieldOf(metadata, "fit");
  const numbers = {
    validationNll: numberOf(fit, "validationNll"),
    marginalNll: numberOf(fit, "independentNll"),
    trainRows: numberOf(fit, "trainRows"),
    validationRows: numberOf(fit, "validationRows"),
    seconds: numberOf(fit, "seconds"),
  };
  const known = Object.entries(numbers).filter(([, value]) => value !== undefined);
  return {
    ...(Object.fromEntries(known) as Partial<Record<keyof typeof numbers, number>>),
    ...(file !== undefined && { file }),
    parameters: parameterCount(module.parameters()),
    isStopped: fieldOf(fit, "stopped") === "aborted",
    gains: gainsOf(fieldOf(fit, "columns")),
  };
}

function gainsOf(columns: Json | undefined): [string, number][] {
  if (!Array.isArray(columns)) return [];
  return columns.flatMap((column): [string, number][] => {
    const name = fieldOf(column, "column");
    const [model, own] = [numberOf(column, "validationNll"), numberOf(column, "independentNll")];
    return typeof name === "string" && model !== undefined && own !== undefined ? [[name, own - model]] : [];
  });
}

function numberOf(json: Json | undefined, name: string): number | undefined {
  const value = fieldOf(json, name);
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function fieldOf(json: Json | undefined, name: string): Json | undefined {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return undefined;
  return new Map(Object.entries(json)).get(name);
}
