/** The types of a WebAssembly value, by their byte codes. */
const TYPES: Readonly<Record<number, string>> = { 127: "i32", 126: "i64", 125: "f32", 124: "f64", 123: "v128" };

const [TYPE, IMPORT, FUNCTION, EXPORT] = [1, 2, 3, 7] as const;

/** Parameter types of each function that a module exports, read from the module. */
export function parameterTypes(module: Uint8Array): ReadonlyMap<string, readonly string[]> {
  const sections = sectionsOf(module);
  const section = (id: number): Reader => new Reader(sections.get(id) ?? new Uint8Array([0]));
  const types = section(TYPE).list((read) => {
    read.byte();
    const parameters = read.list(() => TYPES[read.byte()] as string);
    read.list(() => read.byte());
    return parameters;
  });
  // Functions that are imported would be counted first.
  const imported = section(IMPORT).list((read) => {
    read.name();
    read.name();
    const kind = read.byte();
    if (kind !== 2) throw new Error("expected a module that imports a memory only");
    return read.bytes(2);
  });
  if (imported.length !== 1) throw new Error("expected a module that imports a memory only");
  const functions = section(FUNCTION).list((read) => types[read.number()] as readonly string[]);
  const exported = section(EXPORT).list((read) => {
    const name = read.name();
    const kind = read.byte();
    return { name, kind, index: read.number() };
  });
  return new Map(
    exported.filter(({ kind }) => kind === 0).map(({ name, index }) => [name, functions[index] as readonly string[]]),
  );
}

function sectionsOf(module: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const HEADER = 8;
  const read = new Reader(module, HEADER);
  const sections = new Map<number, Uint8Array>();
  while (!read.isDone) sections.set(read.byte(), read.bytes(read.number()));
  return sections;
}

class Reader {
  private readonly source: Uint8Array;
  private at: number;

  constructor(source: Uint8Array, at = 0) {
    this.source = source;
    this.at = at;
  }

  get isDone(): boolean {
    return this.at >= this.source.length;
  }

  byte(): number {
    return this.source[this.at++] as number;
  }

  bytes(count: number): Uint8Array {
    this.at += count;
    return this.source.subarray(this.at - count, this.at);
  }

  /** An unsigned number in LEB128. */
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  }

  name(): string {
    return new TextDecoder().decode(this.bytes(this.number()));
  }

  list<T>(item: (read: Reader) => T): T[] {
    return Array.from({ length: this.number() }, () => item(this));
  }
}
