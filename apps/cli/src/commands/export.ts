import { exportNflows, exportZuko } from "@pushforward/interop";
import { loadModel, saveBytes } from "@pushforward/serialization/node";
import { openTableModel, tableMetadata } from "@pushforward/tables/extend";
import { ConditionalFlow, Flow, ModelFileError, OptionError, standardRegistry } from "pushforward";
import { UsageError, UserError } from "../errors/user-error.ts";
import { exportOfflinePage, type OfflinePageOptions } from "../offline-page/export-offline-page.ts";
import { flagWords } from "../options/options.ts";
import { checkTarget, written } from "../output/check-target.ts";
import { say } from "../output/terminal.ts";
import { located } from "../run/program-io.ts";
import { startBackend } from "../run/start-backend.ts";

interface ExportOptions {
  readonly to: "zuko" | "nflows" | "onnx";
  readonly task: "density" | "sampler";
  readonly layout: "flat" | "original" | "sbi";
  readonly out: string;
  readonly force?: boolean;
}

/** Runs `pushforward export`. */
export async function runExport(file: string, options: ExportOptions | OfflinePageOptions): Promise<void> {
  if ("html" in options) return await exportOfflinePage(file, options);
  const { to, layout, task, out, force } = options;
  if (to !== "nflows" && layout === "original") {
    throw new UsageError(`--layout original: expected --to nflows, got --to ${to}.`);
  }
  if (to !== "onnx" && task !== "density") {
    throw new UsageError(`--task ${task}: expected --to onnx, got --to ${to}.`);
  }
  const replaces = to === "onnx" ? "onnx" : "state_dict";
  const isReplaced = await checkTarget({ path: out, inputs: [file], replaces, force });
  const loaded = await loadModel(located(file), standardRegistry);
  await saveBytes(
    located(out),
    to === "onnx" ? await asOnnx(file, loaded, task) : asStateDict(file, loaded.model, to, layout),
  );
  say(`${to === "onnx" ? `${task} as ONNX` : `state_dict of ${to}`}: ${written(out, isReplaced)}`);
}

const ANY_MODEL = "--to onnx takes any model.";

type Loaded = Awaited<ReturnType<typeof loadModel>>;

async function asOnnx(file: string, { model, metadata }: Loaded, task: ExportOptions["task"]): Promise<Uint8Array> {
  const [{ exportOnnx }] = await Promise.all([import("@pushforward/onnx"), startBackend("wasm")]);
  const table = tableMetadata(metadata) === undefined ? undefined : openTableModel(model, metadata, `"${file}"`);
  return exportOnnx(table ?? (model as Parameters<typeof exportOnnx>[0]), { task });
}

function asStateDict(file: string, model: unknown, to: "zuko" | "nflows", layout: ExportOptions["layout"]): Uint8Array {
  if (!(model instanceof Flow || model instanceof ConditionalFlow)) {
    throw new ModelFileError(
      "type",
      `"${file}": expected a flow for --to ${to}, got the density of a table. ${ANY_MODEL}`,
    );
  }
  try {
    return to === "zuko" ? exportZuko(model, { layout: layout as "flat" | "sbi" }) : exportNflows(model, { layout });
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    const got = error.tell(flagWords).replace(/^export\w+: /, "");
    throw new UserError(
      `"${file}": ${got} --to ${to} needs a model with the layers of ${to}, such as an imported model. ${ANY_MODEL}`,
    );
  }
}
