import { useBackend } from "@pushforward/backend";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { flowFile, fruitFile } from "../../test/served-files.ts";
import type { WorkerRequest } from "../workers/messages.ts";
import { answerBatch } from "./answer-batch.ts";
import { AnsweringModel } from "./answering-model.ts";

const settings = { backend: "wasm", maxRows: 1000 } as const;

function request(operation: WorkerRequest["operation"], body: object): WorkerRequest {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  return { operation, body: bytes, bodyType: "json", answerType: "json", query: {} };
}

test("a version that is given up leaves nothing in memory", async () => {
  await useBackend("wasm");
  const files = [
    [flowFile(1), [request("score", { rows: [{ a: 1, b: 2 }] }), request("sample", { count: 5 })]],
    [
      await fruitFile(),
      [
        request("score", { rows: [{ fruit: "pear", size: 60, when: null, price: null }], anomaly: true }),
        request("given", { given: { fruit: "pear" }, count: 3 }),
        request("impute", { rows: [{ fruit: "pear" }] }),
        request("explain", { rows: [{ fruit: "pear", size: 60, when: null, price: null }] }),
      ],
    ],
  ] as const;
  const before = tf.memory().numTensors;
  for (const [bytes, requests] of files) {
    const model = await AnsweringModel.read(bytes, "model.st");
    for (const one of requests) {
      const [response] = await answerBatch(model, [one], settings);
      expect([one.operation, response?.status]).toEqual([one.operation, 200]);
    }
    expect(tf.memory().numTensors).toBeGreaterThan(before);
    model.dispose();
    // Questions are freed when they are ready.
    await Promise.resolve();
    expect(tf.memory().numTensors).toBe(before);
  }
});
