import { normalQuantile, threefry2x32 } from "@pushforward/core";
import type { Kernels } from "./kernels.ts";

/** The normal draws of a key in TypeScript. */
export const scalarNormals: Pick<Kernels, "normals"> = {
  normals([k0, k1], firstBlock, out) {
    for (let i = 0; i < out.length; i += 2) {
      const [x, y] = threefry2x32(k0, k1, firstBlock + (i >> 1), 0);
      out[i] = normalQuantile((x + 0.5) * 2 ** -32);
      if (i + 1 < out.length) out[i + 1] = normalQuantile((y + 0.5) * 2 ** -32);
    }
  },
};
