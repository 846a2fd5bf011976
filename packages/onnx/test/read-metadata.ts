/** `metadata_props` of an ONNX file by key: field 14 of `ModelProto`, in which field 1 is the key and field 2 the value. */
export function readMetadata(file: Uint8Array): Readonly<Record<string, string>> {
  const decoder = new TextDecoder();
  const entries = fieldsOf(file).filter(({ field }) => field === 14);
  return Object.fromEntries(
    entries.map(({ bytes }) => {
      const texts = fieldsOf(bytes).map((one) => decoder.decode(one.bytes));
      return [texts[0] as string, texts[1] as string];
    }),
  );
}

interface Field {
  readonly field: number;
  readonly bytes: Uint8Array;
}

/** The fields of a message; of integers the bytes are empty. */
function fieldsOf(message: Uint8Array): Field[] {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = message[at++] as number;
      value += (byte % 128) * shift;
      if (byte < 128) return value;
    }
  };
  const fields: Field[] = [];
  while (at < message.length) {
    const tag = varint();
    const length = varint();
    const isText = tag % 8 === 2;
    fields.push({ field: tag >> 3, bytes: isText ? message.subarray(at, at + length) : new Uint8Array() });
    if (isText) at += length;
  }
  return fields;
}
