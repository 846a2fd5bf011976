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
  const least = floor === undefined ? "" : fixed(floor);
  const reachable =
    limit === undefined || Math.abs(limit - (floor ?? limit)) < 5e-4 ? "" : `, Gaussian ${fixed(limit)}`;
  return [
    typeof notebook === "number" ? fixed(notebook) : (notebook ?? ""),
    least + reachable,
    spread(faithful),
    spread(ours),
    [faithfulSeconds, oursSeconds].map((s) => (s === undefined ? "" : seconds(s))).join(" / "),
  ];
}

function spread(values: readonly number[] | undefined): string {
  if (values === undefined) return "";
  const [mean, sd] = meanAndSpread(values);
  if (values.every((value) => value === mean)) return fixed(mean);
  return `${fixed(mean)} ± ${fixed(sd)}`;
}

function fixed(value: number): string {
  return Number.isInteger(value) || Math.abs(value) >= 1000 ? String(Math.round(value)) : value.toFixed(3);
}

function seconds(values: readonly number[]): string {
  const [mean] = meanAndSpread(values);
  return mean < 0.95 ? mean.toFixed(1) : String(Math.round(mean));
}
