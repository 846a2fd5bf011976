import { isIP } from "node:net";
import { hostname } from "node:os";

const LOCAL = ["localhost", "127.0.0.1", "::1"];
const EVERYWHERE = ["0.0.0.0", "::"];

/**
 * Hosts that requests may address. A page of a foreign site can send requests to a server of this machine by a name of
 * the site that resolves to the machine (DNS rebinding), but it cannot choose the `Host` header.
 */
export class AllowedHosts {
  /** In lower case, IPv6 addresses without brackets; "*" is any. */
  readonly names: readonly string[];
  private readonly isEverywhere: boolean;

  /**
   * @param host address on which the server listens.
   * @param more names in addition to the local names and the name of the server.
   */
  constructor(host: string, more: readonly string[]) {
    this.isEverywhere = EVERYWHERE.includes(host);
    const own = this.isEverywhere ? hostname() : host;
    this.names = [...new Set([...LOCAL, own, ...more].map((name) => plain(name)))];
  }

  /**
   * @param header `Host`, as received.
   * @param address of this machine that received the connection: a server on all addresses is reached by each address.
   */
  has(header: string | undefined, address: string | undefined): boolean {
    if (this.names.includes("*")) return true;
    const [, bracketed, name] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(header ?? "") ?? [];
    const host = plain(bracketed ?? name ?? "");
    if (host === "") return false;
    if (this.names.includes(host) || host.endsWith(".localhost")) return true;
    return this.isEverywhere && isIP(host) !== 0 && host === plain((address ?? "").replace(/^::ffff:/, ""));
  }
}

function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "");
}
