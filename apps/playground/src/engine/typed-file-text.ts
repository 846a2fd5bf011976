import { formatCsv } from "pushforward";

/** A Parquet or Arrow file as CSV text, which the page reads like any other; the code for it is loaded with the first one. */
export async function typedFileText(file: File, format: "parquet" | "arrow"): Promise<Uint8Array> {
  return new TextEncoder().encode(formatCsv(await tableOf(file, format)));
}

async function tableOf(file: File, format: "parquet" | "arrow") {
  if (format === "parquet") return await (await import("@pushforward/files/parquet")).readParquet(file);
  return (await import("@pushforward/files/arrow")).readArrow(new Uint8Array(await file.arrayBuffer()));
}
