/** The modules that an example on a page can import. The worker of the examples has the same. */
const MODULES = [
  "@pushforward/testing",
  "@tensorflow/tfjs-core",
  "pushforward",
  "pushforward/compile",
  "pushforward/diagnostics",
  "pushforward/extend",
  "pushforward/inference",
  "pushforward/interop",
  "pushforward/plots",
];

/**
 * Puts a box around each TypeScript fence that can run in the browser. The fences of a page are one program; one that is
 * tagged `no-run`, since a test has it from elsewhere, is a program of its own.
 */
export function runnable(md) {
  const fence = md.renderer.rules.fence;
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const { info, content } = tokens[index];
    const isName = env.frontmatter?.pageClass === "api";
    // There are thousands of signatures, and colors make each several times as long.
    if (isName && !isExample(tokens, index)) return `<pre v-pre><code>${md.utils.escapeHtml(content)}</code></pre>\n`;
    const html = fence(tokens, index, options, env, self);
    if (isName || !/^ts( no-run)?$/.test(info.trim())) return html;
    const shared = tokens.filter((token) => token.type === "fence" && token.info.trim() === "ts");
    const cell = shared.indexOf(tokens[index]);
    const program = cell === -1 ? [tokens[index]] : shared;
    if (!program.every((token) => runs(token.content))) return html;
    return `<RunBox :cell="${cell}">${html}</RunBox>\n`;
  };
}

function isExample(tokens, index) {
  const heading = tokens.findLastIndex(({ type }, i) => i < index && type === "heading_open");
  return /^Examples?$/.test(tokens[heading + 1]?.content ?? "");
}

/** Whether everything that a program imports is there. */
function runs(code) {
  const imports = [...code.matchAll(/^import[^"]*"([^"]+)";$/gm)].map(([, from]) => from);
  return imports.every((from) => MODULES.includes(from)) && !/\bprocess\.|\bBuffer\b|import\(/.test(code);
}
