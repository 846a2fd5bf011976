import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeCsv } from "@pushforward/datasets/node";
import { contourPlot } from "@pushforward/plots";
import { saveModel } from "@pushforward/serialization/node";
import {
  chooseColumns,
  gaussianNll,
  layoutToJson,
  meanNll,
  type RowLayout,
  sampleColumns,
  splitRows,
  type TableRows,
  tableRows,
} from "@pushforward/tables/extend";
import {
  createKey,
  describeBackend,
  earthquakes,
  type Flow,
  logProbRows,
  ndArray,
  sampleRows,
  selectColumns,
  standardRegistry,
  type Table,
  useBackend,
} from "pushforward";
import { type FittedAuto, fitAutoFlow } from "./fit/fit-auto-flow.ts";
import { createProgress } from "./fit/progress.ts";
import { column, writePicture } from "./output/density-picture.ts";
import { colorsOf, printLines, say } from "./output/terminal.ts";
import { processIo } from "./run/program-io.ts";
import { runToEnd } from "./run/run-to-end.ts";

// The whole way once: a real table, a flow, its held-out density, its samples, its picture.
const FOLDER = "demo";
const SEED = 0;
const COLUMNS = ["longitude", "latitude"];

process.exitCode = await runToEnd(processIo(), demo);

async function demo(): Promise<void> {
  await useBackend("wasm");
  const backend = await describeBackend();
  const table = earthquakes();
  const layout = chooseColumns(table, { columns: COLUMNS }, "earthquakes");
  const { train, validation } = splitRows(table, tableRows(table, layout), { validation: 0.15, seed: SEED });
  const rows = (part: TableRows): number => part.x.shape[0] as number;

  say(
    "pushforward: the density of one week of earthquakes (U.S. Geological Survey)",
    `${rows(train)} training rows, ${rows(validation)} validation rows; backend ${backend.name}${backend.simd ? " with SIMD" : ""}`,
    "",
  );

  const { flow, parameters, auto } = await fitWithProgress(train, validation, layout);
  const nll = meanNll(flow, validation);
  const gaussian = gaussianNll(train, validation) as number;
  mkdirSync(FOLDER, { recursive: true });
  const path = (name: string): string => join(FOLDER, name);
  await writeCsv(path("earthquakes.csv"), table);
  await saveModel(path("earthquakes.safetensors"), flow, standardRegistry, {
    metadata: { table: layoutToJson(layout) },
  });
  const samples = sampleRows(flow, createKey(SEED).fold("samples"), 2000);
  await writeCsv(path("samples.csv"), { rows: 2000, columns: sampleColumns(layout, samples) });
  const picture = map(flow as Flow, table);
  await writePicture(path("density.svg"), picture);
  await writePicture(path("density.png"), picture);

  const file = (name: string, what: string): string => `${path(name).padEnd(29)}${what}`;
  await printLines([
    "",
    `${parameters} parameters in ${auto.seconds.toFixed(0)} s`,
    "",
    "negative log-likelihood of the validation rows, nats per row, lower is better",
    `  a Gaussian   ${gaussian.toFixed(3)}`,
    { text: `  this model   ${nll.toFixed(3)}`, style: colorsOf().bold },
    "",
    file("density.png", "density on the map"),
    file("density.svg", "the same as SVG"),
    file("samples.csv", "2000 samples"),
    file("earthquakes.safetensors", "the model"),
    file("earthquakes.csv", "the table"),
    "",
    "next:",
    `  node apps/cli/dist/main.js score ${FOLDER}/earthquakes.safetensors ${FOLDER}/earthquakes.csv --json`,
    `  node apps/cli/dist/main.js fit ${FOLDER}/earthquakes.csv --columns depth,magnitude --out ${FOLDER}/depth.safetensors`,
    "  node apps/cli/dist/main.js fit YOUR.csv --out model.safetensors",
  ]);
}

/** Fits the rows with `fitAuto`, and shows the progress. */
async function fitWithProgress(train: TableRows, validation: TableRows, layout: RowLayout): Promise<FittedAuto> {
  const progress = createProgress(false);
  return await fitAutoFlow(train, validation, layout, {
    flow: "auto",
    dequantize: true,
    rules: true,
    seed: SEED,
    onEvent: (event) => {
      if (event.type === "note") {
        say(event.text);
        return;
      }
      if (event.type === "warning") {
        say(`warning: ${event.text} ${event.remedy}`);
        return;
      }
      const { event: step } = event;
      progress.show(step);
      if (step.type === "stop") progress.end();
    },
  });
}

/** The density over the whole map, in shades of powers of ten. */
function map(model: Flow, table: Table): string {
  const x = Float64Array.from({ length: 360 }, (_, i) => -179.5 + i);
  const y = Float64Array.from({ length: 170 }, (_, i) => -84.5 + i);
  const points = new Float64Array(2 * x.length * y.length);
  for (let j = 0; j < y.length; j++) {
    for (let i = 0; i < x.length; i++) points.set([x[i] as number, y[j] as number], 2 * (j * x.length + i));
  }
  const all = selectColumns(table, COLUMNS);
  return contourPlot({
    x,
    y,
    logDensity: logProbRows(model, ndArray([x.length * y.length, 2], points)),
    points: { x: column(all, 0), y: column(all, 1), name: "earthquakes" },
    levels: { decades: 5, count: 10 },
    theme: "dark",
    width: 960,
    aspect: "equal",
    title: "Density of earthquakes, learned by a mixture of flows",
    xLabel: "longitude",
    yLabel: "latitude",
  });
}
