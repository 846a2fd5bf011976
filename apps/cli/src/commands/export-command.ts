import { Command, Option } from "commander";
import {
  ConditionalFlow,
  exportNflows,
  exportZuko,
  Flow,
  ModelFileError,
  standardRegistry,
  useBackend,
} from "pushforward";
import { tableDensityModel, tableModel } from "pushforward/extend";
import { loadModel, saveBytes } from "pushforward/node";
import { UsageError } from "../errors/user-error.ts";
import { exportOfflinePage, type OfflinePageOptions } from "../offline-page/export-offline-page.ts";
import { path } from "../options/options.ts";
import { forceOption, requireOption } from "../options/require-option.ts";
import { checkTarget, written } from "../output/check-target.ts";
import { say } from "../output/terminal.ts";

interface ExportOptions {
  readonly to: "zuko" | "nflows" | "onnx";
  readonly task: "density" | "sampler";
  readonly layout: "flat" | "original" | "sbi";
  readonly out: string;
  readonly force?: boolean;
}

/** `pushforward export`: a model file as the state_dict of a PyTorch flow, or as a model of ONNX. */
export function exportCommand(): Command {
  const command = new Command("export")
    .description(
      "Write a model as an ONNX file, which scores or draws rows in any engine, as one page that works offline, or as the " +
        "state_dict of a flow of zuko or nflows, a safetensors file that load_state_dict takes. For these the model must be " +
        "made of their layers: an imported one is.",
    )
    .argument("<model.safetensors>", "the model", path)
    .usage("<model.safetensors> --to <format> --out <file> | --html <page.html> [options]");
  const html = new Option("--html <page.html>", "one offline page that scores, samples and draws").conflicts([
    "to",
    "out",
  ]);
  requireOption(
    command,
    new Option("--to <format>", "ONNX, or the library whose layers to write").choices(["onnx", "zuko", "nflows"]),
    html,
  );
  requireOption(command, new Option("--out <file>", "where it goes"), html);
  return command
    .addOption(
      new Option("--task <kind>", "what an ONNX file computes: log-densities of rows, or rows from random numbers")
        .choices(["density", "sampler"])
        .default("density"),
    )
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

async function runExport(file: string, options: ExportOptions): Promise<void> {
  const { to, layout, task, out, force } = options;
  if (to !== "nflows" && layout === "original") {
    throw new UsageError(`--layout original: expected --to nflows, got --to ${to}.`);
  }
  if (to !== "onnx" && task !== "density") {
    throw new UsageError(`--task ${task}: expected --to onnx, got --to ${to}.`);
  }
  const replaces = to === "onnx" ? "onnx" : "state_dict";
  const isReplaced = await checkTarget({ path: out, inputs: [file], replaces, force });
  const loaded = await loadModel(file, standardRegistry);
  await saveBytes(out, to === "onnx" ? await asOnnx(file, loaded, task) : asStateDict(file, loaded.model, to, layout));
  say(`${to === "onnx" ? `${task} as ONNX` : `state_dict of ${to}`}: ${written(out, isReplaced)}`);
}

type Loaded = Awaited<ReturnType<typeof loadModel>>;

async function asOnnx(file: string, { model, metadata }: Loaded, task: ExportOptions["task"]): Promise<Uint8Array> {
  const [{ exportOnnx }] = await Promise.all([import("@pushforward/onnx"), useBackend("wasm")]);
  const table = tableDensityModel(model, metadata, `"${file}"`);
  if (table !== undefined) return exportOnnx(table.density, { task, variables: table.variables });
  const { flow, schema } = tableModel(model, metadata, `"${file}"`);
  return exportOnnx(flow, { task, schema });
}

function asStateDict(file: string, model: unknown, to: "zuko" | "nflows", layout: ExportOptions["layout"]): Uint8Array {
  if (!(model instanceof Flow || model instanceof ConditionalFlow)) {
    throw new ModelFileError("type", `"${file}": expected a flow, got another model.`);
  }
  return to === "zuko" ? exportZuko(model, { layout: layout as "flat" | "sbi" }) : exportNflows(model, { layout });
}
