import { Command, Option } from "commander";
import { ConditionalFlow, exportNflows, exportZuko, Flow, ModelFileError, standardRegistry } from "pushforward";
import { loadModel, saveBytes } from "pushforward/node";
import { UsageError } from "../errors/user-error.ts";
import { exportOfflinePage, type OfflinePageOptions } from "../offline-page/export-offline-page.ts";
import { path } from "../options/options.ts";
import { forceOption, requireOption } from "../options/require-option.ts";
import { checkTarget, written } from "../output/check-target.ts";
import { say } from "../output/terminal.ts";

interface ExportOptions {
  readonly to: "zuko" | "nflows";
  readonly layout: "flat" | "original" | "sbi";
  readonly out: string;
  readonly force?: boolean;
}

/** `pushforward export`: a model file as the state_dict of a PyTorch flow. */
export function exportCommand(): Command {
  const command = new Command("export")
    .description(
      "Write a model as the state_dict of a flow of zuko or nflows, a safetensors file that load_state_dict takes. " +
        "The model must be made of their layers: an imported one is. Or, with --html, write one page that works offline.",
    )
    .argument("<model.safetensors>", "the model", path)
    .usage("<model.safetensors> --to <library> --out <file.safetensors> | --html <page.html> [options]");
  const html = new Option("--html <page.html>", "one offline page that scores, samples and draws").conflicts([
    "to",
    "out",
  ]);
  requireOption(
    command,
    new Option("--to <library>", "library whose layers to write").choices(["zuko", "nflows"]),
    html,
  );
  requireOption(command, new Option("--out <file.safetensors>", "where the state_dict goes"), html);
  return command
    .addOption(
      new Option(
        "--layout <kind>",
        "keys of one list of layers, of construct_maf and construct_nsf (nflows), or of an estimator of sbi",
      )
        .choices(["flat", "original", "sbi"])
        .default("flat"),
    )
    .addOption(html)
    .addOption(forceOption())
    .action((file: string, options: ExportOptions | OfflinePageOptions) =>
      "html" in options ? exportOfflinePage(file, options) : runExport(file, options),
    );
}

async function runExport(file: string, { to, layout, out, force }: ExportOptions): Promise<void> {
  if (to === "zuko" && layout === "original") {
    throw new UsageError("--layout original: expected --to nflows, got --to zuko.");
  }
  const isReplaced = await checkTarget({ path: out, inputs: [file], replaces: "state_dict", force });
  const { model } = await loadModel(file, standardRegistry);
  if (!(model instanceof Flow || model instanceof ConditionalFlow)) {
    throw new ModelFileError("type", `"${file}": expected a flow, got another model.`);
  }
  const bytes =
    to === "zuko" ? exportZuko(model, { layout: layout as "flat" | "sbi" }) : exportNflows(model, { layout });
  await saveBytes(out, bytes);
  say(`state_dict of ${to}: ${written(out, isReplaced)}`);
}
