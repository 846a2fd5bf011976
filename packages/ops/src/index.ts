export { gradientOverrides } from "./gradient-overrides.ts";
export { kernelOverrides } from "./kernel-overrides.ts";
