// A page that runs the laws of the packages: a browser has another engine, other kernels and other files than Node.
import { bijectionLaws, distributionLaws } from "@pushforward/testing";
import { type BackendName, standardRegistry, useBackend } from "pushforward";
import { cases as distributionCases } from "../../../packages/distributions/cases/index.ts";
import { distributionCases as flowCases, bijectionCases as layerCases } from "../../../packages/flows/cases/index.ts";
import { casesCodecs, cases as transformCases } from "../../../packages/transforms/cases/index.ts";

/** Result of a sample of the laws. */
export interface LawsReport {
  readonly laws: number;
  readonly cases: readonly string[];
  readonly broken: readonly string[];
}

/** Stride of the sampled cases of each package. */
const EVERY = { transforms: 5, layers: 6, flows: 8, distributions: 5 };

async function runLaws(backend: BackendName): Promise<LawsReport> {
  await useBackend(backend);
  const registry = standardRegistry.extend(...casesCodecs);
  const options = { registry, points: 16 };
  const cases: string[] = [];
  const broken: string[] = [];
  let laws = 0;
  const check = async (name: string, list: readonly { readonly name: string; run(): void | Promise<void> }[]) => {
    cases.push(name);
    for (const law of list) {
      laws++;
      try {
        await law.run();
      } catch (error) {
        broken.push(`${name}, ${law.name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  };
  for (const [name, theCase] of every(transformCases, EVERY.transforms)) {
    await check(name, bijectionLaws(name, theCase, options));
  }
  for (const [name, theCase] of every(layerCases, EVERY.layers))
    await check(name, bijectionLaws(name, theCase, options));
  for (const [name, theCase] of every(flowCases, EVERY.flows)) {
    await check(name, distributionLaws(name, theCase, options));
  }
  for (const [name, theCase] of every(distributionCases, EVERY.distributions)) {
    // Those of the cases have codecs of their own.
    await check(name, distributionLaws(name, theCase, { points: 16 }));
  }
  return { laws, cases, broken };
}

function every<T>(cases: Readonly<Record<string, T>>, step: number): [string, T][] {
  return Object.entries(cases).filter((_, i) => i % step === 0);
}

Object.assign(globalThis, { runLaws });
