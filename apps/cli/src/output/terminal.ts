import pc from "picocolors";
import { UserError } from "../errors/user-error.ts";
import { type OutputStream, programIo } from "../run/program-io.ts";
import { visible, wrapped } from "./words.ts";

/** The reader of standard output has seen enough, as in `pushforward score … | head`. */
export class ReaderGone extends Error {}

/**
 * A line for people, plain or in a style. The style is applied after control characters are removed from file contents.
 */
export type Line = string | { readonly text: string; readonly style: (text: string) => string };

/**
 * Writes data to standard output and waits until it is taken, so that memory stays flat when the reader is slow. A pipe
 * or a file gets every character; a terminal gets control characters in a form that it only shows.
 *
 * @throws {ReaderGone} the reader of a pipe has closed it.
 * @throws {UserError} it cannot be written, because the disk is full, say.
 */
export function print(text: string): Promise<void> {
  return write(programIo().stdout.isTTY ? text.split("\n").map(visible).join("\n") : text);
}

/**
 * Writes lines for people to standard output; see {@link print}. On a terminal, lines are wrapped between words at its
 * width.
 */
export function printLines(lines: readonly Line[]): Promise<void> {
  return write(linesFor(programIo().stdout, lines));
}

/** The width of the terminal that shows a stream; undefined for a file or a pipe, in which lines stay whole. */
export function widthOf({ isTTY, columns }: OutputStream): number | undefined {
  return isTTY === true ? columns || undefined : undefined;
}

function linesFor(stream: OutputStream, lines: readonly Line[]): string {
  const width = widthOf(stream);
  const pieces = (text: string): string[] => (width === undefined ? [visible(text)] : wrapped(visible(text), width));
  return lines
    .flatMap((line) => (typeof line === "string" ? pieces(line) : pieces(line.text).map((piece) => line.style(piece))))
    .map((line) => `${line}\n`)
    .join("");
}

/** Returns the styles of text on a stream; plain text if the stream is no terminal or colors are disabled. */
export function colorsOf(stream: OutputStream = programIo().stdout): ReturnType<typeof pc.createColors> {
  const { NO_COLOR, FORCE_COLOR, TERM } = programIo().env;
  return pc.createColors(!NO_COLOR && (Boolean(FORCE_COLOR) || (stream.isTTY === true && TERM !== "dumb")));
}

/**
 * Writes lines for people to standard error, wrapped as by {@link printLines}. A reader that has gone, or a full disk, is no
 * reason to stop work.
 */
export function say(...lines: readonly string[]): void {
  try {
    const { stderr } = programIo();
    stderr.write(linesFor(stderr, lines));
  } catch {
    // A file is written at once, and its errors are thrown at once.
  }
}

function write(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error?: Error | null): void => (error == null ? resolve() : reject(writeError(error)));
    try {
      programIo().stdout.write(text, end);
    } catch (error) {
      end(error as Error);
    }
  });
}

function writeError(error: NodeJS.ErrnoException): Error {
  if (error.code === "EPIPE") return new ReaderGone("standard output was closed by its reader");
  return new UserError(
    `standard output cannot be written: ${error.message}. Files that the command wrote are complete.`,
  );
}
