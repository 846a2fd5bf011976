// The program of the offline page.
import { openCompiled } from "@pushforward/runtime";
import { moduleEngine } from "@pushforward/runtime/wasm";
import { PARTS, type PageParts } from "../page-facts.ts";
import { contextFields } from "./context-fields.ts";
import { pageElement } from "./page-element.ts";
import { pictureSection } from "./picture-section.ts";
import { sampleSection } from "./sample-section.ts";
import { scoreSection } from "./score-section.ts";

function main(): void {
  const { facts, model: bytes, kernels } = (globalThis as unknown as Record<typeof PARTS, PageParts>)[PARTS];
  const say = (text: string): void => {
    pageElement("status").textContent = text;
  };
  const model = openCompiled(bytes, { engine: moduleEngine(new WebAssembly.Module(kernels)) });
  const { layout } = facts;
  const context = contextFields(layout);
  const contextsOf = (rows: number): Float64Array | undefined => {
    if (model.contextSize === 0) return undefined;
    const one = context();
    return Float64Array.from({ length: rows * one.length }, (_, i) => one[i % one.length] as number);
  };
  const draw = pictureSection(model, layout, contextsOf);
  scoreSection(model, layout, say, draw);
  sampleSection(model, layout, say, contextsOf);
  if (layout.context.length > 0) pageElement("context").addEventListener("change", () => draw());
  draw();
  say("Ready.");
  document.body.dataset["ready"] = "true";
}

try {
  main();
} catch (error) {
  pageElement("status").textContent = String(error);
}
