import { typedFormat } from "../shared/options.ts";
import type { DensityFrame, View } from "../shared/protocol.ts";
import { formatSettings, type Settings } from "../shared/settings.ts";

/** Parses a comma-separated list. Double quotes protect commas; empty and repeated texts are dropped. */
export function parseMarkers(text: string): string[] {
  const found = text.matchAll(/\s*(?:"((?:[^"]|"")*)"(?=\s*(?:,|$))|([^,]+))/g);
  const markers = Array.from(found, ([, quoted, plain = ""]) => quoted?.replaceAll('""', '"') ?? plain.trim());
  return [...new Set(markers)].filter((marker) => marker !== "");
}

/** File type, detected from the first bytes. */
export type FileKind = "model" | "table" | "other";

/** Number of leading bytes for the detection of a file type. */
export const HEAD = 4096;

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
  // UTF-16 has zero bytes; the error of the CSV reader has the remedy.
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) return true;
  return !head.some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27));
}

/** Current run, for deciding if the address of the page describes it. */
export interface LinkedRun {
  readonly settings: Settings;
  /** The settings of the training that is shown; absent before the first. */
  readonly ran: Settings | undefined;
  /** Name of the model file that is open, if one is. */
  readonly modelFile: string | undefined;
  /** True if the visitor changed the run: learning rate, backend, or end. */
  readonly isChanged: boolean;
}

/** The content of a link to the page, and the missing parts. */
export function linkNote({ settings, ran, modelFile, isChanged }: LinkedRun): string {
  if (modelFile !== undefined) {
    return `The link contains the settings of the page, but not the model: keep ${modelFile} with it.`;
  }
  const held =
    settings.data === "file"
      ? "The link contains the settings and the columns, but not your file: open the file again after following the link. "
      : "";
  if (ran !== undefined && formatSettings(ran) !== formatSettings(settings)) {
    return `${held}The link contains the current settings, not the settings of the training shown.`;
  }
  if (ran !== undefined && isChanged) {
    return `${held}The link contains the settings at the start, without your changes or a stop during training.`;
  }
  const run = settings.data === "file" ? "With that file, training gives" : "Training there gives";
  return `${held}${run} the same result bit for bit on the same kind of browser and processor, and a slightly different one elsewhere.`;
}

/** Input of {@link trainHint}. */
export interface TrainState {
  /** Current work of the page; empty while idle. */
  readonly busy: string;
  /** Number of training rows. */
  readonly rows: number;
  /** Name of the model file that is open, if one is. */
  readonly modelFile: string | undefined;
  /** True if the data are a mixed table. */
  readonly isTable: boolean;
  readonly data: string;
  /** Points drawn by hand. */
  readonly drawn: number;
}

/** The reason why training is not possible; undefined if it is. */
export function trainHint({ busy, rows, modelFile, isTable, data, drawn }: TrainState): string | undefined {
  if (busy !== "" || rows > 0) return undefined;
  if (isTable && modelFile !== undefined) return `${modelFile} is open. Choose data to train a new model.`;
  if (isTable) return "No column can be learned. Change the kind of a column.";
  if (modelFile !== undefined) return `${modelFile} came without data. Choose data to train a new flow.`;
  if (data === "drawn") return drawn === 0 ? "Draw some points first." : "Draw a few more points.";
  return data === "file" ? "Open a file to train on it." : "The page has no data to train on.";
}

/** Returns `true` if two pictures have the same window. */
export function isSameView(a: View, b: View | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Maximum number of pictures of a training. Each takes about 300 kB. */
const MOST_FRAMES = 40;

/**
 * Adds a picture to the pictures of a training. A picture of the same step replaces the last one; an earlier step or a new
 * window starts a new list. A full list drops the picture with the smallest ratio of steps between its neighbors, but never `kept`.
 */
export function withFrame(
  frames: readonly DensityFrame[],
  next: DensityFrame,
  kept?: DensityFrame | undefined,
): readonly DensityFrame[] {
  const last = frames.at(-1);
  if (last === undefined || next.step < last.step || !isSameView(last.view, next.view)) {
    return [next];
  }
  const all = [...(next.step === last.step ? frames.slice(0, -1) : frames), next];
  if (all.length <= MOST_FRAMES) return all;
  const ratio = (i: number): number => (all[i + 1]?.step ?? 0) / Math.max(1, all[i - 1]?.step ?? 0);
  let least = -1;
  for (let i = 1; i < all.length - 1; i++) {
    if (all[i] !== kept && (least < 0 || ratio(i) < ratio(least))) least = i;
  }
  return all.filter((_, i) => i !== least);
}
