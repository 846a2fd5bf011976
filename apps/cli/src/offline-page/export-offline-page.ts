import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import { gzipSync } from "node:zlib";
import { kernelModule } from "@pushforward/runtime/wasm";
import { saveBytes } from "@pushforward/serialization/node";
import type { RowLayout } from "@pushforward/tables/extend";
import {
  type ArchitectureName,
  encodeModel,
  OptionError,
  type RowFlow,
  standardRegistry,
  type TableModel,
} from "pushforward";
import { compileModel } from "pushforward/compile";
import { UserError } from "../errors/user-error.ts";
import { checkTarget, written } from "../output/check-target.ts";
import { say } from "../output/terminal.ts";
import { loadTableModel } from "../reading/load-table-model.ts";
import { html, Markup } from "../report/page/html.ts";
import { located } from "../run/program-io.ts";
import { encodeBase85, type PageFacts, ROWS, toPlanes } from "./page-facts.ts";
import { OFFLINE_PAGE_MARK } from "./page-mark.ts";

/** Output path and options of {@link exportOfflinePage}. */
export interface OfflinePageOptions {
  readonly html: string;
  readonly force?: boolean | undefined;
}

/**
 * Writes a model as one HTML page that needs no network: a flow of numbers as its plans, any other model of a table as
 * its file.
 *
 * @throws {UserError} the model is a flow that computes with tensors.
 */
export async function exportOfflinePage(file: string, { html, force }: OfflinePageOptions): Promise<void> {
  const isReplaced = await checkTarget({ flag: "--html", path: html, inputs: [file], replaces: "page", force });
  const model = await loadTableModel(file);
  const name = basename(file, extname(file));
  const page = await offlinePage(name, await (model.rowFlow ? flowParts(file, model.rowFlow) : tableParts(model)));
  await saveBytes(located(html), new TextEncoder().encode(page));
  say(`page: ${written(html, isReplaced)}, ${Math.ceil(page.length / 1000)} kB`);
}

/** Parts of an offline page that depend on the kind of its model. */
interface OfflinePageParts {
  /** Name of the program. */
  readonly program: "main" | "table";
  /** The file of the model. */
  readonly model: Uint8Array;
  readonly layout?: RowLayout;
  readonly kernels: Uint8Array;
  /** Additional directives of the policy. */
  readonly policy: string;
  readonly body: (name: string) => Markup;
}

function flowParts(file: string, { flow, layout }: RowFlow): OfflinePageParts {
  const model = compiled(file, flow);
  return {
    program: "main",
    model,
    layout,
    kernels: kernelModule("simd"),
    policy: "",
    body: (n) => flowBody(n, layout),
  };
}

async function tableParts(model: TableModel): Promise<OfflinePageParts> {
  return {
    program: "table",
    // Without the anomaly score, which the page does not show.
    model: encodeModel(model.module, standardRegistry, { metadata: { table: model.toJson() } }),
    kernels: await readFile(besideProgram("assets/tfjs-backend-wasm-simd.wasm")),
    // The backend asks for the binary at an address, which the page makes.
    policy: "connect-src blob:; ",
    body: (name) => tableBody(name, model),
  };
}

/** The plans of a flow, which the page computes with. */
function compiled(file: string, flow: RowFlow["flow"]): Uint8Array {
  try {
    return compileModel(flow);
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    const [, reason = error.message.replace(/\.$/, "")] = /got one without: (.*?)\. Flows/.exec(error.message) ?? [];
    throw new UserError(
      `"${file}": expected a flow with a plan for --html, got a flow without: ${reason}. ` +
        `Fit one with --flow ${COMPILED.join(", ")} or auto. For this model, use export --to onnx or pushforward report.`,
    );
  }
}

/** Architectures with flows that have plans. */
const COMPILED: readonly ArchitectureName[] = ["nsf", "nsf-coupling", "maf", "iaf", "realNvp", "nice", "sospf", "gf"];

/**
 * Returns an HTML document with a model that scores, draws samples and pictures: it loads no resources and works from a
 * file.
 */
async function offlinePage(name: string, parts: OfflinePageParts): Promise<string> {
  const { model, layout, kernels } = parts;
  const [start, program] = await Promise.all(["start", parts.program].map(readProgram));
  const headerBytes = 8 + Number(new DataView(model.buffer, model.byteOffset).getBigUint64(0, true));
  const facts: PageFacts = { name, headerBytes, ...(layout && { layout }) };
  const scripts = [start, program].map(
    (text) =>
      `'sha256-${createHash("sha256")
        .update(text as string)
        .digest("base64")}'`,
  );
  const policy = `default-src 'none'; script-src ${scripts.join(" ")} 'wasm-unsafe-eval'; ${parts.policy}style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${new Markup(OFFLINE_PAGE_MARK)}
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name}: a density of pushforward</title>
<style>${new Markup(OFFLINE_PAGE_STYLE)}</style>
</head>
<body>
${parts.body(name)}
${block("facts", "application/json", JSON.stringify(facts).replaceAll("<", "\\u003c"))}
${block("model", "application/octet-stream", packed(toPlanes(model, headerBytes)))}
${block("kernels", "application/octet-stream", packed(kernels))}
${block("program", "application/octet-stream", packed(new TextEncoder().encode(program)))}
<script>${new Markup(start as string)}</script>
</body>
</html>
`.text;
}

function flowBody(name: string, { columns, context }: RowLayout): Markup {
  const given = context.length === 0 ? "" : `, given ${context.map((column) => column.name).join(", ")}`;
  return html`<main>
<h1>${name}</h1>
<p class="muted">A learned density of ${columns.join(", ")}${given}. This page works offline, and rows stay on this page.</p>
<p id="status" role="status">Starting …</p>
${context.length === 0 ? undefined : html`<h2 id="given">Given</h2><div class="fields" id="context" role="group" aria-labelledby="given"></div>`}
<h2>Picture</h2>
<div class="fields" id="pair"><label for="across">Across</label><select id="across"></select><label for="up">Up</label><select id="up"></select></div>
<div id="picture" role="img" aria-label="Density"></div>
<p id="reading" role="status"></p>
<h2>Score rows</h2>
<p>Type or paste CSV with a line of names, choose a file, or drop one anywhere on the page. The log-density of each row is in nats: lower means less probable. To rank anomalous rows, use <code>pushforward score</code>.</p>
<label for="rows">Rows</label>
<textarea id="rows" spellcheck="false"></textarea>
<div class="fields"><button id="score" type="button">Score</button><label for="rows-file">CSV file</label><input id="rows-file" type="file" accept=".csv,.tsv,.txt,text/csv"><button id="save-scores" type="button" disabled>Download scores</button></div>
<div class="wide" id="scores" tabindex="0" role="region" aria-label="Scores" hidden></div>
<h2>Samples</h2>
<div class="fields"><label for="count">Number</label><input id="count" type="number" min="1" max="32768" step="1" value="1000" required><label for="seed">Seed</label><input id="seed" type="number" min="0" max="9007199254740991" step="1" value="0" required><button id="draw" type="button">Draw</button><button id="save-samples" type="button" disabled>Download samples</button></div>
<div class="wide" id="samples" tabindex="0" role="region" aria-label="Samples" hidden></div>
</main>`;
}

function tableBody(name: string, { learned, context }: TableModel): Markup {
  const count = learned.length - context.length;
  const given = context.length === 0 ? "" : ` given ${context.join(", ")}`;
  const button =
    context.length === 0
      ? html`<button id="draw-given" type="button">Sample ${ROWS} rows given the checked cells</button>`
      : undefined;
  return html`<main>
<h1>${name}</h1>
<p class="muted">${name} is a learned density of ${count} ${count === 1 ? "column" : "columns"}${given}, and this page computes in your browser, without a server.</p>
<p id="status" role="status">Starting …</p>
<h2 id="row">Row</h2>
<p>Change a cell to see how probable the row is. Log-densities are in nats: lower means less probable.</p>
<p class="density" id="density" role="status"></p>
<div class="cells" id="cells" role="group" aria-labelledby="row"></div>
<h2>Samples</h2>
<div class="fields"><button id="draw" type="button">Sample ${ROWS} rows</button>${button}<button id="save-samples" type="button" disabled>Download CSV</button></div>
<p id="note" role="status"></p>
<div class="wide high" id="samples" tabindex="0" role="region" aria-label="Samples" hidden></div>
<div class="cells" id="plots"></div>
</main>`;
}

/** Data block in the page that is not executed. */
function block(id: string, type: string, text: string): Markup {
  return html`<script type="${type}" id="${id}">${new Markup(text)}</script>`;
}

function packed(bytes: Uint8Array): string {
  return encodeBase85(gzipSync(bytes, { level: 9 }));
}

/** Returns a text that the build has placed next to this module. */
async function readProgram(name: string): Promise<string> {
  return (await readFile(besideProgram(`page-${name}.js`), "utf8")).trim();
}

function besideProgram(name: string): URL {
  return new URL(name, import.meta.url);
}

/** The style of the offline page, light and dark as the reader has it. */
const OFFLINE_PAGE_STYLE = `
:root{color-scheme:light dark;--page:#fff;--ink:#1f2328;--muted:#59636e;--line:#d5dae0;--panel:#f6f8fa;--accent:#0072b2;--on-accent:#fff;--error:#b3261e}
@media (prefers-color-scheme:dark){:root{--page:#0d1117;--ink:#f0f6fc;--muted:#9ba5b0;--line:#30363d;--panel:#161b22;--accent:#56b4e9;--on-accent:#0d1117;--error:#ff8a80}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:960px;margin:0 auto;padding:24px 20px 64px}
h1{font-size:1.6rem;line-height:1.25;margin:.2em 0;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:1.8em 0 .4em;padding-top:.6em;border-top:1px solid var(--line)}
p{max-width:46em;margin:.5em 0}
.muted{color:var(--muted)}
#status{min-height:1.5em;font-weight:600}
.fields{display:flex;flex-wrap:wrap;gap:8px 12px;align-items:center;margin:.6em 0}
input,select,textarea,button{font:inherit;color:inherit;background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:5px 10px;max-width:100%}
input[type=number]{width:8.5em}
textarea{width:100%;min-height:6.5em;font-family:ui-monospace,monospace;font-size:.9rem}
button{background:var(--accent);color:var(--on-accent);border-color:transparent;font-weight:600;cursor:pointer}
button:disabled{background:var(--panel);color:var(--muted);border-color:var(--line);cursor:default}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.wide{overflow-x:auto;margin:.8em 0}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
.high{max-height:24rem;overflow:auto}
.high th{position:sticky;top:0;background:var(--page)}
.cells{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,250px),1fr));gap:12px}
.cell{border:1px solid var(--line);border-radius:6px;padding:10px 12px;min-width:0}
.cell>label{display:block;font-weight:600;overflow-wrap:anywhere}
.cell>input,.cell>select{width:100%}
.cell p{font-size:.9rem;margin:.3em 0;overflow-wrap:anywhere}
.cell p:empty{display:none}
.context{border-style:dashed;border-color:var(--accent)}
.given{display:flex;gap:6px;align-items:center}
.error{color:var(--error);font-weight:600}
.density{font-variant-numeric:tabular-nums;font-weight:600}
[aria-invalid=true]{border-color:var(--error)}
::placeholder{color:var(--muted);opacity:1}
th,td{text-align:right;padding:3px 14px 3px 0;border-bottom:1px solid var(--line);white-space:nowrap}
#picture svg,#plots svg{max-width:100%;height:auto;display:block}
`;
