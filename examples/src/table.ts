import { meanAndSpread, type Outcome, type Row } from "./lab.ts";

/** The rows of some experiments as a table in Markdown. */
export function formatTable(outcomes: readonly Outcome[]): string {
  const lines = [
    "|  | model | figure | notebook | floor | faithful | ours | seconds |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
  ];
  for (const { id, rows } of outcomes) {
    for (const row of rows) {
      const texts = [id, row.model, row.quantity, ...cells(row)].map((text) => text.replaceAll("|", "\\|"));
      lines.push(`| ${texts.join(" | ")} |`);
    }
  }
  return lines.join("\n");
}

function cells(row: Row): string[] {
  const { notebook, floor, limit, faithful, ours, faithfulSeconds, oursSeconds } = row;
  const least = floor === undefined ? "" : nats(floor);
  const reachable = limit === undefined || Math.abs(limit - (floor ?? limit)) < 5e-4 ? "" : `, Gaussian ${nats(limit)}`;
  const times = [faithfulSeconds, oursSeconds].map((values) => (values === undefined ? "–" : seconds(values)));
  return [
    typeof notebook === "number" ? (Number.isInteger(notebook) ? whole(notebook) : nats(notebook)) : (notebook ?? ""),
    least + reachable,
    spread(faithful, row.uneven),
    spread(ours, row.uneven),
    faithfulSeconds === undefined && oursSeconds === undefined ? "" : times.join(" / "),
  ];
}

function spread(values: readonly number[] | undefined, uneven = false): string {
  if (values === undefined) return "";
  if (uneven) return range(values);
  const [mean, sd] = meanAndSpread(values);
  const isCount = values.every(Number.isInteger);
  if (isCount && sd === 0) return whole(mean);
  const few = values.length < 5 ? `, ${values.length} seed${values.length === 1 ? "" : "s"}` : "";
  return (isCount ? `${mean.toFixed(1)} ± ${sd.toFixed(1)}` : `${nats(mean)} ± ${sd.toFixed(3)}`) + few;
}

function range(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, middle, high] = [0, Math.floor(sorted.length / 2), sorted.length - 1].map((i) => sorted[i] as number);
  return `${nats(middle as number)} (${nats(low as number)} … ${nats(high as number)})`;
}

/** With a minus sign of the width of a digit. */
function nats(value: number): string {
  const text = Math.abs(value) < 1e4 ? value.toFixed(3) : value.toExponential(0).replace("+", "");
  return text.replaceAll("-", "−");
}

function whole(value: number): string {
  return value.toLocaleString("en");
}

function seconds(values: readonly number[]): string {
  const [mean] = meanAndSpread(values);
  return mean < 9.5 ? mean.toFixed(1) : mean.toFixed(0);
}
