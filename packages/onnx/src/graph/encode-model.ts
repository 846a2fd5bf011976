import {
  type AttributeValue,
  type Dimension,
  elementTypeNumbers,
  type Graph,
  type GraphNode,
  type GraphValue,
  type Initializer,
  isRows,
  rawBytes,
} from "./graph-builder.ts";

/** Wire types of protocol buffers. */
const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

/** Writes a message of protocol buffers, field by field (https://protobuf.dev/programming-guides/encoding). */
export class ProtobufWriter {
  private readonly parts: Uint8Array[] = [];
  private size = 0;

  /** An integer that is not negative and exact in a double, or a negative one above −2⁵³, in two's complement of 64 bits. */
  integer(field: number, value: number): this {
    this.tag(field, VARINT);
    return this.varint(BigInt.asUintN(64, BigInt(value)));
  }

  float(field: number, value: number): this {
    this.tag(field, FIXED32);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.append(bytes);
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  bytes(field: number, value: Uint8Array): this {
    this.tag(field, BYTES);
    this.varint(BigInt(value.length));
    return this.append(value);
  }

  /** A message inside of this one. */
  message(field: number, write: (writer: ProtobufWriter) => void): this {
    const inner = new ProtobufWriter();
    write(inner);
    return this.bytes(field, inner.finish());
  }

  /** Returns all bytes written until now. */
  finish(): Uint8Array {
    const all = new Uint8Array(this.size);
    let at = 0;
    for (const part of this.parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  private tag(field: number, wireType: number): void {
    this.varint(BigInt(field * 8 + wireType));
  }

  private varint(value: bigint): this {
    const bytes: number[] = [];
    let rest = value;
    while (rest >= 128n) {
      bytes.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    return this.append(Uint8Array.from(bytes));
  }

  private append(bytes: Uint8Array): this {
    this.parts.push(bytes);
    this.size += bytes.length;
    return this;
  }
}

/** The oldest versions that include all operators used here: the versions of ONNX 1.12, of 2022. */
const IR_VERSION = 8;
const OPSET_VERSION = 17;

/** `AttributeProto.AttributeType`. */
const FLOAT = 1;
const INTEGER = 2;
const TEXT = 3;
const GRAPH = 5;
const INTEGERS = 7;

/**
 * A graph as an ONNX file, `ModelProto` of onnx.proto.
 *
 * @param metadata texts by name, `metadata_props` in the file.
 */
export function encodeModel(graph: Graph, metadata: Readonly<Record<string, string>>): Uint8Array {
  const model = new ProtobufWriter()
    .integer(1, IR_VERSION)
    .text(2, "pushforward")
    .message(7, (writer) => writeGraph(writer, graph))
    .message(8, (opset) => opset.text(1, "").integer(2, OPSET_VERSION));
  for (const [key, value] of Object.entries(metadata)) model.message(14, (entry) => entry.text(1, key).text(2, value));
  return model.finish();
}

function writeGraph(writer: ProtobufWriter, { name, inputs, outputs, initializers, nodes }: Graph): void {
  for (const node of nodes) writer.message(1, (w) => writeNode(w, node));
  writer.text(2, name);
  for (const initializer of initializers) writer.message(5, (w) => writeInitializer(w, initializer));
  for (const input of inputs) writer.message(11, (w) => writeValue(w, input));
  for (const output of outputs) writer.message(12, (w) => writeValue(w, output));
}

function writeNode(writer: ProtobufWriter, { inputs, outputs, operator, attributes }: GraphNode): void {
  for (const input of inputs) writer.text(1, input);
  for (const output of outputs) writer.text(2, output);
  // Some engines name the nodes that they fuse after these, and refuse two of one name.
  writer.text(3, outputs[0] as string).text(4, operator);
  for (const [name, value] of Object.entries(attributes)) {
    writer.message(5, (w) => writeAttribute(w.text(1, name), value));
  }
}

function writeAttribute(writer: ProtobufWriter, value: AttributeValue): void {
  if ("float" in value) writer.float(2, value.float).integer(20, FLOAT);
  else if ("integer" in value) writer.integer(3, value.integer).integer(20, INTEGER);
  else if ("text" in value) writer.text(4, value.text).integer(20, TEXT);
  else if ("graph" in value) writer.message(6, (w) => writeGraph(w, value.graph)).integer(20, GRAPH);
  else {
    for (const integer of value.integers) writer.integer(8, integer);
    writer.integer(20, INTEGERS);
  }
}

function writeInitializer(writer: ProtobufWriter, { name, type, shape, values }: Initializer): void {
  for (const size of shape) writer.integer(1, size);
  writer.integer(2, elementTypeNumbers[type]).text(8, name).bytes(9, rawBytes(type, values));
}

function writeValue(writer: ProtobufWriter, { name, type, shape }: GraphValue): void {
  writer.text(1, name).message(2, (value) =>
    value.message(1, (tensor) => {
      tensor.integer(1, elementTypeNumbers[type]);
      tensor.message(2, (dimensions) => {
        for (const dimension of shape) dimensions.message(1, (w) => writeDimension(w, dimension));
      });
    }),
  );
}

function writeDimension(writer: ProtobufWriter, dimension: Dimension): void {
  if (!isRows(dimension)) writer.integer(1, dimension);
  else writer.text(2, dimension.rows === 1 ? "rows" : `rows_times_${dimension.rows}`);
}
