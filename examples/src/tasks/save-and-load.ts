import { createKey, type Flow, maf, standardRegistry, useBackend } from "pushforward";
import { loadModel, saveModel } from "pushforward/node";

await useBackend("wasm");
const flow = maf({ features: 2, key: createKey(0) }); // train it first
await saveModel("flow.safetensors", flow, standardRegistry);

const { model } = await loadModel<Flow>("flow.safetensors", standardRegistry);
console.log(model.logProb([[0, 0]]).dataSync()[0]);
