import { typedFormat } from "../shared/options.ts";
import { formatSettings, type Settings } from "../shared/settings.ts";
import { attempt, working } from "./attempt.ts";
import { stop } from "./run-actions.ts";
import { changeData, show, workers } from "./session.ts";
import {
  context,
  data,
  fail,
  inform,
  isChanged,
  isRunning,
  modelFile,
  notice,
  ran,
  settings,
  table,
  view,
} from "./state.ts";

/** File type, detected from the first bytes. */
type FileKind = "model" | "table" | "other";

/** Number of leading bytes for the detection of a file type. */
const HEAD = 4096;

/**
 * The type of a file, from its first {@link HEAD} bytes. A safetensors file begins with the length of a JSON object as a
 * little-endian integer of eight bytes.
 *
 * @param size length of the whole file.
 */
export function fileKind(head: Uint8Array, size: number): FileKind {
  if (head.length >= 9) {
    const length = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true);
    if (head[8] === 0x7b && length >= 2n && length <= BigInt(size - 8)) return "model";
  }
  return typedFormat(head) !== undefined || isText(head) ? "table" : "other";
}

const SIGNATURES: readonly (readonly number[])[] = [
  // PDF, ZIP (spreadsheets as well), gzip.
  [0x25, 0x50, 0x44, 0x46],
  [0x50, 0x4b, 0x03, 0x04],
  [0x1f, 0x8b],
];

function isText(head: Uint8Array): boolean {
  if (SIGNATURES.some((signature) => signature.every((byte, i) => head[i] === byte))) return false;
  // UTF-16 has zero bytes; the reader of CSV files says how to save it.
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) return true;
  return !head.some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27));
}

/** Whether the address of the page describes the current run. */
export interface LinkedRun {
  readonly settings: Settings;
  /** The settings of the training that is shown; absent before the first. */
  readonly ran: Settings | undefined;
  /** Name of the model file that is open, if one is. */
  readonly modelFile: string | undefined;
  /** Whether the visitor changed the run: learning rate, backend, or end. */
  readonly isChanged: boolean;
}

/** Content of a link to the page, and missing parts. */
export function linkNote({ settings, ran, modelFile, isChanged }: LinkedRun): string {
  if (modelFile !== undefined) {
    return `It holds the settings of the page, but not the model: keep ${modelFile} beside it.`;
  }
  const held =
    settings.data === "file"
      ? "It holds the settings and the columns, but not your file: whoever follows it must open the file again. "
      : "";
  if (ran !== undefined && formatSettings(ran) !== formatSettings(settings)) {
    return `${held}The settings in it are those of now, not those of the training shown.`;
  }
  if (ran !== undefined && isChanged) {
    return `${held}It holds the settings at the start: what you changed or stopped during training is not part of it.`;
  }
  const run = settings.data === "file" ? "With that file, training gives" : "Training there gives";
  return `${held}${run} the same result bit for bit on the same kind of browser and processor, and a slightly different one elsewhere.`;
}

/** Hands a file to the visitor. */
function download(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Pixels per SVG unit: 2, for screens and print. */
async function svgToPng(svg: string): Promise<Blob> {
  const image = new Image();
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = 2 * image.naturalWidth;
    canvas.height = 2 * image.naturalHeight;
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => {
      canvas.toBlob((blob) => (blob === null ? reject(new Error("The picture could not be drawn.")) : resolve(blob)));
    });
  } finally {
    URL.revokeObjectURL(address);
  }
}

// Files that come in and go out, and the link.

/** Reads a file that was dropped or chosen: a model or a table, whatever its name. */
export async function openFile(chosen: File): Promise<void> {
  let kind: FileKind;
  try {
    kind = fileKind(new Uint8Array(await chosen.slice(0, HEAD).arrayBuffer()), chosen.size);
  } catch {
    fail(`${chosen.name} can't be read. It may be a folder, or it was moved. Choose a file.`);
    return;
  }
  if (chosen.size === 0) {
    fail(`${chosen.name} is empty. Choose another file.`);
    return;
  }
  if (kind === "table" && /\.safetensors$/i.test(chosen.name)) {
    fail(`${chosen.name} is not a saved model. It may be damaged.`);
    return;
  }
  if (kind === "other") {
    fail(
      `${chosen.name} is neither a table (CSV, Parquet, Arrow) nor a saved model. Save a spreadsheet as CSV to open it here.`,
    );
    return;
  }
  if (isRunning.value) await stop();
  if (kind === "table") {
    changeData({ data: "file" }, chosen);
    return;
  }
  await working("Reading the model", async () => {
    await attempt(async () => {
      const bytes = new Uint8Array(await chosen.arrayBuffer());
      show(await workers().trainer.call("open", { name: chosen.name, bytes }));
      notice.value = undefined;
    });
  });
}

export async function saveModel(): Promise<void> {
  await attempt(async () => {
    const bytes = await workers().trainer.call("save", null);
    download(`${nameOfRun()}.safetensors`, new Blob([bytes], { type: "application/octet-stream" }));
  });
}

export async function saveData(): Promise<void> {
  await attempt(async () => {
    const text = await workers().trainer.call("dataCsv", null);
    const own = (data.value ?? table.value)?.name ?? "data.csv";
    const name = settings.value.data === "file" ? own : `${settings.value.data}.csv`;
    download(name, new Blob([text], { type: "text/csv" }));
  });
}

/** New rows of the density of a table. */
export async function saveRows(count: number): Promise<void> {
  const name = nameOfRun();
  await working("Drawing rows", async () => {
    await attempt(async () => {
      const text = await workers().trainer.call("rowsCsv", { count, seed: settings.value.seed });
      download(`${name}-samples.csv`, new Blob([text], { type: "text/csv" }));
    });
  });
}

/** The rows of the table that is open, with their log-densities. */
export async function saveScores(): Promise<void> {
  await attempt(async () => {
    const text = await workers().trainer.call("scoresCsv", null);
    const name = (table.value?.name ?? "table").replace(/\.[^.]*$/, "");
    download(`${name}-scores.csv`, new Blob([text], { type: "text/csv" }));
  });
}

export async function saveSamples(count: number): Promise<void> {
  const name = nameOfRun();
  await working("Drawing samples", async () => {
    await attempt(async () => {
      const request = { count, seed: settings.value.seed, context: context.value };
      const text = await workers().painter.call("samples", request);
      download(`${name}-samples.csv`, new Blob([text], { type: "text/csv" }));
    });
  });
}

export async function savePicture(format: "svg" | "png"): Promise<void> {
  const current = view.value;
  if (current === undefined) return;
  // Meanwhile the visitor may choose other data.
  const name = nameOfRun();
  await working("Drawing the picture", async () => {
    await attempt(async () => {
      const svg = await workers().painter.call("picture", { view: current, kind: "density" });
      const picture = format === "svg" ? new Blob([svg], { type: "image/svg+xml" }) : await svgToPng(svg);
      download(`${name}.${format}`, picture);
    });
  });
}

/** The pair plot as SVG. */
export async function pairPicture(): Promise<string | undefined> {
  const current = view.value;
  if (current === undefined) return undefined;
  let svg: string | undefined;
  await attempt(async () => {
    svg = await workers().painter.call("picture", { view: current, kind: "pairs" });
  });
  return svg;
}

/** The log-density at a point of the picture; undefined if unavailable. */
export async function probe(x: number, y: number): Promise<number | undefined> {
  try {
    return (await workers().painter.call("probe", { x, y, context: context.value })) ?? undefined;
  } catch {
    return undefined;
  }
}

function nameOfRun(): string {
  const { data: name, flow } = settings.value;
  const own = (data.value ?? table.value)?.name ?? "table";
  const base = name === "file" ? own.replace(/\.[^.]*$/, "") : name;
  return modelFile.value?.replace(/\.[^.]*$/, "") ?? `${base}-${table.value === undefined ? flow : "table"}`;
}

/** Copies the address, and describes its content. */
export async function copyLink(): Promise<void> {
  const note = linkNote({
    settings: settings.value,
    ran: ran.value,
    modelFile: modelFile.value,
    isChanged: isChanged.value,
  });
  await copy(location.href, "link", note);
}

/** Copies a text, or reports that the browser denies access. */
export async function copy(text: string, what: "link" | "text", note = ""): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    inform(`The ${what} is copied. ${note}`.trim());
  } catch {
    inform(
      `The browser does not let the page copy. Copy the ${what} by hand${what === "link" ? `: ${text}` : ""}. ${note}`.trim(),
    );
  }
}
