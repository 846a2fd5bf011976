import {
  createKey,
  findVariables,
  fitTableDensity,
  formatCsv,
  parseCsv,
  penguins,
  useBackend,
  writeVariables,
} from "pushforward";

await useBackend("wasm");
const csv = formatCsv(penguins()); // or the text of your own file

// Numbers, categories, dates and missing cells are found.
const { variables, table } = findVariables(parseCsv(csv, { kinds: "text", missing: "keep" }));
const { model, validationNll } = await fitTableDensity({ variables, table }, { key: createKey(0), maxEpochs: 3 });
console.log(validationNll); // nats per row

const synthetic = model.sample(createKey(1), 5);
console.log(formatCsv(writeVariables({ variables, table: synthetic })));
