import { type Json, ModelFileError, type Shape } from "@pushforward/core/plain";
import { abbreviate, parseJson } from "./json.ts";
import {
  compareCodePoints,
  readSafetensorsHeader,
  type SafetensorsHeader,
  type SafetensorsLimits,
  type SafetensorsTensor,
  writeSafetensors,
} from "./safetensors.ts";
import { sha256 } from "./sha256.ts";

/** A kind of sealed file: its name, and its metadata fields with JSON texts as values. */
export interface ContainerKind {
  /** Name in error messages. */
  readonly name: string;
  readonly format: string;
  readonly fields: readonly string[];
  /** Optional additional fields of a file. */
  readonly optional?: readonly string[];
}

const FORMAT_VERSION = "1";
const JSON_LIMITS = { maxDepth: 200, maxValues: 1_000_000 };

/**
 * Writes a safetensors file with `format`, `formatVersion`, the fields, and `sha256` over the whole file, so that
 * damage anywhere in the file is noticed.
 */
export function sealContainer(
  kind: ContainerKind,
  fields: Readonly<Record<string, string>>,
  tensors: ReadonlyMap<string, SafetensorsTensor>,
): Uint8Array<ArrayBuffer> {
  const metadata = { ...fields, format: kind.format, formatVersion: FORMAT_VERSION };
  const parts = [...tensors].map(([name, { dtype, shape, data }]) => ({
    name,
    dtype,
    shape,
    bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  }));
  return writeSafetensors(tensors, { ...metadata, sha256: contentDigest(metadata, parts) });
}

/**
 * Checks format, version and digest of a sealed file, without copying its data.
 *
 * @throws {ModelFileError}
 */
export function openContainer(bytes: Uint8Array, kind: ContainerKind, limits: SafetensorsLimits): SafetensorsHeader {
  const header = readSafetensorsHeader(bytes, limits);
  const { format, formatVersion, sha256: expected } = header.metadata;
  if (format !== kind.format) {
    throw new ModelFileError(
      "metadata",
      `${kind.name}: expected format "${kind.format}", got ${quoted(format)}. It is a safetensors file of another kind.`,
    );
  }
  if (formatVersion !== FORMAT_VERSION) {
    throw new ModelFileError(
      "version",
      `${kind.name}: expected format version ${FORMAT_VERSION}, got ${quoted(formatVersion)}. ` +
        "If the file was written by a newer release, update the package.",
    );
  }
  const names = ["format", "formatVersion", "sha256", ...kind.fields];
  for (const name of names) {
    if (!Object.hasOwn(header.metadata, name)) {
      throw new ModelFileError("metadata", `${kind.name}: expected metadata "${name}", got none.`);
    }
  }
  const known = new Set([...names, ...(kind.optional ?? [])]);
  for (const name of Object.keys(header.metadata)) {
    if (!known.has(name)) {
      throw new ModelFileError("metadata", `${kind.name}: expected no metadata ${quoted(name)}, got some.`);
    }
  }
  const parts = [...header.entries].map(([name, { dtype, shape, begin, end }]) => ({
    name,
    dtype,
    shape,
    bytes: bytes.subarray(begin, end),
  }));
  const digest = contentDigest(header.metadata, parts);
  if (digest !== expected) {
    throw new ModelFileError(
      "checksum",
      `${kind.name}: expected sha256 ${quoted(expected)}, got ${digest}. The file is damaged.`,
    );
  }
  return header;
}

/** The JSON value of a field of an open container. */
export function fieldJson(header: SafetensorsHeader, kind: ContainerKind, name: string): Json {
  return parseJson(header.metadata[name] ?? "", `${kind.name}, metadata "${name}"`, "metadata", JSON_LIMITS);
}

interface DigestPart {
  readonly name: string;
  readonly dtype: string;
  readonly shape: Shape;
  readonly bytes: Uint8Array;
}

/**
 * SHA-256 over, sorted by code point and each text followed by a zero byte: every metadata key and value but `sha256`;
 * then for every tensor its name, dtype, shape (`3,2`) and its bytes. It does not depend on the order in the file, so a
 * tool that reads and writes the file without a change keeps it valid.
 */
function contentDigest(metadata: Readonly<Record<string, string>>, parts: readonly DigestPart[]): string {
  const encoder = new TextEncoder();
  const text = (...texts: readonly string[]): Uint8Array => encoder.encode(texts.map((t) => `${t}\0`).join(""));
  const keys = Object.keys(metadata).filter((key) => key !== "sha256");
  return sha256([
    ...keys.sort(compareCodePoints).map((key) => text(key, metadata[key] ?? "")),
    ...[...parts]
      .sort((a, b) => compareCodePoints(a.name, b.name))
      .flatMap(({ name, dtype, shape, bytes }) => [text(name, dtype, shape.join(",")), bytes]),
  ]);
}

function quoted(value: string | undefined): string {
  return value === undefined ? "none" : abbreviate(value);
}
