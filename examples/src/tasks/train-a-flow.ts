import { createKey, nsf, toyDataset, train, useBackend } from "pushforward";

await useBackend("wasm");
const rows = toyDataset("moons").sample(createKey(0), 500); // or your own rows: [[x, y], …]

const flow = nsf({ features: 2, key: createKey(1) });
const { bestValidationLoss } = await train(flow, rows, { key: createKey(2), maxEpochs: 5 });

console.log(bestValidationLoss); // nats per row
console.log(flow.logProb([[1, 0.3]]).dataSync()[0]); // exact log-density
console.log(flow.sample(createKey(3), [3]).arraySync());
