import { typedFormat } from "../shared/typed-format.ts";

/** Files that were turned into text: a table is read several times. */
const texts: WeakMap<File, Promise<Uint8Array>> = new WeakMap();

/** The bytes of a CSV file, piece by piece; those of a Parquet or Arrow file as CSV text. */
export async function* filePieces(file: File): AsyncGenerator<Uint8Array> {
  const format = typedFormat(new Uint8Array(await file.slice(0, 6).arrayBuffer()));
  if (format === undefined) {
    yield* bytesOf(file);
    return;
  }
  const text =
    texts.get(file) ?? import("./typed-file-text.ts").then(({ typedFileText }) => typedFileText(file, format));
  texts.set(file, text);
  yield await text;
}

/** Not every browser can iterate over a stream. */
async function* bytesOf(file: File): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel();
  }
}
