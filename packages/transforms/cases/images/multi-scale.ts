import type { BijectionCase } from "@pushforward/testing";
import { invertible1x1, multiScale } from "../../src/images/image-transforms.ts";

export const multiScaleCases: Readonly<Record<string, BijectionCase>> = {
  "multiScale of 2 levels": {
    make: (key) =>
      multiScale({
        channels: 1,
        levels: [4, 8].map((channels) => invertible1x1({ channels, key: key.fold(`${channels}`) })),
      }),
    eventShape: [4, 4, 1],
  },
};
