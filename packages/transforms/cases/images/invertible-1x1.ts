import type { BijectionCase } from "@pushforward/testing";
import { invertible1x1 } from "../../src/images/image-transforms.ts";

export const invertible1x1Cases: Readonly<Record<string, BijectionCase>> = {
  "invertible1x1 of 3 channels": { make: (key) => invertible1x1({ channels: 3, key }), eventShape: [2, 1, 3] },
};
