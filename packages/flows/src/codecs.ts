// What common flows have stands in a file of its own, so that a page that shows one loads no other.
import type { AnyCodec } from "@pushforward/core/extend";
import {
  autoregressiveCodec,
  conditionalFlowCodec,
  couplingCodec,
  elementwiseCodec,
  flowCodec,
} from "./common-codecs.ts";
import { embedContextCodec, embeddedContextCodec } from "./context/embedded-context.ts";
import { continuousCodec } from "./continuous/continuous.ts";
import { velocityNetworkCodec } from "./continuous/velocity-network.ts";
import { categoricalHeadCodec, univariateHeadCodec } from "./heads/distribution-head.ts";
import { distributionNetworkCodec } from "./heads/distribution-network.ts";
import { mixtureDensityNetworkCodec } from "./heads/mixture-density-network.ts";
import { dequantizedCodec } from "./images/dequantized.ts";

/** The codecs of this package. */
export const flowsCodecs: readonly AnyCodec[] = [
  autoregressiveCodec,
  couplingCodec,
  elementwiseCodec,
  flowCodec,
  conditionalFlowCodec,
  embedContextCodec,
  embeddedContextCodec,
  mixtureDensityNetworkCodec,
  continuousCodec,
  velocityNetworkCodec,
  dequantizedCodec,
  distributionNetworkCodec,
  univariateHeadCodec,
  categoricalHeadCodec,
];
