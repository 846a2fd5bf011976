import type { BijectionCase } from "@pushforward/testing";
import { BatchNorm, whitening } from "../../src/normalization/normalization.ts";

export const batchNormCases: Readonly<Record<string, BijectionCase>> = {
  "BatchNorm of 3 features": {
    make: () => {
      const layer = new BatchNorm({ features: 3, epsilon: 1e-3 });
      layer.parameters().get("mean")?.write([1, -2, 0]);
      layer.parameters().get("variance")?.write([0.5, 4, 1]);
      return layer;
    },
    eventShape: [3],
  },
  "BatchNorm of another form": {
    make: () => new BatchNorm({ features: 1, form: { offset: 0, smallest: 1e-5 } }),
    eventShape: [1],
  },
  "whitening of 3 rows": {
    make: () =>
      whitening([
        [1, 2],
        [2, 5],
        [4, 6],
      ]),
    eventShape: [2],
  },
  "whitening by principal components": {
    make: () =>
      whitening(
        [
          [1, 2, 0],
          [2, 5, 1],
          [4, 6, -1],
          [3, 1, 0.5],
        ],
        "pca",
      ),
    eventShape: [3],
  },
};
