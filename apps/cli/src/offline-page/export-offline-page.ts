import { basename, extname } from "node:path";
import { saveBytes } from "@pushforward/serialization/node";
import { type ArchitectureName, OptionError, type RowFlow } from "pushforward";
import { compileModel } from "pushforward/compile";
import { UserError } from "../errors/user-error.ts";
import { checkTarget, written } from "../output/check-target.ts";
import { say } from "../output/terminal.ts";
import { loadTableModel } from "../reading/load-table-model.ts";
import { located } from "../run/program-io.ts";
import { offlinePage } from "./offline-page.ts";

/** What {@link exportOfflinePage} writes, and where. */
export interface OfflinePageOptions {
  readonly html: string;
  readonly force?: boolean | undefined;
}

/**
 * Writes a model as one HTML page that needs no network.
 *
 * @throws {UserError} the model is one of columns of any kinds, or a flow that computes by tensors.
 */
export async function exportOfflinePage(file: string, { html, force }: OfflinePageOptions): Promise<void> {
  const isReplaced = await checkTarget({ flag: "--html", path: html, inputs: [file], replaces: "page", force });
  const { rowFlow } = await loadTableModel(file);
  if (rowFlow === undefined) {
    throw new UserError(
      `"${file}": expected a flow of numeric columns for --html, got a density of a table with other columns. ` +
        "Use pushforward report for a page about it.",
    );
  }
  const model = compiled(file, rowFlow.flow);
  const name = basename(file, extname(file));
  const page = await offlinePage({ name, layout: rowFlow.layout, model });
  await saveBytes(located(html), new TextEncoder().encode(page));
  say(`page: ${written(html, isReplaced)}, ${Math.ceil(page.length / 1000)} kB`);
}

/** The plans of a flow, which the page computes with. */
function compiled(file: string, flow: RowFlow["flow"]): Uint8Array {
  try {
    return compileModel(flow);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    const [, reason = error.message] = /got one without: (.*?)\. Flows/.exec(error.message) ?? [];
    throw new UserError(
      `"${file}": expected a flow that computes without tensors for --html, got another one: ${reason}. ` +
        `Fit one with --flow ${COMPILED.join(", ")} or auto; export --to onnx and pushforward report take this one, too.`,
    );
  }
}

/** Architectures whose flows have plans. */
const COMPILED: readonly ArchitectureName[] = ["nsf", "nsf-coupling", "maf", "iaf", "realNvp", "nice", "sospf", "gf"];
