import { type ContextColumn, FlowModel } from "@pushforward/tables/extend";
import { createKey, Flow, Identity, maf, Uniform, useBackend } from "pushforward";
import { beforeAll, expect, test } from "vitest";
import type { Answer } from "../../shared/ask-protocol.ts";
import { type AskSource, askSource } from "./ask-source.ts";
import { Asker } from "./asker.ts";

beforeAll(() => useBackend("wasm"));

const key = createKey(0);
const sourceOf = (flow: FlowModel["module"], columns: string[], context: ContextColumn[] = []) =>
  askSource({ model: new FlowModel({ flow, layout: { columns, context } }) });

async function whole(asker: Asker, cell: number): Promise<Answer> {
  let answer = await asker.ask([["a", cell]]);
  while (!answer.isDone) answer = asker.more();
  return answer;
}

test("a flow is asked about its columns, and where its density is 0 no row fits", async () => {
  // Uniform on [1, 3] × [−1, 1].
  const flow = new Flow(new Uniform({ low: [1, -1], high: [3, 1] }), new Identity());
  const asker = new Asker(sourceOf(flow, ["a", "b"]) as AskSource);
  const [a] = asker.infos.map(({ control }) => control);
  expect(a).toMatchObject({ kind: "number", step: 0.001, isText: false, range: [1, 3] });
  const { columns, fits, command } = await whole(asker, 1.5);
  expect([fits, columns.length, columns[0]?.column]).toEqual([true, 1, "b"]);
  expect(columns[0]?.center).toMatchObject({ kind: "mean", value: expect.closeTo(0, 0) });
  expect(command).toContain("--given 'a=1.5'");
  const beyond = await whole(asker, 3.5);
  expect([beyond.fits, beyond.columns]).toEqual([false, []]);
  expect(beyond.warning).toBe("No row fits: none of 6,000 draws of the model has these values together.");
});

test("one column has no others, and a context is given already", () => {
  expect(sourceOf(maf({ features: 1, key }), ["a"])).toBeUndefined();
  expect(sourceOf(maf({ features: 2, context: 1, key }), ["a", "b"], [{ name: "c", kind: "number" }])).toBeUndefined();
});
