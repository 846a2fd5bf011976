import type { BijectionCase } from "@pushforward/testing";
import { Checkerboard } from "../../src/images/image-transforms.ts";

export const checkerboardCases: Readonly<Record<string, BijectionCase>> = {
  Checkerboard: { make: () => new Checkerboard(), eventShape: [3, 2, 2] },
};
