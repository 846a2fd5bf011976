// Rows per second of log-densities, ours beside onnxruntime, on one thread, by turns in one run; medians of the turns:
//   node packages/onnx/test/measure.mjs
import { availableParallelism } from "node:os";
import { useBackend } from "@pushforward/backend";
import { createKey, ndArray } from "@pushforward/core";
import { createFlow, logProbRows } from "@pushforward/flows";
import { exportOnnx } from "@pushforward/onnx";
import { InferenceSession, Tensor } from "onnxruntime-node";
import * as web from "onnxruntime-web";

const ROWS = 20_000;
const FEATURES = 5;
const TURNS = 5;
const key = createKey("measure");
const x = Float64Array.from(key.normal(ROWS * FEATURES));

async function timed(run) {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  await run();
  const used = process.cpuUsage(cpu);
  return { wall: (performance.now() - wall) / 1e3, cpu: (used.user + used.system) / 1e6 };
}

function median(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

const print = (line) => process.stdout.write(`${line}\n`);

await useBackend("wasm");
web.env.wasm.numThreads = 1;
print(`${process.version}, processors: ${availableParallelism()}`);
print("model          file, kB  ours wall/cpu  node wall/cpu   web wall/cpu   (thousand rows/s)");
for (const name of ["maf", "nsf", "realNvp", "nsf-coupling", "naf", "gf", "residualFlow", "cnf"]) {
  const flow = createFlow(name, { features: FEATURES, context: undefined, key });
  const file = exportOnnx(flow);
  const options = { logSeverityLevel: 3, intraOpNumThreads: 1, interOpNumThreads: 1 };
  const node = await InferenceSession.create(file, options);
  const inWeb = await web.InferenceSession.create(file, { logSeverityLevel: 3 });
  const rows = name === "cnf" ? ROWS / 10 : ROWS;
  const part = x.subarray(0, rows * FEATURES);
  const runs = {
    ours: () => logProbRows(flow, ndArray([rows, FEATURES], part)),
    node: () => node.run({ x: new Tensor("float64", part, [rows, FEATURES]) }),
    web: () => inWeb.run({ x: new web.Tensor("float64", part.slice(), [rows, FEATURES]) }),
  };
  const times = { ours: [], node: [], web: [] };
  for (let turn = 0; turn <= TURNS; turn++) {
    for (const [who, run] of Object.entries(runs)) {
      const one = await timed(run);
      // The first turn warms up.
      if (turn > 0) times[who].push(one);
    }
  }
  const rate = (who, clock) => (rows / 1e3 / median(times[who].map((one) => one[clock]))).toFixed(0).padStart(6);
  const cells = Object.keys(runs).map((who) => `${rate(who, "wall")}/${rate(who, "cpu")}`);
  print([name.padEnd(14), (file.length / 1e3).toFixed(1).padStart(7), ...cells].join("  "));
  flow.dispose();
}
