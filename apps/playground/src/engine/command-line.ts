import { architectures } from "pushforward";
import type { DataInfo } from "../shared/protocol.ts";
import type { Settings } from "../shared/settings.ts";
import { readingFlags } from "./reading-code.ts";
import { shellWord } from "./shell-word.ts";
import { epochsFor, patienceFor } from "./training-run.ts";

/** The same run on the command line, where it gives the same model. */
export function commandLine(settings: Settings, { name, table, layout }: DataInfo, trainRows: number): string {
  const { flow, transforms, width, depth, bins, batch, rate, seed, threads } = settings;
  const file = settings.data === "file" ? name : `${settings.data}.csv`;
  const numbers = table.filter((c) => c.kind === "number").map((c) => c.name);
  const given = layout.context.map((c) => c.name);
  const all = numbers.filter((column) => !given.includes(column));
  const spline = architectures[flow].splines ? ` --bins ${bins}` : "";
  const epochs = epochsFor(settings, trainRows);
  return [
    `pushforward fit ${shellWord(file)} --out model.safetensors`,
    layout.columns.join() === all.join() ? "" : `--columns ${shellWord(layout.columns.join(","))}`,
    given.length === 0 ? "" : `--context ${shellWord(given.join(","))}`,
    settings.dropMissing ? "--missing drop" : "",
    ...readingFlags(settings),
    `--flow ${flow} --transforms ${transforms} --hidden ${new Array<number>(depth).fill(width).join(",")}${spline}`,
    `--batch-size ${Math.min(batch, trainRows)} --learning-rate ${rate} --epochs ${epochs} --patience ${patienceFor(epochs)}`,
    `--seed ${seed} --threads ${threads}${settings.backend === "cpu" ? " --backend cpu" : ""}`,
  ]
    .filter((part) => part !== "")
    .join(" ");
}
