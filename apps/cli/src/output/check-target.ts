import { constants } from "node:fs";
import { access, open, realpath, stat } from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import { WRITTEN_ENDS } from "@pushforward/files";
import { UserError } from "../errors/user-error.ts";
import { OFFLINE_PAGE_MARK } from "../offline-page/page-mark.ts";
import { QUERY_ALONE } from "../options/read-options.ts";
import { PAGE_MARK } from "../report/page/html.ts";
import { located } from "../run/program-io.ts";

/**
 * Kinds of files that a command may replace without a flag: only files that are recognizable as output of the same
 * command.
 */
type Replaceable = "model" | "state_dict" | "onnx" | "picture" | "scores" | "rows" | "report" | "page" | "nothing";

/** File that a command is about to write. */
export interface Target {
  /** The option that names it. Default: `--out`. */
  readonly flag?: string | undefined;
  readonly path: string;
  /** Files that the command reads; the target must differ from all. */
  readonly inputs: readonly string[];
  readonly replaces: Replaceable;
  /** `true` if any file may be replaced. */
  readonly force?: boolean | undefined;
}

/**
 * Checks that a file can be written, before any work starts.
 *
 * @returns `true` if it replaces a file.
 * @throws {UserError} the extension does not fit the kind of file; the folder is missing or not writable; the path is a
 * folder, a device or one of the inputs; or a file exists that the command may not replace.
 */
export async function checkTarget({ flag = "--out", path, inputs, replaces, force = false }: Target): Promise<boolean> {
  if (path.trim() === "") throw new UserError(`${flag}: expected the name of a file, got an empty one.`);
  const folder = dirname(path);
  const found = await stat(located(folder)).catch(() => undefined);
  if (!found?.isDirectory()) {
    throw new UserError(
      `${flag} ${path}: expected a folder "${folder}", got ${found === undefined ? "none. Create it first" : "a file"}.`,
    );
  }
  const old = await stat(located(path)).catch(() => undefined);
  if (old?.isDirectory()) throw new UserError(`${flag} ${path}: expected the name of a file, got a folder.`);
  // A file is written beside its place and then moved there, which would remove a device.
  if (old !== undefined && !old.isFile()) {
    throw new UserError(`${flag} ${path}: expected the name of a file, got a device or a pipe.`);
  }
  if (!(await access(located(folder), constants.W_OK).then(yes, no))) {
    throw new UserError(`${flag} ${path}: expected a folder that you may write to, got "${folder}".`);
  }
  const target = await real(path);
  for (const input of inputs) {
    if (input !== "-" && input !== QUERY_ALONE && (await real(input)) === target) {
      throw new UserError(`${flag} ${path}: expected a file other than the input file, got the input file.`);
    }
  }
  const [end, ends] = [extname(path).toLowerCase(), ENDS[replaces]];
  if (ends !== undefined && end !== "" && !ends.includes(end)) {
    throw new UserError(`${flag} ${path}: expected the name of a file that ends in ${ends.join(", ")}, got ${end}.`);
  }
  if (old === undefined || old.size === 0) return false;
  if (!force && !(await isReplaceable(path, replaces))) {
    throw new UserError(
      `${flag} ${path}: expected a new file${ALSO[replaces]}, got an existing one. Choose a different name, or replace it with --force.`,
    );
  }
  return true;
}

/** Allowed extensions, apart from names without an extension; undefined for any extension. */
const ENDS: Readonly<Record<Replaceable, readonly string[] | undefined>> = {
  ...{
    model: [".safetensors", ".st"],
    state_dict: [".safetensors", ".st"],
    onnx: [".onnx"],
    picture: [".svg", ".png"],
  },
  ...{
    scores: WRITTEN_ENDS,
    rows: WRITTEN_ENDS,
    report: [".html", ".htm"],
    page: [".html", ".htm"],
    nothing: undefined,
  },
};

const ALSO: Readonly<Record<Replaceable, string>> = {
  model: " or a model to replace",
  state_dict: " or a safetensors file to replace",
  onnx: " or an ONNX file to replace",
  picture: " or a picture to replace",
  scores: " or scores to replace",
  report: " or a report to replace",
  page: " or a page of a model to replace",
  rows: "",
  nothing: "",
};

const HEAD_BYTES = 1 << 16;
/** Names of the columns that close the header of a file of scores. */
const SCORES =
  /(^|[,;\t])log_density(_\d+)?([,;\t](anomaly|p_value|surprise of [^,;\t"]*|"surprise of ([^"]|"")*")(_\d+)?)*$/;

async function isReplaceable(path: string, what: Replaceable): Promise<boolean> {
  if (what === "nothing" || what === "rows") return false;
  const head = await readStart(path);
  // A safetensors file begins with eight bytes of a length, then JSON.
  const isSafetensors = head.startsWith("\0\0{", 6);
  switch (what) {
    case "model":
      return isSafetensors && head.includes('"format":"pushforward"');
    case "state_dict":
      return isSafetensors;
    case "onnx":
      // The version of the format, and who wrote the file.
      return head.startsWith("\b\b\x12\x0bpushforward");
    case "picture":
      return head.startsWith("\x89PNG") || head.startsWith("<svg");
    case "report":
      return head.includes(PAGE_MARK);
    case "page":
      return head.includes(OFFLINE_PAGE_MARK);
    case "scores":
      return SCORES.test(head.split(/\r?\n/, 1)[0] as string);
  }
}

async function readStart(path: string): Promise<string> {
  const file = await open(located(path)).catch(() => undefined);
  if (file === undefined) return "";
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD_BYTES));
    return Buffer.from(buffer.buffer, 0, bytesRead).toString("latin1");
  } finally {
    await file.close();
  }
}

/** Returns the message for a written file. */
export function written(path: string, isReplaced: boolean): string {
  return isReplaced ? `${path} (replaced)` : path;
}

function real(path: string): Promise<string> {
  return realpath(located(path)).catch(() => resolve(located(path)));
}

const yes = (): boolean => true;
const no = (): boolean => false;
