import { csvName } from "../../shared/csv-name.ts";
import type { Settings } from "../../shared/settings.ts";
import { readingFlags } from "../reading-code.ts";
import { shellWord } from "../shell-word.ts";
import { declarationText, type MixedTable } from "./read-mixed.ts";

/** The same run on the command line, where it gives the same model. */
export function tableCommand(settings: Settings, { name, understood, learned, declared }: MixedTable): string {
  const { members, epochs, seed, threads, backend } = settings;
  const isPart = learned.length < understood.learned.length;
  return [
    `pushforward fit ${shellWord(name)} --out model.safetensors`,
    "--flow table",
    ...readingFlags(settings),
    declared.length === 0 ? "" : `--declare ${shellWord(declarationText(declared))}`,
    isPart ? `--columns ${shellWord(learned.map((variable) => csvName(variable.name)).join(","))}` : "",
    members === 0 ? "" : `--members ${members}`,
    epochs === 0 ? "" : `--epochs ${epochs}`,
    `--seed ${seed} --threads ${threads}`,
    backend === "cpu" ? "--backend cpu" : "",
  ]
    .filter((part) => part !== "")
    .join(" ");
}
