// The four pictures of the README: `npm run demo`, then `node examples/dist/readme-pictures.js [FOLDER]` (default: docs/images).
// Each shows the output of a command on the penguins.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseCsv, type Table } from "pushforward";
import { intervalPlot, pairPlot, seriesPlot } from "pushforward/plots";

const out = process.argv[2] ?? "docs/images";
const folder = mkdtempSync(join(tmpdir(), "readme-"));
const file = (name: string): string => join(folder, name);
const run = (...args: readonly string[]): void => {
  execFileSync("node", ["apps/cli/dist/main.js", ...args], { stdio: ["ignore", "ignore", "inherit"] });
};
const read = (name: string): Table => parseCsv(readFileSync(file(name), "utf8"), { missing: "keep" });
const numbers = (table: Table, name: string): Float64Array =>
  table.columns.find((column) => column.name === name)?.values as Float64Array;
const draw = (name: string, svg: string): void => writeFileSync(join(out, `${name}.svg`), `${svg}\n`);
const size = { width: 480, height: 360 };

try {
  run("data", "penguins", "--out", file("data.csv"));
  run("fit", file("data.csv"), "--out", file("model.safetensors"));
  const data = read("data.csv");
  const mass = numbers(data, "body_mass_g");
  const bill = numbers(data, "bill_length_mm");
  const axes = { ...size, xLabel: "bill_length_mm", yLabel: "body_mass_g" };

  run("score", file("model.safetensors"), file("data.csv"), "--out", file("scores.csv"));
  const anomaly = numbers(read("scores.csv"), "anomaly");
  const top = [...anomaly.keys()].sort((a, b) => (anomaly[b] as number) - (anomaly[a] as number)).slice(0, 10);
  draw(
    "readme-score",
    seriesPlot({
      ...axes,
      title: "The ten most anomalous rows",
      series: [
        { name: "data", x: bill, values: mass, dots: true, size: 4, color: "#8c959f" },
        {
          name: "most anomalous",
          x: top.map((row) => bill[row] as number),
          values: top.map((row) => mass[row] as number),
          dots: true,
          size: 9,
          color: "#d1242f",
        },
      ],
    }),
  );

  run("sample", file("model.safetensors"), "-n", "342", "--out", file("synthetic.csv"));
  const synthetic = read("synthetic.csv");
  draw(
    "readme-sample",
    seriesPlot({
      ...axes,
      title: "342 penguins and 342 synthetic rows",
      series: [
        { name: "data", x: bill, values: mass, dots: true, size: 4, color: "#8c959f" },
        {
          name: "synthetic",
          x: numbers(synthetic, "bill_length_mm"),
          values: numbers(synthetic, "body_mass_g"),
          dots: true,
          size: 4,
          color: "#0969da",
        },
      ],
    }),
  );

  const sets = ["female", "male"].map((sex) => {
    run(
      "sample",
      file("model.safetensors"),
      "-n",
      "2000",
      "--given",
      `species=Gentoo,sex=${sex}`,
      "--out",
      file(`${sex}.csv`),
    );
    return { name: sex, values: [numbers(read(`${sex}.csv`), "body_mass_g")] };
  });
  draw("readme-ask", pairPlot({ ...size, title: "Body mass of Gentoo penguins", columns: ["body_mass_g"], sets }));

  // Eight rows are left out of the fit, and their body mass is hidden.
  const hidden = [34, 77, 122, 160, 189, 230, 271, 310];
  const [header, ...lines] = readFileSync(file("data.csv"), "utf8").trimEnd().split("\n");
  const asked = hidden.map((row) => (lines[row] as string).replace(`,${mass[row]},`, ",,"));
  const write = (name: string, rows: readonly string[]): void =>
    writeFileSync(file(name), `${[header, ...rows].join("\n")}\n`);
  write(
    "train.csv",
    lines.filter((_, row) => !hidden.includes(row)),
  );
  write("holes.csv", asked);
  run("fit", file("train.csv"), "--out", file("train.safetensors"));
  run(
    ...["impute", file("train.safetensors"), file("holes.csv")],
    ...["--expected", "--intervals", "0.9", "--out", file("filled.csv")],
  );
  const filled = read("filled.csv");
  draw(
    "readme-impute",
    intervalPlot({
      ...size,
      title: "90 % intervals of hidden cells",
      intervals: hidden.map((row, i) => ({
        name: `row ${row + 1}`,
        low: numbers(filled, "low of body_mass_g")[i] as number,
        median: numbers(filled, "body_mass_g")[i] as number,
        high: numbers(filled, "high of body_mass_g")[i] as number,
        observed: mass[row] as number,
      })),
    }),
  );
} finally {
  rmSync(folder, { recursive: true });
}
