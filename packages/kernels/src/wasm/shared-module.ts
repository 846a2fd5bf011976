const IMPORT_SECTION = 2;
/** The kind, the limits and their numbers at the end of the import of a memory: no largest size, and none at least. */
const OWN = [2, 0, 0];
/**
 * Shared, with a limit of 65536 pages. This is the maximum: a module only accepts a memory with a limit up to its own.
 */
const SHARED = [2, 3, 0, 0x80, 0x80, 0x04];

/**
 * Returns the module that imports a memory shared by threads. The kernels are the same, but the last import of a module
 * declares the kind of memory.
 *
 * @throws {Error} the module has no import section that closes with an unshared memory.
 */
export function sharedModule(module: Uint8Array): Uint8Array<ArrayBuffer> {
  const { start, size, sizeAt } = importSection(module);
  const end = start + size;
  const kept = size - OWN.length;
  // One byte has the size, before and after.
  if (size + SHARED.length > 127 || OWN.some((byte, i) => module[start + kept + i] !== byte)) {
    throw new Error("sharedModule: expected a module whose last import is a memory, got another.");
  }
  const grown = SHARED.length - OWN.length;
  const shared = new Uint8Array(module.length + grown);
  shared.set(module.subarray(0, start + kept));
  shared[sizeAt] = size + grown;
  shared.set(SHARED, start + kept);
  shared.set(module.subarray(end), end + grown);
  return shared;
}

function importSection(module: Uint8Array): { start: number; size: number; sizeAt: number } {
  const HEADER = 8;
  for (let at = HEADER; at < module.length; ) {
    const section = module[at++];
    const sizeAt = at;
    let size = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      const byte = module[at++] as number;
      size |= (byte & 127) << shift;
      more = byte > 127;
    }
    if (section === IMPORT_SECTION) return { start: at, size, sizeAt };
    at += size;
  }
  throw new Error("sharedModule: expected a module with imports, got one without.");
}
