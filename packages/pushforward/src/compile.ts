export type { CompileOptions } from "@pushforward/flows/compile";
export { compileModel } from "@pushforward/flows/compile";
