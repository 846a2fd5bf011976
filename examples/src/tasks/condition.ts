import { askTable, createKey, fitTableDensity, penguins, useBackend } from "pushforward";

await useBackend("wasm");
const { model } = await fitTableDensity(penguins(), { key: createKey(0), maxEpochs: 3 });
const questions = await askTable(model, { key: createKey(1) });

// Condition on any columns.
const heavy = questions.given({ body_mass_g: { min: 5000 }, sex: "male" }, { key: createKey(2) });
console.log(heavy.mean("flipper_length_mm"), heavy.quantile("flipper_length_mm", 0.9));
console.log(heavy.probabilities("species"));
console.log(heavy.sample(createKey(3), 3));
