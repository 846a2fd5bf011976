import type { DocumentOperation, OpenApiDocument } from "./open-api.ts";

type Schema = Readonly<Record<string, unknown>>;

interface BodySchema {
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
details { border: 1px solid color-mix(in srgb, currentColor 25%, transparent); border-radius: 6px; margin: 0.5rem 0; padding: 0.5rem 1rem; }
summary { cursor: pointer; }
code, pre, textarea { font: 14px/1.5 ui-monospace, monospace; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0; }
td, th { text-align: left; vertical-align: top; padding: 0.25rem 1rem 0.25rem 0; }
textarea, input { width: 100%; box-sizing: border-box; }
pre { overflow: auto; max-height: 24rem; }`;

/** Sends the body of a form, and shows the answer below it. */
const SCRIPT = `
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { method, path } = form.dataset;
    const [output, body] = [form.querySelector("pre"), form.elements.namedItem("body")];
    const name = form.elements.namedItem("name");
    const token = document.getElementById("token");
    const headers = { "content-type": "application/json" };
    if (token?.value) headers.authorization = "Bearer " + token.value;
    output.textContent = "…";
    try {
      const target = name ? path.replace("{name}", encodeURIComponent(name.value)) : path;
      const response = await fetch(target, { method, ...(body && { headers, body: body.value }), ...(!body && { headers }) });
      const text = await response.text();
      const isJson = /json/.test(response.headers.get("content-type") ?? "");
      output.textContent = response.status + "\\n" + (isJson ? JSON.stringify(JSON.parse(text), null, 2) : text);
    } catch (error) {
      output.textContent = String(error);
    }
  });
}`;

/**
 * Returns a page that describes the routes of an OpenAPI document, with a form for each route. It loads no external
 * resources.
 */
export function docsPage(document: OpenApiDocument): string {
  const { info, paths, security } = document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const tags = [...new Set(operations.flatMap(({ operation }) => operation.tags))];
  const sections = tags.map((tag) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(tag));
    const list = own.map(({ path, method, operation }) => operationHtml(path, method, operation)).join("\n");
    return `<h2>${escapeHtml(tag)}</h2>\n${list}`;
  });
  const token = security === undefined ? "" : '<p><label>Token <input id="token" type="password"></label></p>';
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(info.title)}</title>
<style>${STYLE}</style>
<h1>${escapeHtml(info.title)}</h1>
<p>${escapeHtml(info.description)} The document for programs is <a href="/openapi.json">openapi.json</a>.</p>
${token}
${sections.join("\n")}
<script type="module">${SCRIPT}</script>
</html>
`;
}

function operationHtml(path: string, method: string, operation: DocumentOperation): string {
  const { summary, parameters, requestBody, responses } = operation;
  const schema = jsonSchema(requestBody?.content);
  const answer = jsonSchema(responses["200"]?.["content"] as Schema | undefined);
  const name = parameters === undefined ? "" : '<p><label>Name of the model <input name="name" required></label></p>';
  const body =
    schema === undefined
      ? ""
      : `<p><label>Body <textarea name="body" rows="4">${escapeHtml(exampleOf(schema))}</textarea></label></p>`;
  return `<details>
<summary><code>${method.toUpperCase()} ${escapeHtml(path)}</code> ${escapeHtml(summary)}</summary>
${schema === undefined ? "" : `<h3>Body</h3>${fieldsHtml(schema)}`}
${answer === undefined ? "" : `<h3>Answer</h3>${fieldsHtml(answer)}`}
<form data-method="${method.toUpperCase()}" data-path="${escapeHtml(path)}">${name}${body}
<p><button>Send</button></p><pre></pre></form>
</details>`;
}

function jsonSchema(content: Schema | undefined): Schema | undefined {
  const { schema } = (content?.["application/json"] ?? {}) as { readonly schema?: Schema };
  return schema;
}

/** The required fields of a body, or else empty rows. */
function exampleOf({ required = ["rows"], properties = {} }: BodySchema): string {
  const examples: Readonly<Record<string, unknown>> = { array: [{}], integer: 3, object: {} };
  return JSON.stringify(
    Object.fromEntries(required.map((name) => [name, examples[String(properties[name]?.["type"])]])),
  );
}

function fieldsHtml(schema: Schema): string {
  const fields = Object.entries((schema["properties"] ?? {}) as Readonly<Record<string, Schema>>);
  const rows = fields.map(([name, field]) => {
    const { description = "", default: otherwise } = field;
    const values = field["enum"] === undefined ? [field["type"]].flat() : (field["enum"] as readonly unknown[]);
    const suffix = otherwise === undefined ? "" : ` Default: ${JSON.stringify(otherwise)}.`;
    const cells = [
      `<code>${escapeHtml(name)}</code>`,
      escapeHtml(values.join(" | ")),
      escapeHtml(description + suffix),
    ];
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
  });
  return `<table>${rows.join("")}</table>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
