// Draws the pictures of the gallery from the code on its page.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { pageModule } from "../../../scripts/page-module.mjs";

/** Plots that hand over what they draw. */
const recorded = {
  name: "recorded-plots",
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^pushforward\/plots$/ }, ({ importer, path }) =>
      importer.endsWith("gallery.ts") ? { path, namespace: "recorded" } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "recorded" }, () => ({
      contents: `import * as plots from "@pushforward/plots";
        const drawing = (make) => (...options) => globalThis.drawn(make(...options));
        ${[
          "contourPlot",
          "coveragePlot",
          "densityPlot1d",
          "intervalPlot",
          "lossPlot",
          "pairHeatPlot",
          "pairPlot",
          "panelFigure",
          "rankPlot",
          "seriesPlot",
        ]
          .map((name) => `export const ${name} = drawing(plots.${name});`)
          .join("\n")}`,
      resolveDir: import.meta.dirname,
    }));
  },
};

/** Writes the pictures into `gallery/` and a grid of them into the page. */
export async function writeGallery({ root, out }) {
  const text = readFileSync(join(root, "docs", "gallery.md"), "utf8");
  const titles = [...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title);
  const pictures = await draw({ root, out, text });
  if (pictures.length !== titles.length) {
    throw new Error(`gallery: expected a picture for each of ${titles.length} titles, got ${pictures.length}.`);
  }
  const folder = join(out, "public", "gallery");
  mkdirSync(folder, { recursive: true });
  const links = titles.map((title, i) => {
    writeFileSync(join(folder, `${i + 1}.svg`), pictures[i]);
    const anchor = title
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, "")
      .replaceAll(" ", "-");
    return `<a href="#${anchor}"><img src="/gallery/${i + 1}.svg" alt="" loading="lazy"><span>${title}</span></a>\n`;
  });
  return `\n<div class="gallery">\n${links.join("")}</div>\n`;
}

/** One picture for each fence: the last that its code draws. */
async function draw({ root, out, text }) {
  let fence = 0;
  const marked = text.replaceAll(/^```ts\n/gm, (start) => `${start}globalThis.fence(${fence++});\n`);
  // The backend looks for its files in `assets` next to the folder of the program.
  const folder = join(out, "public", "run", "draw");
  const source = join(folder, "gallery.ts");
  mkdirSync(folder, { recursive: true });
  writeFileSync(source, pageModule(marked));
  await build({
    entryPoints: [source],
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    ...{
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: "node20",
      conditions: ["@pushforward/source", "module"],
    },
    mainFields: ["module", "main"],
    // Modules of Node that are written in CommonJS ask for others.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url); const __dirname = import.meta.dirname;",
    },
    alias: { "@tensorflow/tfjs-core": join(root, "apps", "docs", "node_modules", "@tensorflow", "tfjs-core") },
    nodePaths: [join(root, "node_modules")],
    plugins: [recorded],
    logLevel: "warning",
  });
  const pictures = [];
  let current = 0;
  globalThis.fence = (index) => {
    current = index;
  };
  globalThis.drawn = (svg) => {
    pictures[current] = svg;
    return svg;
  };
  await import(pathToFileURL(join(folder, "gallery.mjs")).href);
  rmSync(folder, { recursive: true });
  return pictures;
}
