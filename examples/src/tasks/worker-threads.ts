import { createKey, fitTableDensity, nsf, penguins, toyDataset, train, useBackend } from "pushforward";

await useBackend("wasm");
// The columns of a table are trained by several workers. The model is the same for any number.
const { model } = await fitTableDensity(penguins(), { key: createKey(0), maxEpochs: 3, threads: 2 });
console.log(model.columns.length);

// The batches of one flow are shared by threads.
const flow = nsf({ features: 2, key: createKey(1) });
const rows = toyDataset("moons").sample(createKey(2), 500);
console.log((await train(flow, rows, { key: createKey(3), maxEpochs: 3, threads: 2 })).bestValidationLoss);
