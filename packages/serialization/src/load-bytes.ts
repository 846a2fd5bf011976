import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { ModelFileError } from "@pushforward/core";

/** Options of the functions that load a file. */
export interface LoadOptions {
  /** A larger file is refused before it is read. Default 2 GiB. */
  readonly maxFileBytes?: number;
}

const DEFAULT_MAX_FILE_BYTES = 2 * 1024 ** 3;

/**
 * Reads a regular file of bounded size and decodes it; error messages name the file.
 *
 * @throws {ModelFileError}
 */
export async function loadFile<T>(
  path: string,
  options: LoadOptions,
  decode: (bytes: Uint8Array) => T | Promise<T>,
): Promise<T> {
  const bytes = await readBounded(path, options.maxFileBytes ?? DEFAULT_MAX_FILE_BYTES);
  try {
    return await decode(bytes);
  } catch (error) {
    if (!(error instanceof ModelFileError)) throw error;
    throw new ModelFileError(error.reason, `"${path}": ${error.message}`, { cause: error });
  }
}

async function readBounded(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    // Without O_NONBLOCK (absent on Windows) a named pipe would be waited for.
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const found = await handle.stat();
      if (!found.isFile()) {
        throw new ModelFileError("header", `load: expected "${path}" to be a regular file, got something else.`);
      }
      if (found.size > maxBytes) {
        throw new ModelFileError(
          "limit",
          `load: expected "${path}" to have at most ${maxBytes} bytes, got ${found.size}. Raise maxFileBytes.`,
        );
      }
      // Not readFile, which would follow a file that grows.
      const bytes = new Uint8Array(found.size);
      let length = 0;
      while (length < bytes.length) {
        const { bytesRead } = await handle.read(bytes, length, bytes.length - length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return bytes.subarray(0, length);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof ModelFileError) throw error;
    throw new ModelFileError("header", `load: expected to read "${path}", got ${(error as Error).message}.`, {
      cause: error,
    });
  }
}
