import { gzipSync } from "node:zlib";

/** A WebAssembly module that was compiled. */
export interface CompiledModule {
  readonly bytes: number;
  readonly gzip: number;
  /** Of compiling, and of making an instance where one call does both. */
  readonly milliseconds: number;
}

/** Starts listening to the engine's compiler; the returned function lists all modules compiled up to now. */
export function recordModules(): () => readonly CompiledModule[] {
  const found: { readonly source: Uint8Array; readonly milliseconds: number }[] = [];
  const add = (source: BufferSource, start: number): void => {
    const bytes = ArrayBuffer.isView(source)
      ? new Uint8Array(source.buffer as ArrayBuffer, source.byteOffset, source.byteLength)
      : new Uint8Array(source);
    found.push({ source: bytes, milliseconds: performance.now() - start });
  };
  const { Module, compile, instantiate } = WebAssembly;
  const recorded = async <T>(source: BufferSource | WebAssembly.Module, run: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await run();
    if (!(source instanceof Module)) add(source, start);
    return result;
  };
  Object.assign(WebAssembly, {
    Module: new Proxy(Module, {
      construct: (target, [source]: [BufferSource]) => {
        const start = performance.now();
        const module = new target(source);
        add(source, start);
        return module;
      },
    }),
    compile: (source: BufferSource) => recorded(source, () => compile(source)),
    instantiate: (source: BufferSource, imports?: WebAssembly.Imports) =>
      recorded(source, () => instantiate(source, imports)),
  });
  return () =>
    found.map(({ source, milliseconds }) => ({ bytes: source.length, gzip: gzipSync(source).length, milliseconds }));
}
