import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { kernelModule } from "@pushforward/runtime/wasm";
import type { RowLayout } from "@pushforward/tables/extend";
import { html, Markup } from "../report/page/html.ts";
import { encodeBase85 } from "./base85.ts";
import { toPlanes } from "./byte-planes.ts";
import type { PageFacts } from "./page-facts.ts";
import { OFFLINE_PAGE_MARK } from "./page-mark.ts";
import { OFFLINE_PAGE_STYLE } from "./page-style.ts";

/** What an offline page is made of. */
export interface OfflinePage {
  readonly name: string;
  readonly layout: RowLayout;
  /** The file of the compiled model. */
  readonly model: Uint8Array;
}

/** One HTML document with a model that scores, draws samples and pictures: it loads nothing and works from a file. */
export async function offlinePage({ name, layout, model }: OfflinePage): Promise<string> {
  const [start, program] = await Promise.all(["start", "main"].map(readProgram));
  const headerBytes = 8 + Number(new DataView(model.buffer, model.byteOffset).getBigUint64(0, true));
  const facts: PageFacts = { name, layout, headerBytes };
  const scripts = [start, program].map(
    (text) =>
      `'sha256-${createHash("sha256")
        .update(text as string)
        .digest("base64")}'`,
  );
  const policy = `default-src 'none'; script-src ${scripts.join(" ")} 'wasm-unsafe-eval'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'`;
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
${pageBody(name, layout)}
${block("facts", "application/json", JSON.stringify(facts).replaceAll("<", "\\u003c"))}
${block("model", "application/octet-stream", packed(toPlanes(model, headerBytes)))}
${block("kernels", "application/octet-stream", packed(kernelModule("simd")))}
${block("program", "application/octet-stream", packed(new TextEncoder().encode(program)))}
<script>${new Markup(start as string)}</script>
</body>
</html>
`.text;
}

function pageBody(name: string, { columns, context }: RowLayout): Markup {
  const given = context.length === 0 ? "" : `, given ${context.map((column) => column.name).join(", ")}`;
  return html`<main>
<h1>${name}</h1>
<p class="muted">A learned density of ${columns.join(", ")}${given}. This page computes all of it by itself: no row leaves it.</p>
<p id="status" role="status">Starting …</p>
${context.length === 0 ? undefined : html`<h2 id="given">Given</h2><div class="fields" id="context" role="group" aria-labelledby="given"></div>`}
<h2>Picture</h2>
<div class="fields" id="pair"><label for="across">Across</label><select id="across"></select><label for="up">Up</label><select id="up"></select></div>
<div id="picture" role="img" aria-label="Density"></div>
<h2>Score rows</h2>
<p>Type or paste CSV with a line of names, choose a file, or drop one anywhere on the page. The log-density of each row is in nats: low means anomalous.</p>
<label for="rows">Rows</label>
<textarea id="rows" spellcheck="false"></textarea>
<div class="fields"><button id="score" type="button">Score</button><label for="rows-file">CSV file</label><input id="rows-file" type="file" accept=".csv,.tsv,.txt,text/csv"><button id="save-scores" type="button" disabled>Download scores</button></div>
<div class="wide" id="scores" tabindex="0" role="region" aria-label="Scores" hidden></div>
<h2>Samples</h2>
<div class="fields"><label for="count">Number</label><input id="count" type="number" min="1" max="32768" step="1" value="1000" required><label for="seed">Seed</label><input id="seed" type="number" min="0" max="9007199254740991" step="1" value="0" required><button id="draw" type="button">Draw</button><button id="save-samples" type="button" disabled>Download samples</button></div>
<div class="wide" id="samples" tabindex="0" role="region" aria-label="Samples" hidden></div>
</main>`;
}

/** Data in the page that nothing runs. */
function block(id: string, type: string, text: string): Markup {
  return html`<script type="${type}" id="${id}">${new Markup(text)}</script>`;
}

function packed(bytes: Uint8Array): string {
  return encodeBase85(gzipSync(bytes, { level: 9 }));
}

/** A text that the build has put beside this module. */
async function readProgram(name: string): Promise<string> {
  return (await readFile(new URL(`page-${name}.js`, import.meta.url), "utf8")).trim();
}
