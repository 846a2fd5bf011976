import type { ArchitectureInfo } from "./architecture-info.ts";
import { bnafInfo } from "./bnaf.ts";
import { bpfInfo } from "./bpf.ts";
import { cnfInfo } from "./cnf.ts";
import { gfInfo } from "./gf.ts";
import { iafInfo } from "./iaf.ts";
import { mafInfo } from "./maf.ts";
import { nafInfo } from "./naf.ts";
import { niceInfo } from "./nice.ts";
import { nsfCouplingInfo, nsfInfo } from "./nsf.ts";
import { realNvpInfo } from "./real-nvp.ts";
import { residualFlowInfo } from "./residual-flow.ts";
import { sospfInfo } from "./sospf.ts";
import { unafInfo } from "./unaf.ts";

/** The names of the architectures on the command line, in addresses of the page and in reports. */
export type ArchitectureName = keyof typeof table;

// The types stand here because declarations are made file by file.
const table = {
  nsf: nsfInfo as ArchitectureInfo,
  "nsf-coupling": nsfCouplingInfo as ArchitectureInfo,
  maf: mafInfo as ArchitectureInfo,
  iaf: iafInfo as ArchitectureInfo,
  realnvp: realNvpInfo as ArchitectureInfo,
  nice: niceInfo as ArchitectureInfo,
  naf: nafInfo as ArchitectureInfo,
  unaf: unafInfo as ArchitectureInfo,
  bnaf: bnafInfo as ArchitectureInfo,
  residual: residualFlowInfo as ArchitectureInfo,
  sospf: sospfInfo as ArchitectureInfo,
  bpf: bpfInfo as ArchitectureInfo,
  gf: gfInfo as ArchitectureInfo,
  cnf: cnfInfo as ArchitectureInfo,
};

/**
 * All architectures by name; {@link createFlow} makes them. A page that only shows them loads no mathematics.
 *
 * @example
 * architectures.maf.label; // → "MAF"
 */
export const architectures: Readonly<Record<ArchitectureName, ArchitectureInfo>> = table;

/** The names of {@link architectures}, in their order. */
export const architectureNames: readonly ArchitectureName[] = Object.keys(table) as ArchitectureName[];
