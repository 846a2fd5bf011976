import {
  askTable,
  createKey,
  fitTableDensity,
  formatCsv,
  imputeTable,
  parseCsv,
  penguins,
  useBackend,
} from "pushforward";

await useBackend("wasm");
const csv = formatCsv(penguins()); // or the text of your own file
const table = parseCsv(csv, { missing: "keep", missingValues: ["unknown"] });
const { model } = await fitTableDensity(table, { key: createKey(0), maxEpochs: 3 });
const questions = await askTable(model, { key: createKey(1) });

const { expected, cells } = imputeTable(questions, table, { key: createKey(2), draws: 20 });
console.log(expected.rows); // the table without missing cells
console.log(cells[0]); // a filled cell, with its uncertainty
