// What a compiler needs to write the file of a compiled model, and to read it.
export { decodePlanFile } from "./file/decode-plan-file.ts";
export { encodePlanFile } from "./file/encode-plan-file.ts";
export type { FileParameter, FilePlan, FileRecipe, PlanFile, Scales } from "./file/plan-file.ts";
