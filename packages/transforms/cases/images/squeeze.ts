import type { BijectionCase } from "@pushforward/testing";
import { Squeeze } from "../../src/images/image-transforms.ts";

export const squeezeCases: Readonly<Record<string, BijectionCase>> = {
  "Squeeze of 2 channels": { make: () => new Squeeze(), eventShape: [2, 4, 2] },
  "Squeeze by 1": { make: () => new Squeeze({ factor: 1 }), eventShape: [1, 2, 1] },
};
