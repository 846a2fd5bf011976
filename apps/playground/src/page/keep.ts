import type { Probed } from "../shared/protocol.ts";
import { attempt, working } from "./attempt.ts";
import { beginChange, changeData, endChange, failChange, isOwnData, show } from "./changes.ts";
import { type FileKind, fileKind, HEAD, linkNote } from "./decisions.ts";
import { workers } from "./engine.ts";
import { stop } from "./run-actions.ts";
import { context, data, fail, inform, isChanged, isRunning, modelFile, ran, settings, table, view } from "./state.ts";

/** Hands a file to the visitor. */
function download(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Renders an SVG to a PNG at double resolution, for screens and print. */
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
    beginChange(isOwnData());
    try {
      const bytes = new Uint8Array(await chosen.arrayBuffer());
      show(await workers().trainer.call("open", { name: chosen.name, bytes }));
      endChange([]);
    } catch (error) {
      failChange(error);
    }
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

/** Returns the density at a place of the picture, and where it is in the base; undefined if they are not available. */
export async function probe(x: number, y: number): Promise<Probed | undefined> {
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

/** Copies the address, and shows a note about its contents. */
export async function copyLink(): Promise<void> {
  const note = linkNote({
    settings: settings.value,
    ran: ran.value,
    modelFile: modelFile.value,
    isChanged: isChanged.value,
  });
  await copy(location.href, "link", note);
}

/** Copies a text, or reports that the browser does not allow it. */
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
