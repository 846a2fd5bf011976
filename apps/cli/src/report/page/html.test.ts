import { expect, test } from "vitest";
import { html } from "./html.ts";

test("text is escaped, markup is not", () => {
  const name = `<b a='1' b="2">&`;
  expect(html`<p title="${name}">${name}</p>`.text).toBe(
    `<p title="&lt;b a=&#39;1&#39; b=&quot;2&quot;&gt;&amp;">&lt;b a=&#39;1&#39; b=&quot;2&quot;&gt;&amp;</p>`,
  );
  expect(html`<ul>${["<", 2].map((item) => html`<li>${item}</li>`)}</ul>${undefined}`.text).toBe(
    "<ul><li>&lt;</li><li>2</li></ul>",
  );
});

test("characters that turn or hide text are shown as what they are", () => {
  expect(html`${"\u202egnp\u0000"}`.text).toBe("\\u202egnp\\x00");
});
