import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import { DiagonalNormal } from "@pushforward/distributions";
import { ConditionalFlow, Flow } from "@pushforward/flows";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { DEEP } from "../../testing/test/deep.ts";
import { fixtureBytes } from "../test/fixture.ts";
import { importZuko } from "./index.ts";

beforeAll(() => useBackend("wasm"));

test.each(DEEP ? (["naf", "unaf", "ncsf", "gf"] as const) : (["naf", "ncsf", "gf"] as const))(
  "no draw of a %s has an infinite density",
  (name) => {
    using flow = importZuko(fixtureBytes(`zuko_${name}`));
    tf.tidy(() => {
      const far = new DiagonalNormal({ mean: name === "ncsf" ? [0, 0] : [0, 0, 0], scale: 30 });
      const distribution =
        flow instanceof Flow
          ? new Flow(far, flow.transform)
          : new ConditionalFlow(far, flow.transform).given(new Float32Array(flow.contextShape[0] as number));
      const [, logProb] = distribution.sampleAndLogProb(createKey(1), [20]);
      const values = [...logProb.dataSync()];
      expect(values.filter((value) => Number.isNaN(value) || value === Number.POSITIVE_INFINITY)).toEqual([]);
    });
  },
);
