import type { Settings } from "../../shared/settings.ts";
import { readingEntries } from "../reading-code.ts";
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
    ...(epochs === 0 ? [] : [`epochs: ${epochs}`]),
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
