// The beginning of the page: it unpacks the model, the kernels and the program, and starts the program.
import { decodeBase85, fromPlanes, PARTS, type PageFacts, type PageParts } from "../page-facts.ts";

function textOf(id: string): string {
  return (document.getElementById(id) as HTMLScriptElement).textContent as string;
}

async function unpacked(id: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([decodeBase85(textOf(id).trim())]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function start(): Promise<void> {
  const facts = JSON.parse(textOf("facts")) as PageFacts;
  const [planes, kernels, program] = await Promise.all(["model", "kernels", "program"].map(unpacked));
  const parts: PageParts = {
    facts,
    model: fromPlanes(planes as Uint8Array, facts.headerBytes),
    kernels: kernels as Uint8Array<ArrayBuffer>,
  };
  Object.assign(globalThis, { [PARTS]: parts });
  const script = document.createElement("script");
  // The policy of the page names the digest of this text.
  script.textContent = new TextDecoder().decode(program);
  document.head.append(script);
}

function say(text: string): void {
  (document.getElementById("status") as HTMLElement).textContent = text;
}

// What the program does not catch is shown, too.
addEventListener("error", ({ message }) => say(message));
addEventListener("unhandledrejection", ({ reason }) => say(String(reason)));

start().catch((error: unknown) => {
  say(`This page needs a browser with WebAssembly SIMD and DecompressionStream, of 2023 or newer: ${String(error)}`);
});
