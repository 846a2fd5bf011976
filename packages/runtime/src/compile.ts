export type { CompileOptions } from "./compile/compile-model.ts";
export { compileModel } from "./compile/compile-model.ts";
